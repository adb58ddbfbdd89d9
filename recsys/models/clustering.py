"""3 · Clustering: what is popular among people whose topics are like yours.

A user's profile is the sum of their ratings per topic, scaled to length 1 so that it shows the mix
of topics and not the number of courses. k-means groups the users into clusters so that the sum of
the squared distances to the nearest centroid,

    Σ n(u) ‖z(u) − centroid(cluster of u)‖²,    z(u) = profile(u) / ‖profile(u)‖,

is as small as possible. A user has the weight n(u), the number of their courses beyond the first,
because a single course is not yet a mix. A visitor belongs to all clusters, and the more to a
cluster the nearer it is: the weights are proportional to exp(−distance² / mean distance²). A
course's score is the share of the clusters' members who took it, averaged with these weights.

The classic form standardises each topic, gives all users the same weight, and assigns a visitor to
the nearest cluster alone. Someone with three courses then lands among the people with few courses,
whatever these courses are about.

If there are many users, k-means first runs on a sample, three times from different starts, and the
best centroids are the start for all.

Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory 1982; the
initial centroids: Arthur & Vassilvitskii, "k-means++: the advantages of careful seeding", SODA
2007; profiles of length 1: Dhillon & Modha, "Concept decompositions for large sparse text data
using clustering", Machine Learning 2001.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.blocks import Blocks, Users, UserSample
from recsys.dataset import TrainingSet
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

FAVOURITES = 5  # courses of a cluster that an explanation shows
SAMPLE = 4_000  # users; their centroids are the start for all users
STARTS = 3  # of k-means on the sample; the one with the lowest inertia counts
PASSES = 10  # at most, over all users; if the sample holds all users, the first changes nothing
TOLERANCE = 5e-3  # k-means stops if no centroid moves by more; another sample would move them more
LIFT_OFFSET = 0.01  # a share of the users; without it, courses with few users would have huge lifts


class Points(NamedTuple):
    """A block of users as k-means sees them.

    Attributes
    ----------
    points : (n_users, n_dimensions) in the space of `Clustering.embed`
    weights : (n_users,) n(u)
    """

    points: np.ndarray
    weights: np.ndarray


@dataclass(eq=False)
class Clustering(Recommender):
    """k-means on topic profiles, and popularity within each cluster.

    Fitted attributes
    -----------------
    topics_ : (n_topics,) the names of the topics
    course_topics_ : (n_courses, n_topics) 1 where the course has the topic, else 0
    mean_, scale_ : (n_topics,) weighted mean and standard deviation of the users' profiles; the
        scale is 1 for a topic in which all users are equal, and for profiles of length 1
    centroids_ : (n, n_dimensions) in the space of `embed`; n is `n_clusters`, or the number of
        different profiles if that is smaller
    cluster_sizes_ : (n,) the number of users in each cluster
    cluster_popularity_ : (n, n_courses) the weighted share of the cluster's users who like the
        course
    overall_popularity_ : (n_courses,) the weighted share of all users who like the course
    inertia_ : the weighted sum of the users' squared distances to their centroid
    mean_squared_distance_ : their weighted mean
    """

    name: ClassVar[str] = "Clustering"
    short: ClassVar[str] = "Clusters"
    summary: ClassVar[str] = "Recommends what is popular among people with topics like yours."
    score_label: ClassVar[str] = "Popularity among people like you"
    score_sentence: ClassVar[str] = (
        "The score is the popularity of the course among people like you: the share of those with "
        "topics like yours who took it; the nearer a cluster is to you, the more its people count."
    )
    weighs_ratings: ClassVar[bool] = True
    charts: ClassVar[tuple[str, ...]] = (
        "scores",
        "map",
        "portraits",
        "sizes",
        "counts",
        "popularity",
    )

    n_clusters: int = hyperparameter(
        20,
        label="Number of clusters",
        low=1,
        high=30,
        help="The number of groups of users.",
    )
    membership: str = hyperparameter(
        "shared",
        label="You belong to",
        choices=("shared", "nearest"),
        help="Counts all clusters, the nearest ones most, or only the nearest one.",
        refit=False,
    )
    scaling: str = hyperparameter(
        "normalised",
        label="Profiles",
        choices=("normalised", "standardised"),
        help="Compares users by their mix of topics, whatever the number of their courses, or "
        "scales each topic by its spread among the users.",
    )
    lift: bool = hyperparameter(
        False,
        label="Favour the unusual",
        help="Divides each score by the course's overall popularity: less popular courses, but "
        "fewer hits.",
        refit=False,
    )
    seed: int = hyperparameter(
        0, label="Seed", low=0, high=1000, help="Changes the random start of k-means."
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Comparing the users' topics")
        self.topics_ = np.array(dataset.topics, dtype=str)
        self.course_topics_ = dataset.topic_matrix
        users = dataset.blocks
        # The classic form has equal weights. If nobody has a second course, all n(u) would be 0.
        equal_weights = self.scaling == "standardised" or not users.sum(_n_with_two_courses)
        self._fit_embedding(users, equal_weights)
        progress(0.4, f"Grouping {dataset.n_users:,} users")
        self.centroids_ = self._initial_centroids(
            users, equal_weights, SAMPLE / max(dataset.n_users, SAMPLE)
        )
        points = users.map(self._points, equal_weights)
        for done in range(PASSES):
            sums, sizes = points.sum(_cluster_sums, self.centroids_)
            before = self.centroids_
            self.centroids_ = np.where(sizes > 0, sums / np.where(sizes > 0, sizes, 1), before)
            if np.allclose(self.centroids_, before, rtol=0, atol=TOLERANCE):
                break
            progress(0.4 + 0.4 * done / PASSES, f"Moving the centroids, pass {done + 1}")
        progress(0.8, "Counting the courses of each cluster")
        n, taken, size, self.inertia_ = users.sum(_cluster_counts, points, self.centroids_)
        self.cluster_sizes_ = n
        self.mean_squared_distance_ = self.inertia_ / max(size.sum(), 1)
        self.cluster_popularity_ = taken / np.where(size > 0, size, 1)[:, None]
        self.overall_popularity_ = taken.sum(axis=0) / max(size.sum(), 1)

    def _fit_embedding(self, users: Blocks, equal_weights: bool) -> None:
        """Learn what `embed` needs: the mean and the scale of the profiles."""
        n, total, lowest, highest = users.sum(self._profile_sums, equal_weights)
        self.mean_ = total / (n or 1)
        self.scale_ = np.ones_like(self.mean_)
        if self.scaling == "standardised":
            varies = np.min(lowest, axis=0) < np.max(highest, axis=0)
            variance = users.sum(self._square_sums, equal_weights) / (n or 1)
            self.scale_[varies] = np.sqrt(variance)[varies]

    def _initial_centroids(self, users: Blocks, equal_weights: bool, share: float) -> np.ndarray:
        """(n, n_dimensions) the centroids of a sample of the users."""
        sampled = Users(UserSample(self.seed, 0.0, share).gather(users), 0)
        # Users with equal profiles share a cluster, so one point with their total weight will do.
        profiles, index = np.unique(self.profile(sampled.likes), axis=0, return_inverse=True)
        counts = user_weights(sampled, equal_weights)
        weights = np.bincount(index.ravel(), counts, minlength=len(profiles))
        # Rounded: the last bits depend on the blocks, and k-means can depend on the last bits.
        points = np.round(self.embed(profiles[weights > 0]), 9)
        return _k_means(points, weights[weights > 0], self.n_clusters, self.seed)

    # Functions whose results are added up over blocks of users

    def _profile_sums(self, users: Users, equal_weights: bool) -> tuple[Any, ...]:
        """Σ n(u), Σ n(u) z(u), a list with the lowest and one with the highest values of z."""
        weights = user_weights(users, equal_weights)
        points = self._normalised(self.profile(users.likes))
        lowest, highest = points.min(0, initial=np.inf), points.max(0, initial=-np.inf)
        return weights.sum(), weights @ points, [lowest], [highest]

    def _square_sums(self, users: Users, equal_weights: bool) -> np.ndarray:
        """(n_topics,) Σ n(u) (z(u) − mean)²"""
        points = self._normalised(self.profile(users.likes))
        return np.asarray(user_weights(users, equal_weights) @ (points - self.mean_) ** 2)

    def _points(self, users: Users, equal_weights: bool) -> Points:
        """What k-means needs to know of a block of users."""
        return Points(self.embed(self.profile(users.likes)), user_weights(users, equal_weights))

    # Which clusters a history belongs to

    def profile(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_topics) the sum of each history's ratings per topic."""
        return np.asarray(histories @ self.course_topics_)

    def standardise(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_topics) profiles minus the users' mean, divided by `scale_`."""
        return np.asarray((self._normalised(profiles) - self.mean_) / self.scale_)

    def embed(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_dimensions) the points that k-means clusters, from (n, n_topics) profiles."""
        return self.standardise(profiles)

    def assign(self, histories: csr_matrix) -> np.ndarray:
        """(n,) the index of the nearest centroid for each history."""
        points = self.embed(self.profile(histories))
        return _nearest(points, self.centroids_)

    def membership_of(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_clusters) the weight of each cluster for each history; each row adds up to 1."""
        points = self.embed(self.profile(histories))
        distances = _squared_distances(points, self.centroids_)
        beyond_nearest = distances - distances.min(axis=1, keepdims=True)
        if self.membership == "nearest" or self.mean_squared_distance_ == 0:
            shares = np.zeros_like(distances)
            shares[np.arange(len(shares)), distances.argmin(axis=1)] = 1
            return shares
        nearness = np.exp(-beyond_nearest / self.mean_squared_distance_)
        return np.asarray(nearness / nearness.sum(axis=1, keepdims=True))

    def _score(self, histories: csr_matrix) -> np.ndarray:
        shares: np.ndarray = self.membership_of(histories) @ self.cluster_popularity_
        return shares / (self.overall_popularity_ + LIFT_OFFSET) if self.lift else shares

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The nearest cluster: its most popular courses, and the course with its rank there."""
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
                "rank": (share > share[shown][:, None]).sum(axis=1) + 1,
            }
        )
        return Evidence(
            f"You are nearest to cluster {cluster + 1} of {len(belongs)}, which has a weight of "
            f"{belongs[cluster]:.0%} in your scores. Its favourites and "
            f"“{self.course_titles_[course]}”: the share of its people who took each.",
            table,
        )

    def _normalised(self, profiles: np.ndarray) -> np.ndarray:
        """Profiles of length 1 if `scaling` says so; a profile without topics stays zero."""
        profiles = profiles.astype(np.float64)
        if self.scaling == "standardised":
            return profiles
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)


def _n_with_two_courses(users: Users) -> int:
    """The number of users with two courses or more."""
    return int((users.lengths > 1).sum())


def user_weights(users: Users, equal_weights: bool) -> np.ndarray:
    """(n,) the weight n(u) of each user: their number of courses minus 1, or 1 for everybody."""
    return np.ones(len(users.lengths)) if equal_weights else np.maximum(users.lengths - 1.0, 0)


def _cluster_sums(users: Points, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, n_dimensions) Σ n(u) point(u), and (n, 1) Σ n(u), over the users of each cluster."""
    members = _members(_nearest(users.points, centroids), len(centroids), users.weights)
    return members @ users.points, np.asarray(members.sum(axis=1)).reshape(-1, 1)


def _cluster_counts(users: Users, embedded: Points, centroids: np.ndarray) -> tuple[Any, ...]:
    """Per cluster: the number of users, Σ n(u) over the users who like each course, and Σ n(u);
    and over all clusters Σ n(u) distance².
    """
    weights, n_clusters = embedded.weights, len(centroids)
    distances = _squared_distances(embedded.points, centroids)
    cluster = distances.argmin(axis=1)
    taken = _members(cluster, n_clusters, weights) @ users.likes.sign()
    return (
        np.bincount(cluster, minlength=n_clusters),
        taken.toarray(),
        np.bincount(cluster, weights, minlength=n_clusters),
        float(weights @ distances.min(axis=1)),
    )


def accustom() -> None:
    """Run k-means once: with its first run in a process, scikit-learn looks around for 0.1 s."""
    _k_means(np.eye(3), np.ones(3), 2, seed=0)


def _k_means(points: np.ndarray, weights: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """(n_clusters or fewer, n_dimensions) the centroids of weighted points."""
    if not len(points):
        return np.zeros((1, points.shape[1]))  # no users: one empty cluster
    if len(points) <= n_clusters:
        return points
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    # One thread: several threads wait for each other in busy loops, which takes seconds on a busy
    # machine.
    with threadpool_limits(1), warnings.catch_warnings():
        # It warns if there are fewer different points than clusters.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = (
            KMeans(n_clusters, n_init=STARTS, tol=0, random_state=seed)
            .fit(points, sample_weight=weights)
            .labels_
        )
    # scikit-learn adds up in any order. Computing the means again makes fits equal to the last bit.
    found, labels = np.unique(labels, return_inverse=True)
    sums = _members(labels, len(found), weights) @ points
    return np.asarray(sums / np.bincount(labels, weights)[:, None])


def _members(labels: np.ndarray, n_clusters: int, weights: np.ndarray) -> csr_matrix:
    """(n_clusters, n_users) the weight of each user in the row of their cluster, 0 elsewhere."""
    return csr_matrix((weights, (labels, np.arange(len(labels)))), (n_clusters, len(labels)))


def _squared_distances(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """(n_points, n_centroids) the squared Euclidean distances."""
    # ‖p‖² − 2 p·c + ‖c‖²: far faster than the differences. By rounding, it can be just below 0.
    lengths = np.square(points).sum(axis=1)[:, None]
    return np.asarray(np.maximum(lengths + _beyond_lengths(points, centroids), 0))


def _nearest(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """(n_points,) the index of the nearest centroid; ‖p‖² is the same for all centroids."""
    return np.asarray(_beyond_lengths(points, centroids).argmin(axis=1))


def _beyond_lengths(points: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """(n_points, n_centroids) ‖c‖² − 2 p·c"""
    products: np.ndarray = points @ (-2 * centroids.T)
    products += np.square(centroids).sum(axis=1)
    return products
