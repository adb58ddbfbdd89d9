"""The interface of all recommenders.

A model is fitted on a data set and then scores any batch of histories. It never sees a user id, so
a visitor is scored exactly like a user it was fitted on ("folded in"). This module must not know
any particular model, nor files or widgets.
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
    """A callback that a fit calls to report its progress."""

    def __call__(self, done: float, message: str, **figures: float) -> None:
        """Report progress: the part that is `done` (0 to 1), the current step, and any figures."""


def silent(done: float, message: str, **figures: float) -> None:
    """The `Progress` that reports nothing."""


def part_of(progress: Progress, start: float, share: float, label: str = "") -> Progress:
    """The progress callback for a step of some work.

    Parameters
    ----------
    progress : the callback for all of the work
    start : the part of it that is done before the step, 0 to 1
    share : the part of it that the step is
    label : what the step is called; it is put in front of each message
    """

    def step(done: float, message: str, **figures: float) -> None:
        told = f"{label}: {message}" if label else message
        progress(start + share * done, told, **figures)

    return step


def _in_words_of(dataset: TrainingSet, progress: Progress) -> Progress:
    """The progress callback of a fit, whose messages speak of courses."""

    def step(done: float, message: str, **figures: float) -> None:
        progress(done, dataset.worded(message), **figures)

    return step


class NotFittedError(RuntimeError):
    """A model was asked to score before it was fitted."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a model bases a recommendation on, in its own terms.

    Attributes
    ----------
    caption : a sentence that says what the table shows
    table : the evidence (shared words, topics, neighbours …), the strongest first
    """

    caption: str
    table: pd.DataFrame


@dataclass(eq=False)
class Recommender(ABC):
    """A recommender. A subclass is a dataclass of hyperparameters with `_fit` and `_score`.

    A fit keeps what it learns in attributes that end in `_`: arrays, sparse matrices, numbers or
    strings. So a model can be stored without pickle, and can score without the library that it was
    fitted with. It keeps nothing per user.

    Class attributes
    ----------------
    name, summary : the name of the model, and its idea in one sentence
    short : a shorter name, for a button; by default the name
    score_label : the meaning of a score in a few words, as an axis label; this and the other texts
        speak of courses, and `TrainingSet.worded` puts them into the words of other data
    score_sentence : the meaning of a score in one sentence, for the reader of a list
    collaborative : whether it learns from ratings, so that a course without ratings has no score
    unscored_because : why some courses have no score, whatever is picked, in a few words
    instant : whether a fit takes so little time that it needs no child process
    scores_empty_history : whether it can score an empty history
    weighs_ratings : whether its scores depend on the ratings of a history, not only on its courses
    charts : keys of its charts in `recsys.charts`, in the order shown; the first is open by
        default, after that of the scores, which the list shows too
    loss_label : the meaning of its loss, if a fit reports one, as an axis label
    loss_sentence : what to know when reading the chart of its losses

    Fitted attributes
    -----------------
    course_ids_, course_titles_ : (n_courses,) the catalogue, in the order of the scores; a title
        that several courses have is followed by the course's id
    popularity_ : (n_courses,) the number of users who like each course
    """

    name: ClassVar[str]
    short: ClassVar[str]
    summary: ClassVar[str]
    score_label: ClassVar[str]
    score_sentence: ClassVar[str] = ""
    collaborative: ClassVar[bool] = True
    unscored_because: ClassVar[str] = "rated by nobody"
    instant: ClassVar[bool] = False
    scores_empty_history: ClassVar[bool] = False
    weighs_ratings: ClassVar[bool] = False
    charts: ClassVar[tuple[str, ...]] = ("scores", "popularity")
    loss_label: ClassVar[str] = "Loss"
    loss_sentence: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        """Let no two models be equal, even if a subclass lacks `eq=False`: models are keys."""
        super().__init_subclass__()
        cls.__eq__ = object.__eq__  # type: ignore[method-assign]
        cls.__hash__ = object.__hash__  # type: ignore[method-assign]
        if "name" in vars(cls) and "short" not in vars(cls):  # not that of the class it extends
            cls.short = cls.name

    def __post_init__(self) -> None:
        for one in self.hyperparameters():
            setattr(self, one.name, one.checked(getattr(self, one.name), type(self).__name__))

    # To be written by a subclass

    @abstractmethod
    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        """Learn from the data set: set the attributes that end in `_`."""

    @abstractmethod
    def _score(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) scores; higher is better, NaN for a course without a score.

        `score` handles courses without ratings and empty histories.
        """

    def _floor(self) -> float | None:
        """The model's own threshold, if any: courses with lower scores are not recommended."""
        return None

    def _why_unscored(self, history: Mapping[str, float]) -> str:
        """Why no course has a score for this history, in one sentence; used by `why_empty`."""
        return f"{self.name} knows too little about your picks; add another one."

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """What this model bases the score of a course on; None if it has nothing to show.

        `recsys.explain` shows it beside the contributions of the courses of the history.
        """
        return None

    # Called by everyone else

    def fit(self, dataset: TrainingSet, progress: Progress = silent) -> Self:
        """Learn from a data set; equal data and hyperparameters give equal models.

        Parameters
        ----------
        progress : is called with the progress of the fit; an exception from it ends the fit

        Returns
        -------
        the model itself
        """
        self.course_ids_ = dataset.courses["id"].to_numpy(str)
        self.course_titles_ = dataset.display_titles
        self.popularity_ = dataset.popularity
        self._fit(dataset, _in_words_of(dataset, dataset.wrap_progress(progress)))
        progress(1.0, "Done")
        return self

    def fits_within_a_click(self, dataset: TrainingSet) -> bool:
        """Whether a fit is fast enough to run without a child process.

        It is if the model is instant and the full data set is in memory.
        """
        return self.instant and dataset.full is dataset

    def score(self, histories: csr_matrix) -> np.ndarray:
        """Score every course for every history.

        Parameters
        ----------
        histories : (n, n_courses) ratings, as `Dataset.histories` makes them

        Returns
        -------
        (n, n_courses) scores, comparable within a row; NaN for a course without a score. Courses
        of the history itself are scored too.

        Raises
        ------
        NotFittedError : before `fit`
        ValueError : if `histories` does not have one column per course, or if `_score` returns an
            array of another shape
        """
        catalogue = self._catalogue()
        if histories.shape[1] != len(catalogue):
            raise ValueError(
                f"{type(self).__name__} was fitted on {len(catalogue)} courses, but the histories "
                f"have {histories.shape[1]} columns. Make the histories with the same data set."
            )
        scores = np.array(self._score(histories), dtype=np.float64)
        if scores.shape != histories.shape:  # NumPy might stretch it to fit, without a word
            raise ValueError(
                f"{type(self).__name__}._score returned an array of shape {scores.shape}; it must "
                f"be {histories.shape}: one row per user, one column per course."
            )
        known = histories
        if self.collaborative:
            scores[:, self.popularity_ == 0] = np.nan
            known = histories[:, np.flatnonzero(self.popularity_)]
        if not self.scores_empty_history:
            scores[np.asarray(known.getnnz(axis=1)) == 0] = np.nan
        return scores

    def recommend(
        self,
        history: Mapping[str, float],
        k: int = 10,
        threshold: float | None = None,
        *,
        without: Collection[str] = (),
        among: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """The best courses that are not in the history.

        Parameters
        ----------
        history : course id -> rating
        k : the number of courses, at most
        threshold : courses with a lower score are left out; by default the model's own threshold,
            if it has one
        without : ids of courses that are not wanted
        among : ids of the only courses that are wanted; by default all

        Returns
        -------
        Columns `course_id, title, score, rank`, best first; among equal scores, the course that
        more people like. Empty if the model has no recommendation: `why_empty` gives the reason.

        Raises
        ------
        NotFittedError : before `fit`
        UnknownCourseError : for a course the model was not fitted on, also in `without` and `among`
        """
        scores = self._candidate_scores(history)
        scores[self._positions(without)] = np.nan
        if among is not None:
            scores[np.setdiff1d(np.arange(len(scores)), self._positions(among))] = np.nan
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
        """Why `recommend` returns nothing for this history, in one or two sentences."""
        if not history and not self.scores_empty_history:
            return "Pick something first: the recommendations depend on your picks."
        if len(history) == len(self._catalogue()):
            return "You have picked everything, so nothing is left to recommend."
        rated = self.popularity_[self._positions(history)] > 0
        if self.collaborative and not rated.any():
            what = "your pick" if len(history) == 1 else "any of your picks"
            return (
                f"Nobody has rated {what} yet, and {self.name} learns from ratings alone; "
                "try a content-based model such as Course Similarity."
            )
        scores = self._candidate_scores(history)
        floor = self._floor() if threshold is None else threshold
        if floor is not None and not np.isnan(scores).all():
            best = int(np.nanargmax(scores))
            return (
                f"Nothing reaches your threshold. The closest is “{self.course_titles_[best]}” "
                f"with {scores[best]:.3g}; the threshold is {floor:.3g}. Lower the threshold."
            )
        return self._why_unscored(history)

    def why_short(
        self, history: Mapping[str, float], k: int = 10, threshold: float | None = None
    ) -> str:
        """Why `recommend` returns fewer than k courses; "" if it does not, or if it returns none.

        The sentence speaks of courses and contains no titles: see `TrainingSet.worded`.
        """
        scores = self._candidate_scores(history)
        floor = self._floor() if threshold is None else threshold
        scored = int((~np.isnan(scores)).sum())
        below = 0 if floor is None else int((scores < floor).sum())
        listed, unscored = scored - below, len(scores) - scored - len(history)
        if not 0 < listed < k:
            return ""
        reasons = []
        if history:
            reasons.append(f"you have picked {len(history)}")
        if unscored:
            has = "has" if unscored == 1 else "have"
            reasons.append(f"{unscored} {has} no score ({self.unscored_because})")
        if below:
            lies = "is" if below == 1 else "are"
            reasons.append(f"{below} {lies} below the threshold of {floor:.3g}")
        rest = "; ".join(reasons) or "there are no others"
        return f"The list has {listed} of the {k} asked for. Of {len(scores):,} courses, {rest}."

    def score_one(self, history: Mapping[str, float]) -> np.ndarray:
        """(n_courses,) the scores for a single history, including those of its own courses."""
        return np.asarray(self.score(self._batch_of_one(history))[0])

    # The model's description

    @classmethod
    def hyperparameters(cls) -> tuple[Hyperparameter, ...]:
        """The declared hyperparameters, in the order of their declaration."""
        return declared(cls)

    @classmethod
    def key(cls) -> str:
        """The model's name in commands, links and files: course-similarity for CourseSimilarity."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()

    def values(self, *, refit_only: bool = False) -> dict[str, Any]:
        """Hyperparameter -> value.

        Parameters
        ----------
        refit_only : leave out the hyperparameters that act only when scoring
        """
        return {
            one.name: getattr(self, one.name)
            for one in self.hyperparameters()
            if one.refit or not refit_only
        }

    def said(self) -> str:
        """The name, and the settings that matter: "KNN, 40 neighbours".

        These are the first one that a fit depends on, and those that differ from their defaults.
        """
        defaults = type(self)().values()
        first = next((one.name for one in self.hyperparameters() if one.refit), None)
        told = [
            one.said(value)
            for one in self.hyperparameters()
            if (value := getattr(self, one.name)) != defaults[one.name] or one.name == first
        ]
        return ", ".join([self.name, *told])

    def fitted(self) -> dict[str, Any]:
        """What the fit has learned: name -> value of each attribute that ends in `_`."""
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
        """Course id -> position in the catalogue."""
        catalogue = self._catalogue()
        index: Mapping[str, int]
        known, index = vars(self).get("_index", (None, {}))
        if known is not catalogue:  # the model has been fitted again
            index = {one: position for position, one in enumerate(catalogue.tolist())}
            self._index = catalogue, index
        return index

    def _shares_positions(self, history: Collection[str]) -> TypeGuard[History]:
        """Whether this is a `History` over the model's courses, so that its positions are valid."""
        if not isinstance(history, History) or not history.is_over(self._course_index()):
            return False
        # Keep its index: then the next comparison of the two only compares identities.
        self._index = self._catalogue(), history.dataset.course_index
        return True

    def _positions(self, history: Collection[str]) -> np.ndarray:
        if self._shares_positions(history):
            return history.positions
        return positions_in(self._course_index(), history, "this model's data")

    def _batch_of_one(self, history: Mapping[str, float]) -> csr_matrix:
        if self._shares_positions(history):
            return history.matrix
        row = np.zeros((1, len(self._catalogue())), np.float32)
        row[0, self._positions(history)] = list(history.values())
        return csr_matrix(row)

    def _candidate_scores(self, history: Mapping[str, float]) -> np.ndarray:
        scores = self.score_one(history)
        scores[self._positions(history)] = np.nan
        return scores
