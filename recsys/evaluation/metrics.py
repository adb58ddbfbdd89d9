"""How good lists of recommendations are, in NumPy.

A list is a row of course positions, best first, `NOTHING` where it has ended, as `ranking.top_k`
makes it. Accuracy metrics give one
number per user, so that they can be averaged, bootstrapped and compared in pairs; list metrics
judge all lists together. This module must not know models or data sets.

Definitions after Shani & Gunawardana, "Evaluating recommendation systems", in *Recommender
Systems Handbook*, 2011, and Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR
techniques", TOIS 2002; novelty after Vargas & Castells, RecSys 2011.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from recsys.ranking import NOTHING


def hits(ranked: np.ndarray, relevant: csr_matrix) -> np.ndarray:
    """(n, k) whether each recommended course is among the relevant ones."""
    n, n_courses = relevant.shape
    wanted = np.zeros((n, n_courses + 1), bool)  # the last column answers for NOTHING
    wanted[:, :-1] = relevant.astype(bool).toarray()
    return np.asarray(np.take_along_axis(wanted, ranked, axis=1))


def recall(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """Found relevant courses over min(k, n): 1 is the best a list of k can do."""
    return np.asarray(hit.sum(axis=1) / np.minimum(hit.shape[1], n_relevant))


def ndcg(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """Discounted gain, with discount 1/log₂(1 + rank), over that of an ideal list of min(k, n)."""
    discount = 1 / np.log2(np.arange(2, hit.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(hit.shape[1], n_relevant) - 1]
    return np.asarray((hit * discount).sum(axis=1) / ideal)


def mrr(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """One over the rank of the first relevant course; 0 if there is none."""
    return np.where(hit.any(axis=1), 1 / (1 + hit.argmax(axis=1)), 0.0)


def average_precision(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """Precision at the rank of each relevant course, summed, over min(k, n)."""
    precision = np.cumsum(hit, axis=1) / np.arange(1, hit.shape[1] + 1)
    return np.asarray((precision * hit).sum(axis=1) / np.minimum(hit.shape[1], n_relevant))


def hit_rate(hit: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """1 if anything relevant was found."""
    return hit.any(axis=1).astype(float)


ACCURACY = {
    "ndcg": ndcg,
    "recall": recall,
    "mrr": mrr,
    "map": average_precision,
    "hit_rate": hit_rate,
}


def coverage(ranked: np.ndarray, n_candidates: int) -> float:
    """Share of the catalogue that is recommended to anybody."""
    return len(np.unique(ranked[ranked != NOTHING])) / n_candidates


def gini(ranked: np.ndarray, n_candidates: int) -> float:
    """Inequality of how often courses are recommended: 0 all alike, towards 1 always the same."""
    often = np.zeros(n_candidates)
    counts = np.unique(ranked[ranked != NOTHING], return_counts=True)[1]
    often[n_candidates - len(counts) :] = np.sort(counts)
    total = often.sum()
    if not total:
        return float("nan")
    place = np.arange(1, n_candidates + 1)
    return float(((2 * place - n_candidates - 1) * often).sum() / (n_candidates * total))


def novelty(ranked: np.ndarray, popularity: np.ndarray, n_users: int) -> float:
    """Mean surprise −log₂(share of users who know the course), in bits; an unknown course counts
    as known to one user.
    """
    shown = ranked[ranked != NOTHING]
    if not len(shown):
        return float("nan")
    return float(-np.log2(np.maximum(popularity[shown], 1) / n_users).mean())


def mean_popularity(ranked: np.ndarray, popularity: np.ndarray, n_users: int) -> float:
    """Mean share of users who know the recommended courses."""
    shown = ranked[ranked != NOTHING]
    return float((popularity[shown] / n_users).mean()) if len(shown) else float("nan")


def diversity(ranked: np.ndarray, topics: np.ndarray) -> float:
    """One minus the mean cosine between the topics of the courses of a list, over all lists.

    A course without topics is like no other. Lists of fewer than two courses are left out.
    """
    lengths = np.sqrt((topics**2).sum(axis=1))
    unit = topics / np.where(lengths > 0, lengths, 1)[:, None]
    unit = np.vstack([unit, np.zeros(topics.shape[1])])  # the last row answers for NOTHING
    with_itself = np.append(lengths > 0, False)[ranked].sum(axis=1)
    cosines = (unit[ranked].sum(axis=1) ** 2).sum(axis=1) - with_itself
    n = (ranked != NOTHING).sum(axis=1)
    pairs = n * (n - 1)
    if not pairs.any():
        return float("nan")
    return float((1 - cosines[pairs > 0] / pairs[pairs > 0]).mean())
