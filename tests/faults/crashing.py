"""Processes that die at a chosen moment of their writing, for real."""

from __future__ import annotations

import os
import resource
import signal
import stat
import sys
from collections.abc import Callable
from typing import Any

CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate"}
DIED, FINISHED = "died", "finished"


def steps(action: Callable[[], object]) -> list[str]:
    """What the action does to the disk: each opening for writing, change of a folder and fsync."""
    reader, writer = os.pipe()

    def record() -> None:
        _watch(lambda step: os.write(writer, f"{step}\n".encode()))
        action()

    assert _fate(record) == FINISHED
    os.close(writer)
    with os.fdopen(reader) as told:
        return told.read().splitlines()


def die_before(step: int, action: Callable[[], object]) -> None:
    """Do the action in a process that is killed before its step of this number, counted from 0."""
    earlier = iter(range(step))

    def count(_: str) -> None:
        if next(earlier, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    def doomed() -> None:
        _watch(count)
        action()

    assert _fate(doomed) == DIED


def death_at_byte(action: Callable[[], object], size: int) -> str:
    """Do the action in a process that the system kills where a file grows beyond `size` bytes."""

    def doomed() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python had it ignored
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        action()

    return _fate(doomed)


def in_a_process(action: Callable[[], object]) -> None:
    """Do the action in a process of its own, which may lower its limits and rights for good."""
    assert _fate(action) == FINISHED


def _watch(tell: Callable[[str], object]) -> None:
    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES:
            tell(f"{event} {arguments[0]}")
        elif event == "open" and int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            tell(f"open {arguments[0]}")

    fsync = os.fsync

    def told_fsync(handle: int) -> None:
        tell("fsync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync file")
        fsync(handle)

    os.fsync = told_fsync
    sys.addaudithook(hear)


def _fate(action: Callable[[], object]) -> str:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL, signal.SIGXFSZ), f"it ended with {status}"
    return FINISHED if status == 0 else DIED
