"""The leaderboard, remembered: what a model answered to a split is kept beside the fitted models,
so that only what is new is fitted, and an evaluation that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.evaluation import Split, compare, k_core, leaderboard, split
from recsys.evaluation.leaderboard import LENGTH, Answering, Answers, all_candidates, answer
from recsys.evaluation.split import Catalogue, Protocol
from recsys.jobs.child import described, restored
from recsys.jobs.job import Job
from recsys.jobs.queue import JobQueue
from recsys.machine import write_atomically
from recsys.models import Progress, Recommender, baselines, registry, silent
from recsys.sources import load_dataset, movielens
from recsys.storage import Store
from recsys.storage.store import mark_used

_VERSION = 1  # raise it when the same model would answer the same split otherwise

log = logging.getLogger(__name__)


def for_evaluation(dataset: Dataset) -> Dataset:
    """The form in which a data set is evaluated: MovieLens as is usual there, with 4 stars and up
    as likes and only users and films with 5 likes; others as they are.
    """
    if not dataset.name.startswith(movielens.NAME):
        return dataset
    return k_core(replace(dataset, like_threshold=4.0), 5)


def standings(
    models: Iterable[Recommender],
    dataset: Dataset,
    store: Store,
    protocol: Protocol = "strong",
    k: int = 10,
    seed: int = 0,
    catalogue: Catalogue = "rated",
    progress: Progress = silent,
) -> pd.DataFrame:
    """The table of `evaluate`, fitting only models whose answers the store does not hold.

    Each model's answers are stored as they come. An exception from `progress`, which is called
    during each fit, ends the evaluation without losing them.
    """
    results = compare(
        models, dataset, protocol, (k,), (seed,), (catalogue,), progress, cached_answers(store)
    )
    return leaderboard(results).drop(columns=["catalogue", "k"])


def already_evaluated(
    models: Iterable[Recommender],
    dataset: Dataset,
    store: Store,
    protocol: Protocol = "strong",
    seed: int = 0,
    k: int = LENGTH,
) -> list[Recommender]:
    """Those of the models whose answers the store holds: their `standings` are there at once."""
    division = split(dataset, protocol, seed)
    candidates = all_candidates(dataset, division)
    return [
        model
        for model in models
        if store.keeps(model) and _path(store, model, division, candidates, max(k, LENGTH)).exists()
    ]


def cached_answers(store: Store, afresh: bool = False) -> Answering:
    """What `compare` gets answers from: the store, or else the model, and then into the store.

    Parameters
    ----------
    afresh : ask the models themselves, and store what they answer now
    """

    def answers(
        model: Recommender,
        division: Split,
        candidates: Mapping[str, np.ndarray],
        k: int,
        progress: Progress,
    ) -> Answers:
        if not store.keeps(model):
            return answer(model, division, candidates, k, progress)
        path = _path(store, model, division, candidates, k)
        with store.lock(path.stem, progress):
            known = None if afresh else _read(path)
            if known is None:
                known = answer(model, division, candidates, k, progress)
                _write(known, path)
                store.make_room(path)
            mark_used(path)
        return known

    return answers


def models_to_evaluate() -> list[Recommender]:
    """All registered models and the baselines, at their defaults."""
    return [kind() for kind in (*registry(), *baselines())]


class EvaluationJob(Job):
    """The evaluation of models in a child process, which fills the store; there is no other result.

    Parameters
    ----------
    models : what to evaluate, with these hyperparameters; those that the store does not keep are
        left out
    source : what `load_dataset` takes
    store : where the answers are kept, and found by `standings`
    queue : where to wait in line before the child process starts
    """

    what = "evaluation"

    def __init__(
        self,
        models: Sequence[Recommender],
        source: str,
        store: Store,
        queue: JobQueue,
    ) -> None:
        super().__init__()
        self.models = [one for one in models if store.keeps(one)]
        self.source, self.store, self.queue = source, store, queue

    def _work(self) -> None:
        with self.queue.slot(self._tell):
            self._in_child(
                __name__,
                models=[described(one) for one in self.models],
                source=self.source,
                store=str(self.store.folder),
            )


def work(
    models: list[dict[str, Any]], source: str, store: str, progress: Progress
) -> dict[str, Any]:
    """Evaluate models, each as `described`, on a data set, into the store in this folder."""
    progress(0.0, "Loading the data")
    dataset = for_evaluation(load_dataset(source))
    standings(map(restored, models), dataset, Store(store), progress=progress)
    return {}


def _path(
    store: Store, model: Recommender, division: Split, candidates: Mapping[str, np.ndarray], k: int
) -> Path:
    """The file for these answers, named after all they depend on."""
    asked = {"version": _VERSION, "hyperparameters": model.values(), "k": k}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    for matrix in (division.queries, division.holdouts):
        for part in (matrix.indptr, matrix.indices, matrix.data):
            digest.update(np.ascontiguousarray(part).tobytes())
    for catalogue, mask in candidates.items():
        digest.update(catalogue.encode() + mask.tobytes())
    return store.folder / f"{store.key(model, division.train)}-{digest.hexdigest()[:12]}.npz"


def _read(path: Path) -> Answers | None:
    """The answers in a file; None if it is not there or cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            ranked = {
                name.removeprefix("ranked "): arrays[name]
                for name in arrays.files
                if name.startswith("ranked ")
            }
            return Answers(ranked, arrays["predicted"], *map(float, arrays["seconds"]))
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever a damaged file makes the parsers stumble over
        log.warning("Remembered answers are left aside: %s cannot be read (%s).", path, error)
        return None


def _write(answers: Answers, path: Path) -> None:
    """The whole file or nothing; a folder that cannot be written costs the remembering only."""
    arrays = {f"ranked {catalogue}": lists for catalogue, lists in answers.ranked.items()}
    arrays["predicted"] = answers.predicted
    arrays["seconds"] = np.array([answers.fit_seconds, answers.score_seconds])
    try:
        write_atomically(path, lambda file: np.savez_compressed(file, allow_pickle=False, **arrays))
    except OSError as error:
        log.warning("The evaluation could not be remembered (%s).", error)
