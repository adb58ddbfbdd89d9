"""A history: an ordered mapping whose positions and matrix are known, and that never changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import DataError, Dataset, UnknownCourseError
from recsys.models import KNN, CourseSimilarity


@pytest.fixture(scope="module")
def turned(tiny: Dataset) -> Dataset:
    """The same courses and ratings, with the courses in the opposite order."""
    courses = tiny.courses.iloc[::-1].reset_index(drop=True)
    return Dataset.from_tables("Turned", courses, tiny.ratings)


def test_it_is_a_mapping_in_the_order_picked(tiny: Dataset) -> None:
    history = tiny.history({"DB1": 3, "PY1": 2})
    assert history.ids == tuple(history) == ("DB1", "PY1")
    assert dict(history) == {"DB1": 3, "PY1": 2}
    assert (len(history), history["PY1"], "PY2" in history) == (2, 2, False)
    assert not tiny.history()


def test_a_course_without_a_rating_counts_as_a_typical_like(tiny: Dataset) -> None:
    assert tiny.history(["PY1", "DB1", "PY1"]) == {"PY1": 3, "DB1": 3}


def test_it_knows_its_positions_and_its_row(tiny: Dataset) -> None:
    history = tiny.history({"DB1": 3, "PY1": 2})
    assert history.positions.tolist() == [3, 0]
    assert history.matrix.toarray().tolist() == [[2, 0, 0, 3, 0, 0]]
    assert tiny.history().matrix.shape == (1, 6)


def test_what_is_no_course_or_no_rating_is_refused(tiny: Dataset) -> None:
    with pytest.raises(UnknownCourseError, match="Did you mean “PY"):
        tiny.history(["PY3"])
    with pytest.raises(DataError, match="must be a number above 0"):
        tiny.history({"PY1": 0})


def test_equal_are_the_same_ratings_in_the_same_order_of_the_same_courses(
    tiny: Dataset, turned: Dataset
) -> None:
    history = tiny.history({"PY1": 3, "DB1": 2})
    assert history == tiny.history({"PY1": 3, "DB1": 2})
    assert hash(history) == hash(tiny.history({"PY1": 3, "DB1": 2}))
    assert history != tiny.history({"DB1": 2, "PY1": 3})
    assert history != tiny.history({"PY1": 3, "DB1": 3})
    assert history != turned.history({"PY1": 3, "DB1": 2})
    assert history == {"DB1": 2, "PY1": 3}  # any other mapping has no order that counts


def test_nothing_of_it_can_be_changed(tiny: Dataset) -> None:
    given = {"PY1": 3.0}
    history = tiny.history(given)
    given["DB1"] = 3.0
    assert history == {"PY1": 3}
    for array in (history.positions, history.matrix.data, history.matrix.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        history.ratings["PY1"] = 1.0  # type: ignore[index]
    with pytest.raises(AttributeError):
        history.dataset = tiny  # type: ignore[misc]


def test_more_or_fewer_courses_make_another_history(tiny: Dataset) -> None:
    history = tiny.history({"PY1": 2})
    assert list(history.with_added(["DB1", "PY1"]).items()) == [("PY1", 2), ("DB1", 3)]
    assert history.with_added(["DB1"]).without(["PY1", "PY2"]) == {"DB1": 3}
    assert history == {"PY1": 2}
    with pytest.raises(UnknownCourseError):
        history.with_added(["nope"])


def test_another_rating_leaves_the_order(tiny: Dataset) -> None:
    history = tiny.history(["DB1", "PY1"]).with_rating("DB1", 2)
    assert list(history.items()) == [("DB1", 2), ("PY1", 3)]
    with pytest.raises(UnknownCourseError):
        history.with_rating("PY2", 2)


def test_a_model_answers_it_as_it_answers_any_mapping(tiny: Dataset) -> None:
    model = KNN().fit(tiny)
    history = tiny.history({"DB1": 3, "PY1": 2})
    np.testing.assert_array_equal(model.score_one(history), model.score_one(dict(history)))
    pd.testing.assert_frame_equal(model.recommend(history), model.recommend(dict(history)))
    assert model._positions(history) is history.positions


def test_a_model_of_other_courses_looks_them_up_anew(tiny: Dataset, turned: Dataset) -> None:
    """The catalogues are of one size, so that a wrong position would go unnoticed."""
    history = tiny.history({"DB1": 3, "PY1": 2})
    for model in (KNN().fit(turned), CourseSimilarity().fit(turned)):
        assert model._positions(history).tolist() == [2, 5]
        pd.testing.assert_frame_equal(model.recommend(history), model.recommend(dict(history)))


def test_a_model_that_is_fitted_anew_forgets_the_courses_it_had(
    tiny: Dataset, turned: Dataset
) -> None:
    model = KNN().fit(tiny)
    history = tiny.history({"DB1": 3, "PY1": 2})
    assert model._positions(history).tolist() == [3, 0]
    model.fit(turned)
    assert model._positions(history).tolist() == [2, 5]
    assert model._positions(turned.history(history)) is not history.positions
