"""The child process of a training: `python -m recsys.jobs.worker`.

Reads its job, one line of JSON, from standard input and tells how it goes in lines of JSON on
standard output. Ends when its standard input ends, that is, when the session that started it is
gone. Must not know who that is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO

CHANGED = (
    "The data or the code has changed on disk since this page was opened; reload the page and "
    "train again."
)
OUT_OF_MEMORY = "The memory of this machine was not enough for this training; try smaller values."


def job_for(model: Any, source: str, key: str, store: Path, spare: Path) -> str:
    """The job as a line of JSON.

    Parameters
    ----------
    model : the recommender to fit
    source : what `load_dataset` takes
    key : what the store calls the result
    store : the store's folder
    spare : a file for the result, should the store not be writable
    """
    job = {
        "module": type(model).__module__,
        "class": type(model).__qualname__,
        "hyperparameters": model.values(),
        "source": source,
        "key": key,
        "store": str(store),
        "spare": str(spare),
    }
    return json.dumps(job) + "\n"


def main() -> int:
    # Interrupting a notebook's kernel is no order to end its training; Cancel is.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = private_output()

    def tell(event: str, **what: Any) -> None:
        print(json.dumps({"event": event, **what}), file=events, flush=True)

    job = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    try:
        tell("finished", file=str(_fit(job, tell)))
    except Exception as error:  # told where a person reads it, whatever it is
        tell("failed", reason=in_words(error), details=traceback.format_exc())
    return 0


def in_words(error: BaseException) -> str:
    """What went wrong, for the page; the traceback is for the log."""
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    text = str(error) or "no reason given"
    return text if isinstance(error, ValueError) else f"{type(error).__name__}: {text}"


def _fit(job: dict[str, Any], tell: Any) -> Path:
    """Fit and store the model; returns the file it is in."""
    from recsys.scale import placed
    from recsys.sources import load_training_set
    from recsys.storage import Store, save

    kind = attrgetter(job["class"])(import_module(job["module"]))
    model = kind(**job["hyperparameters"])
    tell("progress", done=0.0, message="Loading the data", figures={})
    dataset = load_training_set(job["source"])
    store = Store(job["store"])
    if store.key(model, dataset) != job["key"]:
        raise ValueError(CHANGED)

    def progress(done: float, message: str, **figures: float) -> None:
        plain = {name: float(figure) for name, figure in figures.items()}
        tell("progress", done=done, message=message, figures=plain)

    with placed(dataset) as at_hand:
        model.fit(at_hand, progress)
    try:
        return store.put(model, dataset)
    except OSError as error:
        print(f"{model.name} could not be stored ({error}).", file=sys.stderr)
        save(model, job["spare"])
        return Path(job["spare"])


def private_output() -> TextIO:
    """Standard output, kept from libraries that print: what they say goes to standard error."""
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return events


def end_with_the_parent() -> None:
    """End this process when its standard input ends; for a thread of its own."""
    while os.read(0, 1):  # not sys.stdin, which would hold its lock when the interpreter ends
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
