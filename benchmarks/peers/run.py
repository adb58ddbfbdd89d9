"""Our models beside those of other libraries, on the same split, judged by our metrics.

    python benchmarks/peers/run.py [--data bundled ibm movielens]

Each library runs in an environment of its own (`environments.py`) and is given likes of training
users and queries of test users; what was held out stays here. Hyperparameters are chosen on a
validation part of the training users, with the same budget for every model (`contenders.py`); the
test users are looked at once. Results go to docs/results/peers-<data>.md, and with all that was
tried to benchmarks/results/peers-<data>.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contenders import BUDGET, LIBRARIES, REGULARISATIONS, Contender, Settings
from environments import NoEnvironmentError, python_of
from page import Standing, page, record
from protocol import NOTHING, Answer, Task, read_answer, write_task
from threadpoolctl import threadpool_limits

from recsys import load_dataset, models
from recsys.dataset import DataError, Dataset
from recsys.evaluation import Split, answer, catalogue_mask, metrics, split
from recsys.evaluation.tuning import VALIDATION_SEED
from recsys.jobs.standings import for_evaluation
from recsys.models import Recommender

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
K = 10
SEED = 0
TIME_LIMIT = 1800  # seconds for all settings of one model
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "RAYON_NUM_THREADS",
        "LK_NUM_THREADS",
        "LK_NUM_PROCS",
    ),
    "1",
)


class PeerError(RuntimeError):
    """A peer did not answer, or not as it should."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["bundled", "ibm", "movielens"])
    for source in parser.parse_args().data:
        try:
            dataset = for_evaluation(load_dataset(source))
        except DataError as error:
            print(f"{source}: left out. {error}")
            continue
        standings, problems = compared(dataset)
        if not any(one.contender for one in standings):
            parser.exit(1, "No peer could be asked, so nothing is written.\n")
        write(source, dataset, standings, problems)


def compared(dataset: Dataset) -> tuple[list[Standing], list[str]]:
    """The standings of all that could be compared, and what could not."""
    test = split(dataset, "strong", SEED)
    validation = split(test.train, "strong", VALIDATION_SEED)
    standings, problems = ours(dataset, test, validation), []
    for library in LIBRARIES:
        try:
            peer = Peer(python_of(library.key), HERE / f"{library.key}_peer.py")
        except NoEnvironmentError as error:
            problems.append(f"{library.name} is left out here: {error}")
            print(problems[-1], flush=True)
            continue
        for contender in library.contenders:
            try:
                standings.append(theirs(library.name, contender, peer, test, validation))
                tell(standings[-1])
            except PeerError as error:
                problems.append(f"{library.name} {contender.model} is left out here: {error}")
                print(problems[-1], flush=True)
    return standings, problems


def ours(dataset: Dataset, test: Split, validation: Split) -> list[Standing]:
    """EASE, tuned as the peers are, and all our models at their defaults."""
    tried: list[tuple[Settings, float]] = []
    for value in REGULARISATIONS:
        _, ndcg = asked(models.EASE(regularisation=value), validation, test.train)
        tried.append(({"regularisation": value}, float(ndcg.mean())))
    chosen = best(tried)
    entries: list[tuple[Recommender, Settings | None]] = [(models.EASE(**chosen), chosen)]
    others = (*models.registry(), *models.baselines())
    entries += [(kind(), None) for kind in others if kind is not models.EASE]
    standings = []
    for model, settings in entries:
        seconds, ndcg = asked(model, test, dataset)
        tries = tried if settings else []
        standings.append(Standing("recsys", model.name, ndcg, seconds, settings, tries, None, {}))
        tell(standings[-1])
    return standings


def asked(model: Recommender, division: Split, dataset: Dataset) -> tuple[float, np.ndarray]:
    """The seconds one of our models takes to fit, and the NDCG of each test user."""
    with threadpool_limits(1):
        found = answer(model, division, {"rated": catalogue_mask(dataset, "rated")}, K)
    return found.fit_seconds, ndcg_of(found.ranked["rated"], division)


@dataclass(frozen=True)
class Peer:
    """A library's script, with the Python to run it."""

    python: Path
    script: Path

    def __call__(self, model: str, settings: Sequence[Settings], task: Task) -> list[Answer]:
        """Its answers with each of the settings."""
        with tempfile.TemporaryDirectory() as folder:
            asked = Path(folder, "task.npz")
            write_task(asked, task)
            words = ["--model", model, "--params", *map(json.dumps, settings)]
            try:
                done = subprocess.run(
                    [self.python, self.script, asked, folder, *words],
                    env=os.environ | ONE_THREAD,
                    capture_output=True,
                    text=True,
                    timeout=TIME_LIMIT,
                )
            except subprocess.TimeoutExpired:
                raise PeerError(f"no answer within {TIME_LIMIT} seconds") from None
            if done.returncode:
                raise PeerError(" ".join(done.stderr.strip().splitlines()[-1:]) or "no message")
            try:
                return [read_answer(Path(folder, f"{i}.npz"), task) for i in range(len(settings))]
            except ValueError as error:
                raise PeerError(str(error)) from None


def theirs(
    library: str, contender: Contender, peer: Peer, test: Split, validation: Split
) -> Standing:
    """Tune one of a peer's models on the validation users, and ask it once for the test users."""
    grid = list(contender.settings())
    tried = [
        (settings, float(ndcg_of(ranked_courses(found, validation), validation).mean()))
        for settings, found in zip(
            grid, peer(contender.model, grid, task_of(validation)), strict=True
        )
    ]
    settings = best(tried)
    (found,) = peer(contender.model, [settings], task_of(test))
    return Standing(
        library,
        contender.model,
        ndcg_of(ranked_courses(found, test), test),
        found.fit_seconds,
        settings,
        tried,
        contender,
        found.versions,
    )


def best(tried: list[tuple[Settings, float]]) -> Settings:
    """The settings with the highest mean NDCG, the first of equals."""
    assert len(tried) == BUDGET, "every model gets the same budget"
    return max(tried, key=lambda one: one[1])[0]


def task_of(division: Split) -> Task:
    """What a peer is told: all likes weigh 1, and courses that nobody in training likes, of which
    it can know nothing, are left out.
    """
    known = np.flatnonzero(division.train.popularity)
    train, queries = division.train.likes[:, known], division.queries[:, known]
    return Task(train.sign().astype(np.float32), queries.sign().astype(np.float32), K)


def ranked_courses(found: Answer, division: Split) -> np.ndarray:
    """A peer's lists as positions in our catalogue."""
    known = np.flatnonzero(division.train.popularity)
    return np.append(known, NOTHING)[found.ranked]


def ndcg_of(ranked: np.ndarray, division: Split) -> np.ndarray:
    """(n_test_users,) by our own metric, over all that was held out."""
    hit = metrics.hits(ranked, division.holdouts)
    return metrics.ndcg(hit, np.asarray(division.holdouts.getnnz(axis=1)))


def tell(standing: Standing) -> None:
    print(
        f"{standing.library:9} {standing.model:40} NDCG@{K} {standing.ndcg.mean():.3f}, "
        f"fit {standing.fit_seconds:.2f} s, {standing.settings or 'defaults'}",
        flush=True,
    )


def write(source: str, dataset: Dataset, standings: list[Standing], problems: list[str]) -> None:
    command = f"python benchmarks/peers/run.py --data {source}"
    text = ROOT / "docs" / "results" / f"peers-{source}.md"
    figures = ROOT / "benchmarks" / "results" / f"peers-{source}.json"
    for file in (text, figures):
        file.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(page(dataset, standings, problems, command, K), "utf-8")
    document = record(dataset, standings, problems, command)
    figures.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"Written: {text.relative_to(ROOT)}, {figures.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
