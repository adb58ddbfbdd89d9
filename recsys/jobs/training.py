"""The training of one model: from the store if another session has trained it already, else in a
child process, so that Cancel ends it at once and only the child imports what fitting needs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from recsys.dataset import Dataset, TrainingSet
from recsys.jobs import warm
from recsys.jobs.child import described, restored
from recsys.jobs.job import Job
from recsys.jobs.queue import JobQueue
from recsys.models import Progress, Recommender
from recsys.sources import Version, load_training_set, version_of
from recsys.storage import Store, load, save
from recsys.storage.store import no_slot, with_values_of

SMALL = 20_000_000  # bytes of a data set's files, for the warm process to keep it in memory
CHANGED = (
    "The data or the code has changed on disk since this page was opened; reload the page and "
    "train again."
)


class TrainingJob(Job):
    """The training of one model; its result is the fitted model with the hyperparameters asked for.

        job = TrainingJob(model, dataset, "bundled", Store()).start(on_event=show)

    Instant models, models typed into a notebook, and data sets that no other process can load are
    fitted on the job's thread; `cancel` ends such a fit when it next reports progress. All others
    are fitted in a child process, which ends at once, and also when this process ends.

    Parameters
    ----------
    model : the model to fit; it is not changed, the result is a new one
    dataset : the data to fit it on
    source : the name or path from which `load_dataset` loads this data set; None if only this
        process has it
    store : where the result is kept; if many sessions want the same model, only one fits it
    queue : the queue to wait in before a child process starts; by default that of the store
    at_once : for a fit of less than a second: a child is forked from the warm process, and a fit on
        the job's thread waits in the queue too

    Attributes
    ----------
    seconds_here : the processor's time for a fit on the job's thread; None of any other fit
    """

    what = "training"

    def __init__(
        self,
        model: Recommender,
        dataset: Dataset,
        source: str | None,
        store: Store,
        queue: JobQueue | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        super().__init__()
        self.model, self.dataset, self.source = model, dataset, source
        self.seconds_here: float | None = None
        self.store, self.queue, self.at_once = store, queue or JobQueue(store), at_once

    def __str__(self) -> str:
        return f"training of {self.model.name}"

    def _work(self) -> Recommender:
        here = self.source is None or self.model.fits_within_a_click(self.dataset)
        if here or not self.store.keeps(self.model):
            self._report(0.0, "Fitting")
            fresh = type(self.model)(**self.model.values())
            slot = self.queue.slot if self.at_once else no_slot
            began = time.thread_time()  # a busy machine stretches the time of the clock
            fitted = self.store.fitted(fresh, self.dataset, self._report, slot)
            self.seconds_here = time.thread_time() - began
            return fitted
        stored = self.store.get(self.model, self.dataset)
        if stored is not None:
            return stored
        key = self.store.key(self.model, self.dataset)
        with self.store.lock(key, self._report):
            stored = self.store.get(self.model, self.dataset)
            if stored is not None:
                return stored
            with self.queue.slot(self._report):
                return self._fitted_in_child(str(self.source), key)

    def _fitted_in_child(self, source: str, key: str) -> Recommender:
        with tempfile.TemporaryDirectory(prefix="recsys-") as scratch:
            result = self._in_child(
                __name__,
                model=described(self.model),
                source=source,
                key=key,
                store=str(self.store.folder),
                spare=str(Path(scratch) / "model"),
                at_once=self.at_once,
            )
            return with_values_of(self.model, load(result["file"], type(self.model)))


def work(
    model: dict[str, Any], source: str, key: str, store: str, spare: str, progress: Progress
) -> dict[str, str]:
    """Fit a model in a child process, and store it.

    Parameters
    ----------
    model : as `described`
    source : the data set, as `load_dataset` takes it
    key : the store's key for the result, computed from the data and the code of the parent process
    store : the store's folder
    spare : the path for the result if the store cannot be written

    Returns
    -------
    `file`: the path of the fitted model

    Raises
    ------
    ValueError : if the data or the code here differs from that of the parent process
    """
    from recsys.scale import for_fitting

    asked, shared = restored(model), Store(store)
    warm.import_libraries()
    progress(0.0, "Loading the data")
    version = version_of(source)
    dataset = _loaded(source, version) if version else load_training_set(source)
    if shared.key(asked, dataset) != key:
        raise ValueError(CHANGED)
    with for_fitting(dataset) as at_hand:
        shared.fit(asked, at_hand, progress)
    try:
        return {"file": str(shared.put(asked, dataset))}
    except OSError as error:
        print(f"{asked.name} could not be stored ({error}).", file=sys.stderr)
        save(asked, spare)
        return {"file": spare}


def prepare(source: str, **work: Any) -> None:
    """Load a small data set in the warm process, so that its children have it already."""
    version = version_of(source)
    if version and sum(size for _, size, _ in version) <= SMALL:
        dataset = _loaded(source, version)
        # And what is derived from it on first use.
        _ = (dataset.fingerprint, dataset.blocks, dataset.popularity, dataset.display_titles)


@lru_cache(2)
def _loaded(source: str, version: Version) -> TrainingSet:
    """The data set. A process that has loaded it loads it again only in another version."""
    return load_training_set(source)
