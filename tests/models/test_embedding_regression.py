"""Regression on embeddings: scores as scikit-learn predicts, and it ranks where the sum cannot."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from taste_groups import assert_finds_the_group, taste_groups

from recsys.blocks import UserSample, split_into_blocks
from recsys.dataset import Dataset
from recsys.models import EmbeddingRegression
from recsys.models.neural_network import _TrainingUsers
from recsys.models.pairs import pair_features, pair_user_share, pair_users, sample_pairs

pytestmark = pytest.mark.usefixtures("one_network")


@pytest.fixture(scope="module")
def model(one_network: None) -> EmbeddingRegression:
    return EmbeddingRegression().fit(taste_groups())


def test_scores_equal_the_prediction_of_scikit_learn() -> None:
    dataset = taste_groups()
    made = []
    make = EmbeddingRegression._regression

    def remember(self, n_pairs):
        made.append(make(self, n_pairs))
        return made[-1]

    with patch.object(EmbeddingRegression, "_regression", remember):
        model = EmbeddingRegression(embedding_size=4, regression="linear").fit(dataset)
    others = pair_users(dataset, pair_user_share(dataset), model.seed)
    pairs = sample_pairs(others, model, np.random.default_rng(model.seed))
    scale = pair_features(model, model.embed(pairs.seen), pairs.user, pairs.course).std(axis=0)
    histories = dataset.interactions[:20]
    user, course = np.divmod(np.arange(20 * dataset.n_courses), dataset.n_courses)
    features = pair_features(model, model.embed(histories), user, course)
    expected = made[0].predict(features / scale).reshape(20, -1)
    np.testing.assert_allclose(model.score(histories), expected, rtol=1e-3, atol=1e-4)
    if_taken = made[1].predict(features / scale).reshape(20, -1)
    np.testing.assert_allclose(model.predict_rating(histories), if_taken, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("regression", ["linear", "ridge", "lasso"])
def test_finds_the_group(regression: str) -> None:
    assert_finds_the_group(EmbeddingRegression(regression=regression).fit(taste_groups()))


def test_the_old_way_cannot_rank(model: EmbeddingRegression) -> None:
    """User vector plus course vector, ratings of taken courses only: one order for everyone."""
    dataset = taste_groups()
    taken = dataset.likes.tocoo()
    users, courses = model.embed(dataset.likes), model.course_embeddings_
    old = LinearRegression().fit(users[taken.row] + courses[taken.col], taken.data)
    scores = old.predict((users[:50, None] + courses).reshape(-1, courses.shape[1])).reshape(50, -1)
    order = np.argsort(-scores.round(6), axis=1, kind="stable")
    assert (order == order[0]).all()


def test_lasso_sets_weights_to_zero(model: EmbeddingRegression) -> None:
    lasso = EmbeddingRegression(regression="lasso", penalty=0.05).fit(taste_groups())
    assert (model.coef_ != 0).all()
    assert (lasso.coef_ == 0).sum() > len(lasso.coef_) / 2


def test_predicted_ratings_are_as_large_as_the_ratings(model: EmbeddingRegression) -> None:
    """One course of each training user is hidden: what is predicted adds up to one rating."""
    dataset = taste_groups()
    pairs = sample_pairs(dataset.likes, model, np.random.default_rng(1))
    scores = model.score(pairs.seen)
    scores[pairs.seen.toarray() > 0] = 0
    assert scores.sum(axis=1).mean() == pytest.approx(dataset.likes.data.mean(), rel=0.1)


def test_pairs_hide_the_course_from_the_user(model: EmbeddingRegression) -> None:
    likes = taste_groups().likes
    pairs = sample_pairs(likes, model, np.random.default_rng(0))
    seen = np.asarray(pairs.seen[pairs.user, pairs.course]).ravel()
    assert not seen.any()
    assert set(pairs.rating) == {0, 2, 3}
    # every user has five of the 28 courses, and the negatives stand for the 23 others
    stood_for = pairs.weight[pairs.rating == 0].sum() / (pairs.rating > 0).sum()
    assert stood_for == pytest.approx(23, rel=0.02)


def test_the_network_was_not_trained_on_the_users_of_the_pairs() -> None:
    """In blocks of any size: every user is either trained on, or validated on, or held back."""
    dataset = taste_groups()
    share = pair_user_share(dataset)
    assert share == pytest.approx(0.1)
    others = pair_users(dataset, share, seed=0)
    assert others.shape[0] == pytest.approx(90, rel=0.3)
    every = np.arange(dataset.n_courses)
    for blocks in (dataset.blocks, split_into_blocks(dataset.likes, 77)):
        users = _TrainingUsers(blocks, every, UserSample(0, share))
        n_validation, n_held_back = users.validation.shape[0], others.shape[0]
        assert sum(users.sizes) + n_validation + n_held_back == dataset.n_users


def test_few_users_serve_twice(tiny: Dataset) -> None:
    assert pair_user_share(tiny) == 0
    assert pair_users(tiny, 0.0, seed=0).shape[0] == tiny.n_users
