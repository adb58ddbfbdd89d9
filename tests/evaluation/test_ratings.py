"""Errors of predicted ratings, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, root_mean_squared_error

from recsys.evaluation.ratings import rating_errors


def test_errors_equal_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    levels = np.array([1.0, 2.0, 3.0])
    actual = rng.choice(levels, 500, p=[0.1, 0.2, 0.7])
    predicted = actual + rng.normal(0, 0.7, 500)
    classes = np.clip(np.round(predicted), 1, 3)
    found = rating_errors(predicted, actual, levels)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted))
    expected = f1_score(actual.astype(int), classes.astype(int), average=None)
    assert [found["f1_1"], found["f1_2"], found["f1_3"]] == pytest.approx(expected)
    assert found["macro_f1"] == pytest.approx(expected.mean())


def test_a_constant_looks_good_where_nearly_all_ratings_are_alike():
    actual = np.repeat([2.0, 3.0], [5, 95])
    found = rating_errors(np.full(100, 3.0), actual, np.array([2.0, 3.0]))
    assert found["rmse"] == pytest.approx(np.sqrt(0.05))
    assert found["f1_2"] == 0
    assert found["f1_3"] > 0.97
