"""Which charts belong to an answer: the scores for every model, and what the model itself shows.

Reads fitted attributes and calls `charts`; must not know widgets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

import numpy as np
from scipy.sparse import csr_matrix

from recsys import charts
from recsys.charts import Chart
from recsys.dashboard.state import Answer
from recsys.dataset import Dataset
from recsys.models import Recommender
from recsys.models.clustering import Clustering
from recsys.models.clustering_pca import ClusteringPCA
from recsys.models.user_profile import UserProfile

MOST_BARS = 20
MOST_USERS = 2000  # on the map; more only hide each other

History = Mapping[str, float]


def charts_for(answer: Answer, dataset: Dataset, history: History) -> list[Chart]:
    """The charts of an answer, in the order shown; none where there is no answer."""
    model = answer.model
    if model is None or not history or answer.table.empty:
        return []
    visitor = dataset.histories([history])
    shown = [charts.scores(answer.table.head(MOST_BARS), model.score_label)]
    shown += [
        chart(model, dataset, visitor) for kind, chart in _OF_A_KIND if isinstance(model, kind)
    ]
    return shown


def _topic_profile(model: UserProfile, dataset: Dataset, visitor: csr_matrix) -> Chart:
    return charts.topic_profile(model.profile(visitor)[0], dataset.topics)


def _cluster_sizes(model: Clustering, dataset: Dataset, visitor: csr_matrix) -> Chart:
    return charts.cluster_sizes(model.cluster_sizes_, int(model.assign(visitor)[0]))


def _user_map(model: Clustering, dataset: Dataset, visitor: csr_matrix) -> Chart:
    ground = _GROUNDS.get(model) or _GROUNDS.setdefault(model, _Ground(model, dataset))
    you = model.standardise(model.profile(visitor)) @ ground.axes
    cluster = int(model.assign(visitor)[0])
    return charts.user_map(ground.points, ground.clusters, you[0], cluster, ground.variance)


def _explained_variance(model: ClusteringPCA, dataset: Dataset, visitor: csr_matrix) -> Chart:
    ratio = model.explained_variance_ratio_
    return charts.explained_variance(ratio, model.n_components_, model.variance / 100)


_OF_A_KIND: tuple[tuple[type[Recommender], Callable[..., Chart]], ...] = (
    (UserProfile, _topic_profile),
    (Clustering, _cluster_sizes),
    (Clustering, _user_map),
    (ClusteringPCA, _explained_variance),
)


class _Ground:
    """Where the users are on the map: the same for every visitor, so computed once a model.

    Attributes
    ----------
    axes : (n_topics, 2) the first two principal components of all users' profiles
    variance : the share of the variance that each holds
    points : (n, 2) a fixed random sample of the users
    clusters : (n,) their clusters
    """

    def __init__(self, model: Clustering, dataset: Dataset) -> None:
        profiles = model.standardise(dataset.profiles)
        eigenvalues, eigenvectors = np.linalg.eigh(profiles.T @ profiles)
        self.axes = eigenvectors[:, :-3:-1]
        self.variance = eigenvalues[:-3:-1] / max(eigenvalues.sum(), 1e-12)
        n_shown = min(MOST_USERS, dataset.n_users)
        shown = np.random.default_rng(0).choice(dataset.n_users, n_shown, replace=False)
        self.points = profiles[shown] @ self.axes
        self.clusters = model.assign(dataset.likes[shown])


_GROUNDS: WeakKeyDictionary[Clustering, _Ground] = WeakKeyDictionary()
