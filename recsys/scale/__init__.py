"""Data sets larger than memory, and fits on many machines: Parquet partitions and Dask.

Needs the packages of `pip install recsys[scale]`. The models know nothing of it: they ask for
`recsys.blocks`, and here is where such blocks may lie.
"""

from __future__ import annotations

from recsys.scale.cluster import ClusterError, connected, on_cluster
from recsys.scale.partitions import PartitionedDataset, is_partitioned, open_partitions, write

__all__ = [
    "ClusterError",
    "PartitionedDataset",
    "connected",
    "is_partitioned",
    "on_cluster",
    "open_partitions",
    "write",
]
