"""The one way to run a child process: start it, follow it, cancel it, and say why it ended.

The child is a new process, `python -m recsys.jobs.worker`, or a fork of a warm one (`warm`), which
starts faster. It gets its work as one line of JSON, and reports progress and the result as lines of
JSON. Must not know what the work is.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from typing import IO, Any, Protocol

from recsys.jobs import warm
from recsys.models import Progress, Recommender

SILENCE = 300.0  # seconds without output, after which a child counts as hung
END = 5.0  # seconds to wait for the end of a child that was told to end
RETRY = "Try again, or with smaller values."
OUT_OF_MEMORY = f"The memory of this machine was not enough for this. {RETRY}"


class Cancel(BaseException):
    """Raised to end work that was cancelled.

    Like KeyboardInterrupt it is not an `Exception`, so that no `except Exception` of a model
    catches it.
    """


class ChildError(Exception):
    """The child gave no result.

    Attributes
    ----------
    reason : why, in a sentence for the page
    details : the traceback or the end of standard error, for the log
    """

    def __init__(self, reason: str, details: str = "") -> None:
        super().__init__(reason)
        self.reason, self.details = reason, details


class _Process(Protocol):
    """A child process: where its events are read, how it is killed, and how it ended."""

    def fileno(self) -> int:
        """The file descriptor that its events are read from."""

    def kill(self) -> None:
        """End it."""

    def close(self) -> None:
        """End it, and close what belongs to it."""

    def exit_code(self) -> int:
        """Wait for its end; the negative number of a signal if one ended it."""


class _Spawned:
    """A new process."""

    def __init__(self, order: bytes, errors: IO[bytes]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "recsys.jobs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout
        self.kill, self.exit_code = self._process.kill, self._process.wait
        with suppress(BrokenPipeError):  # it has ended already: its exit code says why
            self._input.write(order)
            self._input.flush()  # the pipe stays open, since closing it would end the child

    def fileno(self) -> int:
        return self._output.fileno()

    def close(self) -> None:
        self.kill()
        self.exit_code()
        for pipe in (self._input, self._output):
            with suppress(OSError):
                pipe.close()


class _Forked:
    """A fork of the warm process; it ends when the connection is closed."""

    def __init__(self, order: bytes, errors: IO[bytes]) -> None:
        self._connection = warm.connect()
        warm.send(self._connection, order, errors)

    def fileno(self) -> int:
        return self._connection.fileno()

    def kill(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.kill()
        self._connection.settimeout(END)
        with suppress(OSError):
            while self._connection.recv(65536):  # until the warm process has seen its end
                pass
        self._connection.close()

    def exit_code(self) -> int:
        return -signal.SIGKILL  # the warm process itself was killed, and its children with it


class Child:
    """A child process that does one piece of work.

    Parameters
    ----------
    what : the kind of work in one word, for messages: "training"

    Attributes
    ----------
    cancelled : whether `cancel` was called
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()  # so that `cancel` misses no process that is just starting
        self._process: _Process | None = None
        self.cancelled = False

    def run(
        self, module: str, work: dict[str, Any], progress: Progress, *, at_once: bool = False
    ) -> dict[str, Any]:
        """Start the process and follow it to its end.

        Parameters
        ----------
        module : the module whose function `work` is called in the child
        work : the arguments of that function, in JSON's types
        progress : called with each report of progress; an exception from it ends the process
        at_once : fork the child from a warm process, where there is one

        Returns
        -------
        The result of the function.

        Raises
        ------
        ChildError : if the child fails, is killed, or hangs
        Cancel : after `cancel`
        """
        # With the parent's path, the child finds every module that the parent has found.
        order = json.dumps({"path": sys.path, "module": module, **work}).encode() + b"\n"
        with tempfile.TemporaryFile(prefix="recsys-") as errors:
            process = self._started(order, errors, at_once)
            try:
                return self._result(process, progress, errors)
            finally:
                process.close()

    def cancel(self) -> None:
        """Kill the process, or prevent it from starting.

        Nothing has to be cleaned up: the files that a child writes are complete or do not exist.
        """
        with self._lock:
            self.cancelled = True
            if self._process is not None:
                self._process.kill()

    def _started(self, order: bytes, errors: IO[bytes], at_once: bool) -> _Process:
        with self._lock:
            if self.cancelled:
                raise Cancel
            if at_once:
                with suppress(OSError):  # there is no warm process
                    self._process = _Forked(order, errors)
                    return self._process
            self._process = _Spawned(order, errors)
            return self._process

    def _result(self, process: _Process, progress: Progress, errors: IO[bytes]) -> dict[str, Any]:
        code = None
        for line in self._lines(process.fileno(), errors):
            event = json.loads(line)
            kind = event.pop("event")
            if kind == "finished":
                return dict(event["result"])
            if kind == "failed":
                raise ChildError(event["reason"], event["details"])
            if kind == "ended":
                code = event["code"]
            else:
                progress(event["done"], event["message"], **event["figures"])
        if self.cancelled:
            raise Cancel
        code = process.exit_code() if code is None else code
        raise ChildError(self._why_it_ended(code), _tail(errors))

    def _lines(self, pipe: int, errors: IO[bytes]) -> Iterator[bytes]:
        """The complete lines from the pipe, until it is closed or silent for too long."""
        rest = b""
        watch = select.poll()
        watch.register(pipe, select.POLLIN)
        while watch.poll(1000 * SILENCE):
            try:
                arrived = os.read(pipe, 65536)
            except OSError:  # the other end of a connection has gone
                return
            if not arrived:
                return
            *lines, rest = (rest + arrived).split(b"\n")
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


def reason_for(error: BaseException) -> str:
    """What went wrong, in a sentence for the page. The traceback is for the log."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    text = str(error) or "no reason given"
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


# A model is sent to another process as names and numbers in JSON; reading them runs no code.


def described(model: Recommender) -> dict[str, Any]:
    """The class and the hyperparameters of a model, in JSON's types."""
    kind = type(model)
    names = {"module": kind.__module__, "class": kind.__qualname__}
    return {**names, "hyperparameters": model.values()}


def restored(description: dict[str, Any]) -> Recommender:
    """The model that was `described`, not fitted; this process must be able to import its class."""
    kind = attrgetter(description["class"])(import_module(description["module"]))
    model: Recommender = kind(**description["hyperparameters"])
    return model


def _tail(errors: IO[bytes], size: int = 8000) -> str:
    """The last `size` bytes of the child's standard error, as text."""
    errors.seek(max(0, errors.seek(0, 2) - size))
    return errors.read().decode("utf-8", "replace")
