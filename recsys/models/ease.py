"""Baseline · EASE: each course is predicted from all the others by one linear regression.

With X the users' likes, the item-item weights B minimise ‖X − XB‖² + λ‖B‖², where the diagonal of
B is zero so that no course predicts itself. There is a closed-form solution:

    P = (XᵀX + λI)⁻¹,    B(i, j) = −P(i, j) / P(j, j) for i ≠ j

The scores of a history x are xB. The model is simple, and among the best if there are few courses.

Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Progress, Recommender
from recsys.models.hyperparameters import hyperparameter


@dataclass(eq=False)
class EASE(Recommender):
    """Item-item ridge regression with a zero diagonal.

    Fitted attributes
    -----------------
    weights_ : (n_rated, n_rated) B for the courses that somebody likes; row i holds what course i
        adds to the score of each course
    """

    name: ClassVar[str] = "EASE"
    summary: ClassVar[str] = "Predicts each course from all the others by linear regression."
    score_label: ClassVar[str] = "Prediction, 1 for taken"
    score_sentence: ClassVar[str] = (
        "The score is a prediction that adds up what each course you picked says for or against "
        "a course; 1 is the value for a course that was taken."
    )

    regularisation: float = hyperparameter(
        200.0,
        label="Regularisation",
        low=1.0,
        high=5000.0,
        unit="users",
        help="Reduces the weight of patterns that few users show.",
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Regressing every course on the others")
        rated = self.popularity_ > 0
        gram = dataset.co_ratings.common[rated][:, rated].toarray()
        gram[np.diag_indices_from(gram)] += self.regularisation
        precision = _inverted(gram)
        precision /= -precision.diagonal()
        np.fill_diagonal(precision, 0.0)
        self.weights_ = precision.astype(np.float32)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        rated = self.popularity_ > 0
        scores = np.full(histories.shape, np.nan)
        scores[:, rated] = histories[:, rated].sign() @ self.weights_
        return scores


def _inverted(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a symmetric, positive definite matrix, computed in place.

    With 20,000 courses, one such matrix takes 3.2 GB.
    """
    from scipy.linalg import cho_factor  # imported here: it takes 0.1 s, and only a fit needs it
    from scipy.linalg.lapack import dpotri

    if not len(matrix):
        return matrix
    # LAPACK works in place on column-major arrays, so it gets the transpose.
    factor, _ = cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    inverse, _ = dpotri(factor, lower=True, overwrite_c=True)
    inverse = inverse.T
    for row in range(1, len(inverse)):  # LAPACK computes one triangle; copy it to the other
        inverse[row, :row] = inverse[:row, row]
    return np.asarray(inverse)
