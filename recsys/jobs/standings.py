"""The leaderboard, from stored answers: what a model recommends for a split is kept beside the
fitted models. Only new models are fitted, and an evaluation that was stopped continues from there.

The answers of a notebook's classes are kept in the memory of the notebook's process alone.
"""

from __future__ import annotations

import hashlib
import json
import logging
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.evaluation import Split, compare, k_core, leaderboard, split
from recsys.evaluation.leaderboard import (
    LENGTH,
    Answering,
    Answers,
    Result,
    all_candidates,
    answer,
)
from recsys.evaluation.split import Catalogue, Protocol
from recsys.jobs import bundled_results
from recsys.jobs.child import described, reason_for, restored
from recsys.jobs.job import Failed, Job
from recsys.jobs.queue import JobQueue
from recsys.machine import write_atomically
from recsys.models import Progress, Recommender, baselines, part_of, registry, silent
from recsys.sources import load_dataset, movielens
from recsys.storage import Store
from recsys.storage.store import mark_used

_VERSION = 1  # increase it when the same model would answer the same split differently
NOT_STORED = (
    "The result was not stored: the data or the code has changed on disk since this page was "
    "opened, so reload the page; or the store cannot be written, which the server's log would say."
)

# The answers of the classes that the store does not keep, by class and `_digest`. A cell that is
# run again defines a new class, which has no answers.
_OWN: WeakKeyDictionary[type[Recommender], dict[str, Answers]] = WeakKeyDictionary()

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
    """The models whose answers are known, so that their `standings` are there at once."""
    division = split(dataset, protocol, seed)
    candidates = all_candidates(dataset, division)

    def is_known(model: Recommender) -> bool:
        digest = _digest(model, division, candidates, max(k, LENGTH))
        if not store.keeps(model):
            return digest in _OWN.get(type(model), {})
        return _path(store, model, division, digest).exists()

    return [model for model in models if is_known(model)]


def bundled(
    models: Iterable[Recommender], dataset: Dataset, store: Store, seed: int = 0
) -> list[Result]:
    """The results that come with the bundled data set, for lists of 10; [] for other data sets."""
    division = split(dataset, "strong", seed)
    return bundled_results.load(_names(models, dataset, division, store), division)


def bundle(dataset: Dataset, store: Store, progress: Progress = silent) -> Path:
    """Write the file that `bundled` reads; returns its path.

    Only models whose answers are not in the store are fitted.

    Raises
    ------
    OSError : if the data set's folder cannot be written
    """
    division, models = split(dataset, "strong", 0), models_to_evaluate()
    candidates, answers = all_candidates(dataset, division), cached_answers(store)
    found = {}
    for index, model in enumerate(models):
        step = part_of(progress, index / len(models), 1 / len(models), model.name)
        found[model] = answers(model, division, candidates, LENGTH, step)
    names = _names(models, dataset, division, store)
    return bundled_results.save(found, names, division, candidates[bundled_results.CATALOGUE])


def _names(
    models: Iterable[Recommender], dataset: Dataset, division: Split, store: Store
) -> dict[Recommender, str]:
    """The name of each model's answers, for the models that the store keeps."""
    candidates = all_candidates(dataset, division)
    return {
        one: _path(store, one, division, _digest(one, division, candidates, LENGTH)).stem
        for one in models
        if store.keeps(one)
    }


def cached_answers(store: Store, afresh: bool = False) -> Answering:
    """The `answering` of `compare`: known answers, or else those of the model, which are then kept.

    Parameters
    ----------
    afresh : ask the models in any case, and replace the known answers
    """

    def answers(
        model: Recommender,
        division: Split,
        candidates: Mapping[str, np.ndarray],
        k: int,
        progress: Progress,
    ) -> Answers:
        digest = _digest(model, division, candidates, k)
        if not store.keeps(model):
            own = _OWN.setdefault(type(model), {})
            if afresh or digest not in own:
                own[digest] = answer(model, division, candidates, k, progress)
            return own[digest]
        path = _path(store, model, division, digest)
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


def evaluate_each(
    models: Sequence[Recommender],
    dataset: Dataset,
    store: Store,
    seed: int = 0,
    progress: Progress = silent,
    afresh: bool = False,
) -> list[Failed | None]:
    """Evaluate models one after another, and keep their answers for `standings`.

    Parameters
    ----------
    progress : its figure `evaluated` is the number of models that are done
    afresh : evaluate even the models whose answers are known

    Returns
    -------
    for each model None, or why it could not be evaluated: its error does not stop the others

    Raises
    ------
    DataError : if no user has enough likes to be tested
    """
    division = split(dataset, "strong", seed)
    candidates, answers = all_candidates(dataset, division), cached_answers(store, afresh)
    outcomes: list[Failed | None] = []
    for index, model in enumerate(models):
        label = f"{model.name}, split {seed}"
        step = part_of(progress, index / len(models), 1 / len(models), label)
        try:
            step(0.0, "Evaluating")
            answers(model, division, candidates, LENGTH, step)
            outcomes.append(None)
        except Exception as error:  # any error of a model is shown on the page
            outcomes.append(Failed(reason_for(error), traceback.format_exc()))
        progress((index + 1) / len(models), label, evaluated=index + 1)
    return outcomes


class EvaluationJob(Job):
    """The evaluation of models. It keeps their answers for `standings`, and its result is None.

    Models that another process can import are evaluated in a child process. The classes of a
    notebook are evaluated before them on the job's thread; `cancel` ends this when the fit next
    reports progress. Models whose answers are known are not evaluated again, unless `afresh`. The
    progress has the figure `evaluated` whenever a model is done.

    Parameters
    ----------
    models : the models to evaluate, with their hyperparameters
    dataset : the data set
    source : the same data set, as `load_dataset` takes it
    store : where answers are kept
    queue : the queue to wait in before the child process starts
    afresh : evaluate all models, even those whose answers are known

    Attributes
    ----------
    evaluated : the classes of the models that are done so far, those that failed among them
    failures : the class of each model that could not be evaluated so far -> why, in words
    """

    what = "evaluation"

    def __init__(
        self,
        models: Sequence[Recommender],
        dataset: Dataset,
        source: str,
        store: Store,
        queue: JobQueue,
        afresh: bool = False,
    ) -> None:
        super().__init__()
        self.models, self.dataset, self.source = models, dataset, source
        self.store, self.queue, self.afresh = store, queue, afresh
        self.evaluated: set[type[Recommender]] = set()
        self.failures: dict[type[Recommender], str] = {}

    def _work(self) -> None:
        dataset = for_evaluation(self.dataset)
        missing = self.models if self.afresh else self._missing(self.models, dataset)
        own = [one for one in missing if not self.store.keeps(one)]
        others = [one for one in missing if self.store.keeps(one)]
        share = len(own) / max(1, len(missing))
        if own:
            progress = self._noting(own, part_of(self._report, 0.0, share))
            self._note(own, evaluate_each(own, dataset, self.store, 0, progress, self.afresh))
        if others:
            progress = self._noting(others, part_of(self._report, share, 1 - share))
            with self.queue.slot(progress):
                result = self._in_child(
                    __name__,
                    progress,
                    models=[described(one) for one in others],
                    source=self.source,
                    store=str(self.store.folder),
                    afresh=self.afresh,
                )
            self._note(others, [Failed(**one) if one else None for one in result["outcomes"]])
        stored = already_evaluated(others, dataset, self.store)
        for one in others:
            if one not in stored:
                self.failures.setdefault(type(one), NOT_STORED)

    def _noting(self, models: Sequence[Recommender], progress: Progress) -> Progress:
        """A progress callback that also notes which of the models are done."""

        def note(done: float, message: str, **figures: float) -> None:
            n_done = int(figures.get("evaluated", 0))
            self.evaluated |= {type(one) for one in models[:n_done]}
            progress(done, message, **figures)

        return note

    def _missing(self, models: Sequence[Recommender], dataset: Dataset) -> list[Recommender]:
        known = already_evaluated(models, dataset, self.store)
        known += [one.model for one in bundled(models, dataset, self.store)]
        return [one for one in models if one not in known]

    def _note(self, models: Sequence[Recommender], outcomes: Sequence[Failed | None]) -> None:
        for model, failed in zip(models, outcomes, strict=True):
            if failed:
                self.failures[type(model)] = failed.reason
                log.error("%s of %s: %s\n%s", self, model.name, failed.reason, failed.details)


def work(
    models: list[dict[str, Any]], source: str, store: str, afresh: bool, progress: Progress
) -> dict[str, list[dict[str, str] | None]]:
    """Evaluate models in a child process.

    Parameters
    ----------
    models : each as `described`
    source : the data set, as `load_dataset` takes it
    store : the folder of the store, which gets the answers
    afresh : as for `evaluate_each`

    Returns
    -------
    `outcomes`: for each model None, or the fields of its `Failed`
    """
    progress(0.0, "Loading the data")
    dataset = for_evaluation(load_dataset(source))
    asked = [restored(one) for one in models]
    outcomes = evaluate_each(asked, dataset, Store(store), 0, progress, afresh)
    return {"outcomes": [asdict(one) if one else None for one in outcomes]}


def _digest(
    model: Recommender, division: Split, candidates: Mapping[str, np.ndarray], k: int
) -> str:
    """A hash of everything that the answers of a class depend on, but its code."""
    data = division.train.fingerprint
    asked = {"version": _VERSION, "hyperparameters": model.values(), "k": k, "data": data}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    for matrix in (division.queries, division.holdouts):
        for part in (matrix.indptr, matrix.indices, matrix.data):
            digest.update(np.ascontiguousarray(part).tobytes())
    for catalogue, mask in candidates.items():
        digest.update(catalogue.encode() + mask.tobytes())
    return digest.hexdigest()


def _path(store: Store, model: Recommender, division: Split, digest: str) -> Path:
    """The file for these answers; its name tells the code, the training data, and the rest."""
    return store.folder / f"{store.key(model, division.train)}-{digest[:12]}.npz"


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
