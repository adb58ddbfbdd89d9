"""5 · KNN: courses taken by the same people as the ones you picked.

Item-item nearest neighbours. Two courses are alike when the same users rate both:

    similarity(i, j) = xᵢ·xⱼ / (‖xᵢ‖ ‖xⱼ‖) · c(i, j) / (c(i, j) + shrinkage)

with xᵢ the column of ratings of course i and c(i, j) the number of users who like both. A course's
score is the sum of its similarities to the courses of the history, among its nearest neighbours.

Sarwar, Karypis, Konstan & Riedl, "Item-based collaborative filtering recommendation algorithms",
WWW 2001; the shrinkage is that of Bell & Koren, "Scalable collaborative filtering with jointly
derived neighborhood interpolation weights", ICDM 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.hyperparameters import hyperparameter


@dataclass(eq=False)
class KNN(Recommender):
    """Item-item nearest neighbours on ratings.

    Fitted attributes
    -----------------
    similarity_ : (n_courses, n_courses) sparse; row i holds the neighbours of course i
    """

    name: ClassVar[str] = "KNN"
    summary: ClassVar[str] = "Recommends what people who took your courses took as well."
    score_label: ClassVar[str] = "Similarity to your courses by co-enrolment"
    score_sentence: ClassVar[str] = (
        "The score adds up how much a course's participants overlap with those of each course "
        "you picked; 1 is a perfect overlap with one of them."
    )
    instant: ClassVar[bool] = True

    neighbours: int | None = hyperparameter(
        None,
        label="Neighbours",
        low=1,
        high=100,
        none="all",
        help="How many of the most similar courses each course listens to.",
    )
    shrinkage: float = hyperparameter(
        0.0,
        label="Shrinkage",
        low=0.0,
        high=500.0,
        unit="users",
        help="Distrusts similarities that rest on few common users.",
    )

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        progress(0.0, "Comparing courses by the users they share")
        likes = dataset.likes
        dot_products = (likes.T @ likes).tocoo()
        lengths = np.sqrt(dot_products.diagonal())
        different = dot_products.row != dot_products.col
        row, column = dot_products.row[different], dot_products.col[different]
        cosine = dot_products.data[different] / (lengths[row] * lengths[column])
        if self.shrinkage:
            binary = likes.sign()
            shared = np.asarray((binary.T @ binary).tocsr()[row, column]).ravel()
            cosine = cosine * shared / (shared + self.shrinkage)
        self.similarity_ = _nearest(
            csr_matrix((cosine, (row, column)), shape=dot_products.shape), self.neighbours
        )

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return (histories.sign() @ self.similarity_.T).toarray()

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
                "neighbour": nearer + 1,
            }
        )
        return Evidence(
            f"Your courses among the neighbours of “{self.course_titles_[course]}”: how similar "
            "they are by co-enrolment, and where they stand among all its neighbours.",
            table,
        )


def _nearest(similarity: csr_matrix, neighbours: int | None) -> csr_matrix:
    """Keep the largest entries of each row."""
    if neighbours is None:
        return similarity
    order = np.lexsort((-similarity.data, np.repeat(*_rows(similarity))))
    rank = np.arange(similarity.nnz) - np.repeat(similarity.indptr[:-1], np.diff(similarity.indptr))
    kept = order[rank < neighbours]
    rows = np.repeat(*_rows(similarity))[kept]
    return csr_matrix(
        (similarity.data[kept], (rows, similarity.indices[kept])), shape=similarity.shape
    )


def _rows(matrix: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(matrix.shape[0]), np.diff(matrix.indptr)
