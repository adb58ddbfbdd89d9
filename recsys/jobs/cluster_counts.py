"""How well each number of clusters fits: what an elbow and a silhouette are drawn from.

Every number is fitted through the store, so that what was fitted before costs nothing, and the
slider answers at once afterwards. `python -m recsys.jobs.cluster_counts SET STORE MODEL VALUES` is
the child process of such a comparison. Must not know who asks.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset
from recsys.jobs.worker import end_with_the_parent, in_words, private_output
from recsys.models import Progress, find, silent
from recsys.models.clustering import Clustering
from recsys.sources import load_dataset
from recsys.storage import Store

SAMPLE = 1500  # users whose silhouettes are measured: all their distances to each other are needed
SEED = 0


def compare_counts(
    model: Clustering, dataset: Dataset, store: Store, progress: Progress = silent
) -> pd.DataFrame:
    """Fit a clustering with every number of clusters that its slider offers.

    Parameters
    ----------
    model : its other hyperparameters are kept

    Returns
    -------
    Columns `clusters`, `inertia` (the users' squared distances to their centroid, added up) and
    `silhouette` (the mean over a sample, −1 to 1; NaN for a single cluster).
    """
    (number,) = (one for one in model.hyperparameters() if one.name == "n_clusters")
    counts = range(int(number.low or 1), int(number.high or 1) + 1)
    sample = sample_of_users(dataset)
    distances = None
    rows = []
    for done, n in enumerate(counts):
        progress(done / len(counts), f"Fitting {n} cluster{'s' * (n > 1)}")
        one = _fitted(type(model)(**{**model.values(), "n_clusters": n}), dataset, store)
        if distances is None:  # where users are does not depend on the number of clusters
            distances = _distances(one.embed(one.profile(sample)))
        rows.append((n, one.inertia_, silhouette(distances, one.assign(sample))))
    return pd.DataFrame(rows, columns=["clusters", "inertia", "silhouette"])


def _fitted(model: Clustering, dataset: Dataset, store: Store) -> Clustering:
    """From the store, or into it. Without its lock, whose holder may be waiting in line for us."""
    stored = store.get(model, dataset)
    if isinstance(stored, Clustering):
        return stored
    model.fit(dataset.whole)
    with suppress(OSError):  # it is needed here and now; that it is kept is a convenience
        store.put(model, dataset)
    return model


def sample_of_users(dataset: Dataset) -> csr_matrix:
    """(at most SAMPLE, n_courses) users who like two courses or more, drawn by lot."""
    several = np.flatnonzero(dataset.likes.getnnz(axis=1) > 1)
    return dataset.likes[np.random.default_rng(SEED).permutation(several)[:SAMPLE]]


def silhouette(distances: np.ndarray, clusters: np.ndarray) -> float:
    """How much nearer points are to their own cluster than to the next one, on average.

    For each point (b − a) / max(a, b): a is its mean distance to the others of its cluster, b to
    the members of the cluster that is nearest in this sense; 0 for a cluster's only point.

    Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis", Journal of Computational and Applied Mathematics 1987.

    Parameters
    ----------
    distances : (n, n) of the points to each other
    clusters : (n,) which cluster each belongs to

    Returns
    -------
    −1 to 1; NaN if all are in one cluster
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
    """(n, n) Euclidean distances."""
    squares = (points**2).sum(axis=1)
    squared = squares[:, None] + squares - 2 * points @ points.T
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def main(source: str, folder: str, key: str, values: str) -> int:
    """Compare the numbers of clusters of a registered model, given its values as JSON."""
    events = private_output()

    def tell(event: str, **what: object) -> None:
        print(json.dumps({"event": event, **what}), file=events, flush=True)

    def progress(done: float, message: str, **_: float) -> None:
        tell("progress", done=done, message=message)

    threading.Thread(target=end_with_the_parent, daemon=True).start()
    try:
        tell("progress", done=0.0, message="Loading the data")
        model = find(key)(**json.loads(values))
        assert isinstance(model, Clustering)
        table = compare_counts(model, load_dataset(source), Store(folder), progress)
        tell("finished", table=table.to_dict("list"))
    except Exception as error:  # told where a person reads it, whatever it is
        tell("failed", reason=in_words(error))
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
