"""2 · User Profile: courses on the topics you have shown interest in.

A profile is the sum of the ratings of a history per topic, and a course's score is how much of the
profile lies on the course's topics:

    profile(t) = Σ rating(i) · topic(i, t) over the courses i of the history
    score(j)   = Σ profile(t) · topic(j, t) over the topics t

There is nothing to learn but the table of topics, and no other user is needed.

Pazzani & Billsus, "Content-based recommendation systems", The Adaptive Web 2007.
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
class UserProfile(Recommender):
    """Dot product of the topics of the history and the topics of a course.

    Fitted attributes
    -----------------
    topics_ : (n_topics,) their names
    course_topics_ : (n_courses, n_topics) 1 where the course has the topic
    """

    name: ClassVar[str] = "User Profile"
    summary: ClassVar[str] = "Recommends courses on the topics of yours."
    score_label: ClassVar[str] = "Topic alignment"
    score_sentence: ClassVar[str] = (
        "The score adds up, over the topics of a course, the ratings you gave to courses on each "
        "of them."
    )
    collaborative: ClassVar[bool] = False
    instant: ClassVar[bool] = True

    threshold: int = hyperparameter(
        1,
        label="Score threshold",
        low=0,
        high=100,
        help="Recommends nothing that scores less than this.",
        refit=False,
    )

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        progress(0.0, "Reading the topics of every course")
        self.topics_ = np.array(dataset.topics, dtype=str)
        self.course_topics_ = dataset.topic_matrix

    def profile(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_topics) the sum of each history's ratings per topic."""
        return np.asarray(histories @ self.course_topics_)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        profiles = self.profile(histories)
        scores = profiles @ self.course_topics_.T
        scores[~profiles.any(axis=1)] = np.nan
        scores[:, ~self.course_topics_.any(axis=1)] = np.nan
        return scores

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The topics of the course that the profile holds."""
        course, picked = self._positions([course_id])[0], self._positions(history)
        profile = np.array(list(history.values())) @ self.course_topics_[picked]
        adds = profile * self.course_topics_[course]
        topics = np.argsort(-adds, kind="stable")[: np.count_nonzero(adds)]
        if not len(topics):
            return None
        return Evidence(
            f"The topics that “{self.course_titles_[course]}” shares with your courses, and what "
            "each adds to the score.",
            pd.DataFrame({"topic": self.topics_[topics], "adds": adds[topics]}),
        )

    def _floor(self) -> float:
        return self.threshold

    def _why_unscored(self, history: Mapping[str, float]) -> str:
        if self.course_topics_[self._positions(history)].any():
            return super()._why_unscored(history)
        return "The courses you picked are on none of the topics; add one that is."
