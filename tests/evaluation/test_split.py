"""Splits: nobody is tested on what a model has seen, and nothing is lost."""

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import DataError, Dataset
from recsys.evaluation.split import MIN_LIKES, catalogue_mask, k_core, split


def a_dataset(n_users=60, n_courses=30, seed=3, **options):
    rng = np.random.default_rng(seed)
    courses = pd.DataFrame({"id": [f"C{i}" for i in range(n_courses)], "title": "A course"})
    courses["Python"] = rng.integers(0, 2, n_courses)
    rated = [
        (user, f"C{item}", float(rng.integers(2, 4)))
        for user in range(n_users)
        for item in rng.choice(n_courses - 1, rng.integers(1, 15), replace=False)
    ]
    ratings = pd.DataFrame(rated, columns=["user", "item", "rating"])
    return Dataset.from_tables("Test", courses, ratings, **options)


@pytest.fixture
def dataset():
    return a_dataset()


def pairs(matrix, users):
    return {(users[u], i) for u, i in zip(*matrix.nonzero(), strict=True)}


@pytest.mark.parametrize("protocol", ["strong", "weak"])
def test_queries_and_holdouts_share_out_each_test_users_history(dataset, protocol):
    division = split(dataset, protocol, seed=1)
    queries, holdouts = division.queries, division.holdouts
    assert queries.multiply(holdouts).nnz == 0
    n = np.asarray((queries + holdouts).getnnz(axis=1))
    assert n.min() >= MIN_LIKES
    np.testing.assert_array_equal(
        np.asarray(holdouts.getnnz(axis=1)), np.maximum(1, np.round(0.2 * n))
    )
    histories = {frozenset(row.indices) for row in dataset.likes}
    assert {frozenset(row.indices) for row in (queries + holdouts)} <= histories


def test_strong_generalisation_trains_on_other_users(dataset):
    division = split(dataset, "strong", seed=1)
    eligible = (np.asarray(dataset.likes.getnnz(axis=1)) >= MIN_LIKES).sum()
    n_tested = division.queries.shape[0]
    assert n_tested == round(0.2 * eligible)
    assert division.train.n_users == dataset.n_users - n_tested
    remaining = dataset.ratings[dataset.ratings["user"].isin(division.train.users)]
    pd.testing.assert_frame_equal(division.train.ratings, remaining.reset_index(drop=True))


def test_weak_generalisation_trains_on_everything_but_the_holdouts(dataset):
    division = split(dataset, "weak", seed=1)
    eligible = np.asarray(dataset.likes.getnnz(axis=1)) >= MIN_LIKES
    held_out = pairs(division.holdouts, dataset.users[eligible])
    everything = pairs(dataset.interactions, dataset.users)
    assert pairs(division.train.interactions, dataset.users) == everything - held_out


def test_the_seed_decides_the_split(dataset):
    first, again, other = (split(dataset, seed=seed) for seed in (1, 1, 2))
    assert (first.holdouts != again.holdouts).nnz == 0
    assert set(first.train.users) == set(again.train.users) != set(other.train.users)


def test_dislikes_are_neither_queried_nor_held_out():
    division = split(a_dataset(like_threshold=3.0), seed=1)
    assert set(division.queries.data) == set(division.holdouts.data) == {3.0}


def test_the_two_catalogues(dataset):
    assert catalogue_mask(dataset, "all").sum() == 30
    assert catalogue_mask(dataset, "rated").sum() == 29  # nobody rated the last course


def test_a_data_set_of_short_histories_cannot_be_evaluated():
    courses = pd.DataFrame({"id": ["A"], "title": ["A"]})
    ratings = pd.DataFrame({"user": [1], "item": ["A"], "rating": [3.0]})
    with pytest.raises(DataError, match="nobody has 5 ratings"):
        split(Dataset.from_tables("Short", courses, ratings))


def test_an_unknown_protocol_is_named(dataset):
    with pytest.raises(ValueError, match="strong"):
        split(dataset, "fuzzy")


def test_cold_courses_are_unknown_to_training_and_all_that_is_held_out(dataset):
    division, strong = split(dataset, "cold", seed=1), split(dataset, "strong", seed=1)
    rated = catalogue_mask(dataset, "rated")
    cold = catalogue_mask(dataset, "cold", division)
    assert cold.sum() == round(0.2 * rated.sum())
    assert not (cold & ~rated).any()
    assert not division.train.popularity[cold].any()
    assert not division.queries[:, cold].nnz
    assert not division.holdouts[:, ~cold].nnz
    assert division.queries.getnnz(axis=1).min() > 0 < division.holdouts.getnnz(axis=1).min()
    assert set(division.users) <= set(strong.users)
    warm = strong.train.ratings[~strong.train.ratings["item"].isin(dataset.courses["id"][cold])]
    pd.testing.assert_frame_equal(division.train.ratings, warm.reset_index(drop=True))


def test_the_cold_catalogue_belongs_to_the_cold_protocol(dataset):
    with pytest.raises(ValueError, match="in the protocol “cold”"):
        catalogue_mask(dataset, "cold", split(dataset))


def test_k_core_is_the_largest_part_of_its_kind():
    dataset = a_dataset(n_users=40, n_courses=40, like_threshold=3.0)
    core = k_core(dataset, 3)
    assert core.likes.getnnz(axis=1).min() >= 3 <= core.likes.getnnz(axis=0).min()
    liked = dataset.ratings[dataset.ratings["rating"] >= 3]
    while True:
        kept = liked[
            (liked.groupby("user")["item"].transform("size") >= 3)
            & (liked.groupby("item")["user"].transform("size") >= 3)
        ]
        if len(kept) == len(liked):
            break
        liked = kept
    assert set(core.users) == set(liked["user"])
    assert set(core.courses["id"]) == set(liked["item"])
    assert 0 < core.n_users < dataset.n_users
    assert core.likes.nnz == len(liked)
    assert f"{core.n_users} of 40 users" in core.repairs[-1]


def test_a_data_set_without_a_core_says_so(dataset):
    with pytest.raises(DataError, match="no part of it has 50 likes"):
        k_core(dataset, 50)
