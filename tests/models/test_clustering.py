"""Clustering: scikit-learn's k-means on standardised profiles, and popularity within a cluster."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler, normalize

from recsys.dataset import Dataset
from recsys.models import Clustering, Popularity, clustering


@pytest.fixture(scope="module")
def camps() -> Dataset:
    """Three camps of 40 users, who take most of their camp's four courses and sometimes another.

    All courses share the topic `Any` but one, and no course has the topic `None`.
    """
    rng = np.random.default_rng(0)
    camp = np.repeat([0, 1, 2], 4)
    courses = pd.DataFrame({"id": [f"{c}{i % 4}" for i, c in enumerate(camp)]})
    courses["title"] = "Course " + courses["id"]
    for topic in range(3):
        courses[f"T{topic}"] = (camp == topic).astype(int)
    courses["None"] = 0
    rows = []
    for user in range(120):
        likely = np.where(camp == user % 3, 0.8, 0.05)
        taken = np.flatnonzero(rng.random(12) < likely)
        rows += [(user, courses["id"][item], rng.choice([2, 3])) for item in taken]
    ratings = pd.DataFrame(rows, columns=["user", "item", "rating"])
    return Dataset.from_tables("Camps", courses, ratings)


def classic(**hyperparameters: object) -> Clustering:
    plain = {"scaling": "standardised", "membership": "nearest", "n_clusters": 11}
    return Clustering(**{**plain, **hyperparameters})


def test_groups_users_as_scikit_learn_does(camps: Dataset) -> None:
    model = classic(n_clusters=3).fit(camps)
    standardised = StandardScaler().fit_transform(camps.profiles)
    reference = KMeans(3, n_init=10, random_state=0).fit(standardised)

    np.testing.assert_allclose(model.standardise(camps.profiles), standardised, atol=1e-6)
    assert adjusted_rand_score(model.assign(camps.likes), reference.labels_) == 1
    assert model.inertia_ == pytest.approx(reference.inertia_)
    assert sorted(model.cluster_sizes_) == sorted(np.bincount(reference.labels_))


def test_score_is_the_share_of_the_cluster_that_took_the_course(camps: Dataset) -> None:
    model = classic(n_clusters=3).fit(camps)
    cluster = model.assign(camps.likes)
    visitor = {"00": 3, "01": 3, "02": 3}
    own = model.assign(camps.histories([visitor]))[0]
    expected = (camps.likes[cluster == own] > 0).toarray().mean(axis=0)
    np.testing.assert_allclose(model.score_one(visitor), expected)
    assert model.recommend(visitor, k=1)["course_id"][0] == "03"


def test_a_visitor_is_measured_by_the_users_mean_and_spread(camps: Dataset) -> None:
    model = classic().fit(camps)
    visitor = camps.histories([{"00": 3, "10": 2}])
    expected = StandardScaler().fit(camps.profiles.astype(float)).transform([[3, 2, 0, 0]])
    np.testing.assert_allclose(model.standardise(model.profile(visitor)), expected)


def test_one_cluster_ranks_by_popularity(camps: Dataset) -> None:
    one = classic(n_clusters=1).fit(camps)
    np.testing.assert_allclose(one.score_one({"00": 3}), Popularity().fit(camps).score_one({}))


def test_no_more_clusters_than_different_users(tiny: Dataset) -> None:
    model = classic(n_clusters=30).fit(tiny)
    assert model.cluster_sizes_.sum() == tiny.n_users
    assert len(model.cluster_sizes_) == len(np.unique(tiny.profiles, axis=0))
    assert model.inertia_ == pytest.approx(0)


def test_normalised_profiles_tell_the_mix_of_topics_not_their_amount(camps: Dataset) -> None:
    model = Clustering().fit(camps)
    unit = normalize(camps.profiles.astype(float))
    beyond_the_first = camps.likes.getnnz(axis=1) - 1
    mean = np.average(unit, axis=0, weights=beyond_the_first)
    np.testing.assert_allclose(model.standardise(camps.profiles), unit - mean, atol=1e-12)
    few, many = camps.histories([{"00": 2}, {"00": 3, "01": 3, "02": 3, "03": 3}])
    assert model.assign(few) == model.assign(many)


def test_users_count_by_their_courses_beyond_the_first(camps: Dataset) -> None:
    model = Clustering(n_clusters=3, membership="nearest").fit(camps)
    cluster = model.assign(camps.likes)
    counts = camps.likes.getnnz(axis=1) - 1.0
    visitor = {"00": 3, "01": 3}
    own = cluster == model.assign(camps.histories([visitor]))[0]
    taken = (camps.likes[own] > 0).toarray()
    np.testing.assert_allclose(
        model.score_one(visitor), np.average(taken, axis=0, weights=counts[own])
    )


def test_centroids_found_in_a_sample_come_to_rest_among_all_users(
    camps: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """scikit-learn's k-means, started from them, moves nobody to another cluster."""
    monkeypatch.setattr(clustering, "SAMPLE", 12)
    model = Clustering(n_clusters=6).fit(camps)
    points = model.embed(camps.profiles)
    reference = KMeans(len(model.centroids_), init=model.centroids_, n_init=1, tol=0)
    reference.fit(points, sample_weight=camps.likes.getnnz(axis=1) - 1.0)
    np.testing.assert_array_equal(model.assign(camps.likes), reference.labels_)
    np.testing.assert_allclose(
        model.centroids_, reference.cluster_centers_, atol=clustering.TOLERANCE
    )


def test_membership_is_shared_by_nearness(camps: Dataset) -> None:
    model = Clustering(n_clusters=3).fit(camps)
    torn = camps.histories([{"00": 3, "10": 3}, {"00": 3}])
    shares = model.membership_of(torn)
    distance = ((model.embed(model.profile(torn))[:, None] - model.centroids_) ** 2).sum(axis=2)
    expected = np.exp(-distance / model.mean_squared_distance_)
    np.testing.assert_allclose(shares, expected / expected.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(model.score(torn), shares @ model.cluster_popularity_)
    assert shares[0].max() < 0.6
    assert shares[1].max() > 0.9


def test_lift_favours_what_is_special_to_the_cluster(camps: Dataset) -> None:
    plain = Clustering(n_clusters=3).fit(camps)
    lifted = Clustering(n_clusters=3, lift=True).fit(camps)
    visitor = {"00": 3, "01": 3}
    ratio = plain.score_one(visitor) / lifted.score_one(visitor)
    np.testing.assert_allclose(ratio, plain.overall_popularity_ + 0.01)


def test_more_clusters_lie_closer_to_their_users(camps: Dataset) -> None:
    inertia = [classic(n_clusters=n).fit(camps).inertia_ for n in (1, 3, 11)]
    assert inertia == sorted(inertia, reverse=True)
    assert inertia[0] == pytest.approx(3 * camps.n_users)  # three topics of variance 1


def test_users_order_and_names_do_not_matter(camps: Dataset) -> None:
    renamed = camps.ratings.assign(user=-camps.ratings["user"])
    other = Dataset.from_tables("Renamed", camps.courses, renamed)
    model, again = Clustering().fit(camps), Clustering().fit(other)
    np.testing.assert_array_equal(model.cluster_popularity_, again.cluster_popularity_)


def test_order_of_courses_does_not_matter(camps: Dataset) -> None:
    order = np.random.default_rng(1).permutation(camps.n_courses)
    other = Dataset.from_tables("Permuted", camps.courses.iloc[order], camps.ratings)
    model, again = Clustering().fit(camps), Clustering().fit(other)
    np.testing.assert_array_equal(model.cluster_popularity_[:, order], again.cluster_popularity_)


def test_courses_without_topics_or_ratings_at_all(camps: Dataset) -> None:
    plain = Dataset.from_tables("Plain", camps.courses[["id", "title"]], camps.ratings)
    by_popularity = Popularity().fit(plain).score_one({})
    np.testing.assert_allclose(classic().fit(plain).score_one({"00": 3}), by_popularity)

    unrated = Dataset.from_tables("Unrated", camps.courses, camps.ratings[:0])
    model = Clustering().fit(unrated)
    assert model.recommend({"00": 3}).empty
    assert "Nobody has rated" in model.why_empty({"00": 3})
