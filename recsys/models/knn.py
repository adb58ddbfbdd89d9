"""5 · KNN: courses taken by the same people as the ones you picked.

Item-item nearest neighbours. Two courses are similar if the same users rate both:

    similarity(i, j) = xᵢ·xⱼ / (‖xᵢ‖ ‖xⱼ‖)

with xᵢ the column of ratings of course i. The k courses that are most similar to a course j are its
neighbours N, and its score is the sum of the weights of those neighbours that are in the history.

The classic weight is the similarity itself. But neighbours are similar to each other, so what they
have in common is counted several times. Jointly derived weights count it once: they are the
coefficients of a regression of who takes j on who takes each neighbour. With G(i, j) the number of
users who like both,

    w = (G over N×N + shrinkage · I)⁻¹ · (G over N×j)

Shrinkage, in users, reduces weights that are based on few users; the classic form multiplies a
similarity by G(i, j) / (G(i, j) + shrinkage) instead.

Sarwar, Karypis, Konstan & Riedl, "Item-based collaborative filtering recommendation algorithms",
WWW 2001; shrinkage and joint weights: Bell & Koren, "Scalable collaborative filtering with jointly
derived neighborhood interpolation weights", ICDM 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags

from recsys.dataset import TrainingSet
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

MIN_RIDGE = 1e-3  # users
MOST_IN_ARRAY = 4000  # courses; numbers for all pairs of them take 128 MB


@dataclass(eq=False)
class KNN(Recommender):
    """Item-item nearest neighbours on ratings.

    Fitted attributes
    -----------------
    similarity_ : (n_courses, n_courses) sparse; row j holds the similarities of j's neighbours
    weights_ : (n_courses, n_courses) sparse; row j holds what each neighbour adds to j's score
    """

    name: ClassVar[str] = "KNN"
    summary: ClassVar[str] = "Recommends what people who took your courses also took."
    score_label: ClassVar[str] = "Similarity to your courses by common users"
    score_sentence: ClassVar[str] = (
        "The score is a similarity: it adds up how strongly each course you picked points to this "
        "course, by the users they have in common; near 1 means that nearly everyone with your "
        "courses took it."
    )
    instant: ClassVar[bool] = True

    neighbours: int | None = hyperparameter(
        40,
        label="Neighbours",
        low=1,
        high=100,
        none="all",
        help="A course's score depends on this many courses, those most similar to it.",
    )
    shrinkage: float = hyperparameter(
        150.0,
        label="Shrinkage",
        low=0.0,
        high=500.0,
        unit="users",
        help="Reduces weights that are based on few common users.",
    )
    weighting: str = hyperparameter(
        "joint",
        label="Weights",
        choices=("joint", "similarity"),
        help="Derives the weights of all neighbours together, so that similar neighbours are not "
        "counted twice, or weighs each neighbour by its own similarity.",
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Comparing courses by the users they share")
        together = dataset.co_ratings
        similarity = _without_diagonal(_cosines(together.dot_products))
        if self.weighting == "similarity" and self.shrinkage:
            shared = np.asarray(together.common[similarity.nonzero()]).ravel()
            similarity.data *= shared / (shared + self.shrinkage)
        self.similarity_ = _nearest(similarity, self.neighbours)
        self.weights_ = self.similarity_
        if self.weighting == "joint":
            progress(0.3, "Weighing the neighbours of each course")
            self.weights_ = _joint_weights(together.common, self.similarity_, self.shrinkage)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.asarray((histories.sign() @ self.weights_.T).toarray())

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The courses of the history that are neighbours of the course."""
        course = self._positions([course_id])[0]
        picked = self._positions(history)
        similarity = self.similarity_[course].toarray().ravel()
        picked = picked[similarity[picked] > 0]
        picked = picked[np.argsort(-similarity[picked], kind="stable")]
        if not len(picked):
            return None
        nearer = (similarity[:, None] > similarity[picked]).sum(axis=0)
        table = pd.DataFrame(
            {
                "course_id": self.course_ids_[picked],
                "title": self.course_titles_[picked],
                "similarity": similarity[picked],
                "rank": nearer + 1,
                "adds": self.weights_[course].toarray().ravel()[picked],
            }
        )
        return Evidence(
            f"Your picks among the neighbours of “{self.course_titles_[course]}”: how similar "
            "they are by the users who took both, their rank among all its neighbours, and what "
            "each adds to the score.",
            table,
        )


def _cosines(dot_products: csr_matrix) -> csr_matrix:
    """(n_courses, n_courses) cosine similarities from dot products."""
    lengths = np.sqrt(dot_products.diagonal())
    scale = diags(1 / np.where(lengths > 0, lengths, 1))
    # Single precision makes equal similarities equal, whatever the rounding in the last bits.
    return csr_matrix(scale @ dot_products @ scale, dtype=np.float32)


def _without_diagonal(matrix: csr_matrix) -> csr_matrix:
    entries = matrix.tocoo()
    off = entries.row != entries.col
    return csr_matrix((entries.data[off], (entries.row[off], entries.col[off])), matrix.shape)


def _nearest(similarity: csr_matrix, neighbours: int | None) -> csr_matrix:
    """Keep the largest entries of each row, all of them if `neighbours` is None."""
    if neighbours is None:
        return similarity
    row = np.repeat(np.arange(similarity.shape[0]), np.diff(similarity.indptr))
    order = np.lexsort((-similarity.data, row))
    kept = order[np.arange(similarity.nnz) - similarity.indptr[row] < neighbours]
    return csr_matrix(
        (similarity.data[kept], (row[kept], similarity.indices[kept])), similarity.shape
    )


def _joint_weights(common: csr_matrix, neighbours: csr_matrix, ridge: float) -> csr_matrix:
    """(n_courses, n_courses) the coefficients of the regression of each course on its neighbours.

    Parameters
    ----------
    common : (n_courses, n_courses) the number of users who like both courses
    neighbours : (n_courses, n_courses) the stored entries of a row are the course's neighbours
    ridge : added to the diagonal; at least `MIN_RIDGE` is, so that there is a unique solution even
        if two neighbours have the same users
    """
    weights = neighbours.copy()
    # Rows of an array are found much faster than those of a sparse matrix.
    array = common.toarray() if common.shape[0] <= MOST_IN_ARRAY else None
    for course, (first, end) in enumerate(pairwise(neighbours.indptr)):
        near = neighbours.indices[first:end]
        rows = common[near].toarray() if array is None else array[near]
        among = rows[:, near] + max(ridge, MIN_RIDGE) * np.eye(len(near))
        weights.data[first:end] = np.linalg.solve(among, rows[:, course])
    return weights
