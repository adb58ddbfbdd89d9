"""The queue of jobs: the sessions on a machine share a few slots, and the other jobs wait.

The queue is a folder of tickets, which are numbered files. Each waiting or running job holds the
lock of its own ticket. The operating system releases the lock when the process exits, so that the
queue moves on by itself. A job that holds a slot must not wait for a job that is in the queue, or
both would wait forever. Must not know what the jobs do.
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

TRAINING = 1_200_000_000  # bytes that a child with TensorFlow takes at its peak
POLL = 0.2  # seconds between two looks at the queue

log = logging.getLogger(__name__)


class JobQueue:
    """The queue of all sessions that share a store.

    Parameters
    ----------
    store : the store; the tickets are in its folder `queue`
    at_once : the number of slots; by default `jobs_at_once`
    poll : seconds between two looks at the queue
    """

    def __init__(self, store: Store, at_once: int | None = None, poll: float = POLL) -> None:
        self.folder = store.folder / "queue"
        self.at_once = at_once or jobs_at_once()
        self.poll = poll

    @contextmanager
    def slot(self, progress: Progress = silent) -> Iterator[None]:
        """Wait in the queue, and then hold a slot until the block ends.

        While waiting, `progress` is called again and again with the number of jobs ahead; an
        exception from it ends the wait. If the folder does not allow locks, nobody waits.
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
                progress(0.0, f"Waiting in the queue: {others} to end first")
                time.sleep(self.poll)
            yield
        finally:
            with suppress(OSError):
                Path(ticket.lock_file).unlink()
            ticket.release()

    def _join(self) -> BaseFileLock:
        """Create and lock a ticket at the end of the queue."""
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "queue.lock"):  # so that nobody sees a ticket without its lock
            number = max((int(file.stem) for file in self._tickets()), default=0) + 1
            ticket = FileLock(self.folder / f"{number:09}.ticket")
            ticket.acquire(timeout=0)
            return ticket

    def _ahead(self, ticket: BaseFileLock) -> int:
        """How many jobs have to end before the job of this ticket may run."""
        from filelock import FileLock, Timeout

        alive = 0
        with FileLock(self.folder / "queue.lock"):
            for file in self._tickets():
                if file >= Path(ticket.lock_file):
                    break
                try:
                    with FileLock(file).acquire(timeout=0):
                        file.unlink(missing_ok=True)  # its process has exited
                except Timeout:
                    alive += 1
        return max(0, alive - self.at_once + 1)

    def _tickets(self) -> list[Path]:
        return sorted(self.folder.glob("*.ticket"))


def jobs_at_once() -> int:
    """RECSYS_TRAININGS; by default one per core, or fewer if half of the memory is too little."""
    wanted = os.environ.get("RECSYS_TRAININGS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    return max(1, min(processors(), machine_memory() // 2 // TRAINING))
