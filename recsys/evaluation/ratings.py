"""Errors of predicted ratings, compared with two trivial predictors that ignore the user.

They are the mean rating (the constant) and the most frequent rating (the majority). If 95 % of the
ratings are equal, these two are hard to beat, and a small error means little. This module must not
know particular models.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from scipy.sparse import csr_matrix

from recsys.evaluation.split import Split


@runtime_checkable
class PredictsRatings(Protocol):
    """A model that predicts how a user who takes a course would rate it."""

    def predict_rating(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) expected ratings, on the scale of the data set; NaN if unknown."""
        ...


def rating_quality(predicted: np.ndarray, division: Split) -> dict[str, dict[str, float]]:
    """The errors on the held-out ratings, for a model and for the two trivial predictors.

    Parameters
    ----------
    predicted : (n_held_out,) predictions for `division.holdouts`, in the order of its data; NaN is
        replaced by the mean rating of the training data

    Returns
    -------
    "model", "constant" and "majority" -> the result of `rating_errors`
    """
    known, actual = division.train.likes.data, division.holdouts.data
    levels, counts = np.unique(known, return_counts=True)
    constant = np.full(len(actual), known.mean())
    majority = np.full(len(actual), levels[counts.argmax()])
    predictions = {
        "model": np.where(np.isnan(predicted), constant, predicted),
        "constant": constant,
        "majority": majority,
    }
    return {name: rating_errors(one, actual, levels) for name, one in predictions.items()}


def rating_errors(
    predicted: np.ndarray, actual: np.ndarray, levels: np.ndarray
) -> dict[str, float]:
    """The errors of predicted ratings.

    Parameters
    ----------
    predicted, actual : (n,) ratings
    levels : (n_levels,) the ratings that are classes; a prediction belongs to the nearest one

    Returns
    -------
    `rmse`, the root mean squared error; `f1_2`, `f1_3` …, the F1 of each class that occurs in
    `actual`, 0 if it is never predicted correctly; `macro_f1`, their mean
    """
    error = predicted - actual
    classes = levels[np.abs(predicted[:, None] - levels).argmin(axis=1)]
    occurring = np.unique(actual)
    correct = np.array([((classes == c) & (actual == c)).sum() for c in occurring])
    n_predicted = np.array([(classes == c).sum() for c in occurring])
    f1 = 2 * correct / (n_predicted + [(actual == c).sum() for c in occurring])
    return {
        "rmse": float(np.sqrt((error**2).mean())),
        "macro_f1": float(f1.mean()),
        **{f"f1_{level:g}": float(value) for level, value in zip(occurring, f1, strict=True)},
    }
