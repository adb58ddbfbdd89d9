"""Work that leaves the page alive: threads and child processes that tell the kernel how they go.

Must not know widgets, nor what the work is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from traitlets import Bool, Float, HasTraits, Unicode

from recsys.dashboard.state import running_loop
from recsys.jobs.queue import Turns

Tell = Callable[..., None]


def in_background(work: Callable[[Tell], None]) -> threading.Thread:
    """Do `work` on a thread of its own, which is returned.

    It gets a function to call others with: `tell(act, *details)` has `act(*details)` happen on
    this thread, if it has an event loop, and at once if not.
    """
    loop = running_loop()

    def tell(act: Callable[..., None], *details: object) -> None:
        if loop is None:
            act(*details)
        else:
            loop.call_soon_threadsafe(act, *details)

    thread = threading.Thread(target=work, args=(tell,), daemon=True)
    thread.start()
    return thread


class Child:
    """A child process that tells how it goes in lines of JSON, each with an `event`.

    Parameters
    ----------
    module, arguments : what it runs, `python -m module arguments`
    hear : is told this child and an event, the last of which says that it has ended; on the
        kernel's own thread
    turns : where it waits in line before it starts
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        hear: Callable[[Child, dict[str, Any]], None],
        turns: Turns,
    ) -> None:
        self._hear, self._turns = hear, turns
        self._command = [sys.executable, "-m", module, *arguments]
        self._guard = threading.Lock()  # between starting the process and killing it
        self._process: subprocess.Popen[str] | None = None
        self._killed = False

    def follow(self) -> threading.Thread:
        """Start it when its turn among all trainings has come, and hear its events."""
        return in_background(self._run)

    def kill(self) -> None:
        """End it; its last event follows."""
        with self._guard:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def _run(self, tell: Tell) -> None:
        def waiting(done: float, message: str, **_: float) -> None:
            if self._killed:
                raise _Killed
            tell(self._hear, self, {"event": "progress", "done": done, "message": message})

        last: dict[str, Any] = {"event": "ended"}
        with suppress(_Killed), self._turns.turn(waiting):
            last = self._heard(self._started(), tell)
        tell(self._hear, self, last)

    def _started(self) -> subprocess.Popen[str]:
        with self._guard:
            if self._killed:
                raise _Killed
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,  # left open: its end would end the child
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
            )
            return self._process

    def _heard(self, process: subprocess.Popen[str], tell: Tell) -> dict[str, Any]:
        """Follow the process to its end; returns its last event."""
        assert process.stdout is not None
        assert process.stdin is not None
        last: dict[str, Any] = {"event": "ended"}
        for line in process.stdout:
            with suppress(json.JSONDecodeError):  # a line that is cut short is its last
                event = json.loads(line)
                if event["event"] == "progress":
                    tell(self._hear, self, event)
                else:
                    last = event
        process.wait()
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()
        return last


class _Killed(Exception):
    """While it was still waiting."""


class Errand(HasTraits):
    """What a child process does for the page: whether it is under way, and how far it is.

    Parameters
    ----------
    turns : where the child waits in line with all trainings

    Subclasses call `_send` to have it done, and say in `_ended` what comes of it.
    """

    running = Bool(False, help="whether it is under way")
    progress = Float(0.0, help="how far it is, from 0 to 1")
    status = Unicode(help="what is happening, or has just happened")

    _child: Child | None = None

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns

    def cancel(self) -> None:
        """End it; what it has put into the store so far stays."""
        if self._child is not None:
            self._child.kill()

    def _send(self, doing: str, module: str, *arguments: str) -> threading.Thread:
        self.running, self.progress, self.status = True, 0.0, doing
        self._child = Child(module, *arguments, hear=self._hear, turns=self._turns)
        return self._child.follow()

    def _abandon(self) -> None:
        """End it, and hear no more of it."""
        self.cancel()
        self._child, self.running, self.status = None, False, ""

    def _hear(self, child: Child, event: dict[str, Any]) -> None:
        """Follow the child; what comes of an abandoned one is passed over."""
        if child is not self._child:
            return
        if event["event"] == "progress":
            with self.hold_trait_notifications():
                self.progress, self.status = event["done"], event["message"]
            return
        self._child, self.running = None, False
        self._ended(event)

    def _ended(self, event: dict[str, Any]) -> None:
        """What comes of the last event; each kind of errand has its own."""
        raise NotImplementedError
