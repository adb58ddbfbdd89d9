"""Baseline · Popularity: the courses that most people took, the same for everyone.

If a few courses have most of the ratings, this is hard to beat. A personal model that does not beat
it has learned nothing about individual users.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Progress, Recommender


@dataclass(eq=False)
class Popularity(Recommender):
    """The share of users who like a course.

    Fitted attributes
    -----------------
    share_ : (n_courses,) from 0 to 1
    """

    name: ClassVar[str] = "Popularity"
    summary: ClassVar[str] = "Recommends what most people took, the same for everyone."
    score_label: ClassVar[str] = "Share of all users"
    score_sentence: ClassVar[str] = "The score is the share of all users who took the course."
    instant: ClassVar[bool] = True
    scores_empty_history: ClassVar[bool] = True

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        self.share_ = dataset.popularity / max(dataset.n_users, 1)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.tile(self.share_, (histories.shape[0], 1))
