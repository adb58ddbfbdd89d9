"""The machine: its memory, its processors, the project's folders, and atomic writing of files.

The environment variable RECSYS_HOME names the folder with `data/` and the fitted models. This
module must not know what the files contain.
"""

from __future__ import annotations

import glob
import hashlib
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO


def machine_memory() -> int:
    """The memory that this process can use, in bytes: that of the machine or of its container."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):  # the file holds "max" if there is no limit
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return memory


def processors() -> int:
    """The number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checkout() -> Path:
    """The folder that contains the package `recsys`."""
    return Path(__file__).resolve().parents[1]


def home() -> Path:
    """The folder with `data/`: RECSYS_HOME, or the checkout, or the current folder."""
    if os.environ.get("RECSYS_HOME"):
        return Path(os.environ["RECSYS_HOME"]).expanduser()
    return checkout() if (checkout() / "data").is_dir() else Path.cwd()


def code_changed(folder: str = str(Path(__file__).parent)) -> int:
    """When a module or a stylesheet below a folder was last changed, in nanoseconds; by default of
    this package.

    Each visit asks, so this avoids `Path.rglob`, which takes seven times as long.
    """
    newest = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((".py", ".css")):
                newest = max(newest, entry.stat().st_mtime_ns)
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                newest = max(newest, code_changed(entry.path))
    return newest


def cache_folders() -> list[Path]:
    """The folders for parsed data sets, the preferred one first.

    They are `.cache` in the data folder, if there is one, and the user's own cache folder.
    """
    personal = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "recsys"
    beside = home() / "data"
    return [beside / ".cache", personal] if beside.is_dir() else [personal]


def digest_of(files: Iterable[Path]) -> str:
    """A hash of the names and contents of files, in the order of their paths."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"\n{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def write_atomically(target: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file completely or not at all, even if the process is killed.

    Temporary files that a killed process has left are removed. Those of others that are writing the
    same file stay: the last to end wins.

    Parameters
    ----------
    target : path of the file; it replaces a file of this name
    write : writes the content to the open binary file that it is given

    Raises
    ------
    OSError : if the folder cannot be written
    """
    for left_over in target.parent.glob(f"{glob.escape(target.name)}.*.tmp"):
        writer = left_over.name.removeprefix(f"{target.name}.").partition(".")[0]
        if not (writer.isdecimal() and _is_running(int(writer))):
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


def _is_running(process: int) -> bool:
    """Whether a process of this machine, or container, is running."""
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:  # it belongs to somebody else
        return True
    return True


def flush(path: Path) -> None:
    """Force a file, or the renames in a folder, to the disk, so that a power cut cannot undo it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
