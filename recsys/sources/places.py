"""Where data lies on this machine, and how a file gets there whole or not at all.

RECSYS_HOME names the folder that holds `data/`; RECSYS_DATA names folders of data sets to use
before those in `data/`, separated as in PATH.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO


def home() -> Path:
    """The folder that holds `data/`: RECSYS_HOME, else the checkout, else the current folder."""
    if os.environ.get("RECSYS_HOME"):
        return Path(os.environ["RECSYS_HOME"]).expanduser()
    return _checkout() if (_checkout() / "data").is_dir() else Path.cwd()


def data_folders() -> list[Path]:
    """Where the data sets have their usual places; the bundled one stays in the checkout."""
    return list(dict.fromkeys((home() / "data", _checkout() / "data")))


def named_folders() -> list[Path]:
    """The folders of RECSYS_DATA."""
    named = os.environ.get("RECSYS_DATA", "").split(os.pathsep)
    return [Path(one).expanduser() for one in named if one]


def cache_folders() -> list[Path]:
    """Where parsed data sets are kept: beside the data, or else in the user's own cache."""
    personal = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "recsys"
    beside = home() / "data"
    return [beside / ".cache", personal] if beside.is_dir() else [personal]


def _checkout() -> Path:
    return Path(__file__).resolve().parents[2]


def write_whole(target: Path, write: Callable[[IO[bytes]], object]) -> None:
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
