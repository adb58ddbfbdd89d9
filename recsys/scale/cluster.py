"""Blocks of users on a Dask cluster: functions are sent to the blocks, and sums come back.

Every task can be repeated on another worker, from the files and the values that were sent, so that
the loss of a worker costs only time. Must not know what the functions compute.

Dask sends functions between the processes of a cluster as pickles: everyone who can reach the
scheduler can run code on the cluster. Files never contain pickles.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, reduce
from itertools import islice
from threading import Event
from typing import Any

import dask
import numpy as np
from dask.system import CPU_COUNT
from dask.utils import parse_bytes
from distributed import Client, Future, LocalCluster
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker
from distributed.system import MEMORY_LIMIT

from recsys.blocks import Blocks, add, load_value
from recsys.dataset import TrainingSet
from recsys.scale import ClusterError
from recsys.sources.partitions import PartitionedDataset

Report = Callable[[int, int], None]
LOCAL = "local"
AT_ONCE = 8  # partial sums that a task adds up
AHEAD = 2  # blocks that are fetched while one is being used
PATIENCE = "5s"  # how long to wait for a scheduler that does not answer
LOST = 60  # seconds without a scheduler or without any worker, after which a task is given up
WORKER_SILENCE = "60s"  # after this time without a sign of life, other workers take the tasks
KEPT = 16_000_000  # bytes of block values that a local worker keeps in memory; the rest is on disk


@contextmanager
def connected(
    scheduler: str | None = None,
    memory_limit: int | str = MEMORY_LIMIT // CPU_COUNT,
    **local: Any,
) -> Iterator[Client]:
    """A client of a running cluster, or of a temporary one of this machine's cores.

    Parameters
    ----------
    scheduler : the address of the cluster, such as tcp://10.0.0.5:8786, or "local" for a cluster of
        this machine's cores; by default RECSYS_SCHEDULER, or else "local"
    memory_limit : of each local worker, in bytes or as "4GB"; by default its core's share
    local : further arguments of `distributed.LocalCluster`

    Raises
    ------
    ClusterError : if there is no scheduler at the address
    """
    logging.getLogger("distributed").setLevel(
        logging.ERROR
    )  # it logs each worker that comes or goes
    scheduler = scheduler or os.environ.get("RECSYS_SCHEDULER", LOCAL)
    if scheduler == LOCAL:
        local = {"threads_per_worker": 1, "dashboard_address": ":0", **local}
        settings = {
            "distributed.scheduler.worker-ttl": WORKER_SILENCE,
            "distributed.worker.memory.target": KEPT / parse_bytes(memory_limit),
        }
        with (
            dask.config.set(settings),
            LocalCluster(memory_limit=memory_limit, **local) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"There is no Dask scheduler at {scheduler} ({error}). Start one with: dask scheduler"
        ) from None
    with client:
        yield client


class OnCluster(TrainingSet):
    """A data set whose blocks are on a cluster. All workers must see the same files.

    Parameters
    ----------
    dataset : the data set; partitions are read by the workers, other data is sent to them
    client : of the cluster
    """

    def __init__(self, dataset: TrainingSet, client: Client) -> None:
        self.dataset, self.client = dataset, client
        self.name, self.noun = dataset.name, dataset.noun
        self.courses, self.topics = dataset.courses, dataset.topics

    @property
    def n_users(self) -> int:
        return self.dataset.n_users

    @property
    def fingerprint(self) -> str:
        return self.dataset.fingerprint

    @property
    def popularity(self) -> np.ndarray:
        return self.dataset.popularity

    @property
    def rating_counts(self) -> dict[float, int]:
        return self.dataset.rating_counts

    def wrap_progress(self, progress: Callable[..., None]) -> Callable[..., None]:
        """Add the number of workers and the address of Dask's page, and report every part."""
        n_workers = len(self.client.scheduler_info(n_workers=-1)["workers"])
        where = f"on {n_workers} workers, see {self.client.dashboard_link}"
        last = 0.0, "Starting"

        def with_cluster(done: float, message: str, **figures: float) -> None:
            nonlocal last
            last = done, message
            progress(done, f"{message}, {where}", **figures)

        def report(n_done: int, n: int) -> None:
            done, message = last
            progress(done, f"{message}: part {n_done:,} of {n:,}, {where}")

        self.blocks.report = report
        return with_cluster

    @cached_property
    def blocks(self) -> ClusterBlocks:
        if isinstance(self.dataset, PartitionedDataset):
            return ClusterBlocks(self.client, self.dataset.parts)
        users = self.dataset.blocks.each(_same)
        held = [self.client.submit(_same, one, pure=False) for one in users]
        return ClusterBlocks(self.client, held)


class ClusterBlocks(Blocks):
    """Blocks whose values the workers of a cluster hold, or read from disk.

    Parameters
    ----------
    client : of the cluster
    values : for each block a future of its value, or the value itself if it is `Stored` on disk

    Attributes
    ----------
    report : called during a sum, at most once a second, with the number of finished blocks and the
        number of all
    """

    def __init__(
        self, client: Client, values: Sequence[Any], report: Report = lambda done, n: None
    ) -> None:
        self._client, self._values, self.report = client, values, report

    def __len__(self) -> int:
        return len(self._values)

    def map(self, function: Callable[..., Any], *arguments: Any) -> ClusterBlocks:
        return ClusterBlocks(self._client, self._submitted(function, arguments), self.report)

    def sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        parts = self._submitted(function, arguments)
        done: list[bool] = []
        for part in parts:
            part.add_done_callback(lambda _: done.append(True))
        while len(parts) > 1:
            parts = [
                self._client.submit(_sum_of, parts[start : start + AT_ONCE], pure=False)
                for start in range(0, len(parts), AT_ONCE)
            ]
        return self._result(parts[0], lambda: self.report(len(done), len(self)))

    def each(
        self, function: Callable[..., Any], *arguments: Any, order: Iterable[int] | None = None
    ) -> Iterator[Any]:
        indexes = iter(range(len(self)) if order is None else order)
        task = self._task(function, arguments)
        pending = [self._submit(task, index, arguments) for index in islice(indexes, 1 + AHEAD)]
        while pending:
            value = self._result(pending.pop(0))
            pending += [self._submit(task, index, arguments) for index in islice(indexes, 1)]
            yield value

    def _result(self, future: Future, each_second: Callable[[], None] = lambda: None) -> Any:
        """Wait for a result, unless the scheduler or all workers are lost.

        A future that was made while Dask's client was losing its scheduler may never be done, nor
        one whose workers were killed for lack of memory and did not start again.
        """
        # Not with the timeout of `result`: after one, Dask's client can be in a wrong state.
        done, deserted = Event(), 0
        future.add_done_callback(lambda _: done.set())
        with as_cluster_errors():
            while not done.wait(1):
                each_second()
                deserted = 0 if self._has_workers() else deserted + 1
                if deserted > LOST:
                    why = "nobody is left to work on it, perhaps for lack of memory"
                    raise FutureCancelledError(future.key, why)
            return future.result()

    def _has_workers(self) -> bool:
        with suppress(OSError):  # the scheduler is just going away
            connected = self._client.status == "running"
            # A client that is just closing knows nothing of its scheduler any more.
            return connected and bool(self._client.scheduler_info(n_workers=-1).get("workers"))
        return False

    def _submitted(self, function: Callable[..., Any], arguments: Sequence[Any]) -> list[Future]:
        task = self._task(function, arguments)
        return [self._submit(task, index, arguments) for index in range(len(self))]

    def _task(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Future:
        """Send the function, and the arguments that all blocks share, once instead of per block."""
        shared = [None if isinstance(one, ClusterBlocks) else one for one in arguments]
        return self._client.submit(_packed, function, shared, pure=False)

    def _submit(self, task: Future, index: int, arguments: Sequence[Any]) -> Future:
        own = {
            number: one._values[index]
            for number, one in enumerate(arguments)
            if isinstance(one, ClusterBlocks)
        }
        return self._client.submit(_applied, task, self._values[index], own, pure=False)


# What the workers run


def _same(value: Any) -> Any:
    return value


def _packed(function: Callable[..., Any], shared: list[Any]) -> tuple[Any, list[Any]]:
    return function, shared


def _applied(task: tuple[Callable[..., Any], list[Any]], value: Any, own: dict[int, Any]) -> Any:
    function, shared = task
    arguments = [own.get(number, one) for number, one in enumerate(shared)]
    return function(load_value(value), *map(load_value, arguments))


def _sum_of(parts: list[Any]) -> Any:
    return reduce(add, parts)


@contextmanager
def as_cluster_errors() -> Iterator[None]:
    """Turn errors of Dask into a `ClusterError`."""
    try:
        yield
    except KilledWorker as error:
        raise ClusterError(
            f"A task killed every worker that tried it, most likely for lack of memory: {error}. "
            "Give the workers more memory, or convert the data with fewer users in a part."
        ) from None
    except FutureCancelledError as error:
        raise ClusterError(
            f"The cluster has lost its scheduler or its last worker ({error}). "
            "Start it again and repeat the training; stored files are intact."
        ) from None
