"""Fits on many machines, and scores for everybody: what needs Dask.

Needs the packages of `pip install recsys[scale]`. The models know nothing of it: they ask for
`recsys.blocks`, and here are blocks that lie on a cluster.
"""

from __future__ import annotations

from recsys.scale.cluster import ClusterBlocks, ClusterError, OnCluster, connected, placed

__all__ = ["ClusterBlocks", "ClusterError", "OnCluster", "connected", "placed"]
