"""Fits on a Dask cluster, and recommendations for all users.

This needs the packages of the extra "scale", which are imported when they are used. The models do
not know that there is a cluster: they use the interface of `recsys.blocks`, which the blocks on a
cluster have too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from recsys.dataset import TrainingSet
from recsys.sources.partitions import PartitionedDataset


class ClusterError(RuntimeError):
    """A cluster could not do its work. The message says what to do."""


@contextmanager
def for_fitting(dataset: TrainingSet, scheduler: str | None = None) -> Iterator[TrainingSet]:
    """Give a data set to fit on: the same one, or one whose blocks are on a cluster.

    Parameters
    ----------
    scheduler : the address of a cluster, such as tcp://10.0.0.5:8786, or "local" for a cluster of
        this machine's cores; by default RECSYS_SCHEDULER. Without either, data on disk goes to a
        "local" cluster, and data in memory stays in this process.

    Raises
    ------
    ClusterError : if there is no cluster at the address
    """
    wanted = scheduler or os.environ.get("RECSYS_SCHEDULER")
    if not wanted and not isinstance(dataset, PartitionedDataset):
        yield dataset
        return
    from recsys.scale.cluster import OnCluster, connected

    with connected(scheduler) as client:
        yield OnCluster(dataset, client)
