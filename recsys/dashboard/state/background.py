"""A job that the page shows: whether it is running, how far it is, and what became of it.

Must not know widgets, nor what the job does.
"""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Float, HasTraits, Unicode

from recsys.dashboard.state.messages import Messages
from recsys.jobs.job import Cancelled, Event, Failed, Finished, Job, Progressed


class BackgroundTask(HasTraits):
    """What the page knows of a job, one at a time.

    Subclasses call `_begin`, and say in `_finished` what becomes of a result, and in `_ended` what
    follows in any case.

    Parameters
    ----------
    messages : where the visitor is told why a job failed; the next one takes that away
    """

    running = Bool(False, help="whether a job is running")
    progress = Float(0.0, help="how far it is, from 0 to 1")
    status = Unicode(help="what is happening, or has just happened")

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.messages = messages
        self._job: Job | None = None

    def cancel(self) -> None:
        """End the job; what it has stored so far stays."""
        if self._job is not None:
            self._job.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no job is running; whether that came to be in time. For scripts."""
        while (job := self._job) is not None:  # the end of one may begin another
            if job.wait(timeout) is None:
                return False
        return True

    def _begin(self, status: str, job: Job) -> None:
        """Start a job; an earlier one is abandoned, and what was said of it goes away."""
        self._abandon()
        self.messages.error = ""
        self._job = job
        with self.hold_trait_notifications():
            self.running, self.progress, self.status = True, 0.0, status
        job.start(lambda event: self._hear(job, event))

    def _abandon(self) -> None:
        """End the job, and hear no more of it."""
        self.cancel()
        self._job, self.running, self.status = None, False, ""

    def _hear(self, job: Job, event: Event) -> None:
        """Follow the job; what an abandoned one still tells is ignored."""
        if job is not self._job:
            return
        if isinstance(event, Progressed):
            with self.hold_trait_notifications():
                self.progress, self.status = event.done, event.message
            return
        self._job, self.running = None, False
        if isinstance(event, Finished):
            self.status = ""
            self._finished(event.result)
        elif isinstance(event, Failed):
            self.status = f"The {job.what} failed."
            self.messages.error = event.reason
        elif isinstance(event, Cancelled):
            self.status = f"The {job.what} was cancelled."
        self._ended()

    def _finished(self, result: Any) -> None:
        """What becomes of the result."""

    def _ended(self) -> None:
        """What follows when a job is over, whatever came of it."""
