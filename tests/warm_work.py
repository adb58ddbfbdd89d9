"""Work for a child of the warm process; it says who does it."""

from __future__ import annotations

import os
import threading
from typing import Any

import recsys
from recsys.models import Progress


def work(waits: bool, progress: Progress) -> dict[str, Any]:
    """Report the process and its parent, and end, or wait for ever.

    `imported` is where a package lies in memory: the same in all forks of one import.
    """
    progress(0.0, "Here", pid=os.getpid(), parent=os.getppid())
    if waits:
        threading.Event().wait()
    return {"pid": os.getpid(), "parent": os.getppid(), "imported": id(recsys)}
