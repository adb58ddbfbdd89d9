"""Long work that leaves the page alive: on a thread of its own, told in events, to be cancelled.

Must not know widgets: it calls back, and who calls decides what to show.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from recsys.jobs.child import Cancel, Child, ChildError, in_words

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progressed:
    """How far the work has come.

    Attributes
    ----------
    done : from 0 to 1
    message : what is happening
    figures : what is measured on the way, such as a loss
    seconds : since the start
    """

    done: float
    message: str
    figures: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Finished:
    """The work is done: its result, and how many seconds it took."""

    result: Any
    seconds: float = 0.0


@dataclass(frozen=True)
class Failed:
    """There is no result: `reason` in words for the page, `details` for the log."""

    reason: str
    details: str = ""


@dataclass(frozen=True)
class Cancelled:
    """It was cancelled, and nothing of it is running any more."""


Event = Progressed | Finished | Failed | Cancelled


class Job(ABC):
    """A piece of work on a thread of its own.

    Its events arrive in order, any number of `Progressed` and then one of the others: on the event
    loop that `start` was called in, as in a notebook's kernel, or else on the job's own thread.

    Attributes
    ----------
    what : the work in a word, for messages: "training"
    outcome : the last event, once the work is over
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
        """Do it, telling `self._tell` how it goes; returns the result."""

    def start(self, on_event: Callable[[Event], object]) -> Self:
        """Begin, and return at once; `on_event` is told the events."""
        self._on_event, self._started = on_event, time.monotonic()
        self._loop = running_loop()
        self._thread.start()
        return self

    def cancel(self) -> None:
        """End it; `Cancelled` follows, unless it is over already.

        A child process ends at once; work on the job's own thread when it next tells its progress.
        """
        self._child.cancel()

    def wait(self, timeout: float | None = None) -> Event | None:
        """Wait until the last event was delivered, and return it; None after `timeout` seconds.

        For scripts: it would keep an event loop from what it has to deliver.
        """
        return self.outcome if self._over.wait(timeout) else None

    @property
    def running(self) -> bool:
        """Whether it has begun and is not over."""
        return self._thread.is_alive() and not self._over.is_set()

    def _run(self) -> None:
        try:
            self.outcome = Finished(self._work(), self._seconds())
        except Cancel:
            self.outcome = Cancelled()
        except ChildError as problem:
            self.outcome = Failed(problem.reason, problem.details)
        except Exception as error:  # a model's own mistake, most likely: it is to be shown
            self.outcome = Failed(in_words(error), traceback.format_exc())
        if isinstance(self.outcome, Failed):
            log.error("%s: %s\n%s", self, self.outcome.reason, self.outcome.details)
        self._deliver(self.outcome)
        self._over.set()

    def __str__(self) -> str:
        """What it is about, for the log."""
        return self.what

    def _in_child(self, module: str, **work: Any) -> dict[str, Any]:
        """What the function `work` of a module returns in a child process (see `Child.run`)."""
        return self._child.run(module, work, self._tell)

    def _tell(self, done: float, message: str, **figures: float) -> None:
        """The work's `Progress`; raising from it is how work in this process is cancelled."""
        if self._child.cancelled:
            raise Cancel
        if (done, message, figures) != self._last:
            self._last = (done, message, figures)
            self._deliver(Progressed(done, message, figures, self._seconds()))

    def _deliver(self, event: Event) -> None:
        if self._loop is None:
            self._hear(event)
        else:
            with suppress(RuntimeError):  # the loop is closed: the kernel is about to end
                self._loop.call_soon_threadsafe(self._hear, event)

    def _hear(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # the listener's mistake must not end the work
            log.exception("The listener to a %s failed at %s.", self.what, type(event).__name__)

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of a notebook's kernel; None in a script."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
