"""Background jobs: long work on a thread of its own, which reports events and can be cancelled.

The page stays responsive meanwhile. Must not know widgets: a callback gets the events and decides
what to show.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from recsys.jobs.child import Cancel, Child, ChildError, reason_for
from recsys.models import Progress

TURN = 0.0005  # seconds that a thread may run while another one waits; Python's default is 0.005

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progressed:
    """A report of progress.

    Attributes
    ----------
    done : the fraction that is done, 0 to 1
    message : what is happening now
    figures : intermediate measurements by name, such as a loss
    seconds : the time since the start
    """

    done: float
    message: str
    figures: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Finished:
    """The job has finished.

    Attributes
    ----------
    result : what the work returned
    seconds : how long it took
    """

    result: Any
    seconds: float = 0.0


@dataclass(frozen=True)
class Failed:
    """The job has failed.

    Attributes
    ----------
    reason : why, in a sentence for the page
    details : the traceback or the end of standard error, for the log
    """

    reason: str
    details: str = ""


@dataclass(frozen=True)
class Cancelled:
    """The job was cancelled, and no part of it is still running."""


Event = Progressed | Finished | Failed | Cancelled


class Job(ABC):
    """Work on a thread of its own; subclasses define `_work`.

    The listener gets any number of `Progressed` events, and then one event of another kind. It is
    called on the event loop that `start` was called in, as in a notebook's kernel. Without an event
    loop it is called on the job's thread.

    Attributes
    ----------
    what : the kind of work in one word, for messages: "training"
    outcome : the last event; None until the job has ended
    """

    what: ClassVar[str]

    def __init__(self) -> None:
        self.outcome: Event | None = None
        self._thread = threading.Thread(target=self._run, name=f"recsys-{self.what}", daemon=True)
        self._over = threading.Event()
        self._child = Child(self.what)
        self._on_event: Callable[[Event], object] = lambda event: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last: tuple[Any, ...] = ()
        self._started = time.monotonic()

    @abstractmethod
    def _work(self) -> Any:
        """Do the work, with `self._report` as its `Progress`; returns the result."""

    def start(self, on_event: Callable[[Event], object]) -> Self:
        """Start the thread and return at once; `on_event` is called with each event."""
        # The page's event loop waits a turn each time it has released the interpreter's lock, which
        # it does many times in a click.
        sys.setswitchinterval(min(TURN, sys.getswitchinterval()))
        self._on_event, self._started = on_event, time.monotonic()
        self._loop = running_loop()
        self._thread.start()
        return self

    def cancel(self) -> None:
        """Cancel the job. The event `Cancelled` follows, unless the job has already ended.

        A child process is killed at once. Work on the job's own thread ends when it next reports
        progress.
        """
        self._child.cancel()

    def wait(self, timeout: float | None = None) -> Event | None:
        """Wait until the last event was delivered, and return it; None after `timeout` seconds.

        Only for scripts: on an event loop it would block the loop that delivers the events.
        """
        return self.outcome if self._over.wait(timeout) else None

    @property
    def running(self) -> bool:
        """Whether the job has started and has not ended."""
        return self._thread.is_alive() and not self._over.is_set()

    def _run(self) -> None:
        try:
            self.outcome = Finished(self._work(), self._seconds())
        except Cancel:
            self.outcome = Cancelled()
        except ChildError as problem:
            self.outcome = Failed(problem.reason, problem.details)
        except BaseException as error:  # most likely a bug of a model: show it on the page
            self.outcome = Failed(reason_for(error), traceback.format_exc())
        if isinstance(self.outcome, Failed):
            log.error("%s: %s\n%s", self, self.outcome.reason, self.outcome.details)
        self._deliver(self.outcome)
        self._over.set()

    def __str__(self) -> str:
        """A description for the log."""
        return self.what

    def _in_child(
        self,
        module: str,
        progress: Progress | None = None,
        *,
        at_once: bool = False,
        **work: Any,
    ) -> dict[str, Any]:
        """Call the function `work` of a module in a child process (see `Child.run`)."""
        return self._child.run(module, work, progress or self._report, at_once=at_once)

    def _report(self, done: float, message: str, **figures: float) -> None:
        """The `Progress` of the work. It raises `Cancel` if the job was cancelled."""
        if self._child.cancelled:
            raise Cancel
        if (done, message, figures) != self._last:
            self._last = (done, message, figures)
            self._deliver(Progressed(done, message, figures, self._seconds()))

    def _deliver(self, event: Event) -> None:
        if self._loop is None:
            self._call_listener(event)
        else:
            with suppress(RuntimeError):  # the loop is closed: the kernel is about to end
                self._loop.call_soon_threadsafe(self._call_listener, event)

    def _call_listener(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # an error in the listener must not end the job
            log.exception("The listener of a %s failed at %s.", self.what, type(event).__name__)

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that this code runs in, as in a notebook's kernel; None in a script."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
