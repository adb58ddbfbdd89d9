"""The queue of jobs: of all sessions on a machine, so many run at once, and the others wait.

The queue is a folder of tickets, which are numbered files. Each waiting or running session locks
its own ticket. The operating system releases the lock when the process exits, so that the queue
moves on by itself. A session that holds a slot must not wait for one that is in the queue. Must not
know what the jobs do.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.machine import machine_memory, processors
from recsys.models import Progress, silent
from recsys.storage import Store

if TYPE_CHECKING:
    from filelock import BaseFileLock

TRAINING = 1_200_000_000  # bytes that a child takes with TensorFlow, at its peak
POLL = 0.2  # seconds between two looks at the line

log = logging.getLogger(__name__)


class JobQueue:
    """The queue of all sessions that share a store.

    Parameters
    ----------
    store : the tickets are in a folder of it
    at_once : how many may run; by default `jobs_at_once`
    """

    def __init__(self, store: Store, at_once: int | None = None) -> None:
        self.folder = store.folder / "queue"
        self.at_once = at_once or jobs_at_once()

    @contextmanager
    def slot(self, progress: Progress = silent) -> Iterator[None]:
        """Wait in the queue, and then hold a slot until the block ends.

        While waiting, `progress` is told again and again how many are ahead, and ends the wait by
        raising. Where the folder does not allow locks, nobody waits.
        """
        try:
            ticket = self._join()
        except (OSError, NotImplementedError) as error:
            log.warning("Training without waiting for others in %s (%s).", self.folder, error)
            yield
            return
        try:
            while ahead := self._ahead(ticket):
                others = f"{ahead} other trainings have" if ahead > 1 else "another training has"
                progress(0.0, f"Waiting in line: {others} to end first")
                time.sleep(POLL)
            yield
        finally:
            with suppress(OSError):
                Path(ticket.lock_file).unlink()
            ticket.release()

    def _join(self) -> BaseFileLock:
        """A new ticket, behind all others."""
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "door.lock"):  # so that no ticket is seen before it is held
            number = max((int(file.stem) for file in self._tickets()), default=0) + 1
            ticket = FileLock(self.folder / f"{number:09}.ticket")
            ticket.acquire(timeout=0)
            return ticket

    def _ahead(self, ticket: BaseFileLock) -> int:
        """How many have to end before this ticket may train."""
        from filelock import FileLock, Timeout

        alive = 0
        with FileLock(self.folder / "door.lock"):
            for file in self._tickets():
                if file >= Path(ticket.lock_file):
                    break
                try:
                    with FileLock(file).acquire(timeout=0):
                        file.unlink(missing_ok=True)  # its holder is gone
                except Timeout:
                    alive += 1
        return max(0, alive - self.at_once + 1)

    def _tickets(self) -> list[Path]:
        return sorted(self.folder.glob("*.ticket"))


def jobs_at_once() -> int:
    """RECSYS_TRAININGS; by default as many as the cores, and as half the memory, allow."""
    wanted = os.environ.get("RECSYS_TRAININGS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    return max(1, min(processors(), machine_memory() // 2 // TRAINING))
