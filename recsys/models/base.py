"""The one interface of all recommenders.

A model learns from a data set and then scores any batch of histories; it never meets a user id,
so a visitor is scored ("folded in") exactly like a user it was fitted on. This module must not
know any particular model, nor files or widgets.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeGuard

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import History, TrainingSet, positions_in
from recsys.models.hyperparameters import Hyperparameter, declared
from recsys.ranking import NOTHING, top_k


class Progress(Protocol):
    """Told how far a fit has come: `done` from 0 to 1, what is happening, and any figures."""

    def __call__(self, done: float, message: str, **figures: float) -> None: ...


def silent(done: float, message: str, **figures: float) -> None:
    """The `Progress` that tells nobody."""


class NotFittedError(RuntimeError):
    """A model was asked to score before it was fitted."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a model has to show for a recommendation, in its own terms.

    Attributes
    ----------
    caption : a sentence that says what the table holds
    table : the evidence, the strongest first (shared words, topics, neighbours …)
    """

    caption: str
    table: pd.DataFrame


@dataclass(eq=False)
class Recommender(ABC):
    """A recommender. A subclass is a dataclass of hyperparameters with `_fit` and `_score`.

    What a fit learns is kept in attributes that end in `_`: arrays, sparse matrices, numbers or
    strings, so that it can be stored without pickle and scored without the library that made it.
    Nothing is kept per user.

    Class attributes
    ----------------
    name, summary : what it is called, and its idea in a sentence
    score_label : what a score means, in a few words, as an axis label
    score_sentence : the same as a sentence for the reader of a list of recommendations
    collaborative : whether it learns from ratings, so that a course nobody rated has no score
    instant : whether it fits within a click, so that no child process is needed
    scores_empty_history : whether it scores an empty history too
    charts : keys of its charts in `recsys.charts`, in the order shown; the first two are open at
        first
    loss_label : what its loss is, where a fit reports one, as an axis label

    Fitted attributes
    -----------------
    course_ids_, course_titles_ : (n_courses,) the catalogue, in the order of the scores
    popularity_ : (n_courses,) how many users like each course
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    score_label: ClassVar[str]
    score_sentence: ClassVar[str] = ""
    collaborative: ClassVar[bool] = True
    instant: ClassVar[bool] = False
    scores_empty_history: ClassVar[bool] = False
    charts: ClassVar[tuple[str, ...]] = ("scores", "popularity")
    loss_label: ClassVar[str] = "Loss"

    def __post_init__(self) -> None:
        for one in self.hyperparameters():
            setattr(self, one.name, one.checked(getattr(self, one.name), type(self).__name__))

    # What a subclass writes

    @abstractmethod
    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        """Learn from the data set; set the attributes that end in `_`."""

    @abstractmethod
    def _score(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) scores; higher is better, NaN where there is none.

        Courses nobody rated and empty histories need no care here: `score` sees to them.
        """

    def _floor(self) -> float | None:
        """The score below which this model recommends nothing, by its own hyperparameters."""
        return None

    def _why_unscored(self, history: Mapping[str, float]) -> str:
        """Why no course has a score for this history, in a sentence; for `why_empty`."""
        return f"{self.name} knows too little about the courses you picked; add another one."

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """What speaks for a course in this model's own terms; None where it has no such terms.

        `recsys.explain` adds it to the contributions of the courses of the history.
        """
        return None

    # What everyone calls

    def fit(self, dataset: TrainingSet, progress: Progress = silent) -> Self:
        """Learn from a data set; the same data and hyperparameters give the same model."""
        self.course_ids_ = dataset.courses["id"].to_numpy(str)
        self.course_titles_ = dataset.courses["title"].to_numpy(str)
        self.popularity_ = dataset.popularity
        self._fit(dataset, dataset.wrap_progress(progress))
        progress(1.0, "Done")
        return self

    def fits_within_a_click(self, dataset: TrainingSet) -> bool:
        """Whether a fit needs no child process: that of an instant model on what is in memory."""
        return self.instant and dataset.whole is dataset

    def score(self, histories: csr_matrix) -> np.ndarray:
        """Score every course for every history.

        Parameters
        ----------
        histories : (n, n_courses) ratings, as `Dataset.histories` makes them

        Returns
        -------
        (n, n_courses) scores, comparable within a row; NaN where the model cannot tell. Courses
        of the history itself are scored too.

        Raises
        ------
        NotFittedError : before `fit`
        ValueError : if `histories` has not one column per course
        """
        catalogue = self._catalogue()
        if histories.shape[1] != len(catalogue):
            raise ValueError(
                f"{type(self).__name__} was fitted on {len(catalogue)} courses, but the histories "
                f"have {histories.shape[1]} columns. Make them with the same data set."
            )
        scores = np.array(self._score(histories), dtype=np.float64)
        known = histories
        if self.collaborative:
            scores[:, self.popularity_ == 0] = np.nan
            known = histories[:, np.flatnonzero(self.popularity_)]
        if not self.scores_empty_history:
            scores[np.asarray(known.getnnz(axis=1)) == 0] = np.nan
        return scores

    def recommend(
        self, history: Mapping[str, float], k: int = 10, threshold: float | None = None
    ) -> pd.DataFrame:
        """The best courses that are not in the history.

        Parameters
        ----------
        history : course id -> rating
        k : how many at the most
        threshold : leave out what scores less; by default the model's own threshold, if any

        Returns
        -------
        Columns `course_id, title, score, rank`, best first; of equal scores, the course that more
        people like. Empty where the model cannot answer: `why_empty` says why.

        Raises
        ------
        UnknownCourseError : for a course the model was not fitted on
        """
        scores = self._candidate_scores(history)
        floor = self._floor() if threshold is None else threshold
        if floor is not None:
            scores[scores < floor] = np.nan
        (best,) = top_k(scores[None], k, self.popularity_)
        best = best[best != NOTHING]
        return pd.DataFrame(
            {
                "course_id": self.course_ids_[best].astype(object),
                "title": self.course_titles_[best].astype(object),
                "score": scores[best],
                "rank": np.arange(1, len(best) + 1),
            }
        )

    def why_empty(self, history: Mapping[str, float], threshold: float | None = None) -> str:
        """Why `recommend` has nothing to offer for this history, in a sentence or two."""
        if not history and not self.scores_empty_history:
            return "Pick at least one course first: recommendations follow from your choice."
        if len(history) == len(self._catalogue()):
            return "You have picked every course there is, so none is left to recommend."
        rated = self.popularity_[self._positions(history)] > 0
        if self.collaborative and not rated.any():
            what = "this course" if len(history) == 1 else "any of these courses"
            return (
                f"Nobody has rated {what} yet, and {self.name} learns from ratings alone; "
                "try a content-based model such as Course Similarity."
            )
        scores = self._candidate_scores(history)
        floor = self._floor() if threshold is None else threshold
        if floor is not None and not np.isnan(scores).all():
            best = int(np.nanargmax(scores))
            return (
                f"No course reaches your threshold. The closest is “{self.course_titles_[best]}” "
                f"with {scores[best]:.3g}, where {floor:.3g} is asked for: lower the threshold."
            )
        return self._why_unscored(history)

    def score_one(self, history: Mapping[str, float]) -> np.ndarray:
        """(n_courses,) the scores of a single history, its own courses included."""
        return np.asarray(self.score(self._batch_of_one(history))[0])

    # What the model says about itself

    @classmethod
    def hyperparameters(cls) -> tuple[Hyperparameter, ...]:
        """The declared hyperparameters, in order."""
        return declared(cls)

    @classmethod
    def key(cls) -> str:
        """The name for command lines, links and files: `CourseSimilarity` is course-similarity."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()

    def values(self, *, refit_only: bool = False) -> dict[str, Any]:
        """The hyperparameters' values; on request only those that the fit depends on."""
        return {
            one.name: getattr(self, one.name)
            for one in self.hyperparameters()
            if one.refit or not refit_only
        }

    def fitted(self) -> dict[str, Any]:
        """What the fit has learned: the attributes that end in `_`."""
        return {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }

    # Helpers

    def _catalogue(self) -> np.ndarray:
        try:
            return self.course_ids_
        except AttributeError:
            raise NotFittedError(
                f"{type(self).__name__} is not fitted yet: call fit(dataset) first."
            ) from None

    def _course_index(self) -> Mapping[str, int]:
        """The position of each course id in the catalogue."""
        catalogue = self._catalogue()
        index: Mapping[str, int]
        known, index = vars(self).get("_index", (None, {}))
        if known is not catalogue:  # it was fitted since
            index = {one: position for position, one in enumerate(catalogue.tolist())}
            self._index = catalogue, index
        return index

    def _holds(self, history: Collection[str]) -> TypeGuard[History]:
        """Whether a history's own positions hold here: it is over this model's courses."""
        if not isinstance(history, History) or not history.is_over(self._course_index()):
            return False
        # Share its index: the next comparison of the two is one of identity.
        self._index = self._catalogue(), history.dataset.course_index
        return True

    def _positions(self, history: Collection[str]) -> np.ndarray:
        if self._holds(history):
            return history.positions
        return positions_in(self._course_index(), history, "this model's data")

    def _batch_of_one(self, history: Mapping[str, float]) -> csr_matrix:
        if self._holds(history):
            return history.matrix
        row = np.zeros((1, len(self._catalogue())), np.float32)
        row[0, self._positions(history)] = list(history.values())
        return csr_matrix(row)

    def _candidate_scores(self, history: Mapping[str, float]) -> np.ndarray:
        scores = self.score_one(history)
        scores[self._positions(history)] = np.nan
        return scores
