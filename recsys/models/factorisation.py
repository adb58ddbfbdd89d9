"""Non-negative factorisation of a matrix whose rows lie in blocks: what model 6 learns with.

X ≈ WH is solved by coordinate descent: each column of W in turn is set to what is best given the
rest, then each row of H. The rows of W stay with their block of users; H needs no more of them
than the sums WᵀX and WᵀW. The start follows from the singular value decomposition of X, had by
repeated multiplication with XᵀX, a sum over blocks too. Must not know what is factorised, nor why.

Cichocki & Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
factorizations", IEICE Transactions 2009. The start: Boutsidis & Gallopoulos, "SVD based
initialization: a head start for nonnegative matrix factorization", Pattern Recognition 2008, with
the mean of X in place of zeros; the singular vectors: Halko, Martinsson & Tropp, "Finding structure
with randomness", SIAM Review 2011.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, diags

from recsys.blocks import Blocks, Users
from recsys.models.base import Progress

PASSES = 60  # the loss changes by less than 0.1 % a pass well before
TOLERANCE = 1e-3  # of how far the first pass was from the best
SUBSPACE_PASSES = 8
OVERSAMPLING = 10  # directions more than asked for; the last ones converge slowly


class Columns(NamedTuple):
    """The columns of X.

    Attributes
    ----------
    courses : (n,) the positions of the courses that take part
    scale : (n,) what a like of each counts; all else is 0
    """

    courses: np.ndarray
    scale: np.ndarray

    def of(self, users: Users) -> csr_matrix:
        """(n_users, n) the rows of X of a block of users."""
        return csr_matrix(users.likes[:, self.courses].sign() @ diags(self.scale))


class Swept(NamedTuple):
    """A block after a pass: its rows of W, and what it adds to the sums that H needs.

    Attributes
    ----------
    amounts : (n_users, k) W
    violation : how far they were from the best for the H before
    products : (k, n) WᵀX
    gram : (k, k) WᵀW
    """

    amounts: np.ndarray
    violation: float
    products: np.ndarray
    gram: np.ndarray


def strongest_patterns(
    users: Blocks, columns: Columns, n_users: int, k: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The first k singular values of X, descending, and (n, k) its right singular vectors; fewer
    where X has fewer rows or columns.
    """
    n = len(columns.courses)
    directions = np.random.default_rng(seed).normal(size=(n, min(k + OVERSAMPLING, n)))
    for _ in range(SUBSPACE_PASSES):
        directions, _ = np.linalg.qr(users.sum(_gram_times, columns, directions))
    within = directions.T @ users.sum(_gram_times, columns, directions)
    squares, rotation = np.linalg.eigh((within + within.T) / 2)
    first = np.argsort(-squares)[: min(k, n, n_users)]
    return np.sqrt(np.maximum(squares[first], 0)), directions @ rotation[:, first]


def factorise(
    users: Blocks,
    columns: Columns,
    patterns: np.ndarray,
    penalty: float,
    progress: Progress,
) -> np.ndarray:
    """(k, n) the H that, with the W that goes with it, has ‖X − WH‖² + penalty (‖W‖² + ‖H‖²) small.

    Parameters
    ----------
    patterns : (n, k) right singular vectors of X to start from
    """
    swept, components = _start(users, columns, patterns)
    first_violation = 0.0
    for done in range(PASSES):
        swept = users.map(_sweep, columns, swept, components, penalty)
        violation, products, gram = swept.sum(_sums)
        rows, more = descended(components.T, gram, products.T, penalty)
        components = rows.T
        violation += more
        first_violation = first_violation or violation
        if violation <= TOLERANCE * first_violation:
            break
        progress((done + 1) / PASSES, f"Pass {done + 1} of at most {PASSES}")
    return components


def descended(
    rows: np.ndarray, gram: np.ndarray, products: np.ndarray, penalty: float
) -> tuple[np.ndarray, float]:
    """One pass of coordinate descent on ‖Y − R Z‖² + penalty ‖R‖² for R ≥ 0, Z being given.

    Parameters
    ----------
    rows : (m, k) R
    gram : (k, k) Z Zᵀ
    products : (m, k) Y Zᵀ

    Returns
    -------
    the next R, and how far this one was from the best: the sum of all slopes that R may follow
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


def _start(users: Blocks, columns: Columns, patterns: np.ndarray) -> tuple[Blocks, np.ndarray]:
    """W, in blocks, and H to begin with.

    Of each pair of singular vectors Xv and v, that sign is kept in which their product is larger,
    and of these the positive parts: a column of W and a row of H. Zeros would stay zeros for long.
    """
    above, below, total, n_users = users.sum(_squares_of_signs, columns, patterns)
    positive = np.sqrt(above * (np.maximum(patterns, 0) ** 2).sum(axis=0))
    negative = np.sqrt(below * (np.minimum(patterns, 0) ** 2).sum(axis=0))
    chosen = patterns * np.where(positive >= negative, 1, -1)
    strength = np.sqrt(np.maximum(positive, negative))
    mean = total / (n_users * len(patterns))
    left = strength / _or_one(np.sqrt(np.where(positive >= negative, above, below)))
    right = strength / _or_one(np.linalg.norm(np.maximum(chosen, 0), axis=0))
    components = (np.maximum(chosen, 0) * right).T
    components[components == 0] = mean
    return users.map(_first_amounts, columns, chosen, left, mean), components


def _or_one(lengths: np.ndarray) -> np.ndarray:
    return np.where(lengths > 0, lengths, 1)


# What is done with each block


def _gram_times(users: Users, columns: Columns, directions: np.ndarray) -> np.ndarray:
    """(n, k) XᵀX times some directions."""
    matrix = columns.of(users)
    return np.asarray(matrix.T @ (matrix @ directions))


def _squares_of_signs(
    users: Users, columns: Columns, patterns: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """(k,) the sum of squares of Xv where positive and where negative, the sum of X, its rows."""
    matrix = columns.of(users)
    left = matrix @ patterns
    above, below = np.maximum(left, 0) ** 2, np.minimum(left, 0) ** 2
    return above.sum(axis=0), below.sum(axis=0), float(matrix.sum()), len(left)


def _first_amounts(
    users: Users, columns: Columns, patterns: np.ndarray, scale: np.ndarray, mean: float
) -> Swept:
    amounts = np.maximum(columns.of(users) @ patterns, 0) * scale
    amounts[amounts == 0] = mean
    return Swept(amounts, 0.0, np.zeros(0), np.zeros(0))


def _sweep(
    users: Users, columns: Columns, swept: Swept, components: np.ndarray, penalty: float
) -> Swept:
    matrix = columns.of(users)
    amounts, violation = descended(
        swept.amounts, components @ components.T, matrix @ components.T, penalty
    )
    return Swept(amounts, violation, (matrix.T @ amounts).T, amounts.T @ amounts)


def _sums(swept: Swept) -> tuple[float, np.ndarray, np.ndarray]:
    return swept.violation, swept.products, swept.gram
