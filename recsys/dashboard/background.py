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
    """

    def __init__(
        self, module: str, *arguments: str, hear: Callable[[Child, dict[str, Any]], None]
    ) -> None:
        self._hear = hear
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,  # left open: its end would end the child
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def follow(self) -> threading.Thread:
        """Hear its events from now on."""
        return in_background(self._read)

    def kill(self) -> None:
        """End it; its last event follows."""
        self._process.kill()

    def _read(self, tell: Tell) -> None:
        process = self._process
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
        tell(self._hear, self, last)


class Errand(HasTraits):
    """What a child process does for the page: whether it is under way, and how far it is.

    Subclasses call `_send` to have it done, and say in `_ended` what comes of it.
    """

    running = Bool(False, help="whether it is under way")
    progress = Float(0.0, help="how far it is, from 0 to 1")
    status = Unicode(help="what is happening, or has just happened")

    _child: Child | None = None

    def cancel(self) -> None:
        """End it; what it has put into the store so far stays."""
        if self._child is not None:
            self._child.kill()

    def _send(self, doing: str, module: str, *arguments: str) -> threading.Thread:
        self.running, self.progress, self.status = True, 0.0, doing
        self._child = Child(module, *arguments, hear=self._hear)
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
        raise NotImplementedError
