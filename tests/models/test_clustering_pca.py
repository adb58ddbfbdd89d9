"""Clustering with PCA: components as scikit-learn and the published notebooks find them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from recsys.dataset import Dataset
from recsys.models import Clustering, ClusteringPCA
from recsys.models.clustering_pca import n_components


@pytest.fixture(scope="module")
def published_profiles(ibm_folder: Path) -> Dataset:
    """A data set whose users' profiles are the published ones: one course per topic."""
    table = pd.read_csv(ibm_folder / "user_profile.csv", index_col="user")
    topics = list(table.columns)
    courses = pd.DataFrame(np.eye(len(topics), dtype=int), columns=topics)
    courses.insert(0, "id", topics)
    courses.insert(1, "title", topics)
    ratings = table.rename_axis(columns="item").stack().rename("rating").reset_index()
    return Dataset.from_tables("Published", courses, ratings[ratings["rating"] > 0])


def test_cumulative_variance_equals_the_published_one(published_profiles: Dataset) -> None:
    model = ClusteringPCA(scaling="standardised").fit(published_profiles)
    published = [0.288, 0.463, 0.576, 0.649, 0.719, 0.788, 0.843, 0.894, 0.927]
    cumulative = np.cumsum(model.explained_variance_ratio_)
    np.testing.assert_allclose(cumulative[:9], published, atol=0.0005)
    assert cumulative[-1] == pytest.approx(1)
    assert model.n_components_ == 9


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """300 users, 5 topics of which two go together and one is constant."""
    rng = np.random.default_rng(0)
    topics = pd.DataFrame(
        [[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]] * 2,
        columns=["A", "B", "C", "D", "E"],
    )
    courses = topics.assign(id=[f"C{i}" for i in range(10)], title="A course")
    user, item = np.nonzero(rng.random((300, 10)) < 0.4)
    ratings = pd.DataFrame({"user": user, "item": [f"C{i}" for i in item], "rating": 3})
    return Dataset.from_tables("Five topics", courses, ratings)


def test_components_equal_those_of_scikit_learn(dataset: Dataset) -> None:
    model = ClusteringPCA(variance=80, scaling="standardised").fit(dataset)
    standardised = StandardScaler().fit_transform(dataset.profiles.astype(float))
    reference = PCA(n_components=0.8).fit(standardised)
    assert model.n_components_ == reference.n_components_
    np.testing.assert_allclose(
        model.explained_variance_ratio_[: model.n_components_], reference.explained_variance_ratio_
    )
    same_sign = np.sign((model.components_ * reference.components_).sum(axis=1))
    np.testing.assert_allclose(
        model.embed(dataset.profiles), reference.transform(standardised) * same_sign, atol=1e-9
    )


def test_largest_entry_of_each_component_is_positive(dataset: Dataset) -> None:
    components = ClusteringPCA(variance=100).fit(dataset).components_
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(len(components)), largest] > 0).all()


@pytest.mark.parametrize(
    ("variance", "kept"), [(0, 1), (50, 1), (51, 2), (80, 2), (81, 3), (99, 3), (100, 3)]
)
def test_keeps_the_fewest_components_that_reach_the_variance(variance: int, kept: int) -> None:
    assert n_components(np.array([0.5, 0.3, 0.2, 0.0]), variance) == kept


def test_all_components_cluster_like_no_pca(dataset: Dataset) -> None:
    """A rotation changes no distance."""
    rotated = ClusteringPCA(variance=100, n_clusters=2).fit(dataset)
    plain = Clustering(n_clusters=2).fit(dataset)
    np.testing.assert_allclose(rotated.inertia_, plain.inertia_)
    np.testing.assert_allclose(rotated.score(dataset.likes), plain.score(dataset.likes))


def test_users_who_do_not_differ_make_one_cluster() -> None:
    courses = pd.DataFrame({"id": ["A", "B"], "title": ["A", "B"], "T": [1, 0]})
    ratings = pd.DataFrame({"user": [1, 2], "item": ["A", "A"], "rating": [3, 3]})
    model = ClusteringPCA().fit(Dataset.from_tables("Alike", courses, ratings))
    assert model.n_components_ == 1
    np.testing.assert_array_equal(model.cluster_sizes_, [2])
    assert model.score_one({"A": 3})[0] == 1
