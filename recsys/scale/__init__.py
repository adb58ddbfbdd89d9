"""Fits on many machines, and scores for everybody: what needs Dask.

Needs the packages of the extra "scale", which are imported when they are used. The models know
nothing of it: they ask for `recsys.blocks`, and here are blocks that lie on a cluster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from recsys.dataset import TrainingSet
from recsys.sources.partitions import PartitionedDataset


class ClusterError(RuntimeError):
    """A cluster could not do its work, in words a person can act on."""


@contextmanager
def for_fitting(dataset: TrainingSet, scheduler: str | None = None) -> Iterator[TrainingSet]:
    """A data set where it is best fitted on.

    Parameters
    ----------
    scheduler : the address of a cluster, such as tcp://10.0.0.5:8786, or "local" for one of this
        machine's cores; by default RECSYS_SCHEDULER, or else "local" for what is on disk, while
        what is in memory is left there

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
