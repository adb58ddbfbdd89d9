"""The one way to run a child process: start it, follow it, cancel it, and say why it ended.

The child is `python -m recsys.jobs.worker`. It gets its work as a line of JSON on standard input,
and tells how it goes in lines of JSON on standard output. Must not know what the work is.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from typing import IO, Any

from recsys.models import Progress, Recommender

SILENCE = 300.0  # seconds without a word from the child, after which it counts as hung
RETRY = "Try again, or with smaller values."
OUT_OF_MEMORY = f"The memory of this machine was not enough for this. {RETRY}"


class Cancel(BaseException):
    """Ends work that was cancelled.

    Like KeyboardInterrupt it is not an `Exception`: no `except` of a model's own should catch it.
    """


class ChildError(Exception):
    """The child has no result: `reason` in words for the page, `details` for the log."""

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


class Child:
    """A child process that does one piece of work.

    Parameters
    ----------
    what : the work in a word, for messages: "training"
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._guard = threading.Lock()  # between starting the process and killing it
        self._process: subprocess.Popen[bytes] | None = None
        self.cancelled = False

    def run(self, module: str, work: dict[str, Any], progress: Progress) -> dict[str, Any]:
        """Start the process and follow it to its end.

        Parameters
        ----------
        module : the module whose function `work` is called in the child
        work : the arguments of that function, in JSON's types
        progress : is told how it goes; raising from it ends the process

        Returns
        -------
        What the function has returned.

        Raises
        ------
        ChildError : where there is no result, whatever the reason
        Cancel : after `cancel`
        """
        with tempfile.TemporaryFile(prefix="recsys-") as errors:
            process = self._started(errors)
            try:
                return self._result(process, {"module": module, **work}, progress, errors)
            finally:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    with suppress(OSError):
                        pipe.close()  # type: ignore[union-attr]

    def cancel(self) -> None:
        """End the process at once, or keep it from starting.

        There is nothing to tidy up: the files that it writes appear complete or not at all.
        """
        with self._guard:
            self.cancelled = True
            if self._process is not None:
                self._process.kill()

    def _started(self, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._guard:
            if self.cancelled:
                raise Cancel
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recsys.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
            return self._process

    def _result(
        self,
        process: subprocess.Popen[bytes],
        work: dict[str, Any],
        progress: Progress,
        errors: IO[bytes],
    ) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it has ended already: what follows says why
            process.stdin.write(json.dumps(work).encode() + b"\n")
            process.stdin.flush()  # and left open, since its end would end the child
        for line in self._lines(process.stdout, errors):
            event = json.loads(line)
            kind = event.pop("event")
            if kind == "finished":
                return dict(event["result"])
            if kind == "failed":
                raise ChildError(event["reason"], event["details"])
            progress(event["done"], event["message"], **event["figures"])
        code = process.wait()
        if self.cancelled:
            raise Cancel
        raise ChildError(self._why_it_ended(code), _tail(errors))

    def _lines(self, pipe: IO[bytes], errors: IO[bytes]) -> Iterator[bytes]:
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
        raise ChildError(
            f"The {self._what} was stopped: it had made no progress for {SILENCE:.0f} seconds. "
            f"{RETRY}",
            _tail(errors),
        )

    def _why_it_ended(self, code: int) -> str:
        if code == -signal.SIGKILL:
            return (
                f"The {self._what} was ended by the system, most likely because memory ran out. "
                f"{RETRY}"
            )
        if code < 0:
            return f"The {self._what} was ended by a signal ({-code}). Try again."
        return f"The {self._what} ended without a result (exit code {code}). Try again."


def in_words(error: BaseException) -> str:
    """What went wrong, for the page; the traceback is for the log."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    text = str(error) or "no reason given"
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


# Models cross the border between two processes by name, as plain words and numbers.


def described(model: Recommender) -> dict[str, Any]:
    """A model that is not fitted, in JSON's types."""
    kind = type(model)
    names = {"module": kind.__module__, "class": kind.__qualname__}
    return {**names, "hyperparameters": model.values()}


def restored(description: dict[str, Any]) -> Recommender:
    """The model that was `described`, in a process that can import its class."""
    kind = attrgetter(description["class"])(import_module(description["module"]))
    model: Recommender = kind(**description["hyperparameters"])
    return model


def _tail(errors: IO[bytes], size: int = 8000) -> str:
    """The last that the child wrote to its standard error."""
    errors.seek(max(0, errors.seek(0, 2) - size))
    return errors.read().decode("utf-8", "replace")
