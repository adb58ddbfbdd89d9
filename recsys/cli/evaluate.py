"""`recsys evaluate` and `recsys tune`: how good models are, and with which settings."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.cli.arguments import (
    Commands,
    UsageError,
    add_data,
    add_json,
    command,
    count,
    model_classes,
)
from recsys.cli.terminal import as_json, note, print_table, shown_progress, write_page

if TYPE_CHECKING:
    from recsys.dataset import Dataset


def add(commands: Commands) -> None:
    """Add the commands `evaluate` and `tune`."""
    evaluate = command(
        commands, _evaluate, "evaluate", "Rank models by how well they predict held-out courses."
    )
    evaluate.add_argument("--model", nargs="+", metavar="MODEL", help="default: all models")
    evaluate.add_argument("--baselines", action="store_true", help="also the baselines")
    evaluate.add_argument(
        "--protocol", nargs="+", choices=["strong", "weak", "cold"], default=["strong"]
    )
    evaluate.add_argument(
        "--catalogue",
        nargs="+",
        choices=["rated", "all", "cold"],
        help="recommend from these (default: rated; cold in the protocol cold; all with --table)",
    )
    evaluate.add_argument(
        "--k", nargs="+", type=count, default=[10], help="lengths of the lists (default: 10)"
    )
    evaluate.add_argument(
        "--seeds", type=count, default=1, metavar="N", help="how many splits (default: 1)"
    )
    evaluate.add_argument(
        "--table", type=Path, metavar="FILE", help="write the results as a page of Markdown"
    )
    evaluate.add_argument("--force", action="store_true", help="evaluate again even what is stored")
    evaluate.add_argument(
        "--bundle",
        action="store_true",
        help="write the results of all models and baselines on the bundled data set beside it, "
        "where the leaderboard reads them",
    )
    add_data(evaluate)
    evaluate.add_argument(
        "--json", action="store_true", help="print JSON; with --table, write it beside the page"
    )

    tune = command(
        commands, _tune, "tune", "Try grids of hyperparameters on users held out from training."
    )
    tune.add_argument(
        "--model", nargs="+", required=True, metavar="MODEL", help="such as knn, or all"
    )
    tune.add_argument("--k", type=count, default=10, help="length of the lists (default: 10)")
    tune.add_argument(
        "--seeds", type=count, default=1, metavar="N", help="how many splits (default: 1)"
    )
    tune.add_argument(
        "--table", type=Path, metavar="FILE", help="write the results as a page of Markdown"
    )
    add_data(tune)
    add_json(tune)


def _evaluate(given: argparse.Namespace) -> None:
    from recsys import models
    from recsys.evaluation import CATALOGUES, compare
    from recsys.evaluation.report import page
    from recsys.jobs.standings import bundle, cached_answers, for_evaluation
    from recsys.sources import load_dataset
    from recsys.storage import Store

    if given.bundle:
        with shown_progress("Evaluating the bundled data set") as progress:
            path = bundle(load_dataset("bundled"), Store(), progress)
        note(f"Written: {path} ({path.stat().st_size / 1000:.0f} kB).")
        return
    kinds = model_classes(given.model) or list(models.registry())
    kinds += models.baselines() if given.baselines else ()
    dataset = for_evaluation(load_dataset(given.data))
    same = bool((dataset.popularity > 0).all())  # then the catalogues "rated" and "all" are equal
    results = {}
    for protocol in given.protocol:
        known = [one for one in CATALOGUES[protocol] if not (same and one == "all")]
        wanted = [one for one in given.catalogue or () if one in known]
        if given.catalogue and not wanted:
            raise UsageError(f"--catalogue: the protocol {protocol} has {', '.join(known)} here.")
        with shown_progress(f"Evaluating ({protocol})") as progress:
            results[protocol] = compare(
                [kind() for kind in kinds],
                dataset,
                protocol=protocol,
                ks=given.k,
                seeds=range(given.seeds),
                catalogues=wanted or (known if given.table else known[:1]),
                progress=progress,
                answering=cached_answers(Store(), afresh=given.force),
            )
    if given.table:
        text = page(results, dataset, _name(dataset), _command(given))
        write_page(given.table, text)
    if given.json:
        text = as_json(_all_figures(results, dataset))
        if given.table:
            given.table.with_suffix(".json").write_text(f"{text}\n", "utf-8")
        else:
            print(text)
    if not given.table and not given.json:
        _print_boards(results)


def _all_figures(results: dict[Any, Any], dataset: Dataset) -> dict[str, Any]:
    from recsys.evaluation import leaderboard, rating_table

    return {
        "data": _name(dataset),
        "fingerprint": dataset.fingerprint,
        "leaderboard": [
            {"protocol": protocol} | row
            for protocol, found in results.items()
            for row in leaderboard(found).to_dict("records")
        ],
        "ratings": [
            {"protocol": protocol} | row
            for protocol, found in results.items()
            for row in rating_table(found).to_dict("records")
        ],
    }


def _print_boards(results: dict[Any, Any]) -> None:
    from recsys.evaluation import leaderboard

    for protocol, found in results.items():
        for (catalogue, k), board in leaderboard(found).groupby(["catalogue", "k"], sort=False):
            print(f"protocol {protocol}, catalogue {catalogue}, lists of {k}")
            names = "ndcg recall mrr coverage diversity novelty fit_seconds".split()
            rows = board.to_dict("records")
            print_table(
                ("model", *names),
                [(row["model"], *(f"{row[name]:.3f}" for name in names)) for row in rows],
            )
            print()
    note("For more figures, and how sure they are: --json, or a page with --table FILE.")


def _tune(given: argparse.Namespace) -> None:
    from recsys.evaluation import GRIDS, tune
    from recsys.evaluation.report import tuning_page
    from recsys.jobs.standings import cached_answers, for_evaluation
    from recsys.sources import load_dataset
    from recsys.storage import Store

    kinds = model_classes(GRIDS if given.model == ["all"] else given.model)
    for kind in kinds:
        if kind.key() not in GRIDS:
            raise UsageError(f"{kind.key()} has no grid; there are grids for {', '.join(GRIDS)}.")
    dataset = for_evaluation(load_dataset(given.data))
    tried = {}
    for kind in kinds:
        with shown_progress(f"Tuning {kind.name}") as progress:
            tried[kind.name] = tune(
                kind,
                dataset,
                k=given.k,
                repeats=given.seeds,
                progress=progress,
                answering=cached_answers(Store()),
            )
    if given.table:
        write_page(given.table, tuning_page(tried, _name(dataset), _command(given)))
    elif given.json:
        print(as_json({name: table.to_dict("records") for name, table in tried.items()}))
    else:
        for name, table in tried.items():
            print(name)
            shown = [[_shown(value) for value in row] for row in table.to_numpy().tolist()]
            print_table(tuple(table.columns), shown)
            print()


def _name(dataset: Dataset) -> str:
    """The name of the data set; it says if the ratings are not the published ones."""
    from recsys.sources import ibm

    inferred = any(ibm.NOT_PUBLISHED in repair for repair in dataset.repairs)
    return f"{dataset.name} (inferred ratings)" if inferred else dataset.name


def _command(given: argparse.Namespace) -> str:
    return f"python -m recsys {shlex.join(given.arguments)}"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
