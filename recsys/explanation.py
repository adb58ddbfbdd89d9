"""Why a course was recommended: what each course of the history adds to its score.

This module uses only the interface of all models: it scores the history with and without each
course, and asks the model for its evidence. It must not know any particular model, nor charts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.models.base import Evidence, Recommender


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a model gives a course its score.

    Attributes
    ----------
    course_id, title : the explained course
    score : its score for the whole history; NaN if the model has none
    contributions : one row per course of the history, with the columns `course_id, title,
        contribution`; in the unit of the score, in descending order of absolute value
    exact : whether the contributions add up to the score; if not, each is the amount by which the
        score falls when that course alone is left out
    words : the explanation in one to three sentences
    evidence : the model's own evidence; None if it has none
    """

    course_id: str
    title: str
    score: float
    contributions: pd.DataFrame
    exact: bool
    words: str
    evidence: Evidence | None

    @property
    def main_reason(self) -> str | None:
        """The id of the course that raises the score most; None if no course raises it."""
        raising = self.contributions[self.contributions["contribution"] > 0]
        return None if raising.empty else str(raising["course_id"].iloc[0])


def explain(model: Recommender, history: Mapping[str, float], course_id: str) -> Explanation:
    """Explain the score that a fitted model gives a course.

    Parameters
    ----------
    model : a fitted model
    history : course id -> rating, as for `recommend`
    course_id : the course to explain

    Raises
    ------
    UnknownCourseError : for a course the model was not fitted on
    NotFittedError : before `fit`
    """
    return explain_all(model, history, [course_id])[0]


def explain_all(
    model: Recommender, history: Mapping[str, float], course_ids: Sequence[str]
) -> list[Explanation]:
    """Explain several courses with a single call of `model.score`, so all cost as much as one.

    Parameters
    ----------
    course_ids : the courses to explain; for `model`, `history` and the errors see `explain`

    Returns
    -------
    an explanation per course, in the same order
    """
    picked = model._positions(history)
    courses = model._positions(course_ids)
    if not len(courses):
        return []
    scores = model.score(_with_and_without_each(history, picked, len(model.course_ids_)))
    return [_explanation(model, history, picked, course, scores[:, course]) for course in courses]


def readable(number: float) -> str:
    """A number for people to read: three significant digits, no exponent, a real minus sign."""
    if abs(number) >= 1000:
        digits = f"{number:,.0f}"
    else:
        digits = np.format_float_positional(float(f"{number:.3g}"), trim="-")
    return digits.replace("-", "−")


def _with_and_without_each(
    history: Mapping[str, float], picked: np.ndarray, n_courses: int
) -> csr_matrix:
    """(1 + len(history), n_courses) the history, then the history without each course in turn."""
    histories = np.zeros((1 + len(picked), n_courses), np.float32)
    histories[:, picked] = list(history.values())
    histories[1 + np.arange(len(picked)), picked] = 0
    return csr_matrix(histories)


def _explanation(
    model: Recommender,
    history: Mapping[str, float],
    picked: np.ndarray,
    course: int,
    scores: np.ndarray,
) -> Explanation:
    """Explain one course by its scores, first for the whole history, then without each course."""
    score, without = float(scores[0]), scores[1:]
    # NaN counts as 0: without this course there is no score, so the whole score is its part.
    adds = np.nan_to_num(score) - np.nan_to_num(without)
    adds[np.abs(adds) <= 1e-6 * abs(np.nan_to_num(score))] = 0  # rounding errors of float32
    order = np.argsort(-np.abs(adds), kind="stable")
    adds, picked = adds[order], picked[order]
    contributions = pd.DataFrame(
        {
            "course_id": model.course_ids_[picked].astype(object),
            "title": model.course_titles_[picked].astype(object),
            "contribution": adds,
        }
    )
    course_id, title = str(model.course_ids_[course]), str(model.course_titles_[course])
    exact = bool(np.isclose(adds.sum(), score, rtol=1e-5, atol=1e-12))
    return Explanation(
        course_id,
        title,
        score,
        contributions,
        exact,
        _in_words(model, course, score, model.course_titles_[picked], adds, exact),
        model.evidence(history, course_id) if not np.isnan(score) else None,
    )


def _in_words(
    model: Recommender, course: int, score: float, titles: np.ndarray, adds: np.ndarray, exact: bool
) -> str:
    """The explanation in words.

    Parameters
    ----------
    titles, adds : the picked courses and what each adds, in descending order of absolute value
    """
    title = model.course_titles_[course]
    if np.isnan(score):
        reason = "your picks do not tell it enough."
        if model.collaborative and not model.popularity_[course]:
            reason = "nobody has rated it yet; try a content-based model such as Course Similarity."
        return f"{model.name} has no score for “{title}”: {reason}"
    if not len(adds):
        return f"{model.name} recommends “{title}” before you have picked anything."
    if not (adds > 0).any():
        return (
            f"No single pick of yours raises this score: if you leave out any one of them, "
            f"the score of {readable(score)} stays the same or rises."
        )
    if len(adds) == 1 and exact:
        return f"The whole score of {readable(score)} comes from “{titles[0]}”."
    main = int(np.argmax(adds > 0))  # the first of them
    reason, most = titles[main], float(adds[main])
    against = titles[adds < 0]
    but = f" “{against[0]}” lowers the score." if len(against) else ""
    if exact:
        return (
            f"The main reason is “{reason}”: it adds {readable(most)} to the score of "
            f"{readable(score)}.{but}"
        )
    return (
        f"The main reason is “{reason}”: without it the score would fall from {readable(score)} "
        f"to {readable(score - most)}.{but} Measured by leaving out each pick in turn."
    )
