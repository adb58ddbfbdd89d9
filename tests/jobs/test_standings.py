"""What was evaluated once is remembered, and an evaluation that is stopped goes on."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from own_model import run_cell
from stage import LONG, write_folder
from training_models import Clumsy

from recsys import models
from recsys.dataset import Dataset
from recsys.evaluation import evaluate
from recsys.jobs.job import Failed, Finished
from recsys.jobs.queue import JobQueue
from recsys.jobs.standings import (
    NOT_STORED,
    EvaluationJob,
    already_evaluated,
    evaluate_each,
    for_evaluation,
    standings,
)
from recsys.models import EASE, KNN, Popularity, Recommender
from recsys.sources import load_dataset
from recsys.storage import Store

TIMES = ["fit_seconds", "score_seconds"]


@pytest.fixture
def dataset(active: Dataset) -> Dataset:
    return active


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


def test_a_model_that_fails_does_not_stop_the_others(dataset: Dataset, store: Store) -> None:
    knn = KNN()
    outcomes = evaluate_each([Clumsy(), Clumsy(way="memory"), knn], dataset, store)
    reasons = [one and one.reason for one in outcomes]
    assert reasons[0] == "The numbers do not add up."
    assert "memory of this machine" in (reasons[1] or "")
    assert reasons[2] is None
    assert isinstance(outcomes[0], Failed)
    assert "Traceback" in outcomes[0].details
    assert already_evaluated([knn], dataset, store) == [knn]


def test_answers_of_a_class_in_a_cell_are_those_of_its_code(
    dataset: Dataset, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in memory, under the class: another one of the same name has none."""
    monkeypatch.setattr(models, "_MODELS", [])
    first = run_cell()
    evaluate_each([first()], dataset, store)
    assert already_evaluated([first()], dataset, store)
    assert not already_evaluated([first(damping=0.1)], dataset, store)
    assert not already_evaluated([run_cell()()], dataset, store)
    assert not list(store.folder.glob("*.npz"))


@pytest.fixture
def source(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The data set in a folder, which a child process can load."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    return str(write_folder(dataset, tmp_path / "courses"))


def evaluated(models: list[Recommender], source: str, store: Store) -> EvaluationJob:
    """A job that has ended."""
    job = EvaluationJob(models, load_dataset(source), source, store, JobQueue(store))
    outcome = job.start(lambda event: None).wait(LONG)
    assert isinstance(outcome, Finished), outcome
    return job


@pytest.mark.slow
def test_a_child_tells_which_models_failed_and_finds_the_modules_of_its_parent(
    source: str, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from recsys.models import KNN\n\n\nclass Mine(KNN):\n    name = 'Mine'\n"
    (tmp_path / "beside_the_notebook.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    mine = import_module("beside_the_notebook").Mine()
    job = evaluated([Clumsy(), mine], source, store)
    assert job.failures == {Clumsy: "The numbers do not add up."}
    assert already_evaluated([Clumsy(), mine], load_dataset(source), store) == [mine]


@pytest.mark.slow
def test_results_that_could_not_be_stored_are_reported(source: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    job = evaluated([KNN()], source, Store(tmp_path / "file" / "store"))
    assert job.failures == {KNN: NOT_STORED}
