"""Fits that take less than a second: they run as soon as a setting changes, without a button.

Must not know what the fitted models are used for, nor widgets.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from recsys.dashboard.state.selection import Selection
from recsys.jobs import warm
from recsys.jobs.job import Event, Failed, Finished, Progressed, running_loop
from recsys.jobs.queue import JobQueue
from recsys.jobs.training import TrainingJob
from recsys.machine import processors
from recsys.models import Recommender
from recsys.storage import Store

LONGEST = 1.0  # seconds that the last fit of a model took at most, if the next one is to be live
TRIAL = 3.0  # seconds for the first fit of a model on a data set, from its first report
REST = 1.0  # seconds without a change, after which the fitted model is stored
POLL = 0.02  # seconds between two looks at the queue of such fits
ROOM = 64_000_000  # bytes for the fitted models that are not stored

log = logging.getLogger(__name__)


class Live:
    """Fits the model that is wished for, one at a time.

    All sessions of a server share the results, so that equal models are fitted once. They are kept
    in memory; the store gets a model when no other has been wished for since a moment.

    Parameters
    ----------
    selection : the data set to fit the models on
    on_fitted : called with each fitted model
    on_failed : called with the model and the reason, in words, when a fit failed or took too long
    """

    def __init__(
        self,
        selection: Selection,
        on_fitted: Callable[[Recommender], None],
        on_failed: Callable[[Recommender, str], None],
    ) -> None:
        self._selection, self._on_fitted, self._on_failed = selection, on_fitted, on_failed
        self._job: TrainingJob | None = None
        self._is_timed = False  # whether the running fit needs no limit, or has got one
        self._last: Recommender | None = None
        self._took: dict[tuple[str, type[Recommender]], float] = {}  # by data and class
        selection.observe(lambda _: self.stop(), "dataset")

    def suits(self, model: Recommender) -> bool:
        """Whether a fit of this model is expected to take less than a second."""
        seconds = self.seconds(model)
        return seconds is None or seconds <= LONGEST

    def seconds(self, model: Recommender) -> float | None:
        """How long the last fit of this class took on this data; None if none is known."""
        stored = self._selection.store.seconds(model, self._selection.dataset)
        if stored is not None:  # also by a training, after a trial was given up
            return stored
        return self._took.get((self._selection.dataset.fingerprint, type(model)))

    def get(self, model: Recommender) -> Recommender | None:
        """The fitted model, if a session of this server has fitted it."""
        kept = self._kept()
        return kept.get(model, self._selection.dataset) if kept else None

    def fit(self, model: Recommender) -> None:
        """Fit a model now; during a fit with other settings it is enough to ask again at its end.

        A fit of another model is cancelled.
        """
        if self._job is not None and type(self._job.model) is type(model):
            return
        self.stop()
        selection = self._selection
        store = self._kept() or selection.store
        queue = JobQueue(store, processors(), POLL)
        self._job = job = TrainingJob(
            model, selection.dataset, selection.load_key, store, queue, at_once=True
        )
        self._is_timed = self.seconds(model) is not None
        job.start(lambda event: self._on_event(job, event))

    def stop(self) -> None:
        """End the fit that runs."""
        if self._job is not None:
            self._job.cancel()
        self._job = None

    @property
    def running(self) -> bool:
        """Whether a fit is running."""
        return self._job is not None

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no fit is running; for scripts. Returns False if a wait reached the limit."""
        while (job := self._job) is not None:
            if job.wait(timeout) is None:
                return False
        return True

    def _kept(self) -> Store | None:
        """The store that the sessions of this server share, in memory."""
        place = warm.folder()
        return Store(place / "fits", limit=ROOM) if place else None

    def _begin_trial(self, job: TrainingJob) -> None:
        """Limit the time of a first fit. The start of a warm process before it does not count."""
        loop = running_loop()
        if loop is not None and not self._is_timed:
            self._is_timed = True
            loop.call_later(TRIAL, lambda: self._give_up(job))

    def _give_up(self, job: TrainingJob) -> None:
        """The first fit takes too long to be live."""
        if job is self._job:
            job.cancel()
            self._remember(job.model, math.inf)  # not stored: the machine may only be busy
            self._job = None
            self._on_failed(job.model, "")

    def _store_at_rest(self, fitted: Recommender) -> None:
        self._last = fitted
        loop = running_loop()
        if loop is None:
            self._store(fitted)
        else:
            loop.call_later(REST, lambda: self._store(fitted))

    def _store(self, fitted: Recommender) -> None:
        """Keep a fitted model on disk, unless another has been wished for since."""
        store, dataset = self._selection.store, self._selection.dataset
        if fitted is self._last and self._job is None and store.keeps(fitted):
            self._store_seconds(fitted)
            try:
                store.put(fitted, dataset)
            except OSError as error:
                log.warning("%s could not be stored (%s).", fitted.name, error)

    def _remember(self, model: Recommender, seconds: float) -> None:
        self._took[self._selection.dataset.fingerprint, type(model)] = seconds

    def _store_seconds(self, model: Recommender) -> None:
        """Keep on disk how long a fit took: not during a drag, since a disk can be slow."""
        seconds = self.seconds(model)
        if seconds is not None:
            self._selection.store.remember_seconds(model, self._selection.dataset, seconds)

    def _on_event(self, job: TrainingJob, event: Event) -> None:
        if job is self._job and isinstance(event, Progressed):
            self._begin_trial(job)
        if job is not self._job or not isinstance(event, Finished | Failed):
            return
        self._job = None
        if isinstance(event, Finished):
            seconds = job.store.seconds(job.model, job.dataset)  # none of a notebook's own classes
            if seconds is None:
                seconds = event.seconds if job.seconds_here is None else job.seconds_here
            self._remember(job.model, seconds)
            self._store_at_rest(event.result)
            self._on_fitted(event.result)
        else:
            self._on_failed(job.model, event.reason)
