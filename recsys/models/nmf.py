"""6 · NMF: tastes as mixtures of a few course bundles.

Non-negative matrix factorisation: every bundle ("component") is a row of H with a weight for each
course, every user a row of W with an amount of each bundle, and nothing is negative, so that
bundles can only add up:

    minimise  Σ ωᵢ (x(u, i) − wᵤ·hᵢ)² + λ (Σ ‖wᵤ‖² + Σ ωᵢ ‖hᵢ‖²),    wᵤ ≥ 0, hᵢ ≥ 0

where x(u, i) is 1 for a like and 0 otherwise, and ωᵢ is smaller for popular courses, which would
otherwise take every component for themselves. W is thrown away after the fit: a visitor is folded
in by finding the w that explains their courses best, the same problem with H given.

Lee & Seung, "Learning the parts of objects by non-negative matrix factorization", Nature 1999.
How the problem is solved: `factorisation.py`.
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
from recsys.models.factorisation import Columns, factorise, strongest_patterns
from recsys.models.hyperparameters import hyperparameter

FOLD_IN_PASSES = 60


@dataclass(eq=False)
class NMF(Recommender):
    """Non-negative matrix factorisation of who likes what.

    Fitted attributes
    -----------------
    H_ : (n_components, n_courses) the weight of each course in each component, ≥ 0; zero for
        courses nobody likes
    course_weights_ : (n_courses,) ωᵢ, how much an error at a course counts; 1 at mean popularity
    penalty_ : λ
    """

    name: ClassVar[str] = "NMF"
    summary: ClassVar[str] = (
        "Finds bundles of courses that go together, and what mix of them your choice is."
    )
    score_label: ClassVar[str] = "Predicted preference"
    score_sentence: ClassVar[str] = (
        "The score adds up your share in each bundle of courses times the course's weight in it; "
        "the nearer to 1, the more the course is expected among yours."
    )
    charts: ClassVar[tuple[str, ...]] = ("scores", "bundles", "popularity")

    n_components: int = hyperparameter(
        15, label="Components", low=1, high=30, help="How many bundles of courses to look for."
    )
    regularisation: float = hyperparameter(
        18.0,
        label="Regularisation",
        low=0.0,
        high=50.0,
        unit="%",
        help="How strong a pattern must be to count, relative to the strongest one.",
    )
    popularity_discount: float = hyperparameter(
        0.5,
        label="Popularity discount",
        low=0.0,
        high=1.0,
        help="0 fits every course alike, 1 fits rare courses as hard as popular ones.",
    )
    seed: int = hyperparameter(0, label="Seed", low=0, high=1000)

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
        # Scaling the columns by √ω turns the weighted problem into the plain one.
        users, columns = dataset.blocks, Columns(rated, np.sqrt(weights))
        strengths, patterns = strongest_patterns(
            users, columns, dataset.n_users, self.n_components, self.seed
        )
        self.penalty_ = self.regularisation / 100 * float(strengths[0])
        components = factorise(users, columns, patterns, self.penalty_, progress)
        self.H_[: len(components), rated] = components / columns.scale
        self.course_weights_[rated] = weights

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self._fold_in(histories.sign()) @ self.H_

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The components that put the course among the visitor's, named by their courses."""
        course = self._positions([course_id])[0]
        amounts = self._fold_in(self._batch_of_one(history).sign())[0]
        adds = amounts * self.H_[:, course]
        components = np.argsort(-adds, kind="stable")[: np.count_nonzero(adds)]
        if not len(components):
            return None
        table = pd.DataFrame(
            {
                "component": components + 1,
                "led_by": ["; ".join(self.leaders(one)) for one in components],
                "yours": amounts[components],
                "weight": self.H_[components, course],
                "adds": adds[components],
            }
        )
        return Evidence(
            "The bundles of courses, named by their strongest ones: how much of each is in your "
            f"choice, the weight of “{self.course_titles_[course]}” in it, and what the product "
            "adds to the score.",
            table,
        )

    def leaders(self, component: int, k: int = 3) -> list[str]:
        """The titles of a component's strongest courses."""
        best = np.argsort(-self.H_[component], kind="stable")[:k]
        return [str(self.course_titles_[one]) for one in best if self.H_[component, one] > 0]

    def _fold_in(self, likes: csr_matrix) -> np.ndarray:
        """(n, n_components) the amount of each component, by coordinate descent: each in turn is
        set to what is best given the others, or to nothing where that is negative.
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
            for place, one in enumerate(used):
                amounts[:, one] = np.maximum(alone[:, place] - amounts @ overlap[:, place], 0)
            if np.array_equal(amounts, before):  # to the last bit: it does not move any more
                break
        return amounts
