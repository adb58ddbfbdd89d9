"""How well each number of clusters fits: the figures for the elbow chart and the silhouette chart.

Every fit goes through the store, so that a number that was fitted before is not fitted again, and
the slider answers at once afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset
from recsys.jobs.child import described, restored
from recsys.jobs.job import Job
from recsys.jobs.queue import JobQueue
from recsys.models import Progress, part_of, silent
from recsys.models.clustering import Clustering
from recsys.sources import load_dataset
from recsys.storage import Store

SAMPLE = 1500  # users whose silhouettes are measured; this needs the distances of all pairs
SEED = 0


def compare_counts(
    model: Clustering, dataset: Dataset, store: Store, progress: Progress = silent
) -> pd.DataFrame:
    """Fit a clustering with every number of clusters that its slider offers.

    Parameters
    ----------
    model : the clustering; its other hyperparameters stay the same

    Returns
    -------
    Columns `clusters`, `inertia` (the sum of the users' squared distances to their centroids) and
    `silhouette` (the mean over a sample, −1 to 1; NaN for a single cluster).
    """
    (number,) = (one for one in model.hyperparameters() if one.name == "n_clusters")
    counts = range(int(number.low or 1), int(number.high or 1) + 1)
    sample = sample_of_users(dataset)
    distances = None
    rows = []
    for n_done, n in enumerate(counts):
        label = f"Fitting {n} cluster{'s' * (n > 1)}"
        step = part_of(progress, n_done / len(counts), 1 / len(counts), label)
        step(0.0, "Looking it up")
        one = _fitted(type(model)(**{**model.values(), "n_clusters": n}), dataset, store, step)
        if distances is None:  # the users' points do not depend on the number of clusters
            distances = _distances(one.embed(one.profile(sample)))
        rows.append((n, one.inertia_, silhouette(distances, one.assign(sample))))
    return pd.DataFrame(rows, columns=["clusters", "inertia", "silhouette"])


def _fitted(model: Clustering, dataset: Dataset, store: Store, progress: Progress) -> Clustering:
    """The fitted model, from the store, or fitted here and then stored.

    This takes no lock of the store, whose holder may itself be waiting for our slot in the queue.
    """
    stored = store.get(model, dataset)
    if isinstance(stored, Clustering):
        return stored
    model.fit(dataset.full, progress)
    if store.keeps(model):
        with suppress(OSError):  # the result is used at once; storing it only saves time later
            store.put(model, dataset)
    return model


def sample_of_users(dataset: Dataset) -> csr_matrix:
    """(at most SAMPLE, n_courses) the likes of a random sample of users with at least two."""
    several = np.flatnonzero(dataset.likes.getnnz(axis=1) > 1)
    return dataset.likes[np.random.default_rng(SEED).permutation(several)[:SAMPLE]]


def silhouette(distances: np.ndarray, clusters: np.ndarray) -> float:
    """How much nearer points are to their own cluster than to the next one, on average.

    For each point this is (b − a) / max(a, b): a is its mean distance to the other points of its
    cluster, b the smallest of its mean distances to other clusters. The only point of a cluster
    counts as 0.

    Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis", Journal of Computational and Applied Mathematics 1987.

    Parameters
    ----------
    distances : (n, n) the distances between the points
    clusters : (n,) the cluster of each point

    Returns
    -------
    The mean, −1 to 1; NaN if all points are in one cluster.
    """
    present, own = np.unique(clusters, return_inverse=True)
    if len(present) < 2:
        return np.nan
    member = own[:, None] == np.arange(len(present))
    sizes = member.sum(axis=0)
    total = distances @ member
    alone = sizes[own] == 1
    a = total[member] / np.maximum(sizes[own] - 1, 1)
    b = np.where(member, np.inf, total / sizes).min(axis=1)
    larger = np.maximum(a, b)
    each = np.divide(b - a, larger, out=np.zeros_like(a), where=(larger > 0) & ~alone)
    return float(each.mean())


def _distances(points: np.ndarray) -> np.ndarray:
    """(n, n) the Euclidean distances between n points."""
    squares = (points**2).sum(axis=1)
    squared = squares[:, None] + squares - 2 * points @ points.T
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


class ClusterCountsJob(Job):
    """`compare_counts` in a child process; its result is the table.

    A class of a notebook is fitted on the job's thread; `cancel` ends this between two fits.

    Parameters
    ----------
    model : the clustering; its other hyperparameters stay the same
    dataset : the data set
    source : the same data set, as `load_dataset` takes it
    store : where the fitted models are kept
    queue : the queue to wait in before the child process starts
    """

    what = "comparison"

    def __init__(
        self,
        model: Clustering,
        dataset: Dataset,
        source: str,
        store: Store,
        queue: JobQueue,
    ) -> None:
        super().__init__()
        self.model, self.dataset, self.source = model, dataset, source
        self.store, self.queue = store, queue

    def _work(self) -> pd.DataFrame:
        if not self.store.keeps(self.model):
            return compare_counts(self.model, self.dataset, self.store, self._report)
        with self.queue.slot(self._report):
            result = self._in_child(
                __name__,
                model=described(self.model),
                source=self.source,
                store=str(self.store.folder),
            )
        return pd.DataFrame(result)


def work(
    model: dict[str, Any], source: str, store: str, progress: Progress
) -> dict[str, list[float]]:
    """Compare the numbers of clusters of a model, in a child process.

    Parameters
    ----------
    model : as `described`
    source : the data set, as `load_dataset` takes it
    store : the store's folder

    Returns
    -------
    The columns of the table of `compare_counts`.
    """
    progress(0.0, "Loading the data")
    clustering = restored(model)
    assert isinstance(clustering, Clustering)
    table = compare_counts(clustering, load_dataset(source), Store(store), progress)
    return {str(name): column.tolist() for name, column in table.items()}
