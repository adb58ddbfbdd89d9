"""2 · User Profile: courses on the topics you have shown interest in.

A profile is the sum of a history's ratings per topic. A course's score is the weighted average of
the profile over the topics of the course:

    profile(t) = Σ rating(i) · topic(i, t) over the courses i of the history
    score(j)   = Σ profile(t) · r(t)² · topic(j, t) / Σ r(t) · topic(j, t) over the topics t

where r(t) = log((1 + n) / n(t)) is the rarity of topic t, which n(t) of the n rated courses have:
sharing a rare topic means more than sharing a common one. The plain form, r = 1 and a sum in place
of the average, favours the courses with the most topics.

Pazzani & Billsus, "Content-based recommendation systems", The Adaptive Web 2007; r is the inverse
document frequency of Spärck Jones, "A statistical interpretation of term specificity and its
application in retrieval", Journal of Documentation 1972.
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
from recsys.models.hyperparameters import hyperparameter


@dataclass(eq=False)
class UserProfile(Recommender):
    """How well the topics of a course match the topics of the history.

    Fitted attributes
    -----------------
    topics_ : (n_topics,) the names of the topics
    course_topics_ : (n_courses, n_topics) 1 where the course has the topic, else 0
    topic_weights_ : (n_courses, n_topics) what a profile of 1 in the topic adds to the course's
        score
    """

    name: ClassVar[str] = "User Profile"
    short: ClassVar[str] = "Profile"
    summary: ClassVar[str] = "Recommends courses on the topics of your courses."
    unscored_because: ClassVar[str] = "without topics"
    score_label: ClassVar[str] = "Topic alignment"
    score_sentence: ClassVar[str] = (
        "The score is the alignment of your topics with those of the course: how much you have "
        "rated courses on them; topics that few courses have count more."
    )
    collaborative: ClassVar[bool] = False
    instant: ClassVar[bool] = True
    weighs_ratings: ClassVar[bool] = True
    charts: ClassVar[tuple[str, ...]] = ("scores", "topics", "popularity")

    threshold: int = hyperparameter(
        1,
        label="Score threshold",
        low=0,
        high=100,
        help="Recommends only courses with at least this score.",
        refit=False,
    )
    topic_weight: str = hyperparameter(
        "rarity",
        label="Topics",
        choices=("rarity", "alike"),
        help="Averages over a course's topics and counts rare topics more, or adds up all topics "
        "with the same weight.",
    )
    popularity_prior: int = hyperparameter(
        0,
        label="Popularity prior",
        low=0,
        high=100,
        unit="%",
        help="Favours courses that many people took; at 0, only the topics count.",
        refit=False,
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Reading the topics of every course")
        self.topics_ = np.array(dataset.topics, dtype=str)
        self.course_topics_ = dataset.topic_matrix.astype(np.float64)
        self.topic_weights_ = self.course_topics_
        if self.topic_weight == "rarity":
            weights = self.course_topics_ * self._rarity()
            total = weights.sum(axis=1, keepdims=True)
            self.topic_weights_ = weights * self._rarity() / np.where(total > 0, total, 1)

    def _rarity(self) -> np.ndarray:
        """(n_topics,) r for the courses that somebody likes, or for all if nobody likes any."""
        taken = self.course_topics_[self.popularity_ > 0] if self.popularity_.any() else None
        courses = self.course_topics_ if taken is None else taken
        return np.asarray(np.log((1 + len(courses)) / np.maximum(courses.sum(axis=0), 1)))

    def profile(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_topics) the sum of each history's ratings per topic."""
        return np.asarray(histories @ self.course_topics_)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        profiles = self.profile(histories)
        # Rounded, so that courses on the same topics have exactly equal scores.
        scores: np.ndarray = np.round(profiles @ self.topic_weights_.T, 9) * self._prior()
        scores[~profiles.any(axis=1)] = np.nan
        scores[:, ~self.course_topics_.any(axis=1)] = np.nan
        return scores

    def _prior(self) -> np.ndarray:
        """(n_courses,) factors of the scores: 1 for the most popular course, less for others."""
        share = (1 + self.popularity_) / (1 + self.popularity_.max())
        return np.asarray(share ** (self.popularity_prior / 100))

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The topics of the course that the history has too, and what each adds to the score."""
        course, picked = self._positions([course_id])[0], self._positions(history)
        profile = np.array(list(history.values())) @ self.course_topics_[picked]
        adds = profile * self.topic_weights_[course] * self._prior()[course]
        topics = np.argsort(-adds, kind="stable")[: np.count_nonzero(adds)]
        if not len(topics):
            return None
        return Evidence(
            f"The topics that “{self.course_titles_[course]}” shares with your picks, and what "
            "each adds to the score.",
            pd.DataFrame({"topic": self.topics_[topics], "adds": adds[topics]}),
        )

    def _floor(self) -> float:
        return self.threshold

    def _why_unscored(self, history: Mapping[str, float]) -> str:
        if self.course_topics_[self._positions(history)].any():
            return super()._why_unscored(history)
        return "Your picks have no topics; add one that has."
