"""A long training in a real child process: cancelled, replaced, and waited for.

No test sleeps: the child waits on a pipe until the test releases it.
"""

from __future__ import annotations

import queue

import psutil
import pytest
from stage import LONG, Stage
from training_models import Patient

from recsys import models
from recsys.dashboard.state import State
from recsys.jobs.job import Cancelled
from recsys.models import KNN


class Visit:
    """A state on the stage, and all values of its status."""

    def __init__(self, stage: Stage) -> None:
        self.state = State(stage.source, stage.store)
        self.statuses: queue.Queue[str] = queue.Queue()
        self.state.messages.observe(lambda change: self.statuses.put(change["new"]), "status")

    def wait(self) -> None:
        """Wait until the training is over and the list is shown."""
        assert self.state.training.job is not None
        assert self.state.training.job.wait(LONG) is not None

    def finish(self, stage: Stage) -> None:
        stage.release()
        self.wait()

    def begin_to_train(self) -> None:
        """Press Train, and wait until the fit is in its long step."""
        self.state.fitting.train()
        while self.statuses.get(timeout=LONG) != "Patient: Waiting":
            pass


@pytest.fixture
def visit(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """With KNN's answer on the page, and Patient chosen."""
    monkeypatch.setattr(models, "_MODELS", [KNN, Patient])
    visit = Visit(stage)
    visit.state.selection.add(["PY1"])
    visit.state.fitting.train()
    visit.wait()
    visit.state.choice.choose_model("patient")
    return visit


def test_cancel_frees_the_page_at_once_and_the_last_model_stays_in_use(
    visit: Visit, stage: Stage
) -> None:
    state = visit.state
    visit.begin_to_train()
    state.training.cancel()
    assert not state.training.running
    assert state.training.waiting == ""
    assert state.messages.status == "The training of Patient was cancelled. KNN stays in use."
    assert type(state.fitting.answer.model) is KNN
    state.selection.add(["DB1"])
    assert set(state.fitting.answer.table["course_id"]).isdisjoint({"PY1", "DB1"})
    assert state.training.job is not None
    assert state.training.job.wait(LONG) == Cancelled()
    assert state.messages.status == "The training of Patient was cancelled. KNN stays in use."
    stage.assert_nothing_is_left()


def test_the_page_says_what_is_trained_and_offers_the_new_choice(
    visit: Visit, stage: Stage
) -> None:
    state = visit.state
    visit.begin_to_train()
    assert state.fitting.advice == "This list is from KNN. Patient is being trained."
    state.choice.set_value("size", 2)
    assert state.fitting.superseded
    assert state.fitting.advice == (
        "This list is from KNN. Patient is still being trained with the earlier settings. "
        "Train Patient instead to see its list."
    )
    state.choice.set_value("size", 1)
    assert not state.fitting.superseded
    state.fitting.train()  # nothing else is wanted: there is nothing to start
    visit.finish(stage)
    assert stage.fits() == 1
    assert type(state.fitting.answer.model) is Patient
    assert not state.fitting.outdated


def test_the_newest_choice_replaces_the_current_training(visit: Visit, stage: Stage) -> None:
    state = visit.state
    visit.begin_to_train()
    former = state.training.job
    assert former is not None
    state.choice.set_value("size", 2)
    visit.begin_to_train()
    assert former.wait(LONG) == Cancelled()
    assert state.training.running
    assert not state.fitting.superseded
    assert len(psutil.Process().children(recursive=True)) == 1
    visit.finish(stage)
    assert state.fitting.answer.model is not None
    assert state.fitting.answer.model.values()["size"] == 2
    assert not state.fitting.outdated


def test_a_model_with_outdated_settings_is_shown_as_such(visit: Visit, stage: Stage) -> None:
    state = visit.state
    visit.begin_to_train()
    state.choice.set_value("size", 2)
    visit.finish(stage)
    assert state.fitting.answer.model is not None
    assert state.fitting.answer.model.values()["size"] == 1
    assert not state.fitting.superseded
    assert state.fitting.advice == (
        "This list is from Patient with other settings. Train Patient to see its list."
    )


def test_a_model_that_is_ready_answers_while_another_is_trained(visit: Visit, stage: Stage) -> None:
    state = visit.state
    visit.begin_to_train()
    state.choice.choose_model("knn")
    assert type(state.fitting.answer.model) is KNN
    assert (state.fitting.outdated, state.fitting.superseded, state.fitting.advice) == (
        False,
        False,
        "",
    )
    visit.finish(stage)
    assert type(state.fitting.answer.model) is KNN
    state.choice.choose_model("patient")
    assert type(state.fitting.answer.model) is Patient


def test_another_data_set_ends_the_training(visit: Visit, stage: Stage) -> None:
    visit.begin_to_train()
    job = visit.state.training.job
    assert job is not None
    visit.state.choose_source("bundled")
    assert visit.state.messages.error == ""
    assert not visit.state.training.running
    assert job.wait(LONG) == Cancelled()
    stage.assert_nothing_is_left()


def test_the_time_of_the_last_training_is_shown_before_there_is_an_estimate(
    visit: Visit, stage: Stage
) -> None:
    state = visit.state
    visit.begin_to_train()
    assert state.training.waiting.endswith("50%")
    visit.finish(stage)
    state.choice.set_value("size", 2)
    texts: list[str] = []
    state.training.observe(lambda _: texts.append(state.training.waiting), "running")
    visit.begin_to_train()
    assert "the last training took" in texts[0]
    state.training.cancel()
    visit.wait()
