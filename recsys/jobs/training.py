"""A training that leaves the page alive: start it, hear how it goes, cancel it, get the model.

A fit that takes its time runs in a child process, so that Cancel ends it at once and only the
child imports what fitting needs. Must not know widgets: it calls back, and who calls decides.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from recsys.dataset import Dataset
from recsys.jobs.queue import Turns
from recsys.jobs.worker import in_words, job_for
from recsys.models import Recommender
from recsys.storage import Store, load
from recsys.storage.store import with_values_of

SILENCE = 300.0  # seconds without a word from the child, after which it counts as hung

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progressed:
    """How far the fit has come.

    Attributes
    ----------
    done : from 0 to 1
    message : what is happening
    figures : what the model measures on the way, such as its loss
    seconds : since the start
    """

    done: float
    message: str
    figures: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True)
class Finished:
    """The fitted model, with the hyperparameters asked for."""

    model: Recommender
    seconds: float = 0.0


@dataclass(frozen=True)
class Failed:
    """There is no model: `reason` in words for the page, `details` for the log."""

    reason: str
    details: str = ""


@dataclass(frozen=True)
class Cancelled:
    """It was cancelled, and nothing of it is running any more."""


Event = Progressed | Finished | Failed | Cancelled


class TrainingJob:
    """The training of one model, from the store if another session has done it already.

    The events arrive in order, any number of `Progressed` and then one of the others, on a thread
    of the job's own. With an event loop (a notebook's kernel), hand them over to it:

        loop = asyncio.get_running_loop()
        job = TrainingJob(
            model, dataset, "bundled", Store(),
            on_event=lambda event: loop.call_soon_threadsafe(show, event),
        ).start()

    Instant models, models typed into a notebook and data sets that no other process can load are
    fitted on that thread, and heed `cancel` when they next report progress; all others in a child
    process, which ends at once, as it does when this process ends in whatever way.

    Parameters
    ----------
    model : what to fit; it is left as it is, and the fitted one is another
    dataset : what to fit it on
    source : what `load_dataset` makes this data set from; None if only this process has it
    store : where the result is kept; of many sessions that ask for the same, one fits
    on_event : is told the events
    turns : where to wait in line before a child process starts; by default that of the store
    """

    def __init__(
        self,
        model: Recommender,
        dataset: Dataset,
        source: str | None,
        store: Store,
        on_event: Callable[[Event], object],
        turns: Turns | None = None,
    ) -> None:
        self.model, self.dataset, self.source = model, dataset, source
        self.store, self.on_event = store, on_event
        self.turns = turns or Turns(store)
        self.outcome: Event | None = None
        self._thread = threading.Thread(target=self._run, name="recsys-training", daemon=True)
        self._over = threading.Event()
        self._guard = threading.Lock()  # between starting the child and cancelling
        self._child: subprocess.Popen[bytes] | None = None
        self._cancelled = False
        self._last: tuple[Any, ...] = ()
        self._started = time.monotonic()

    def start(self) -> Self:
        """Begin; returns at once."""
        self._started = time.monotonic()
        self._thread.start()
        return self

    def cancel(self) -> None:
        """End it; `Cancelled` follows, unless it is over already."""
        with self._guard:
            self._cancelled = True
            if self._child is not None:
                self._child.kill()  # there is nothing to tidy up: files appear complete or not

    def wait(self, timeout: float | None = None) -> Event | None:
        """Wait until the last event was delivered, and return it; None after `timeout` seconds."""
        return self.outcome if self._over.wait(timeout) else None

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and not self._over.is_set()

    def _run(self) -> None:
        try:
            self.outcome = Finished(self._fitted(), self._seconds())
        except _Cancel:
            self.outcome = Cancelled()
        except _FailedInChild as failure:
            self.outcome = Failed(failure.reason, failure.details)
        except Exception as error:  # a model's own mistake, most likely: it is to be shown
            self.outcome = Failed(in_words(error), traceback.format_exc())
        if isinstance(self.outcome, Failed):
            log.error("%s: %s\n%s", self.model.name, self.outcome.reason, self.outcome.details)
        self._deliver(self.outcome)
        self._over.set()

    def _fitted(self) -> Recommender:
        instant = self.model.fits_within_a_click(self.dataset)
        if self.source is None or instant or not self.store.keeps(self.model):
            fresh = type(self.model)(**self.model.values())
            return self.store.fitted(fresh, self.dataset, self._tell)
        stored = self.store.get(self.model, self.dataset)
        if stored is not None:
            return stored
        key = self.store.key(self.model, self.dataset)
        with self.store.lock(key, self._tell):
            stored = self.store.get(self.model, self.dataset)
            if stored is not None:
                return stored
            with self.turns.turn(self._tell):
                return self._fitted_in_child(self.source, key)

    def _fitted_in_child(self, source: str, key: str) -> Recommender:
        with tempfile.TemporaryDirectory(prefix="recsys-") as scratch:
            spare = Path(scratch) / "model"
            job = job_for(self.model, source, key, self.store.folder, spare)
            with (Path(scratch) / "log").open("w+b") as errors:
                child = self._started_child(errors)
                try:
                    file = self._outcome_of(child, job, errors)
                    return with_values_of(self.model, load(file, type(self.model)))
                finally:
                    child.kill()
                    child.wait()
                    for pipe in (child.stdin, child.stdout):
                        with suppress(OSError):
                            pipe.close()  # type: ignore[union-attr]

    def _started_child(self, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._guard:
            if self._cancelled:
                raise _Cancel
            self._child = subprocess.Popen(
                [sys.executable, "-m", "recsys.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            return self._child

    def _outcome_of(self, child: subprocess.Popen[bytes], job: str, errors: IO[bytes]) -> str:
        """Follow the child to its end; returns the file it has put the model in."""
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError):  # it has ended already: what follows says why
            child.stdin.write(job.encode())
            child.stdin.flush()  # and left open, since its end would end the child
        for line in _lines(child.stdout, errors):
            event = json.loads(line)
            kind = event.pop("event")
            if kind == "finished":
                return str(event["file"])
            if kind == "failed":
                raise _FailedInChild(event["reason"], event["details"])
            self._tell(event["done"], event["message"], **event["figures"])
        code = child.wait()
        if self._cancelled:
            raise _Cancel
        raise _FailedInChild(_why_it_ended(code), _tail(errors))

    def _tell(self, done: float, message: str, **figures: float) -> None:
        """The fit's `Progress`; raising from it is how a fit in this process is cancelled."""
        if self._cancelled:
            raise _Cancel
        if (done, message, figures) != self._last:
            self._last = (done, message, figures)
            self._deliver(Progressed(done, message, figures, self._seconds()))

    def _deliver(self, event: Event) -> None:
        try:
            self.on_event(event)
        except Exception:  # the listener's mistake must not end the training
            log.exception("The listener to a training failed at %s.", type(event).__name__)

    def _seconds(self) -> float:
        return time.monotonic() - self._started


class _Cancel(BaseException):
    """Like KeyboardInterrupt, not an `Exception`: no model's own `except` should catch it."""


class _FailedInChild(Exception):
    def __init__(self, reason: str, details: str) -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


def _lines(pipe: IO[bytes], errors: IO[bytes]) -> Iterator[bytes]:
    """The whole lines that arrive, until the pipe is closed or silent for too long."""
    begun = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while selector.select(SILENCE):
            arrived = os.read(pipe.fileno(), 65536)
            if not arrived:
                return
            *lines, begun = (begun + arrived).split(b"\n")
            yield from lines
    raise _FailedInChild(
        f"The training was stopped: it had made no progress for {SILENCE:.0f} seconds. "
        "Try again, or with smaller values.",
        _tail(errors),
    )


def _why_it_ended(code: int) -> str:
    if code == -signal.SIGKILL:
        return (
            "The training was ended by the system, most likely because memory ran out. "
            "Try again, or with smaller values."
        )
    if code < 0:
        return f"The training ended by itself (signal {-code}). Please try again."
    return f"The training ended without a result (exit code {code}). Please try again."


def _tail(errors: IO[bytes], size: int = 8000) -> str:
    """The last that the child wrote to its standard error."""
    errors.seek(max(0, errors.seek(0, 2) - size))
    return errors.read().decode("utf-8", "replace")
