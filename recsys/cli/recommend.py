"""`recsys recommend` and `recsys recommend-all`: for one history, or for all users."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from recsys.cli.arguments import (
    Commands,
    add_data,
    add_json,
    add_scheduler,
    add_settings,
    as_spelled,
    command,
    count,
    model_with_settings,
)
from recsys.cli.terminal import note, print_json, print_table, shown_progress


def add(commands: Commands) -> None:
    """Add the commands `recommend` and `recommend-all`."""
    recommend = command(
        commands, _recommend, "recommend", "Recommend courses to a person who took these."
    )
    recommend.add_argument("courses", nargs="+", metavar="COURSE", help="ids of the courses taken")
    recommend.add_argument("--model", default="knn", help="default: knn")
    recommend.add_argument("--k", type=count, default=10, help="how many (default: 10)")
    add_settings(recommend)
    add_data(recommend)
    add_json(recommend)

    everybody = command(
        commands,
        _recommend_all,
        "recommend-all",
        "Recommend to all users of a folder of partitions.",
    )
    everybody.add_argument("folder", type=Path, metavar="FOLDER", help="the folder for the files")
    everybody.add_argument(
        "--data", type=Path, required=True, metavar="PARTITIONS", help="made by: data convert"
    )
    everybody.add_argument("--model", default="knn", help="default: knn")
    everybody.add_argument("--k", type=count, default=10, help="how many (default: 10)")
    add_settings(everybody)
    add_scheduler(everybody)
    add_json(everybody)


def _recommend(given: argparse.Namespace) -> None:
    from recsys.sources import load_dataset
    from recsys.storage import Store

    asked = model_with_settings(given.model, given.set)
    dataset = load_dataset(given.data)
    courses = as_spelled(given.courses, dataset)
    history = dataset.history(courses)  # raises for an unknown course, before anything is fitted
    with shown_progress(f"Fitting {asked.name}") as progress:
        model = Store().fitted(asked, dataset, progress)
    found = model.recommend(history, k=given.k)
    why_empty = model.why_empty(history) if found.empty else ""
    if given.json:
        print_json(
            {
                "data": dataset.name,
                "model": model.key(),
                "hyperparameters": model.values(),
                "history": dict(history),
                "score": dataset.worded(model.score_label),
                "recommendations": found.to_dict("records"),
                "message": why_empty,
            }
        )
    elif why_empty:
        print(why_empty)
    else:
        columns = ("rank", "score", "course_id", "title")
        rows = zip(*(found[column] for column in columns), strict=True)
        print_table(
            ("rank", "score", dataset.noun, "title"),
            [(rank, f"{score:.3f}", course, title) for rank, score, course, title in rows],
        )
        print(f"\nscore: {dataset.worded(model.score_label)}")


def _recommend_all(given: argparse.Namespace) -> None:
    from recsys.scale.batch import recommend_all
    from recsys.scale.cluster import OnCluster, connected
    from recsys.sources.partitions import open_partitions
    from recsys.storage import Store

    asked = model_with_settings(given.model, given.set)
    dataset = open_partitions(given.data)
    with connected(given.scheduler) as client, shown_progress(asked.name) as progress:
        model = Store().fitted(asked, OnCluster(dataset, client), progress)
        started = time.monotonic()
        n_users = recommend_all(model, dataset, given.folder, client, given.k, progress)
        seconds = time.monotonic() - started
    if given.json:
        print_json({"folder": str(given.folder), "users": n_users, "seconds": seconds})
    else:
        note(f"{given.folder} has the recommendations; {n_users:,} users in {seconds:.1f} s.")
