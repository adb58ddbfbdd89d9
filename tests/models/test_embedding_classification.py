"""Classification on embeddings: the arrays vote as scikit-learn's forest does, and it ranks."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from taste_groups import assert_finds_the_group, taste_groups

from recsys.dataset import Dataset
from recsys.models import EmbeddingClassification
from recsys.models.pairs import pair_features

pytestmark = pytest.mark.usefixtures("one_network")


@pytest.mark.parametrize("depth", [1, 5, 20])
def test_votes_equal_those_of_scikit_learn(depth: int) -> None:
    dataset = taste_groups()
    grown = []
    grow = EmbeddingClassification._forest

    def remember(self):
        grown.append(grow(self))
        return grown[0]

    with patch.object(EmbeddingClassification, "_forest", remember):
        model = EmbeddingClassification(embedding_size=4, trees=7, depth=depth).fit(dataset)
    histories = dataset.interactions[:30]
    user, course = np.divmod(np.arange(30 * dataset.n_courses), dataset.n_courses)
    features = pair_features(model, model.embed(histories), user, course)
    votes = grown[0].predict_proba(features)
    np.testing.assert_allclose(model.class_probabilities(features), votes, atol=1e-12)
    np.testing.assert_array_equal(model.ratings_, [0, 2, 3])
    expected = (votes @ [0, 2, 3]).reshape(30, -1)
    np.testing.assert_allclose(model.score(histories), expected, atol=1e-12)
    taken = votes[:, 1:].sum(axis=1).reshape(30, -1)
    if_taken = np.divide(expected, taken, out=np.full_like(taken, np.nan), where=taken > 0)
    np.testing.assert_allclose(model.predict_rating(histories), if_taken)


def test_finds_the_group() -> None:
    assert_finds_the_group(EmbeddingClassification().fit(taste_groups()))


def test_many_ratings_make_few_classes() -> None:
    """Half stars from 3.5 to 5: each class is worth a rating somebody gave."""
    source = taste_groups()
    stars = np.random.default_rng(0).choice([1, 3.5, 4, 4.5, 5], source.interactions.nnz)
    ratings = source.ratings.assign(rating=stars)
    films = pd.DataFrame(source.courses)
    dataset = Dataset.from_tables("Films", films, ratings, like_threshold=3.5)
    model = EmbeddingClassification(trees=5).fit(dataset)
    assert model.ratings_[0] == 0
    assert 3 <= len(model.ratings_) <= 4
    assert set(model.ratings_[1:]) <= {3.5, 4, 4.5, 5}
    scores = model.score(dataset.interactions[:10])
    assert ((scores >= 0) & (scores <= 5)).all()
