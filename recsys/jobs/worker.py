"""The program of a child process: `python -m recsys.jobs.worker`.

It reads its work, one line of JSON, from standard input: the folders in which to look for modules,
the name of a module, and the arguments of the function `work` in it. It reports progress and the
result as lines of JSON on standard output. It exits when its standard input is closed, since then
the parent process has ended. Must not know what the work is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from importlib import import_module
from typing import Any, TextIO


def main() -> int:
    """Do one piece of work; returns the exit code."""
    events = _private_output()
    do(json.loads(sys.stdin.readline()), events, parent=0)
    return 0


def do(order: dict[str, Any], events: TextIO, parent: int) -> None:
    """Do the work of an order, and report it.

    Parameters
    ----------
    order : the folders for modules, as `path`; the `module`; and the arguments of its `work`
    events : the stream to report to
    parent : a file descriptor; when its other end is closed, this process exits
    """
    # Interrupting a notebook's kernel sends SIGINT here too, but only Cancel should end a job.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def send(event: str, **fields: Any) -> None:
        print(json.dumps({"event": event, **fields}), file=events, flush=True)

    def progress(done: float, message: str, **figures: float) -> None:
        plain = {name: float(figure) for name, figure in figures.items()}
        send("progress", done=done, message=message, figures=plain)

    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.path[:] = order.pop("path")
    from recsys.jobs.child import reason_for

    try:
        work = import_module(order.pop("module")).work
        send("finished", result=work(progress=progress, **order))
    except Exception as error:  # any error is shown on the page
        send("failed", reason=reason_for(error), details=traceback.format_exc())


def _private_output() -> TextIO:
    """A stream to standard output for events alone; what libraries print goes to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def _end_with(parent: int) -> None:
    """Exit when the other end of a file descriptor is closed; runs on a thread of its own."""
    while os.read(parent, 1):  # not sys.stdin, whose lock would still be held at the exit
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
