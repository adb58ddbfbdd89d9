"""KNN: similarities against scikit-learn's, joint weights against ridge regression and EASE."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity

from recsys.dataset import Dataset
from recsys.models import EASE, KNN


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Ninety users with tastes among nine courses; nobody rated the last one."""
    rng = np.random.default_rng(5)
    courses = pd.DataFrame({"id": list("ABCDEFGHI"), "title": list("ABCDEFGHI"), "Topic": 1})
    rated = [
        (user, "ABCDEFGH"[item], float(rng.integers(2, 4)))
        for user in range(90)
        for item in range(8)
        if rng.random() < (0.7 if item % 2 == user % 2 else 0.2)
    ]
    return Dataset.from_tables(
        "Tastes", courses, pd.DataFrame(rated, columns=["user", "item", "rating"])
    )


def classic(**hyperparameters: object) -> KNN:
    plain = {"weighting": "similarity", "neighbours": None, "shrinkage": 0}
    return KNN(**{**plain, **hyperparameters})


def off_diagonal(matrix: np.ndarray) -> np.ndarray:
    return np.where(np.eye(len(matrix)), 0, matrix)


def test_similarity_is_the_cosine_of_the_rating_columns(dataset: Dataset) -> None:
    expected = off_diagonal(cosine_similarity(dataset.likes.T.toarray()))
    np.testing.assert_allclose(classic().fit(dataset).similarity_.toarray(), expected, rtol=1e-6)


def test_shrinkage_distrusts_few_common_users(dataset: Dataset) -> None:
    taken = dataset.likes.toarray() > 0
    common = taken.T.astype(float) @ taken
    plain = classic().fit(dataset).similarity_.toarray()
    shrunk = classic(shrinkage=10).fit(dataset).similarity_.toarray()
    np.testing.assert_allclose(shrunk, plain * common / (common + 10), rtol=1e-6)


def test_each_course_listens_to_its_most_similar_ones(dataset: Dataset) -> None:
    every = classic().fit(dataset).similarity_.toarray()
    for row, kept in zip(every, classic(neighbours=2).fit(dataset).similarity_, strict=True):
        assert set(kept.data) == set(np.sort(row[row > 0])[-2:])


def test_score_adds_up_the_similarities_to_the_history(dataset: Dataset) -> None:
    model = classic().fit(dataset)
    similarity = model.similarity_.toarray()
    score = model.score(dataset.histories([{"A": 3, "D": 2}]))[0]
    np.testing.assert_allclose(score[:8], similarity[:8, 0] + similarity[:8, 3])
    assert np.isnan(score[8])


def test_joint_weights_are_a_ridge_regression_on_the_neighbours(dataset: Dataset) -> None:
    model = KNN(neighbours=3, shrinkage=10).fit(dataset)
    taken = (dataset.likes.toarray() > 0).astype(float)
    for course in range(8):
        near = model.similarity_[course].indices
        expected = Ridge(10, fit_intercept=False).fit(taken[:, near], taken[:, course]).coef_
        weights = model.weights_[course].toarray().ravel()
        np.testing.assert_allclose(weights[near], expected, rtol=1e-6)
        assert np.count_nonzero(weights) == 3


def test_with_all_courses_as_neighbours_joint_weights_are_those_of_ease(dataset: Dataset) -> None:
    histories = dataset.histories([{"A": 3}, {"B": 3, "C": 2}])
    knn = KNN(neighbours=None, shrinkage=20).fit(dataset).score(histories)
    ease = EASE(regularisation=20).fit(dataset).score(histories)
    np.testing.assert_allclose(knn, ease, rtol=1e-4)


def test_courses_that_repeat_each_other_share_the_weight() -> None:
    courses = pd.DataFrame({"id": list("ABC"), "title": list("ABC")})
    ratings = pd.DataFrame(
        [(user, item, 3.0) for user in range(5) for item in "ABC"],
        columns=["user", "item", "rating"],
    )
    same = Dataset.from_tables("Copies", courses, ratings)
    scores = KNN(shrinkage=0).fit(same).score(same.histories([{"A": 3}, {"A": 3, "B": 3}]))
    assert scores[0, 2] == pytest.approx(0.5, abs=1e-3)
    assert scores[1, 2] == pytest.approx(1.0, abs=1e-3)


def test_evidence_names_the_neighbours_among_the_picked_courses(dataset: Dataset) -> None:
    model = KNN(neighbours=None).fit(dataset)
    evidence = model.evidence({"C": 3, "B": 3}, "A")
    assert evidence is not None
    assert list(evidence.table["course_id"]) == ["C", "B"]  # C is of the same taste
    assert evidence.table["adds"].sum() == pytest.approx(model.score_one({"C": 3, "B": 3})[0])


def test_many_courses_give_the_same_without_an_array_of_all_pairs(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_array = KNN().fit(dataset).weights_
    monkeypatch.setattr("recsys.models.knn.MOST_IN_ARRAY", 0)
    assert (KNN().fit(dataset).weights_ != with_array).nnz == 0
