"""3 · Clustering: what is popular among people whose topics are like yours.

A user's profile is the sum of their ratings per topic. k-means groups the users into clusters
around centroids, so that the squared distances to the own centroid,

    Σ ‖z(u) − centroid(cluster of u)‖²,    z(u) = (profile(u) − mean) / standard deviation,

are as small as possible in sum. A visitor belongs to the cluster of the nearest centroid, and a
course's score is the share of that cluster's members who took it.

Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 1982, started
as in Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

FAVOURITES = 5  # how many of a cluster's favourite courses stand for it in an explanation


@dataclass(eq=False)
class Clustering(Recommender):
    """k-means on topic profiles, and popularity within each cluster.

    Fitted attributes
    -----------------
    topics_ : (n_topics,) their names
    course_topics_ : (n_courses, n_topics) 1 where the course has the topic
    mean_, scale_ : (n_topics,) of the users' profiles; the scale is 1 where all are the same
    centroids_ : (n, n_dimensions) in the space of `embed`; n is `n_clusters`, or less where fewer
        users differ
    cluster_sizes_ : (n,) how many users each cluster has
    cluster_popularity_ : (n, n_courses) the share of a cluster's members who like the course
    inertia_ : the sum of the users' squared distances to their centroid
    """

    name: ClassVar[str] = "Clustering"
    summary: ClassVar[str] = "Recommends what is popular among people with topics like yours."
    score_label: ClassVar[str] = "Popularity within your cluster"
    score_sentence: ClassVar[str] = (
        "The score is the share of the people in your cluster, those whose topics are most like "
        "yours, who took the course."
    )

    n_clusters: int = hyperparameter(
        11, label="Number of clusters", low=1, high=30, help="How many groups to form of all users."
    )
    scaling: str = hyperparameter(
        "standardised",
        label="Profiles",
        choices=("standardised", "normalised"),
        help="Measures each topic by its spread among users, or each user's topics by their mix "
        "alone, however many courses they took.",
    )
    seed: int = hyperparameter(0, label="Seed", low=0, high=1000, help="Varies the start.")

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        progress(0.0, "Comparing the users' topics")
        self.topics_ = np.array(dataset.topics, dtype=str)
        self.course_topics_ = dataset.topic_matrix
        # Users with equal profiles share a cluster: one point that weighs as much is the same.
        profiles, which, weights = np.unique(
            dataset.profiles, axis=0, return_inverse=True, return_counts=True
        )
        self._fit_embedding(profiles, weights)
        progress(0.4, f"Grouping {dataset.n_users:,} users")
        points = self.embed(profiles)
        self.centroids_ = _k_means(points, weights, self.n_clusters, self.seed)
        progress(0.8, "Counting the courses of each cluster")
        distances = _squared_distances(points, self.centroids_)
        self.inertia_ = float(weights @ distances.min(axis=1))
        members = _members(distances.argmin(axis=1)[which], len(self.centroids_))
        self.cluster_sizes_ = np.diff(members.indptr)
        taken = (members @ dataset.likes.sign()).toarray()
        self.cluster_popularity_ = taken / np.maximum(self.cluster_sizes_, 1)[:, None]

    def _fit_embedding(self, profiles: np.ndarray, weights: np.ndarray) -> None:
        """Learn what `embed` needs, from profiles that are had by so many users each."""
        n_users = max(weights.sum(), 1)
        profiles = self._normalised(profiles)
        self.mean_ = weights @ profiles / n_users
        self.scale_ = np.ones_like(self.mean_)
        if self.scaling == "standardised":
            varies = (profiles != profiles[:1]).any(axis=0)
            variance = weights @ (profiles - self.mean_) ** 2 / n_users
            self.scale_[varies] = np.sqrt(variance[varies])

    def profile(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_topics) the sum of each history's ratings per topic."""
        return np.asarray(histories @ self.course_topics_)

    def standardise(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_topics) profiles measured from the users' mean, in units of `scale_`."""
        return (self._normalised(profiles) - self.mean_) / self.scale_

    def embed(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_dimensions) the points that are clustered."""
        return self.standardise(profiles)

    def assign(self, histories: csr_matrix) -> np.ndarray:
        """(n,) the cluster each history falls into: that of the nearest centroid."""
        points = self.embed(self.profile(histories))
        return _squared_distances(points, self.centroids_).argmin(axis=1)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self.cluster_popularity_[self.assign(histories)]

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The visitor's cluster: its favourites, and the course where it stands among them."""
        course = self._positions([course_id])[0]
        cluster = self.assign(self._batch_of_one(history))[0]
        share = self.cluster_popularity_[cluster]
        ranked = np.argsort(-share, kind="stable")
        shown = ranked[(np.arange(len(ranked)) < FAVOURITES) | (ranked == course)]
        table = pd.DataFrame(
            {
                "course_id": self.course_ids_[shown],
                "title": self.course_titles_[shown],
                "share": share[shown],
                "place": (share > share[shown][:, None]).sum(axis=1) + 1,
            }
        )
        return Evidence(
            f"You are in cluster {cluster + 1} of {len(self.cluster_sizes_)}. Its favourites, and "
            f"“{self.course_titles_[course]}”: the share of its {self.cluster_sizes_[cluster]:,} "
            "people who took each.",
            table,
        )

    def _normalised(self, profiles: np.ndarray) -> np.ndarray:
        """Scaled to length 1 where asked for; a profile without topics stays at zero."""
        profiles = profiles.astype(np.float64)
        if self.scaling == "standardised":
            return profiles
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)


def _k_means(points: np.ndarray, weights: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """(at most n_clusters, n_dimensions) centroids of weighted points."""
    if not len(points):
        return np.zeros((1, points.shape[1]))  # nobody to group: one cluster without members
    if len(points) <= n_clusters:
        return points
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    # One thread: several wait for each other by spinning, which on a busy machine takes seconds.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different points than clusters
        labels = (
            KMeans(n_clusters, n_init=3, tol=0, random_state=seed)
            .fit(points, sample_weight=weights)
            .labels_
        )
    # scikit-learn's threads add up in any order; averaging anew makes fits equal to the last bit.
    found, labels = np.unique(labels, return_inverse=True)
    sums = _members(labels, len(found)) @ (points * weights[:, None])
    return np.asarray(sums / np.bincount(labels, weights)[:, None])


def _members(labels: np.ndarray, n_clusters: int) -> csr_matrix:
    """(n_clusters, len(labels)) 1 where the one belongs to the other."""
    columns = np.arange(len(labels))
    return csr_matrix((np.ones(len(labels)), (labels, columns)), (n_clusters, len(labels)))


def _squared_distances(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """(n_points, n_centroids)"""
    return np.stack([((points - centroid) ** 2).sum(axis=1) for centroid in centroids], axis=1)
