"""How long every model takes to fit, to recommend for one visitor, and to explain ten courses.

    python benchmarks/models.py [--data bundled ibm] [--json benchmarks/results/models.json]

Each model runs in fresh processes, like a fit in the dashboard; the figures are the medians of
three. Time spent inside `import` while fitting (scikit-learn, TensorFlow) is listed separately.
Beside each figure is a floor measured in the same process: for a fit one XᵀX of the ratings, which
every item-item model needs; for a recommendation one product of a course × course matrix and a
vector. An explanation is that of the ten courses recommended to a visitor, as the dashboard shows
it.
"""

from __future__ import annotations

import argparse
import builtins
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from recsys import load_dataset, models
from recsys.dataset import DataError, Dataset
from recsys.explanation import explain_all

RUNS = 3
VISITORS = 200
RECOMMEND_BAR_MS = 30
EXPLAIN_BAR_MS = 50

# Seconds to fit at the defaults; where `True`, imports count too. The embedding models train the
# neural network's embeddings first, so theirs is its bar and as much again.
FIT_BARS = {
    "course-similarity": (0.5, False),
    "user-profile": (0.5, False),
    "clustering": (0.5, False),
    "clustering-pca": (0.5, False),
    "knn": (0.5, False),
    "nmf": (2.0, False),
    "neural-network": (15.0, True),
    "embedding-regression": (30.0, True),
    "embedding-classification": (30.0, True),
}


def main() -> None:
    """Measure the models and print the figures."""
    arguments = parse()
    print(machine())
    results = []
    for source in arguments.data:
        try:
            dataset = load_dataset(source)
        except DataError as error:
            print(f"\n{source}: left out. {error}")
            continue
        print(f"\n{described(dataset)}\n{heading()}")
        for model in (*models.registry(), *models.baselines()):
            result = {"data": source, "model": model.name, "key": model.key()}
            result |= times(model.key(), source)
            print(row(result), flush=True)
            results.append(result)
    print("\n* the bar counts imports too")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        document = {"machine": machine(), "results": results}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")


def parse() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", nargs="+", default=["bundled", "ibm"], help="data sets, by key or folder"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def times(key: str, source: str) -> dict[str, float]:
    """The median times of one model, in seconds, each run in a fresh process."""
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        runs = list(pool.map(measure, [key] * RUNS, [source] * RUNS))
    return {what: float(np.median([run[what] for run in runs])) for what in runs[0]}


def measure(key: str, source: str) -> dict[str, float]:
    """The times of one model in this process, with the floors beside them."""
    dataset = load_dataset(source)
    likes = dataset.likes
    model = models.find(key)()

    with import_clock() as imports:
        fit = seconds(lambda: model.fit(dataset))
    gram = (likes.T @ likes).toarray()
    histories = visitors(dataset)
    vectors = [dataset.histories([history]).toarray()[0] for history in histories]

    lists = [list(model.recommend(history, k=10)["course_id"]) for history in histories]
    return {
        "imports": imports["seconds"],
        "fit": fit - imports["seconds"],
        "fit_floor": median(lambda _: likes.T @ likes, range(5)),
        "recommend": median(model.recommend, histories),
        "recommend_floor": median(lambda vector: gram @ vector, vectors),
        "explain": median(
            lambda case: explain_all(model, *case), list(zip(histories, lists, strict=True))
        ),
    }


def visitors(dataset: Dataset) -> list[dict[str, float]]:
    """The histories of randomly sampled users, by a seed."""
    users = np.random.default_rng(0).choice(dataset.n_users, VISITORS)
    ids = dataset.courses["id"].to_numpy()
    rows = (dataset.interactions[user] for user in users)
    return [dict(zip(ids[row.indices], row.data.tolist(), strict=True)) for row in rows]


@contextmanager
def import_clock() -> Iterator[dict[str, float]]:
    """Adds up the time spent in `import` statements; those inside another one count once."""
    clock, depth, real = {"seconds": 0.0}, 0, builtins.__import__

    def timed(*args: Any, **kwargs: Any) -> Any:
        nonlocal depth
        start, depth = perf_counter(), depth + 1
        try:
            return real(*args, **kwargs)
        finally:
            depth -= 1
            if depth == 0:
                clock["seconds"] += perf_counter() - start

    builtins.__import__ = timed
    try:
        yield clock
    finally:
        builtins.__import__ = real


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def median(work: Callable[[Any], object], inputs: Any) -> float:
    """The median of the seconds that a call takes, over several inputs."""
    return float(np.median([seconds(lambda one=one: work(one)) for one in inputs]))


def heading() -> str:
    """The header of the table."""
    return (
        f"{'model':42}{'imports':>9}{'fit':>9}{'bar':>12}{'/ XᵀX':>9}"
        f"{'recommend':>12}{'bar':>9}{'/ S·x':>8}{'explain 10':>13}{'bar':>10}"
    )


def row(result: dict[str, Any]) -> str:
    """The row of one model."""
    bar, with_imports = FIT_BARS.get(result["key"], (None, False))
    counted = result["fit"] + (result["imports"] if with_imports else 0)
    recommend, explain = result["recommend"] * 1000, result["explain"] * 1000
    return (
        f"{result['model']:42}{result['imports']:7.2f} s{result['fit']:7.3f} s"
        f"{verdict(counted, bar, 's' + '*' * with_imports):>12}"
        f"{result['fit'] / result['fit_floor']:9.1f}"
        f"{recommend:9.2f} ms{verdict(recommend, RECOMMEND_BAR_MS, 'ms'):>9}"
        f"{result['recommend'] / result['recommend_floor']:8.0f}"
        f"{explain:10.2f} ms{verdict(explain, EXPLAIN_BAR_MS, 'ms'):>10}"
    )


def verdict(value: float, bar: float | None, unit: str) -> str:
    """Whether a figure is below its limit, in words."""
    if bar is None:
        return ""
    return f"{'<' if value < bar else 'over '}{bar:g} {unit}"


def described(dataset: Dataset) -> str:
    """The size of a data set, in a line."""
    rated = int((dataset.popularity > 0).sum())
    return (
        f"{dataset.name}: {dataset.n_courses} {dataset.noun}s ({rated} rated), "
        f"{dataset.n_users:,} users, {dataset.interactions.nnz:,} ratings"
    )


def machine() -> str:
    """The machine and the versions that matter, in a line."""
    parts = [f"{os.cpu_count()} cores of {processor()}", platform.system(), platform.machine()]
    parts.append(f"Python {platform.python_version()}")
    for package in ("numpy", "scipy", "scikit-learn", "tensorflow-cpu", "tensorflow"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(parts)


def processor() -> str:
    """The processor's name, as far as the system has it."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "an unnamed processor"


if __name__ == "__main__":
    main()
