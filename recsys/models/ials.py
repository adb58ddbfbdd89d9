"""Baseline · iALS: matrix factorisation in which a missing rating is a weak negative.

Users and courses are vectors. Their dot product should be 1 if the user likes the course, else 0;
the error of a like has the weight 1 + α, every other error the weight 1:

    Σ (1 + α·x(u, i)) (x(u, i) − wᵤ·hᵢ)² + λ (Σ ‖wᵤ‖² + Σ ‖hᵢ‖²),    x(u, i) in {0, 1}

If one side is fixed, the other is a least squares problem per row, so the fit alternates between
the two. A visitor is folded in by solving for their row.

Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.blocks import Blocks, Users
from recsys.dataset import TrainingSet
from recsys.models.base import Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

BATCH_SIZE = 4096  # users; each needs memory for factors² numbers


@dataclass(eq=False)
class IALS(Recommender):
    """Implicit alternating least squares.

    Fitted attributes
    -----------------
    course_factors_ : (n_courses, factors) hᵢ; zero for courses nobody likes
    """

    name: ClassVar[str] = "iALS"
    summary: ClassVar[str] = (
        "Factorises who took what; not having taken a course counts as a weak no."
    )
    score_label: ClassVar[str] = "Fit to your taste"
    score_sentence: ClassVar[str] = (
        "The score is the fit to your taste: near 1 for a good fit, near 0 for all other courses."
    )

    factors: int = hyperparameter(
        24,
        label="Factors",
        low=1,
        high=200,
        help="How many numbers describe a user or a course.",
    )
    weight: float = hyperparameter(
        5.0,
        label="Weight of a like",
        low=0.0,
        high=100.0,
        help="α: how much more a like counts than a missing rating.",
    )
    regularisation: float = hyperparameter(
        100.0,
        label="Regularisation",
        low=0.01,
        high=5000.0,
        help="λ: keeps the numbers small. The best value grows with the square root of the number "
        "of users, as the singular values do.",
    )
    sweeps: int = hyperparameter(
        8, label="Sweeps", low=1, high=50, help="How often both sides are solved."
    )
    seed: int = hyperparameter(
        0, label="Seed", low=0, high=1000, help="Changes the random start of the fit."
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        rng = np.random.default_rng(self.seed)
        factors = rng.normal(0, 0.1, (dataset.n_courses, self.factors))
        factors[self.popularity_ == 0] = 0
        for sweep in range(self.sweeps):
            progress(sweep / self.sweeps, f"Sweep {sweep + 1} of {self.sweeps}")
            factors = self._refit_courses(dataset.blocks, factors)
        self.course_factors_ = factors

    def _score(self, histories: csr_matrix) -> np.ndarray:
        users = self._fold_in(histories.sign(), self.course_factors_)
        return users @ self.course_factors_.T

    def _fold_in(self, likes: csr_matrix, factors: np.ndarray) -> np.ndarray:
        """(n, factors) the rows that fit these likes best if the other side is fixed."""
        return self._solve(factors.T @ factors, likes @ _outer(factors), likes @ factors)

    def _refit_courses(self, users: Blocks, factors: np.ndarray) -> np.ndarray:
        """The courses' next factors: fold in the users, and solve with the sums over them."""
        return self._solve(*users.sum(self._partial_sums, factors))

    def _partial_sums(self, users: Users, factors: np.ndarray) -> tuple[np.ndarray, ...]:
        """The part of a block of users in the three sums that `_solve` needs."""
        likes, size = users.likes.sign(), self.factors
        gram = np.zeros((size, size))
        liked_gram = np.zeros((len(factors), size * size))
        liked_sum = np.zeros_like(factors)
        for start in range(0, likes.shape[0], BATCH_SIZE):
            batch = likes[start : start + BATCH_SIZE]
            rows = self._fold_in(batch, factors)
            gram += rows.T @ rows
            liked_gram += batch.T @ _outer(rows)
            liked_sum += batch.T @ rows
        return gram, liked_gram, liked_sum

    def _solve(self, gram: np.ndarray, liked_gram: np.ndarray, liked_sum: np.ndarray) -> np.ndarray:
        """Solve (G + α Gᵣ + λI) zᵣ = (1 + α) sᵣ for each row r."""
        size = self.factors
        left = self.weight * liked_gram.reshape(-1, size, size)
        left += gram + self.regularisation * np.eye(size)
        return np.linalg.solve(left, (1 + self.weight) * liked_sum[:, :, None])[:, :, 0]


def _outer(rows: np.ndarray) -> np.ndarray:
    """(n, d·d) the outer product of each row with itself."""
    return np.asarray((rows[:, :, None] * rows[:, None, :]).reshape(len(rows), -1))
