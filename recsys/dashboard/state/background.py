"""The state of a background job: whether it is running, its progress, and its outcome.

Must not know widgets, nor what the job does.
"""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Float, HasTraits, Unicode

from recsys.dashboard.state.messages import Messages
from recsys.jobs.job import Cancelled, Event, Failed, Finished, Job, Progressed


class BackgroundTask(HasTraits):
    """Runs one job at a time and shows its progress.

    Subclasses call `_begin` and may override `_finished` and `_ended`.

    Parameters
    ----------
    messages : where a failure is reported; the start of the next job clears it
    """

    running = Bool(False, help="whether a job is running")
    progress = Float(0.0, help="progress of the job, from 0 to 1")
    status = Unicode(help="what is happening or has just happened, in words")

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.messages = messages
        self._job: Job | None = None

    def cancel(self) -> None:
        """End the job; results that it has already stored are kept.

        The page is free at once, though a fit on the job's thread goes on until it next reports
        progress.
        """
        job = self._job
        if job is not None and self.running:
            job.cancel()
            self._on_event(job, Cancelled())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no job is running; for scripts.

        Parameters
        ----------
        timeout : the longest wait for each job, in seconds; None for no limit

        Returns False if a wait reached the limit.
        """
        waited: Job | None = None
        while (job := self._job) is not waited:  # the end of one job may start another
            if job is not None and job.wait(timeout) is None:
                return False
            waited = job
        return True

    def _begin(self, status: str, job: Job) -> None:
        """Start a job; abandon an earlier one, and clear its error."""
        self._abandon()
        self.messages.error = ""
        self._job = job
        with self.hold_trait_notifications():
            self.running, self.progress, self.status = True, 0.0, status
        job.start(lambda event: self._on_event(job, event))

    def _abandon(self) -> None:
        """End the job, and ignore its later events."""
        if self._job is not None and self.running:
            self._job.cancel()
        self.running, self.status = False, ""

    def _on_event(self, job: Job, event: Event) -> None:
        """Update the state by an event; ignore events of a job that was cancelled or abandoned."""
        if job is not self._job or not self.running:
            return
        if isinstance(event, Progressed):
            with self.hold_trait_notifications():
                self.progress, self.status = event.done, event.message
            return
        self.running = False
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
        """Use the result of a job that finished."""

    def _ended(self) -> None:
        """Called after each job, whether it finished, failed or was cancelled."""
