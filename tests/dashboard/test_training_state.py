"""Trainings in the state: running, finished, failed, cancelled, one after another."""

from __future__ import annotations

import pytest
from letters import Letters, ids, train, until_trained

from recsys import models
from recsys.dashboard.state import State
from recsys.dashboard.state.training import TrainingResult
from recsys.dataset import Dataset
from recsys.jobs.job import Cancelled, Finished
from recsys.models import Progress


def test_a_training_reports_its_progress(state: State) -> None:
    statuses: list[str] = []
    state.messages.observe(lambda change: statuses.append(change["new"]), "status")
    train(state)
    assert statuses[0] == "Training Letters"
    assert "Letters: Reading the alphabet" in statuses
    assert statuses[-1].startswith("Letters is trained")
    assert not state.training.running


def test_a_training_that_fails_says_why_and_the_last_model_stays(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("power", 9)
    train(state)
    assert "nine is too much" in state.messages.error
    assert state.messages.status == "Letters could not be trained."
    assert ids(state) == list("fedcb")
    assert state.fitting.outdated
    assert "Traceback" in caplog.text


def test_cancel_ends_a_training_and_leaves_the_last_model(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("power", 2)

    def fit_and_change_ones_mind(self: Letters, dataset: Dataset, progress: Progress) -> None:
        state.training.cancel()
        progress(0.5, "The fit hears of it here")

    monkeypatch.setattr(Letters, "_fit", fit_and_change_ones_mind)
    train(state)
    assert not state.training.running
    assert state.messages.status == "The training of Letters was cancelled. Letters stays in use."
    assert ids(state) == list("fedcb")


def test_several_models_are_trained_one_after_another(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    answer = state.fitting.answer
    done: list[str] = []

    def note(change: dict[str, TrainingResult]) -> None:
        if isinstance(change["new"].event, Finished):
            done.append(change["new"].event.result.name)

    state.training.observe(note, "ended")
    state.training.train_all([models.KNN(), Letters(power=9), Letters(power=2)])
    until_trained(state)
    assert done == [models.KNN.name, "Letters"]
    assert "nine is too much" in state.messages.error
    assert ids(state) == list("fedcb")
    assert state.fitting.answer.table.equals(answer.table)


def test_cancel_ends_those_that_wait_too(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def fit_and_change_ones_mind(self: Letters, dataset: Dataset, progress: Progress) -> None:
        state.training.cancel()
        progress(0.5, "The fit hears of it here")

    monkeypatch.setattr(Letters, "_fit", fit_and_change_ones_mind)
    state.training.train_all([Letters(power=2), models.KNN()])
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    assert not state.training.running
    assert state.training.ended is not None
    assert state.training.ended.event == Cancelled()


def test_a_training_on_the_previous_data_set_is_ignored(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Letters._fit

    def fit_while_the_data_changes(self: Letters, dataset: Dataset, progress: Progress) -> None:
        state.choose_source("two")
        fit(self, dataset, progress)

    monkeypatch.setattr(Letters, "_fit", fit_while_the_data_changes)
    train(state)
    assert not state.training.running
    assert state.fitting.fitted is None
