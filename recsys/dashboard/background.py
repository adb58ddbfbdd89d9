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
