"""What this machine gives: memory, processors, folders, and files that are whole or not there.

RECSYS_HOME names the folder that holds `data/` and the fitted models. Must not know what is kept.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO


def machine_memory() -> int:
    """Bytes of memory that this process may hope for: the machine's, or its container's."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):  # "max" where there is no limit
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checkout() -> Path:
    """The folder that the package lies in."""
    return Path(__file__).resolve().parents[1]


def home() -> Path:
    """The folder that holds `data/`: RECSYS_HOME, else the checkout, else the current folder."""
    if os.environ.get("RECSYS_HOME"):
        return Path(os.environ["RECSYS_HOME"]).expanduser()
    return checkout() if (checkout() / "data").is_dir() else Path.cwd()


def cache_folders() -> list[Path]:
    """Where parsed data sets are kept: beside the data, or else in the user's own cache."""
    personal = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "recsys"
    beside = home() / "data"
    return [beside / ".cache", personal] if beside.is_dir() else [personal]


def write_atomically(target: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file: the whole of it or, whatever happens meanwhile, nothing.

    What a killed process has left of an earlier try is removed.

    Raises
    ------
    OSError : if the folder cannot be written
    """
    for left_over in target.parent.glob(f"{glob.escape(target.name)}.*.tmp"):
        left_over.unlink(missing_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.{time.monotonic_ns()}.tmp")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    flush(target.parent)


def flush(path: Path) -> None:
    """Make sure a file, or a rename within a folder, is on the disk and survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
