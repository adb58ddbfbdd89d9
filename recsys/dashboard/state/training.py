"""The training in the background: its model, its progress, and the models that wait for it.

Must not know what the fitted models are used for, nor widgets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from traitlets import Bool, Float, HasTraits, Instance, Tuple

from recsys.dashboard.pace import Pace, waiting
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.selection import Selection
from recsys.jobs.job import Cancelled, Event, Finished, Progressed, running_loop
from recsys.jobs.queue import JobQueue
from recsys.jobs.training import TrainingJob
from recsys.models import Recommender


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """How a training ended.

    Attributes
    ----------
    requested : the unfitted model with the requested settings
    event : the last event: `Finished` with the fitted model, `Failed` or `Cancelled`
    """

    requested: Recommender
    event: Event


class Training(HasTraits):
    """Trains models on the selection's data set; opening another data set ends the training.

    Parameters
    ----------
    selection : the data set to fit the models on
    messages : where the status is reported
    job_queue : the queue in which the trainings of all sessions wait

    Attributes
    ----------
    job : the latest training job; None before the first
    """

    model = Instance("recsys.models.Recommender", allow_none=True, help="the model in training")
    running = Bool(False, help="whether a training is running or waiting")
    queue = Tuple(help="the models to train after it")
    ended = Instance(TrainingResult, allow_none=True, help="how the last training ended")
    progress = Float(0.0, help="progress of the fit, from 0 to 1")
    seconds = Float(0.0, help="seconds since the training started")
    measured = Tuple(help="figures that the fit has reported, such as losses")

    def __init__(self, selection: Selection, messages: Messages, job_queue: JobQueue) -> None:
        super().__init__()
        self._selection, self.messages, self.job_queue = selection, messages, job_queue
        self._pace = Pace()
        self._took: dict[tuple[str, str], float] = {}  # seconds, by data set and model
        self.job: TrainingJob | None = None
        selection.observe(lambda _: self._abandon(), "dataset")

    @property
    def waiting(self) -> str:
        """The time since the start and the estimated time left, in words; "" if none is running."""
        if not self.running:
            return ""
        usual = self._took.get((self._selection.source, self.model.key())) if self.model else None
        return waiting(self.progress, self.seconds, self._pace.left(self.seconds), usual)

    def start(self, model: Recommender) -> None:
        """Fit a model in the background; cancel the current training and those that wait."""
        if self.job is not None:
            self.job.cancel()
        self.queue = ()
        self._fit(model)

    @guarded("training")
    def train_all(self, wanted: Iterable[Recommender]) -> None:
        """Fit these models in the background, one after another; does nothing during a training."""
        if not self.running:
            self.queue = tuple(wanted)
            self._fit_next()

    @guarded("cancelling the training")
    def cancel(self) -> None:
        """Cancel the current training and those that wait."""
        self.queue = ()
        if self.job is not None and self.model is not None:
            self.job.cancel()
            self._end(self.model, Cancelled())

    def _abandon(self) -> None:
        """Cancel the training, and ignore its later events."""
        if self.job is not None:
            self.job.cancel()
        with self.hold_trait_notifications():
            self.model, self.running, self.queue = None, False, ()

    def _fit_next(self) -> None:
        if self.queue:
            model, *others = self.queue
            self.queue = tuple(others)
            self._fit(model)

    def _fit(self, model: Recommender) -> None:
        self._pace = Pace()
        self.messages.status = f"Training {model.name}"
        with self.hold_trait_notifications():
            self.model, self.running = model, True
            self.progress, self.seconds, self.measured = 0.0, 0.0, ()
        chosen = self._selection
        self.job = TrainingJob(model, chosen.dataset, chosen.load_key, chosen.store, self.job_queue)
        self.job.start(lambda event: self._on_event(model, event))
        loop = running_loop()
        if loop is not None:
            loop.call_later(1, self._tick, loop, model)

    @guarded("training", asked=False)
    def _on_event(self, model: Recommender, event: Event) -> None:
        """Update the state by an event of the training of `model`; ignore an abandoned one."""
        if model is not self.model:
            return
        if isinstance(event, Progressed):
            self._pace.update(event.done, event.seconds)
            with self.hold_trait_notifications():
                self.progress, self.seconds = event.done, event.seconds
                if event.figures:
                    self.measured = (*self.measured, dict(event.figures))
            self.messages.status = f"{model.name}: {event.message}"
        else:
            self._end(model, event)

    def _end(self, model: Recommender, event: Event) -> None:
        with self.hold_trait_notifications():
            self.ended = TrainingResult(model, event)  # first, so that its observers run first
            self.model, self.running = None, bool(self.queue)
            if isinstance(event, Finished) and self.progress > 0:  # else it came from the store
                self._took[self._selection.source, model.key()] = event.seconds
        self._fit_next()

    def _tick(self, loop: asyncio.AbstractEventLoop, model: Recommender) -> None:
        """Count the seconds between two events, so that the page shows that a long step goes on."""
        if model is self.model:
            self.seconds += 1
            loop.call_later(1, self._tick, loop, model)
