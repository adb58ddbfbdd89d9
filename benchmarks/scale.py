"""How the time of fits grows with the number of ratings, and how much a second worker helps.

    python benchmarks/scale.py [--times 10 100] [--json benchmarks/results/scale.json]
    python benchmarks/scale.py --times 10 --courses 20000
    python benchmarks/scale.py --json benchmarks/results/scale.json --table docs/scale.md

The last command measures nothing, but writes the figures of the file into the page. Several runs
may write into one file: a new figure replaces an earlier one.

Needs `make scale`. The bundled set is scaled: a new user gets the courses of one of its users, who
is sampled at random, but every tenth course is another user's. So popularity, the number of courses
of a user, and which courses are taken together stay the same. With `--courses` each course becomes
several, of which the first are taken most. The files go to `--folder`, part by part, and stay
there.

Each fit runs in separate processes: one that asks, and one or two workers with one thread. Fits
with one and with two workers alternate for `--rounds` rounds, and the fastest of each counts, so
that other load on the machine matters less. "MB, worker" is the peak memory of a worker; "moved" is
what workers have sent to each other and to the process that asks, by Dask's counters. Linux and
macOS.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from models import machine
from tables import fill

from recsys import load_dataset, models
from recsys.blocks import PER_BLOCK
from recsys.dataset import Dataset
from recsys.evaluation.report import markdown
from recsys.sources import partitions

CHANGED = 0.1  # of a user's courses are another user's
MEMORY = "4GB"  # that a worker may have, unless told otherwise
SAMPLE = 20_000  # users to recommend to
COMMON: dict[str, Any] = {}  # of the processes that write parts


def main() -> None:
    """Measure the fits, or write their figures into a page."""
    given = parse()
    if given.one:
        [key], [workers] = given.models, given.workers
        print(json.dumps(measured(Path(given.one), key, workers, given.memory)))
        return
    if given.table:
        fill(given.table, "growth", table(json.loads(given.json.read_text())["results"]))
        return
    print(machine())
    for times in given.times:
        folder = grown(given.folder, times, given.courses)
        dataset = partitions.open_partitions(folder)
        size = {"times": times, "users": dataset.n_users, "ratings": dataset.n_ratings}
        size |= {"courses": len(dataset.courses), "rated": int((dataset.popularity > 0).sum())}
        size["parts"] = len(dataset.parts)
        size["MB on disk"] = sum(Path(one.file).stat().st_size for one in dataset.parts) / 1e6
        print("\n" + ", ".join(f"{what} {figure:,.0f}" for what, figure in size.items()))
        print(line("model", COLUMNS))
        for key in given.models or [one.key() for one in every_model()]:
            turns = [workers for _ in range(given.rounds) for workers in given.workers]
            tries = [size | one_fit(folder, key, workers, given.memory) for workers in turns]
            results = [
                min((one for one in tries if one["workers"] == workers), key=seconds_of)
                for workers in given.workers
            ]
            print(line(key, cells(results)), flush=True)
            keep(given.json, results)


def parse() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", nargs="+", type=int, default=[1, 10], help="the bundled ratings")
    parser.add_argument("--courses", type=int, help="how many instead of the bundled ones")
    parser.add_argument("--models", nargs="+", help="keys; by default all")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "recsys-scale")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path, help="the page to write the file's figures into")
    parser.add_argument("--memory", default=MEMORY, help="that a worker may have")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2], help="how many")
    parser.add_argument("--rounds", type=int, default=1, help="of fits; the fastest is kept")
    parser.add_argument("--one", help=argparse.SUPPRESS)  # how it calls itself
    given = parser.parse_args()
    if given.table and not given.json:
        parser.error("--table needs the file of figures: --json FILE")
    return given


def one_fit(folder: Path, key: str, workers: int, memory: str) -> dict[str, Any]:
    """The figures of `measured`, from a process of its own, or its error."""
    busy = f"{os.getloadavg()[0]:.1f} of {os.cpu_count()}"
    command = [sys.executable, __file__, "--one", str(folder), "--models", key]
    command += ["--workers", str(workers), "--memory", memory]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    last = done.stdout.decode().splitlines()[-1:] or ['{"error": "it ended"}']
    return {"model": key, "workers": workers, "busy before": busy} | json.loads(last[0])


def seconds_of(one: dict[str, Any]) -> float:
    """The seconds of a fit; 0 if it failed, so that a failure is shown as the fastest."""
    return float(one.get("seconds", 0))


def keep(file: Path | None, results: list[dict[str, Any]]) -> None:
    """Add results to a file, replacing earlier results of the same fits."""
    if not file:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    earlier = json.loads(file.read_text())["results"] if file.exists() else []
    kept = {of_what(one): one for one in [*earlier, *results]}
    order = {one.key(): index for index, one in enumerate(every_model())}
    results = sorted(
        kept.values(),
        key=lambda one: (one["courses"], one["times"], order[one["model"]], one["workers"]),
    )
    text = json.dumps({"machine": machine(), "results": results}, indent=1)
    file.write_text(text + "\n")


def of_what(one: dict[str, Any]) -> tuple[int, int, str, int]:
    """Which fit a result is of."""
    return one["courses"], one["times"], one["model"], one["workers"]


def every_model() -> Iterator[type[models.Recommender]]:
    """The models to measure, in the order shown."""
    yield from models.registry()
    yield from (one for one in models.baselines() if one.key() in ("ease", "ials"))


# Data


def grown(folder: Path, times: int, n_courses: int | None) -> Path:
    """The folder of the bundled set with `times` as many users; created if necessary."""
    base = load_dataset("bundled")
    copies = max(1, round((n_courses or base.n_courses) / base.n_courses))
    target = folder / f"{times}-times-{copies * base.n_courses}-courses"
    if partitions.matches(target):
        return target
    partitions.prepare(target)
    n_users = times * base.n_users
    n_parts = -(-n_users // PER_BLOCK)
    sizes = [(n_users + number) // n_parts for number in range(n_parts)]  # as equal as can be
    start = perf_counter()
    with ProcessPoolExecutor(initializer=hold, initargs=(target, copies)) as pool:
        written = list(pool.map(write_part, range(len(sizes)), sizes))
    about = {
        "name": f"Bundled, {times} times",
        "noun": "course",
        "like_threshold": base.like_threshold,
    }
    partitions.finish(target, variants(base, copies), written, about)
    print(f"Made {target} in {perf_counter() - start:.0f} s")
    return target


def hold(target: Path, copies: int) -> None:
    """Prepare a process to write parts."""
    COMMON.update(base=load_dataset("bundled"), target=target, copies=copies)


def write_part(number: int, n_users: int) -> partitions.Written:
    """Write one file of users, which depends on its number alone, not on the process."""
    base, copies = COMMON["base"], COMMON["copies"]
    user, item, rating = drawn(base, number, n_users, copies)
    columns = (number * PER_BLOCK + user, item, rating)
    n_items = base.n_courses * copies
    return partitions.write_part(COMMON["target"], number, columns, n_items, base.like_threshold)


def drawn(
    base: Dataset, number: int, n_users: int, copies: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """User (from 0), item and rating of new users, sampled with the part's number as seed."""
    random = np.random.default_rng([0, number])
    known = base.interactions
    lengths = np.diff(known.indptr)
    of = random.integers(base.n_users, size=n_users)  # the user whose courses a new user gets
    n = lengths[of]
    user = np.repeat(np.arange(n_users), n)
    index = np.repeat(known.indptr[of] - np.cumsum(n) + n, n) + np.arange(n.sum())
    changed = random.random(len(index)) < CHANGED
    index[changed] = random.integers(known.nnz, size=changed.sum())
    item = known.indices[index].astype(np.int64) * copies
    if copies > 1:
        item += np.minimum(random.geometric(4 / copies, size=len(item)) - 1, copies - 1)
    _, first = np.unique(user * base.n_courses * copies + item, return_index=True)
    return user[first], item[first], known.data[index[first]]


def variants(base: Dataset, copies: int) -> pd.DataFrame:
    """The catalogue, with `copies` variants of each course."""
    courses = base.courses.loc[base.courses.index.repeat(copies)].reset_index(drop=True)
    if copies > 1:
        number = (np.arange(len(courses)) % copies + 1).astype(str)
        courses["id"] += "-" + number
        courses["title"] += " " + number
    return courses


# Fits


def measured(folder: Path, key: str, workers: int, memory: str) -> dict[str, Any]:
    """The figures of one fit on `workers` workers."""
    from recsys.scale.cluster import OnCluster, connected

    dataset = partitions.open_partitions(folder)
    model = models.find(key)()
    passes = 0

    def count(done: float, message: str, **figures: float) -> None:
        nonlocal passes
        found = re.search(r"[Pp]ass (\d+)", message)
        passes = int(found[1]) if found else passes

    with connected("local", n_workers=workers, memory_limit=memory) as client:
        try:
            start = perf_counter()
            model.fit(OnCluster(dataset, client), progress=count)
            seconds = perf_counter() - start
        except Exception as problem:
            return {"error": f"{type(problem).__name__}: {problem}"}
        of_worker = list(client.run(peak_and_sent).values())
    return {
        "seconds": seconds,
        "passes": passes + 1,  # the last pass, in which nothing moves, is not reported
        "ratings a second": dataset.n_ratings / seconds,
        "MB, worker": max(peak for peak, _ in of_worker) / 1e6,
        "MB, asking": peak_memory() / 1e6,
        "MB moved": sum(sent for _, sent in of_worker) / 1e6,
        "users recommended to a second": recommending(model, dataset),
    }


def peak_and_sent(dask_worker: Any) -> tuple[float, float]:
    """The peak memory of a worker and what it has sent, in bytes."""
    return peak_memory(), float(dask_worker.transfer_outgoing_bytes_total)


def peak_memory() -> float:
    """The peak memory of this process in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def recommending(model: models.Recommender, dataset: partitions.PartitionedDataset) -> float:
    """For how many users a second this process finds the ten best courses."""
    from recsys.scale.batch import USERS, best_courses

    _, likes = dataset.parts[0].ratings()
    likes = likes[: SAMPLE if likes.shape[1] < 1000 else USERS]
    start = perf_counter()
    for first in range(0, likes.shape[0], USERS):
        best_courses(model, likes[first : first + USERS], 10)
    return float(likes.shape[0] / (perf_counter() - start))


# Words


COLUMNS = (
    "s, one worker",
    "s, two",
    "gain",
    "MB, worker",
    "MB, asking",
    "MB moved",
    "users/s/core",
)


def cells(results: Sequence[dict[str, Any]]) -> list[str]:
    """The row of one model: the figures with the most workers, or the error."""
    problem = next((one["error"] for one in results if "error" in one), None)
    if problem:
        return [problem[:160].replace("|", "/")] + [""] * (len(COLUMNS) - 1)
    seconds = {one["workers"]: one["seconds"] for one in results}
    most = results[-1]
    return [
        *(f"{seconds[n]:,.1f}" if n in seconds else "–" for n in (1, 2)),
        f"{seconds[1] / seconds[2]:.2f}" if {1, 2} <= seconds.keys() else "–",
        f"{most['MB, worker']:,.0f}",
        f"{most['MB, asking']:,.0f}",
        f"{most['MB moved']:,.1f}",
        f"{most['users recommended to a second']:,.0f}",
    ]


def line(first: str, rest: Sequence[str]) -> str:
    """A row of the printed table."""
    return f"{first:26}" + "".join(f"{one:>15}" for one in rest)


def table(results: list[dict[str, Any]]) -> str:
    """All figures, in Markdown."""
    rows = []
    for _, some in groupby(results, key=lambda one: of_what(one)[:3]):
        same = list(some)
        size = f"{same[0]['times']} ×"
        if same[0]["courses"] > 1000:
            size += f", {same[0]['courses']:,} courses, {same[0]['rated']:,} rated"
        rows.append([size, same[0]["model"], *cells(same)])
    return markdown(["ratings", "model", *COLUMNS], rows, "ll" + "r" * len(COLUMNS))


if __name__ == "__main__":
    main()
