"""The leaderboard, from stored answers: what a model recommends for a split is kept beside the
fitted models. Only new models are fitted, and an evaluation that was stopped continues from there.
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

_VERSION = 1  # increase it when the same model would answer the same split differently

log = logging.getLogger(__name__)


def for_evaluation(dataset: Dataset) -> Dataset:
    """The form in which a data set is evaluated.

    For MovieLens it is the usual one: ratings of at least 4 are likes, and only users and films
    with at least 5 likes remain. Other data sets stay as they are.
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
    """The table of `evaluate`. Only models whose answers are not in the store are fitted.

    The answers of each model are stored at once. An exception from `progress`, which is called
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
    """The models whose answers are in the store, so that their `standings` are there at once."""
    division = split(dataset, protocol, seed)
    candidates = all_candidates(dataset, division)
    return [
        model
        for model in models
        if store.keeps(model) and _path(store, model, division, candidates, max(k, LENGTH)).exists()
    ]


def cached_answers(store: Store, afresh: bool = False) -> Answering:
    """The `answering` of `compare`: from the store, or else from the model, and then stored.

    Parameters
    ----------
    afresh : ask the models in any case, and replace the stored answers
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
    """The evaluation of models in a child process. It fills the store, and its result is None.

    Parameters
    ----------
    models : the models to evaluate, with their hyperparameters; models that the store does not keep
        are left out
    source : the data set, as `load_dataset` takes it
    store : where the answers are kept, for `standings`
    queue : the queue to wait in before the child process starts
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
        with self.queue.slot(self._report):
            self._in_child(
                __name__,
                models=[described(one) for one in self.models],
                source=self.source,
                store=str(self.store.folder),
            )


def work(
    models: list[dict[str, Any]], source: str, store: str, progress: Progress
) -> dict[str, Any]:
    """Evaluate models in a child process.

    Parameters
    ----------
    models : each as `described`
    source : the data set, as `load_dataset` takes it
    store : the folder of the store, which gets the answers
    """
    progress(0.0, "Loading the data")
    dataset = for_evaluation(load_dataset(source))
    standings(map(restored, models), dataset, Store(store), progress=progress)
    return {}


def _path(
    store: Store, model: Recommender, division: Split, candidates: Mapping[str, np.ndarray], k: int
) -> Path:
    """The file for these answers; its name is a hash of everything they depend on."""
    asked = {"version": _VERSION, "hyperparameters": model.values(), "k": k}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    for matrix in (division.queries, division.holdouts):
        for part in (matrix.indptr, matrix.indices, matrix.data):
            digest.update(np.ascontiguousarray(part).tobytes())
    for catalogue, mask in candidates.items():
        digest.update(catalogue.encode() + mask.tobytes())
    return store.folder / f"{store.key(model, division.train)}-{digest.hexdigest()[:12]}.npz"


def _read(path: Path) -> Answers | None:
    """The answers in a file; None if it does not exist or cannot be read."""
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
    except Exception as error:  # a damaged file can cause any kind of error
        log.warning("Stored answers are ignored: %s cannot be read (%s).", path, error)
        return None


def _write(answers: Answers, path: Path) -> None:
    """Write the whole file. If the folder cannot be written, the answers are not stored."""
    arrays = {f"ranked {catalogue}": lists for catalogue, lists in answers.ranked.items()}
    arrays["predicted"] = answers.predicted
    arrays["seconds"] = np.array([answers.fit_seconds, answers.score_seconds])
    try:
        write_atomically(path, lambda file: np.savez_compressed(file, allow_pickle=False, **arrays))
    except OSError as error:
        log.warning("The answers could not be stored (%s).", error)
