"""`recsys data`: list, fetch and convert data sets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.cli.arguments import Commands, add_json, add_scheduler, command, count, seconds
from recsys.cli.terminal import note, print_json, print_table, shown_progress

if TYPE_CHECKING:
    from recsys.sources import Source


def add(commands: Commands) -> None:
    """Add the command `data`."""
    data = commands.add_parser("data", help="list the data sets, or fetch one")
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = command(actions, _data_list, "list", "List the data sets on this machine.")
    add_json(listing)
    fetch = command(actions, _data_fetch, "fetch", "Download a data set into data/.")
    fetch.add_argument("name", choices=["ibm"], help="ibm: IBM's courses, users and ratings")
    fetch.add_argument(
        "--time-budget", type=seconds, metavar="SECONDS", help="stop after this time"
    )
    add_json(fetch)
    convert = command(
        actions,
        _data_convert,
        "convert",
        "Write a data set as partitions, one for each block of users, to fit on a cluster.",
    )
    convert.add_argument(
        "source",
        metavar="SET",
        help="data set, or a folder with courses.csv and a folder ratings/ of CSV or Parquet files",
    )
    convert.add_argument("folder", type=Path, metavar="FOLDER", help="folder for the partitions")
    convert.add_argument(
        "--users-per-part",
        type=count,
        default=65_536,
        metavar="N",
        help="about how many users to put in a partition (default: 65,536)",
    )
    convert.add_argument(
        "--like-from",
        type=float,
        default=0.0,
        metavar="RATING",
        help="a rating of at least this much is a like (for a ratings/ folder; default: all are)",
    )
    add_scheduler(convert)
    add_json(convert)


def _data_list(given: argparse.Namespace) -> None:
    from recsys.sources import available

    sources = available()
    if given.json:
        print_json([_described(one) for one in sources])
        return
    print_table(
        ("data set", "title", "folder"), [(one.key, one.title, one.folder) for one in sources]
    )


def _data_fetch(given: argparse.Namespace) -> None:
    from recsys.sources import fetch_ibm

    folder = fetch_ibm(budget=given.time_budget, report=note)
    if given.json:
        print_json({"data": given.name, "folder": str(folder)})
    else:
        note(f"The IBM courses are in {folder}.")


def _data_convert(given: argparse.Namespace) -> None:
    from recsys.sources import load_dataset
    from recsys.sources.partitions import write

    source = Path(given.source)
    if (source / "ratings").is_dir():
        from recsys.scale.cluster import connected
        from recsys.scale.convert import convert

        with connected(given.scheduler) as client, shown_progress("Converting") as progress:
            made = convert(
                source, given.folder, client, given.users_per_part, given.like_from, progress
            )
    else:
        made = write(load_dataset(given.source), given.folder, given.users_per_part)
    if given.json:
        about = {"parts": len(made.parts), "users": made.n_users, "ratings": made.n_ratings}
        print_json({"folder": str(given.folder), **about})
    else:
        note(
            f"{given.folder} has {made.n_ratings:,} ratings of {made.n_users:,} users in "
            f"{len(made.parts):,} parts. Fit on it with: recsys train --data {given.folder}"
        )


def _described(source: Source) -> dict[str, str]:
    about = ("key", "title", "noun", "description", "folder")
    return {name: str(getattr(source, name)) for name in about}
