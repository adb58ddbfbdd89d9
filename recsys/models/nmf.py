"""6 · NMF: tastes as mixtures of a few course bundles.

Non-negative matrix factorisation: every bundle ("component") is a row of H with a weight for each
course, and every user is a row of W with an amount of each bundle. No entry is negative, so bundles
can only add up:

    minimise  Σ ωᵢ (x(u, i) − wᵤ·hᵢ)² + λ (Σ ‖wᵤ‖² + Σ ωᵢ ‖hᵢ‖²),    wᵤ ≥ 0, hᵢ ≥ 0

where x(u, i) is 1 for a like and 0 otherwise. ωᵢ is smaller for popular courses, which would
otherwise dominate every component. W is discarded after the fit: a visitor is folded in by finding
the w that fits their courses best, the same problem with H fixed.

Lee & Seung, "Learning the parts of objects by non-negative matrix factorization", Nature 1999.
`factorisation.py` solves the problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.factorisation import Columns, factorise, truncated_svd
from recsys.models.hyperparameters import hyperparameter

FOLD_IN_PASSES = 60


@dataclass(eq=False)
class NMF(Recommender):
    """Non-negative matrix factorisation of who likes what.

    Fitted attributes
    -----------------
    H_ : (n_components, n_courses) the weight of each course in each component, ≥ 0; 0 for courses
        that nobody likes
    course_weights_ : (n_courses,) ωᵢ, the weight of errors at a course; 1 at mean popularity
    penalty_ : λ
    """

    name: ClassVar[str] = "NMF"
    summary: ClassVar[str] = (
        "Finds bundles of courses that go together, and the mix of bundles that fits your courses."
    )
    score_label: ClassVar[str] = "Fit to your taste"
    score_sentence: ClassVar[str] = (
        "The score says how well the course fits your taste: it adds up, over the bundles of "
        "courses, your amount of the bundle times the course's weight in it; 1 is a good fit."
    )
    charts: ClassVar[tuple[str, ...]] = ("scores", "bundles", "popularity")

    n_components: int = hyperparameter(
        15, label="Components", low=1, high=30, help="How many bundles of courses the model finds."
    )
    regularisation: float = hyperparameter(
        18.0,
        label="Regularisation",
        low=0.0,
        high=50.0,
        unit="%",
        help="Ignores patterns that are weaker than this, compared with the strongest one.",
    )
    popularity_discount: float = hyperparameter(
        0.5,
        label="Popularity discount",
        low=0.0,
        high=1.0,
        help="0 gives every error the same weight; 1 gives rare courses as much weight as popular "
        "ones.",
    )
    seed: int = hyperparameter(
        0, label="Seed", low=0, high=1000, help="Changes the random start of the fit."
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Factorising who likes what")
        rated = np.flatnonzero(self.popularity_)
        self.H_ = np.zeros((self.n_components, dataset.n_courses))
        self.course_weights_ = np.zeros(dataset.n_courses)
        self.penalty_ = 0.0
        if not len(rated):
            return
        popularity = self.popularity_[rated]
        weights = (popularity / popularity.mean()) ** -self.popularity_discount
        # Scaling the columns by √ω turns the weighted problem into an unweighted one.
        users, columns = dataset.blocks, Columns(rated, np.sqrt(weights))
        singular_values, singular_vectors = truncated_svd(
            users, columns, dataset.n_users, self.n_components, self.seed
        )
        self.penalty_ = self.regularisation / 100 * float(singular_values[0])
        components = factorise(
            users,
            columns,
            dataset.n_users,
            singular_vectors,
            self.penalty_,
            self.seed,
            progress,
        )
        self.H_[: len(components), rated] = components / columns.scale
        self.course_weights_[rated] = weights

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self._fold_in(histories.sign()) @ self.H_

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The components that add to the course's score, named by their strongest courses."""
        course = self._positions([course_id])[0]
        amounts = self._fold_in(self._batch_of_one(history).sign())[0]
        adds = amounts * self.H_[:, course]
        components = np.argsort(-adds, kind="stable")[: np.count_nonzero(adds)]
        if not len(components):
            return None
        table = pd.DataFrame(
            {
                "component": components + 1,
                "strongest": ["; ".join(self.leaders(one)) for one in components],
                "your_amount": amounts[components],
                "weight": self.H_[components, course],
                "adds": adds[components],
            }
        )
        return Evidence(
            "The bundles, named by what is strongest in them: your amount of each, the "
            f"weight of “{self.course_titles_[course]}” in it, and their product, which is added "
            "to the score.",
            table,
        )

    def leaders(self, component: int, k: int = 3) -> list[str]:
        """The titles of the k courses with the largest weights in a component."""
        best = np.argsort(-self.H_[component], kind="stable")[:k]
        return [str(self.course_titles_[one]) for one in best if self.H_[component, one] > 0]

    def _fold_in(self, likes: csr_matrix) -> np.ndarray:
        """(n, n_components) the amounts of the components, by coordinate descent: each amount in
        turn is set to its optimum given the others, or to 0 if that is negative.
        """
        weighted = self.H_ * self.course_weights_
        gram = weighted @ self.H_.T
        steepness = gram.diagonal() + self.penalty_
        used = np.flatnonzero(steepness)
        np.fill_diagonal(gram, 0)
        alone = (likes @ weighted.T)[:, used] / steepness[used]
        overlap = gram[:, used] / steepness[used]
        amounts = np.zeros((likes.shape[0], len(steepness)))
        for _ in range(FOLD_IN_PASSES):
            before = amounts.copy()
            for index, one in enumerate(used):
                amounts[:, one] = np.maximum(alone[:, index] - amounts @ overlap[:, index], 0)
            if np.array_equal(amounts, before):  # converged: not even the last bit changes
                break
        return amounts
