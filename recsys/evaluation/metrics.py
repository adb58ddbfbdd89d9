"""Metrics of ranked lists of recommendations, in NumPy.

A list is a row of course positions, best first, with `NOTHING` after its last course, as
`ranking.top_k` returns it. Accuracy metrics have one value per user, so that they can be averaged,
bootstrapped and compared in pairs; list metrics have one value for all lists together. In their
arguments, `hit` is (n_users, k), the result of `hits`, and `n_relevant` is (n_users,), the number
of relevant courses, at least 1. This module must not know models or data sets.

Definitions after Shani & Gunawardana, "Evaluating recommendation systems", in *Recommender
Systems Handbook*, 2011, and Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR
techniques", TOIS 2002; novelty after Vargas & Castells, RecSys 2011.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from recsys.ranking import NOTHING


def hits(ranked: np.ndarray, relevant: csr_matrix) -> np.ndarray:
    """(n_users, k) whether each recommended course is relevant.

    Parameters
    ----------
    ranked : (n_users, k) positions of the recommended courses, best first
    relevant : (n_users, n_courses) stored entries are the relevant courses of each user
    """
    n_users, n_courses = relevant.shape
    is_relevant = np.zeros((n_users, n_courses + 1), bool)  # NOTHING, −1, is the last column
    is_relevant[:, :-1] = relevant.astype(bool).toarray()
    return np.asarray(np.take_along_axis(is_relevant, ranked, axis=1))


def recall(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """(n_users,) the number of hits over min(k, n_relevant), so that a perfect list has 1."""
    return np.asarray(hit.sum(axis=1) / np.minimum(hit.shape[1], n_relevant))


def ndcg(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """(n_users,) the discounted gain over that of an ideal list; the discount is 1/log₂(1 + rank).

    An ideal list begins with min(k, n_relevant) relevant courses.
    """
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(hit.shape[1], n_relevant) - 1]
    return np.asarray((hit * discount).sum(axis=1) / ideal)


def mrr(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """(n_users,) one over the rank of the first relevant course; 0 if there is none."""
    return np.where(hit.any(axis=1), 1 / (1 + hit.argmax(axis=1)), 0.0)


def average_precision(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """(n_users,) the sum of the precision at the rank of each hit, over min(k, n_relevant)."""
    precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
    return np.asarray((precision * hit).sum(axis=1) / np.minimum(hit.shape[1], n_relevant))


def hit_rate(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """(n_users,) 1 if the list has a relevant course, else 0."""
    return hit.any(axis=1).astype(float)


ACCURACY = {
    "ndcg": ndcg,
    "recall": recall,
    "mrr": mrr,
    "map": average_precision,
    "hit_rate": hit_rate,
}


def coverage(ranked: np.ndarray, n_candidates: int) -> float:
    """The share of the catalogue that is recommended to at least one user."""
    return len(np.unique(ranked[ranked != NOTHING])) / n_candidates


def gini(ranked: np.ndarray, n_candidates: int) -> float:
    """The Gini coefficient of how often each course is recommended.

    0 means all equally often, near 1 means always the same few; NaN if nothing is recommended.
    """
    often = np.zeros(n_candidates)
    counts = np.unique(ranked[ranked != NOTHING], return_counts=True)[1]
    often[n_candidates - len(counts) :] = np.sort(counts)
    total = often.sum()
    if not total:
        return float("nan")
    rank = np.arange(1, n_candidates + 1)
    return float(((2 * rank - n_candidates - 1) * often).sum() / (n_candidates * total))


def novelty(ranked: np.ndarray, popularity: np.ndarray, n_users: int) -> float:
    """The mean of −log₂(share of users who like the course) over the recommended courses, in bits.

    A course that nobody likes counts as liked by one user. NaN if nothing is recommended.

    Parameters
    ----------
    popularity : (n_courses,) the number of users who like each course
    n_users : the number of users that the popularity was counted over
    """
    shown = ranked[ranked != NOTHING]
    if not len(shown):
        return float("nan")
    return float(-np.log2(np.maximum(popularity[shown], 1) / n_users).mean())


def mean_popularity(ranked: np.ndarray, popularity: np.ndarray, n_users: int) -> float:
    """The mean share of users who like the recommended courses; NaN if nothing is recommended.

    Parameters
    ----------
    popularity, n_users : as for `novelty`
    """
    shown = ranked[ranked != NOTHING]
    return float((popularity[shown] / n_users).mean()) if len(shown) else float("nan")


def diversity(ranked: np.ndarray, topics: np.ndarray) -> float:
    """The mean over all lists of 1 − the mean cosine similarity between the courses of the list.

    A course without topics has a similarity of 0 to every other. Lists of fewer than two courses
    are left out; NaN if there are no others.

    Parameters
    ----------
    topics : (n_courses, n_topics) 1 where the course has the topic, else 0
    """
    lengths = np.sqrt((topics**2).sum(axis=1))
    unit = topics / np.where(lengths > 0, lengths, 1)[:, None]
    unit = np.vstack([unit, np.zeros(topics.shape[1])])  # NOTHING, −1, is the last row
    with_itself = np.append(lengths > 0, False)[ranked].sum(axis=1)
    cosines = (unit[ranked].sum(axis=1) ** 2).sum(axis=1) - with_itself
    n = (ranked != NOTHING).sum(axis=1)
    pairs = n * (n - 1)
    if not pairs.any():
        return float("nan")
    return float((1 - cosines[pairs > 0] / pairs[pairs > 0]).mean())
