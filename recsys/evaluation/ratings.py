"""How well ratings are predicted, against predictors that look at nobody: a constant and the
majority. Where 95 % of the ratings are the same number, those two are hard to beat, and a small
error says little. Must not know particular models.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from scipy.sparse import csr_matrix

from recsys.evaluation.split import Split


@runtime_checkable
class PredictsRatings(Protocol):
    """A model that predicts how a course would be rated by someone who takes it."""

    def predict_rating(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) expected ratings, on the scale of the data set; NaN where unknown."""
        ...


def rating_quality(predicted: np.ndarray, division: Split) -> dict[str, dict[str, float]]:
    """The errors on the ratings held out, of a model and of the two that look at nobody.

    Parameters
    ----------
    predicted : (n_held_out,) predictions for `division.holdouts`, in the order of its data; what is
        not predicted is filled with the constant, the mean rating in training

    Returns
    -------
    "model", "constant" and "majority" -> `rmse`, `macro_f1`, and `f1_2`, `f1_3` … for each rating
    that occurs; a prediction belongs to the class of the nearest rating
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
    """Root mean squared error, and F1 of each class that occurs in `actual`; 0 if never right."""
    error = predicted - actual
    classes = levels[np.abs(predicted[:, None] - levels).argmin(axis=1)]
    occurring = np.unique(actual)
    right = np.array([((classes == c) & (actual == c)).sum() for c in occurring])
    claimed = np.array([(classes == c).sum() for c in occurring])
    f1 = 2 * right / (claimed + [(actual == c).sum() for c in occurring])
    return {
        "rmse": float(np.sqrt((error**2).mean())),
        "macro_f1": float(f1.mean()),
        **{f"f1_{level:g}": float(value) for level, value in zip(occurring, f1, strict=True)},
    }
