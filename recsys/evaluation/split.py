"""Who is tested on what: splits of a data set into training users, queries and holdouts.

The protocols are named after Marlin, "Collaborative filtering: a machine learning perspective",
2004. Strong generalisation is the visitor's own case: nobody who is tested was trained on, and
the model sees a part of their history only when it scores. This module must not know the models.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import DataError, Dataset

Protocol = Literal["strong", "weak"]
Catalogue = Literal["rated", "all"]

MIN_LIKES = 5
TEST_SHARE = 0.2
HOLDOUT_SHARE = 0.2


@dataclass(frozen=True, eq=False)
class Split:
    """One division of a data set.

    Attributes
    ----------
    train : what the models learn from
    queries : (n_test_users, n_courses) the part of each test user's likes the model is shown
    holdouts : (n_test_users, n_courses) the part it has to find
    protocol : "strong" or "weak"
    seed : what the division was drawn with
    """

    train: Dataset
    queries: csr_matrix
    holdouts: csr_matrix
    protocol: Protocol
    seed: int


def split(dataset: Dataset, protocol: Protocol = "strong", seed: int = 0) -> Split:
    """Divide a data set by one of the two protocols.

    Only users with at least `MIN_LIKES` likes are tested; of each one's likes `HOLDOUT_SHARE`, at
    least one, are held out. Strong: `TEST_SHARE` of these users are tested and none of their
    ratings is trained on. Weak: all of them are tested, and what is not held out is trained on.

    Raises
    ------
    DataError : if no user has enough likes
    ValueError : for another protocol
    """
    if protocol not in ("strong", "weak"):
        raise ValueError(f"protocol must be “strong” or “weak”, not {protocol!r}.")
    rng = np.random.default_rng(seed)
    eligible = np.flatnonzero(np.asarray(dataset.likes.getnnz(axis=1)) >= MIN_LIKES)
    if not len(eligible):
        raise DataError(
            f"{dataset.name}: nobody has {MIN_LIKES} ratings, so there is nothing to evaluate on."
        )
    if protocol == "weak":
        queries, holdouts = _query_and_holdout(dataset.likes[eligible], rng)
        kept = dataset.interactions - _in_rows(holdouts, eligible, dataset.n_users)
        kept.eliminate_zeros()
        train = replace(dataset, interactions=csr_matrix(kept))
        return Split(train, queries, holdouts, protocol, seed)
    n_test = max(1, round(TEST_SHARE * len(eligible)))
    tested = np.sort(rng.choice(eligible, n_test, replace=False))
    queries, holdouts = _query_and_holdout(dataset.likes[tested], rng)
    trained = np.setdiff1d(np.arange(dataset.n_users), tested)
    train = replace(
        dataset, users=dataset.users[trained], interactions=dataset.interactions[trained]
    )
    return Split(train, queries, holdouts, protocol, seed)


def catalogue_mask(dataset: Dataset, catalogue: Catalogue) -> np.ndarray:
    """(n_courses,) which courses are candidates: those somebody likes, or all."""
    if catalogue == "all":
        return np.ones(dataset.n_courses, bool)
    if catalogue == "rated":
        return dataset.popularity > 0
    raise ValueError(f"catalogue must be “rated” or “all”, not {catalogue!r}.")


def _query_and_holdout(
    likes: csr_matrix, rng: np.random.Generator
) -> tuple[csr_matrix, csr_matrix]:
    """Draw each row's holdout at random."""
    lengths = np.diff(likes.indptr)
    rows = np.repeat(np.arange(likes.shape[0]), lengths)
    shuffled = np.lexsort((rng.random(likes.nnz), rows))
    place = np.arange(likes.nnz) - np.repeat(likes.indptr[:-1], lengths)
    n_held_out = np.maximum(1, np.round(HOLDOUT_SHARE * lengths)).astype(int)
    held_out = np.zeros(likes.nnz, bool)
    held_out[shuffled] = place < n_held_out[rows]
    return _only(likes, ~held_out), _only(likes, held_out)


def _only(matrix: csr_matrix, kept: np.ndarray) -> csr_matrix:
    part = matrix.copy()
    part.data = np.where(kept, part.data, 0)
    part.eliminate_zeros()
    return part


def _in_rows(matrix: csr_matrix, rows: np.ndarray, n_rows: int) -> csr_matrix:
    """The matrix spread over the given rows of a taller one."""
    lengths = np.zeros(n_rows, int)
    lengths[rows] = np.diff(matrix.indptr)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return csr_matrix((matrix.data, matrix.indices, indptr), shape=(n_rows, matrix.shape[1]))
