"""Non-negative factorisation of a matrix whose rows are in blocks: the algorithm of model 6.

X ≈ WH is solved by coordinate descent: each column of W in turn is set to its optimum given the
rest, then each row of H. The rows of W stay with their block of users; H needs only the sums WᵀX
and WᵀW. If there are many users, H is first computed from a sample of them, and passes over all
users follow. The initial factors come from a truncated singular value decomposition of X, computed
by repeated multiplication with XᵀX, which is a sum over blocks too. This module must not know what
is factorised, nor why.

Cichocki & Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
factorizations", IEICE Transactions 2009. Initial factors: Boutsidis & Gallopoulos, "SVD based
initialization: a head start for nonnegative matrix factorization", Pattern Recognition 2008, with
the mean of X in place of zeros; the singular vectors: Halko, Martinsson & Tropp, "Finding structure
with randomness", SIAM Review 2011.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from recsys.blocks import Blocks, Users, UserSample, split_into_blocks
from recsys.models.base import Progress

SAMPLE = 8_000  # users; the H of so many is the start for all users
PASSES = 60  # at most; long before that, the loss changes by less than 0.1 % per pass
LAST_PASSES = 2  # over all users, after those over a sample; more do not rank better
TOLERANCE = 1e-3  # relative to the violation of the optimality conditions in the first pass
SUBSPACE_PASSES = 8
OVERSAMPLING = 10  # extra directions, because the last directions converge slowly
MOST_IN_ARRAY = 4000  # columns; XᵀX of so many takes 128 MB


class Columns(NamedTuple):
    """The columns of X.

    Attributes
    ----------
    courses : (n,) the positions of the courses that are columns of X
    scale : (n,) the value of a like in each column; all other entries are 0
    """

    courses: np.ndarray
    scale: np.ndarray

    def rows_of(self, users: Users) -> csr_matrix:
        """(n_users, n) the rows of X for a block of users."""
        likes = users.likes[:, self.courses]
        return csr_matrix((self.scale[likes.indices], likes.indices, likes.indptr), likes.shape)


class Sweep(NamedTuple):
    """The result of a pass over a block: its rows of W, and its part of the sums that H needs.

    Attributes
    ----------
    amounts : (n_users, k) the rows of W
    violation : how far these rows were from their optimum before the pass
    products : (k, n) WᵀX
    gram : (k, k) WᵀW
    """

    amounts: np.ndarray
    violation: float
    products: np.ndarray
    gram: np.ndarray


def truncated_svd(
    users: Blocks, columns: Columns, n_users: int, k: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The truncated singular value decomposition of X.

    Returns
    -------
    (k,) the largest singular values in descending order, and (n, k) the right singular vectors;
    fewer if X has fewer rows or columns
    """
    n = len(columns.courses)
    gram = users.sum(_gram, columns).toarray() if n <= MOST_IN_ARRAY else None

    def times(directions: np.ndarray) -> np.ndarray:
        """(n, k) XᵀX times the directions."""
        if gram is not None:
            return np.asarray(gram @ directions)
        return np.asarray(users.sum(_gram_times, columns, directions))

    directions = np.random.default_rng(seed).normal(size=(n, min(k + OVERSAMPLING, n)))
    for _ in range(SUBSPACE_PASSES):
        directions, _ = np.linalg.qr(times(directions))
    within = directions.T @ times(directions)
    squares, rotation = np.linalg.eigh((within + within.T) / 2)
    first = np.argsort(-squares)[: min(k, n, n_users)]
    return np.sqrt(np.maximum(squares[first], 0)), directions @ rotation[:, first]


def factorise(
    users: Blocks,
    columns: Columns,
    n_users: int,
    singular_vectors: np.ndarray,
    penalty: float,
    seed: int,
    progress: Progress,
) -> np.ndarray:
    """(k, n) the matrix H ≥ 0 that, with a W ≥ 0, minimises ‖X − WH‖² + penalty (‖W‖² + ‖H‖²).

    Parameters
    ----------
    singular_vectors : (n, k) right singular vectors of X, from which the initial factors follow
    seed : chooses the sample of users that the first passes are over, if there are many users
    """
    share = SAMPLE / max(n_users, SAMPLE)
    some = users
    if share < 1:
        some = split_into_blocks(UserSample(seed, 0.0, share).gather(users))
    sweeps, components = _initial_factors(some, columns, singular_vectors)
    first_violation = 0.0
    for done in range(PASSES):
        sweeps, components, violation = _pass(some, columns, sweeps, components, penalty, share)
        first_violation = first_violation or violation
        if violation <= TOLERANCE * first_violation:
            break
        progress(done / PASSES, f"Pass {done + 1} of at most {PASSES}")
    if share < 1:
        sweeps = users.map(_no_amounts, len(components))
        for done in range(LAST_PASSES):
            progress(0.9, f"Pass {done + 1} of {LAST_PASSES} over all users")
            sweeps, components, _ = _pass(users, columns, sweeps, components, penalty, 1.0)
    return components


def _pass(
    users: Blocks,
    columns: Columns,
    sweeps: Blocks,
    components: np.ndarray,
    penalty: float,
    share: float,
) -> tuple[Blocks, np.ndarray, float]:
    """The next W and H, and how far they were from their optimum.

    Parameters
    ----------
    share : of the users; a sample has the same optimum if H has this share of the penalty
    """
    sweeps = users.map(_sweep, columns, sweeps, components, penalty)
    violation, products, gram = sweeps.sum(_sums)
    rows, more = descend(components.T, gram, products.T, penalty * share)
    return sweeps, rows.T, violation + more


def descend(
    rows: np.ndarray, gram: np.ndarray, products: np.ndarray, penalty: float
) -> tuple[np.ndarray, float]:
    """One pass of coordinate descent on ‖Y − R Z‖² + penalty ‖R‖² for R ≥ 0, with Z fixed.

    Parameters
    ----------
    rows : (m, k) R
    gram : (k, k) Z Zᵀ
    products : (m, k) Y Zᵀ

    Returns
    -------
    the next R, and how far the given R was from the optimum: the sum of the absolute slopes in the
    directions that R ≥ 0 allows
    """
    rows = np.array(rows, order="F")
    violation = 0.0
    for one, steepness in enumerate(gram.diagonal() + penalty):
        column = rows[:, one]
        slope = rows @ gram[:, one] + penalty * column - products[:, one]
        violation += float(np.abs(np.where(column == 0, np.minimum(slope, 0), slope)).sum())
        if steepness > 0:
            rows[:, one] = np.maximum(column - slope / steepness, 0)
    return rows, violation


def _initial_factors(
    users: Blocks, columns: Columns, singular_vectors: np.ndarray
) -> tuple[Blocks, np.ndarray]:
    """The initial W, in blocks, and H.

    Each pair of singular vectors Xv and v gets the sign for which the product of the norms of their
    positive parts is larger. These positive parts become a column of W and a row of H. Their zeros
    are replaced by the mean of X, because zeros would change slowly.
    """
    above, below, total, n_users = users.sum(_squares_of_signs, columns, singular_vectors)
    positive = np.sqrt(above * (np.maximum(singular_vectors, 0) ** 2).sum(axis=0))
    negative = np.sqrt(below * (np.minimum(singular_vectors, 0) ** 2).sum(axis=0))
    chosen = singular_vectors * np.where(positive >= negative, 1, -1)
    strength = np.sqrt(np.maximum(positive, negative))
    mean = total / (n_users * len(singular_vectors))
    left = strength / _or_one(np.sqrt(np.where(positive >= negative, above, below)))
    right = strength / _or_one(np.linalg.norm(np.maximum(chosen, 0), axis=0))
    components = (np.maximum(chosen, 0) * right).T
    components[components == 0] = mean
    return users.map(_initial_amounts, columns, chosen, left, mean), components


def _or_one(lengths: np.ndarray) -> np.ndarray:
    return np.where(lengths > 0, lengths, 1)


# Functions of one block


def _gram_times(users: Users, columns: Columns, directions: np.ndarray) -> np.ndarray:
    """(n, k) XᵀX times the directions."""
    matrix = columns.rows_of(users)
    return np.asarray(matrix.T @ (matrix @ directions))


def _gram(users: Users, columns: Columns) -> csr_matrix:
    """(n, n) XᵀX."""
    matrix = columns.rows_of(users)
    return csr_matrix(matrix.T @ matrix)


def _squares_of_signs(
    users: Users, columns: Columns, singular_vectors: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """(k,) the sums of squares of the positive and of the negative entries of Xv; then the sum of
    all entries of X, and its number of rows.
    """
    matrix = columns.rows_of(users)
    left = matrix @ singular_vectors
    above, below = np.maximum(left, 0) ** 2, np.minimum(left, 0) ** 2
    return above.sum(axis=0), below.sum(axis=0), float(matrix.sum()), len(left)


def _initial_amounts(
    users: Users, columns: Columns, singular_vectors: np.ndarray, scale: np.ndarray, mean: float
) -> Sweep:
    amounts = np.maximum(columns.rows_of(users) @ singular_vectors, 0) * scale
    amounts[amounts == 0] = mean
    return Sweep(amounts, 0.0, np.zeros(0), np.zeros(0))


def _no_amounts(users: Users, k: int) -> Sweep:
    return Sweep(np.zeros((len(users.lengths), k)), 0.0, np.zeros(0), np.zeros(0))


def _sweep(
    users: Users, columns: Columns, before: Sweep, components: np.ndarray, penalty: float
) -> Sweep:
    matrix = columns.rows_of(users)
    amounts, violation = descend(
        before.amounts, components @ components.T, matrix @ components.T, penalty
    )
    return Sweep(amounts, violation, (matrix.T @ amounts).T, amounts.T @ amounts)


def _sums(sweep: Sweep) -> tuple[float, np.ndarray, np.ndarray]:
    return sweep.violation, sweep.products, sweep.gram
