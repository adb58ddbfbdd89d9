"""The fit that runs in the background, those that wait for it, and how far it is.

Must not know what a fitted model is wanted for, nor widgets.
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
    asked : the model that was to be fitted
    event : the last event: `Finished` with the fitted model, `Failed` or `Cancelled`
    """

    asked: Recommender
    event: Event


class Training(HasTraits):
    """The training under way on the selection's data set; another data set ends it.

    Parameters
    ----------
    selection : whose data set the models are fitted on
    messages : where the visitor is told
    job_queue : where a training waits for those of other sessions

    Attributes
    ----------
    job : the latest training
    """

    model = Instance("recsys.models.Recommender", allow_none=True, help="what is being trained")
    running = Bool(False)
    queue = Tuple(help="the models that are to be trained after that")
    trained = Instance("recsys.models.Recommender", allow_none=True, help="the latest that was")
    ended = Instance(TrainingResult, allow_none=True, help="how the latest training ended")
    progress = Float(0.0, help="how far the fit is, from 0 to 1")
    seconds = Float(0.0, help="since the training began")
    measured = Tuple(help="what the last fit told on its way, such as losses")

    def __init__(self, selection: Selection, messages: Messages, job_queue: JobQueue) -> None:
        super().__init__()
        self._selection, self.messages, self.job_queue = selection, messages, job_queue
        self._pace = Pace()
        self._took: dict[tuple[str, str], float] = {}  # seconds, by data set and model
        self.job: TrainingJob | None = None
        selection.observe(lambda _: self._abandon(), "dataset")

    @property
    def waiting(self) -> str:
        """Since when the training runs and how long it may still take, in words."""
        if not self.running:
            return ""
        usual = self._took.get((self._selection.source, self.model.key())) if self.model else None
        return waiting(self.progress, self.seconds, self._pace.left(self.seconds), usual)

    def start(self, model: Recommender) -> None:
        """Fit a model in the background; whatever is under way or waits ends."""
        if self.job is not None:
            self.job.cancel()
        self.queue = ()
        self._fit(model)

    @guarded("training")
    def train_all(self, wanted: Iterable[Recommender]) -> None:
        """Fit these models in the background, one after another, unless a training runs."""
        if not self.running:
            self.queue = tuple(wanted)
            self._fit_next()

    @guarded("cancelling the training")
    def cancel(self) -> None:
        """Stop the fit that is under way and those that wait."""
        self.queue = ()
        if self.job is not None and self.model is not None:
            self.job.cancel()
            self._end(self.model, Cancelled())

    def _abandon(self) -> None:
        """Stop it, and pass over what still comes of it."""
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
        self.job.start(lambda event: self._hear(model, event))
        loop = running_loop()
        if loop is not None:
            loop.call_later(1, self._tick, loop, model)

    @guarded("training", asked=False)
    def _hear(self, model: Recommender, event: Event) -> None:
        """Follow the training of `model`; what comes of an abandoned one is passed over."""
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
            self.ended = TrainingResult(model, event)  # first: what follows from it is done first
            self.model, self.running = None, bool(self.queue)
            if isinstance(event, Finished):
                self.trained = event.result
                if self.progress > 0:  # else it was not fitted now, but found
                    self._took[self._selection.source, model.key()] = event.seconds
        self._fit_next()

    def _tick(self, loop: asyncio.AbstractEventLoop, model: Recommender) -> None:
        """Count the seconds between two events, so that a long step does not look like none."""
        if model is self.model:
            self.seconds += 1
            loop.call_later(1, self._tick, loop, model)
