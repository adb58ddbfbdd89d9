"""What was evaluated once is remembered, and an evaluation that is stopped goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset
from recsys.evaluation import evaluate
from recsys.jobs.standings import already_evaluated, for_evaluation, standings
from recsys.models import EASE, KNN, Popularity, Recommender
from recsys.storage import Store

TIMES = ["fit_seconds", "score_seconds"]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    rng = np.random.default_rng(2)
    ids = [f"C{i}" for i in range(20)]
    taken = [
        (user, item, 3.0)
        for user in range(50)
        for item in rng.choice(ids, rng.integers(1, 12), replace=False)
    ]
    ratings = pd.DataFrame(taken, columns=["user", "item", "rating"])
    return Dataset.from_tables("Test", pd.DataFrame({"id": ids, "title": ids}), ratings)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_second_time_nothing_is_fitted(
    dataset: Dataset, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [KNN(), EASE(), Popularity()]
    assert already_evaluated(models, dataset, store) == []
    first = standings(models, dataset, store, k=5)
    expected = evaluate(models, dataset, k=5)
    pd.testing.assert_frame_equal(first.drop(columns=TIMES), expected.drop(columns=TIMES))
    assert already_evaluated([*models, KNN(neighbours=3)], dataset, store) == models

    monkeypatch.setattr(Recommender, "fit", None)
    pd.testing.assert_frame_equal(standings(models, dataset, store, k=5), first)
    assert len(standings(models, dataset, store, k=10, catalogue="all")) == 3


def test_what_a_cancelled_evaluation_has_finished_is_kept(dataset: Dataset, store: Store) -> None:
    models = [KNN(), EASE(), Popularity()]

    class Cancelled(Exception):
        pass

    def until_the_last(done: float, message: str, **figures: float) -> None:
        if "Popularity" in message:
            raise Cancelled

    with pytest.raises(Cancelled):
        standings(models, dataset, store, progress=until_the_last)
    assert already_evaluated(models, dataset, store) == models[:2]


def test_a_damaged_file_is_answered_anew(dataset: Dataset, store: Store) -> None:
    first = standings([KNN()], dataset, store)
    (file,) = store.folder.glob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    again = standings([KNN()], dataset, store)
    pd.testing.assert_frame_equal(again.drop(columns=TIMES), first.drop(columns=TIMES))
    assert standings([KNN()], dataset, store).equals(again)


def test_other_splits_and_hyperparameters_are_other_answers(dataset: Dataset, store: Store) -> None:
    standings([KNN()], dataset, store)
    assert not already_evaluated([KNN()], dataset, store, seed=1)
    assert not already_evaluated([KNN()], dataset, store, protocol="weak")
    assert not already_evaluated([KNN(shrinkage=5)], dataset, store)


def test_movielens_is_evaluated_as_is_usual(movielens: Dataset, dataset: Dataset) -> None:
    films = for_evaluation(movielens)
    assert films.like_threshold == 4
    assert films.likes.getnnz(axis=1).min() >= 5 <= films.likes.getnnz(axis=0).min()
    assert for_evaluation(dataset) is dataset
