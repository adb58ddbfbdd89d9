"""3 · Clustering: what is popular among people whose topics are like yours.

A user's profile is the sum of their ratings per topic, scaled to length 1 so that it tells the mix
of topics and not how many courses were taken. k-means groups the users into clusters around
centroids, so that the squared distances to the own centroid,

    Σ n(u) ‖z(u) − centroid(cluster of u)‖²,    z(u) = profile(u) / ‖profile(u)‖,

are as small as possible in sum. A user counts by n(u), the courses beyond the first: a single
course is not yet a mix. A visitor belongs to the clusters around them, to each the more the nearer
it is, exp(−distance² / typical distance²), and a course's score is the share of those clusters'
members who took it.

The classic form standardises each topic, counts all users alike, and puts a visitor into the
nearest cluster alone: someone with three courses then lands among the people with few courses,
whatever they are about.

With many users, the centroids of a sample are where all of them start from.

Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 1982, started
as in Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007; unit
profiles: Dhillon & Modha, "Concept decompositions for large sparse text data using clustering",
Machine Learning 2001.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.blocks import Blocks, Draw, Users
from recsys.dataset import TrainingSet
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

FAVOURITES = 5  # how many of a cluster's favourite courses stand for it in an explanation
SAMPLE = 50_000  # users; k-means starts from the centroids it finds among these
PASSES = 100  # over all users; where the sample is everybody, the first one changes nothing
SETTLED = 5e-3  # a centroid that moves by less has come to rest; another sample would move it more
COMMON = 0.01  # of the users; keeps what hardly anybody takes from leading where lift is asked for


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
    cluster_popularity_ : (n, n_courses) the share of a cluster's members who like the course,
        counted as the users are
    overall_popularity_ : (n_courses,) the same among all users
    inertia_ : the sum of the users' squared distances to their centroid, counted as the users are
    reach_ : the mean of them, a typical distance²
    """

    name: ClassVar[str] = "Clustering"
    summary: ClassVar[str] = "Recommends what is popular among people with topics like yours."
    score_label: ClassVar[str] = "Popularity among people like you"
    score_sentence: ClassVar[str] = (
        "The score is the share of the people with topics like yours, those of the clusters "
        "nearest to you, who took the course."
    )
    charts: ClassVar[tuple[str, ...]] = (
        "scores",
        "map",
        "portraits",
        "sizes",
        "counts",
        "popularity",
    )

    n_clusters: int = hyperparameter(
        20, label="Number of clusters", low=1, high=30, help="How many groups to form of all users."
    )
    membership: str = hyperparameter(
        "shared",
        label="You belong to",
        choices=("shared", "nearest"),
        help="All clusters around you, the nearer the more, or the nearest one alone.",
        refit=False,
    )
    scaling: str = hyperparameter(
        "normalised",
        label="Profiles",
        choices=("normalised", "standardised"),
        help="Looks at each user's mix of topics, however many courses they took, or measures each "
        "topic by its spread among users.",
    )
    lift: bool = hyperparameter(
        False,
        label="Favour the unusual",
        help="Divides by how popular a course is among everybody: more novel, less often right.",
        refit=False,
    )
    seed: int = hyperparameter(0, label="Seed", low=0, high=1000, help="Varies the start.")

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Comparing the users' topics")
        self.topics_ = np.array(dataset.topics, dtype=str)
        self.course_topics_ = dataset.topic_matrix
        users = dataset.blocks
        # The classic form counts all users alike; so it is where nobody has a second course.
        alike = self.scaling == "standardised" or not users.sum(_n_second_courses)
        self._fit_embedding(users, alike)
        progress(0.4, f"Grouping {dataset.n_users:,} users")
        self.centroids_ = self._start(users, alike, SAMPLE / max(dataset.n_users, SAMPLE))
        for done in range(PASSES):
            sums, sizes = users.sum(self._cluster_sums, alike)
            before = self.centroids_
            self.centroids_ = np.where(sizes > 0, sums / np.where(sizes > 0, sizes, 1), before)
            if np.allclose(self.centroids_, before, rtol=0, atol=SETTLED):
                break
            progress(0.4 + 0.4 * done / PASSES, f"Moving the centroids, pass {done + 1}")
        progress(0.8, "Counting the courses of each cluster")
        n, taken, size, self.inertia_ = users.sum(self._cluster_counts, alike)
        self.cluster_sizes_ = n
        self.reach_ = self.inertia_ / max(size.sum(), 1)
        self.cluster_popularity_ = taken / np.where(size > 0, size, 1)[:, None]
        self.overall_popularity_ = taken.sum(axis=0) / max(size.sum(), 1)

    def _fit_embedding(self, users: Blocks, alike: bool) -> None:
        """Learn what `embed` needs."""
        n, total, lowest, highest = users.sum(self._profile_sums, alike)
        self.mean_ = total / (n or 1)
        self.scale_ = np.ones_like(self.mean_)
        if self.scaling == "standardised":
            varies = np.min(lowest, axis=0) < np.max(highest, axis=0)
            self.scale_[varies] = np.sqrt(users.sum(self._square_sums, alike) / (n or 1))[varies]

    def _start(self, users: Blocks, alike: bool, share: float) -> np.ndarray:
        """(n, n_dimensions) the centroids of a sample of the users."""
        sampled, counts = users.sum(self._sampled, alike, Draw(self.seed, 0.0, share))
        # Users with equal profiles share a cluster: one point that weighs as much is the same.
        profiles, which = np.unique(np.concatenate(sampled), axis=0, return_inverse=True)
        weights = np.bincount(which.ravel(), np.concatenate(counts), minlength=len(profiles))
        # Rounded, for the last bits depend on the blocks, and k-means can turn on them.
        points = np.round(self.embed(profiles[weights > 0]), 9)
        return _k_means(points, weights[weights > 0], self.n_clusters, self.seed)

    # What is added up over blocks of users

    def _profile_sums(self, users: Users, alike: bool) -> tuple[Any, ...]:
        """Σ n(u), Σ n(u) z(u), and a list of the lowest and one of the highest values of z."""
        weights, points = user_weights(users, alike), self._normalised(self.profile(users.likes))
        lowest, highest = points.min(0, initial=np.inf), points.max(0, initial=-np.inf)
        return weights.sum(), weights @ points, [lowest], [highest]

    def _square_sums(self, users: Users, alike: bool) -> np.ndarray:
        """(n_topics,) Σ n(u) (z(u) − mean)²"""
        points = self._normalised(self.profile(users.likes))
        return np.asarray(user_weights(users, alike) @ (points - self.mean_) ** 2)

    def _sampled(
        self, users: Users, alike: bool, draw: Draw
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The profiles of the drawn users, and n(u) of these."""
        some = Users(draw.of(users), 0)
        return [self.profile(some.likes)], [user_weights(some, alike)]

    def _cluster_sums(self, users: Users, alike: bool) -> tuple[np.ndarray, np.ndarray]:
        """(n, n_dimensions) Σ n(u) point(u), and (n, 1) Σ n(u), over the users of each cluster."""
        points = self.embed(self.profile(users.likes))
        cluster = _squared_distances(points, self.centroids_).argmin(axis=1)
        members = _members(cluster, len(self.centroids_), user_weights(users, alike))
        return members @ points, np.asarray(members.sum(axis=1)).reshape(-1, 1)

    def _cluster_counts(self, users: Users, alike: bool) -> tuple[Any, ...]:
        """How many users each cluster has, Σ n(u) over those who like each course, Σ n(u), and
        Σ n(u) distance².
        """
        weights, n_clusters = user_weights(users, alike), len(self.centroids_)
        points = self.embed(self.profile(users.likes))
        distances = _squared_distances(points, self.centroids_)
        cluster = distances.argmin(axis=1)
        taken = _members(cluster, n_clusters, weights) @ users.likes.sign()
        return (
            np.bincount(cluster, minlength=n_clusters),
            taken.toarray(),
            np.bincount(cluster, weights, minlength=n_clusters),
            float(weights @ distances.min(axis=1)),
        )

    # Where a history belongs

    def profile(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_topics) the sum of each history's ratings per topic."""
        return np.asarray(histories @ self.course_topics_)

    def standardise(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_topics) profiles measured from the users' mean, in units of `scale_`."""
        return np.asarray((self._normalised(profiles) - self.mean_) / self.scale_)

    def embed(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_dimensions) the points that are clustered."""
        return self.standardise(profiles)

    def assign(self, histories: csr_matrix) -> np.ndarray:
        """(n,) the cluster each history falls into: that of the nearest centroid."""
        points = self.embed(self.profile(histories))
        return np.asarray(_squared_distances(points, self.centroids_).argmin(axis=1))

    def membership_of(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_clusters) how far each history belongs to each cluster; rows add up to 1."""
        points = self.embed(self.profile(histories))
        distances = _squared_distances(points, self.centroids_)
        beyond_nearest = distances - distances.min(axis=1, keepdims=True)
        if self.membership == "nearest" or self.reach_ == 0:
            shares = np.zeros_like(distances)
            shares[np.arange(len(shares)), distances.argmin(axis=1)] = 1
            return shares
        nearness = np.exp(-beyond_nearest / self.reach_)
        return np.asarray(nearness / nearness.sum(axis=1, keepdims=True))

    def _score(self, histories: csr_matrix) -> np.ndarray:
        shares: np.ndarray = self.membership_of(histories) @ self.cluster_popularity_
        return shares / (self.overall_popularity_ + COMMON) if self.lift else shares

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The visitor's cluster: its favourites, and the course where it stands among them."""
        course = self._positions([course_id])[0]
        belongs = self.membership_of(self._batch_of_one(history))[0]
        cluster = int(belongs.argmax())
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
            f"You are nearest to cluster {cluster + 1} of {len(belongs)}, which makes up "
            f"{belongs[cluster]:.0%} of your score. Its favourites, and "
            f"“{self.course_titles_[course]}”: the share of its people who took each.",
            table,
        )

    def _normalised(self, profiles: np.ndarray) -> np.ndarray:
        """Scaled to length 1 where asked for; a profile without topics stays at zero."""
        profiles = profiles.astype(np.float64)
        if self.scaling == "standardised":
            return profiles
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)


def _n_second_courses(users: Users) -> int:
    """How many users have one."""
    return int((users.lengths > 1).sum())


def user_weights(users: Users, alike: bool) -> np.ndarray:
    """(n,) n(u): how much each user counts."""
    return np.ones(len(users.lengths)) if alike else np.maximum(users.lengths - 1.0, 0)


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
    sums = _members(labels, len(found), weights) @ points
    return np.asarray(sums / np.bincount(labels, weights)[:, None])


def _members(labels: np.ndarray, n_clusters: int, counts: np.ndarray) -> csr_matrix:
    """(n_clusters, len(labels)) how much the one counts in the other it belongs to."""
    return csr_matrix((counts, (labels, np.arange(len(labels)))), (n_clusters, len(labels)))


def _squared_distances(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """(n_points, n_centroids)"""
    # One coordinate at a time and in place, since whole differences of many points fit no cache.
    distances = np.zeros((len(centroids), len(points)))
    squares = np.empty_like(distances)
    for column, places in zip(np.ascontiguousarray(points.T), centroids.T, strict=True):
        np.subtract(column, places[:, None], out=squares)
        distances += np.square(squares, out=squares)
    return distances.T
