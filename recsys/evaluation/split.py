"""Splits of a data set into training data, queries and holdouts.

Strong and weak generalisation are named after Marlin, "Collaborative filtering: a machine learning
perspective", 2004. The strong protocol is the case of a visitor: a model is not trained on any test
user, and sees a part of their history only when it scores. The cold protocol asks for courses that
nobody has rated yet, as in Schein et al., "Methods and metrics for cold-start recommendations",
SIGIR 2002. This module must not know the models.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import DataError, Dataset

Protocol = Literal["strong", "weak", "cold"]
Catalogue = Literal["rated", "all", "cold"]
CATALOGUES: dict[Protocol, tuple[Catalogue, ...]] = {  # the candidates of each protocol
    "strong": ("rated", "all"),
    "weak": ("rated", "all"),
    "cold": ("cold", "rated", "all"),
}

MIN_LIKES = 5
TEST_SHARE = 0.2
HOLDOUT_SHARE = 0.2
COLD_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Split:
    """One division of a data set.

    Attributes
    ----------
    train : the training data of the models
    users : (n_test_users,) the ids of the test users
    queries : (n_test_users, n_courses) the part of each test user's likes that a model is given
    holdouts : (n_test_users, n_courses) the part that it has to find
    cold : (n_courses,) which courses had all their ratings removed from the training data
    protocol : "strong", "weak" or "cold"
    seed : the seed of the random division
    """

    train: Dataset
    users: np.ndarray
    queries: csr_matrix
    holdouts: csr_matrix
    cold: np.ndarray
    protocol: Protocol
    seed: int


def split(dataset: Dataset, protocol: Protocol = "strong", seed: int = 0) -> Split:
    """Divide a data set by one of the three protocols.

    Only users with at least `MIN_LIKES` likes are tested.

    - Strong: `TEST_SHARE` of these users are test users, and none of their ratings are in the
      training data. `HOLDOUT_SHARE` of each one's likes, at least one, are held out.
    - Weak: all of these users are test users, and all likes that are not held out are in the
      training data.
    - Cold: `COLD_SHARE` of the rated courses are cold, and none of their ratings are in the
      training data. The test users are those of the strong protocol who like both cold courses and
      others: the others are their query, the cold ones their holdout.

    Raises
    ------
    DataError : if no user has enough likes, or no test user likes both cold and other courses
    ValueError : for an unknown protocol
    """
    if protocol not in CATALOGUES:
        raise ValueError(f"protocol must be “strong”, “weak” or “cold”, not {protocol!r}.")
    rng = np.random.default_rng(seed)
    eligible = np.flatnonzero(np.asarray(dataset.likes.getnnz(axis=1)) >= MIN_LIKES)
    if not len(eligible):
        raise DataError(
            f"{dataset.name}: nobody has {MIN_LIKES} ratings, so there are no users to test on."
        )
    cold = np.zeros(dataset.n_courses, bool)
    if protocol == "weak":
        queries, holdouts = _query_and_holdout(dataset.likes[eligible], rng)
        kept = dataset.interactions - _in_rows(holdouts, eligible, dataset.n_users)
        kept.eliminate_zeros()
        train = replace(dataset, interactions=csr_matrix(kept))
        return Split(train, dataset.users[eligible], queries, holdouts, cold, protocol, seed)
    n_test = max(1, round(TEST_SHARE * len(eligible)))
    test = np.sort(rng.choice(eligible, n_test, replace=False))
    others = np.setdiff1d(np.arange(dataset.n_users), test)
    train = replace(dataset, users=dataset.users[others], interactions=dataset.interactions[others])
    likes = dataset.likes[test]
    if protocol == "strong":
        queries, holdouts = _query_and_holdout(likes, rng)
        return Split(train, dataset.users[test], queries, holdouts, cold, protocol, seed)
    rated = np.flatnonzero(dataset.popularity)
    cold[rng.choice(rated, max(1, round(COLD_SHARE * len(rated))), replace=False)] = True
    queries, holdouts = _only(likes, ~cold[likes.indices]), _only(likes, cold[likes.indices])
    both = np.flatnonzero((queries.getnnz(axis=1) > 0) & (holdouts.getnnz(axis=1) > 0))
    if not len(both):
        raise DataError(f"{dataset.name}: no test user likes both cold and other {dataset.noun}s.")
    users = dataset.users[test[both]]
    return Split(_without(train, cold), users, queries[both], holdouts[both], cold, "cold", seed)


def catalogue_mask(
    dataset: Dataset, catalogue: Catalogue, division: Split | None = None
) -> np.ndarray:
    """(n_courses,) which courses are candidates.

    Parameters
    ----------
    catalogue : "rated" (courses that somebody likes), "all", or "cold"
    division : the split by the cold protocol, for the catalogue "cold"

    Raises
    ------
    ValueError : for an unknown catalogue, or "cold" without a split by the cold protocol
    """
    if catalogue == "all":
        return np.ones(dataset.n_courses, bool)
    if catalogue == "rated":
        return dataset.popularity > 0
    if catalogue == "cold" and division is not None and division.protocol == "cold":
        return division.cold
    raise ValueError(
        f"catalogue must be “rated”, “all” or, in the protocol “cold”, “cold”; not {catalogue!r}."
    )


def k_core(dataset: Dataset, k: int = 5) -> Dataset:
    """The k-core: the largest part of a data set in which each user has k likes and each course is
    liked by k users.

    Raises
    ------
    DataError : if the k-core is empty
    """
    users, courses = np.arange(dataset.n_users), np.arange(dataset.n_courses)
    while True:
        likes = dataset.likes[users][:, courses]
        active, popular = likes.getnnz(axis=1) >= k, likes.getnnz(axis=0) >= k
        if active.all() and popular.all():
            break
        users, courses = users[active], courses[popular]
    if not len(users):
        raise DataError(f"{dataset.name}: no part of it has {k} likes per user and {dataset.noun}.")
    note = (
        f"Kept were users and {dataset.noun}s with at least {k} likes among each other: "
        f"{len(users):,} of {dataset.n_users:,} users, {len(courses):,} of "
        f"{dataset.n_courses:,} {dataset.noun}s."
    )
    return replace(
        dataset,
        courses=dataset.courses.iloc[courses].reset_index(drop=True),
        users=dataset.users[users],
        interactions=csr_matrix(dataset.interactions[users][:, courses]),
        repairs=(*dataset.repairs, note),
    )


def _query_and_holdout(
    likes: csr_matrix, rng: np.random.Generator
) -> tuple[csr_matrix, csr_matrix]:
    """Divide the likes of each row at random, `HOLDOUT_SHARE` of them into the holdout."""
    lengths = np.diff(likes.indptr)
    rows = np.repeat(np.arange(likes.shape[0]), lengths)
    shuffled = np.lexsort((rng.random(likes.nnz), rows))
    index_in_row = np.arange(likes.nnz) - np.repeat(likes.indptr[:-1], lengths)
    n_held_out = np.maximum(1, np.round(HOLDOUT_SHARE * lengths)).astype(int)
    held_out = np.zeros(likes.nnz, bool)
    held_out[shuffled] = index_in_row < n_held_out[rows]
    return _only(likes, ~held_out), _only(likes, held_out)


def _only(matrix: csr_matrix, kept: np.ndarray) -> csr_matrix:
    part = matrix.copy()
    part.data = np.where(kept, part.data, 0)
    part.eliminate_zeros()
    return part


def _without(dataset: Dataset, courses: np.ndarray) -> Dataset:
    """The data set without the ratings of some courses, and without users who have no others."""
    kept = _only(dataset.interactions, ~courses[dataset.interactions.indices])
    users = np.flatnonzero(kept.getnnz(axis=1))
    return replace(dataset, users=dataset.users[users], interactions=kept[users])


def _in_rows(matrix: csr_matrix, rows: np.ndarray, n_rows: int) -> csr_matrix:
    """(n_rows, n_courses) a matrix with the given rows; all other rows are empty."""
    lengths = np.zeros(n_rows, int)
    lengths[rows] = np.diff(matrix.indptr)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return csr_matrix((matrix.data, matrix.indices, indptr), shape=(n_rows, matrix.shape[1]))
