"""What runs in a child process: `python -m recsys.jobs.worker`.

Reads what to do, one line of JSON, from standard input: a module, and the arguments of its function
`work`. Tells how it goes in lines of JSON on standard output. Ends when its standard input ends:
then the session that started it is gone. Must not know who that is, nor what the work is.
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
    # Interrupting a notebook's kernel is no order to end its jobs; Cancel is.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = _private_output()

    def tell(event: str, **what: Any) -> None:
        print(json.dumps({"event": event, **what}), file=events, flush=True)

    def progress(done: float, message: str, **figures: float) -> None:
        plain = {name: float(figure) for name, figure in figures.items()}
        tell("progress", done=done, message=message, figures=plain)

    arguments = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    from recsys.jobs.child import in_words

    try:
        work = import_module(arguments.pop("module")).work
        tell("finished", result=work(progress=progress, **arguments))
    except Exception as error:  # told where a person reads it, whatever it is
        tell("failed", reason=in_words(error), details=traceback.format_exc())
    return 0


def _private_output() -> TextIO:
    """Standard output, kept from libraries that print: what they say goes to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def _end_with_the_parent() -> None:
    """End this process when its standard input ends; for a thread of its own."""
    while os.read(0, 1):  # not sys.stdin, which would hold its lock when the interpreter ends
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
