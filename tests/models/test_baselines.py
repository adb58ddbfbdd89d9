"""Baselines: their answers by definition, worked out another way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from taste_groups import assert_finds_the_group, taste_groups

from recsys.dataset import Dataset
from recsys.models import EASE, IALS, Popularity, Random


def test_popularity_is_the_share_of_users(tiny: Dataset) -> None:
    model = Popularity().fit(tiny)
    scores = dict(zip(tiny.courses["id"], model.score_one({}), strict=True))
    assert scores.pop("NEW1") != scores["PY1"]  # NaN: nobody rated it
    assert scores == {"PY1": 3 / 5, "PY2": 3 / 5, "DA1": 2 / 5, "DB1": 3 / 5, "DB2": 1 / 5}


def test_random_depends_on_the_picked_courses_and_the_seed_alone(tiny: Dataset) -> None:
    model = Random(seed=1).fit(tiny)
    one, same, other = model.score(tiny.histories([{"PY1": 3}, {"PY1": 2}, {"PY2": 3}]))
    np.testing.assert_array_equal(one, same)
    assert (one != other).all()
    assert (one != Random(seed=2).fit(tiny).score_one({"PY1": 3})).all()


def test_random_gives_every_course_its_turn() -> None:
    dataset = taste_groups()
    scores = Random().fit(dataset).score(dataset.interactions)
    firsts = np.bincount(scores.argmax(axis=1), minlength=dataset.n_courses)
    assert firsts.min() > 0
    assert abs(scores.mean() - 0.5) < 0.02


@pytest.mark.parametrize("regularisation", [1.0, 30.0])
def test_ease_is_a_ridge_regression_of_each_course_on_the_others(
    tiny: Dataset, regularisation: float
) -> None:
    model = EASE(regularisation=regularisation).fit(tiny)
    likes = tiny.likes.sign().toarray()[:, :5]  # the sixth is rated by nobody
    for course in range(5):
        others = np.delete(likes, course, axis=1)
        gram = others.T @ others + regularisation * np.eye(4)
        expected = np.insert(np.linalg.solve(gram, others.T @ likes[:, course]), course, 0)
        np.testing.assert_allclose(model.weights_[:, course], expected, atol=1e-6)
        assert model.score_one({"PY1": 3, "DB1": 2})[course] == pytest.approx(
            expected[0] + expected[3], abs=1e-6
        )


@pytest.fixture(scope="module")
def ials(tiny: Dataset) -> IALS:
    return IALS(factors=3, weight=4.0, regularisation=0.5).fit(tiny)


def test_ials_folds_a_visitor_in_by_weighted_least_squares(ials: IALS, tiny: Dataset) -> None:
    """The gradient of the loss that the module's docstring gives is zero at the answer."""
    likes = tiny.likes.sign()
    users = ials._fold_in(likes, ials.course_factors_)
    taken = likes.toarray()
    error = users @ ials.course_factors_.T - taken
    gradient = ((1 + 4.0 * taken) * error) @ ials.course_factors_ + 0.5 * users
    np.testing.assert_allclose(gradient, 0, atol=1e-6)


def test_ials_lowers_its_loss_with_every_sweep(tiny: Dataset) -> None:
    likes = csr_matrix(tiny.likes.sign())
    losses = []
    for sweeps in (1, 2, 4, 8):
        model = IALS(factors=3, weight=4.0, regularisation=0.5, sweeps=sweeps).fit(tiny)
        users, courses = model._fold_in(likes, model.course_factors_), model.course_factors_
        taken = likes.toarray()
        error = (1 + 4.0 * taken) * (users @ courses.T - taken) ** 2
        losses.append(error.sum() + 0.5 * ((users**2).sum() + (courses**2).sum()))
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("model", [EASE(), IALS(factors=6, regularisation=5.0)])
def test_personal_baselines_find_the_group(model: EASE | IALS) -> None:
    assert_finds_the_group(model.fit(taste_groups()))


def test_popularity_does_not_find_the_group() -> None:
    """Else the test that the others pass would prove nothing."""
    with pytest.raises(AssertionError):
        assert_finds_the_group(Popularity().fit(taste_groups()))
