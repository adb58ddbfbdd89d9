"""Blocks of users on a Dask cluster: functions go to where the blocks are, sums come back.

Every task can be run again, on another worker, from files and what was sent before; so that a
worker that is lost costs time and nothing else. Must not know what the functions compute.

Functions travel between the processes of a cluster as pickles, which is Dask's way: whoever can
reach its scheduler can run code on it. What is stored stays free of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, reduce
from itertools import islice
from typing import Any

import dask
import numpy as np
from distributed import Client, Future, LocalCluster
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from recsys.blocks import Blocks, added, present
from recsys.dataset import TrainingSet
from recsys.sources.partitions import PartitionedDataset

AT_ONCE = 8  # partial sums that a task adds up
AHEAD = 2  # blocks on their way while one is being used
WORKER_SILENCE = "60s"  # after which a worker's tasks are given to others


class ClusterError(RuntimeError):
    """The cluster could not finish, in words a person can act on."""


@contextmanager
def connected(scheduler: str | None = None, **local: Any) -> Iterator[Client]:
    """A client of a running cluster, or of one of this machine's cores for the time being.

    Parameters
    ----------
    scheduler : its address, such as tcp://10.0.0.5:8786; None starts a cluster of processes here
    local : how, as `distributed.LocalCluster` takes it

    Raises
    ------
    ClusterError : if there is nobody at the address
    """
    if scheduler is None:
        local = {"threads_per_worker": 1, "dashboard_address": ":0", **local}
        with (
            dask.config.set({"distributed.scheduler.worker-ttl": WORKER_SILENCE}),
            LocalCluster(**local) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"There is no Dask scheduler at {scheduler} ({error}). Start one with: dask scheduler"
        ) from None
    with client:
        yield client


@contextmanager
def placed(dataset: TrainingSet, scheduler: str | None = None) -> Iterator[TrainingSet]:
    """The data set where it is best fitted on: on a cluster, if there is one or it needs one.

    Parameters
    ----------
    scheduler : as in `connected`; by default RECSYS_SCHEDULER, or a cluster of this machine's
        cores if the ratings are on disk; what is in memory is then left there
    """
    scheduler = scheduler or os.environ.get("RECSYS_SCHEDULER")
    if scheduler is None and not isinstance(dataset, PartitionedDataset):
        yield dataset
        return
    with connected(scheduler) as client:
        yield OnCluster(dataset, client)


class OnCluster(TrainingSet):
    """A data set with its blocks on a cluster, all of whose workers see the same files."""

    def __init__(self, dataset: TrainingSet, client: Client) -> None:
        self.dataset, self.client = dataset, client
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

    @cached_property
    def blocks(self) -> ClusterBlocks:
        if isinstance(self.dataset, PartitionedDataset):
            return ClusterBlocks(self.client, self.dataset.parts)
        users = self.dataset.blocks.each(_same)
        return ClusterBlocks(
            self.client, [self.client.submit(_same, one, pure=False) for one in users]
        )


class ClusterBlocks(Blocks):
    """Blocks of which a cluster's workers hold the values, or read them.

    Parameters
    ----------
    values : a future of each block's value, or the value if it is `Stored` on a disk
    """

    def __init__(self, client: Client, values: Sequence[Any]) -> None:
        self._client, self._values = client, values

    def __len__(self) -> int:
        return len(self._values)

    def map(self, function: Callable[..., Any], *arguments: Any) -> ClusterBlocks:
        return ClusterBlocks(self._client, self._submitted(function, arguments))

    def sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        parts = self._submitted(function, arguments)
        while len(parts) > 1:
            parts = [
                self._client.submit(_sum_of, parts[start : start + AT_ONCE], pure=False)
                for start in range(0, len(parts), AT_ONCE)
            ]
        return _result(parts[0])

    def each(
        self, function: Callable[..., Any], *arguments: Any, order: Iterable[int] | None = None
    ) -> Iterator[Any]:
        places = iter(range(len(self)) if order is None else order)
        task = self._task(function, arguments)
        coming = [self._submit(task, place, arguments) for place in islice(places, 1 + AHEAD)]
        while coming:
            value = _result(coming.pop(0))
            coming += [self._submit(task, place, arguments) for place in islice(places, 1)]
            yield value

    def _submitted(self, function: Callable[..., Any], arguments: Sequence[Any]) -> list[Future]:
        task = self._task(function, arguments)
        return [self._submit(task, place, arguments) for place in range(len(self))]

    def _task(self, function: Callable[..., Any], arguments: Sequence[Any]) -> Future:
        """The function and what all blocks share, sent once instead of with every block."""
        shared = [None if isinstance(one, ClusterBlocks) else one for one in arguments]
        return self._client.submit(_packed, function, shared, pure=False)

    def _submit(self, task: Future, place: int, arguments: Sequence[Any]) -> Future:
        own = {
            number: one._values[place]
            for number, one in enumerate(arguments)
            if isinstance(one, ClusterBlocks)
        }
        return self._client.submit(_applied, task, self._values[place], own, pure=False)


# What the workers run


def _same(value: Any) -> Any:
    return value


def _packed(function: Callable[..., Any], shared: list[Any]) -> tuple[Any, list[Any]]:
    return function, shared


def _applied(task: tuple[Callable[..., Any], list[Any]], value: Any, own: dict[int, Any]) -> Any:
    function, shared = task
    arguments = [own.get(number, one) for number, one in enumerate(shared)]
    return function(present(value), *map(present, arguments))


def _sum_of(parts: list[Any]) -> Any:
    return reduce(added, parts)


def _result(future: Future) -> Any:
    try:
        return future.result()
    except KilledWorker as error:
        raise ClusterError(
            f"A task ended every worker that tried it, most likely for want of memory: {error}. "
            "Give the workers more memory, or convert the data with fewer users in a part."
        ) from None
    except FutureCancelledError as error:
        raise ClusterError(
            f"The cluster has lost its scheduler or its last worker ({error}). "
            "Start it again and repeat the training; what was stored is whole."
        ) from None
