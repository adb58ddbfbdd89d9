"""The rules behind the dashboard, without a widget and without a browser."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from letters import SETS, Letters, until_trained
from scipy.sparse import csr_matrix

from recsys import models
from recsys.dashboard.state import State
from recsys.dataset import Dataset
from recsys.models import Progress


def train(state: State) -> None:
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None


def ids(state: State) -> list[str]:
    return list(state.fitting.answer.table["course_id"]) if len(state.fitting.answer.table) else []


def test_it_begins_with_the_first_data_set_and_the_first_model(state: State) -> None:
    assert (state.selection.source, state.selection.dataset.name, state.choice.model) == (
        "one",
        "Set one",
        Letters,
    )
    assert state.choice.values == {"power": 1, "threshold": 0}
    assert state.fitting.outdated
    assert state.fitting.advice == "Press Train to fit Letters with these settings."


# Courses


def test_search_looks_into_titles_ids_and_topics_whatever_the_case_and_order(state: State) -> None:
    assert list(state.selection.search("data PYTHON")["id"]) == ["b"]
    assert list(state.selection.search("ops")["id"]) == ["d", "c"]  # most taken first
    assert list(state.selection.search("", topic="Python")["id"]) == ["b", "a"]
    assert list(state.selection.search("<b>")["id"]) == ["c"]
    assert state.selection.search("nothing like it").empty


def test_picked_courses_leave_the_list_and_come_back(state: State) -> None:
    state.selection.add(["a", "b", "a"])
    assert state.selection.history.ids == ("a", "b")
    assert "a" not in set(state.selection.search("")["id"])
    state.selection.remove(["a"])
    assert "a" in set(state.selection.search("")["id"])


def test_undo_takes_back_adding_removing_and_clearing(state: State) -> None:
    state.selection.add(["a", "b"])
    state.selection.clear()
    assert state.selection.history.ids == ()
    state.undo.undo()
    assert state.selection.history.ids == ("a", "b")
    state.undo.undo()
    assert state.selection.history.ids == ()
    assert not state.undo.possible


def test_an_unknown_course_is_told_and_nothing_is_added(state: State) -> None:
    state.selection.add(["nope"])
    assert "There is no course “nope”" in state.messages.error
    assert state.selection.history.ids == ()
    state.selection.add(["a"])
    assert state.messages.error == ""


def test_it_can_begin_with_an_example_and_its_recommendations(state: State) -> None:
    state.begin()
    assert state.selection.example == state.selection.learners[0].name
    assert state.selection.history.ids == state.selection.learners[0].courses
    assert ids(state)
    assert not state.undo.possible
    state.selection.clear()
    assert (state.selection.example, state.selection.history.ids) == ("", ())
    state.undo.undo()
    assert state.selection.example == state.selection.learners[0].name


def test_an_example_becomes_that_of_another_data_set(state: State) -> None:
    state.begin()
    state.choose_source("two")
    assert state.selection.history.ids == state.selection.learners[0].courses
    assert ids(state)


def test_words_of_descriptions_are_found_after_those_of_titles(state: State) -> None:
    courses = SETS["one"].courses.assign(description=["", "", "", "", "", "Databases, told again"])
    ratings = pd.DataFrame({"user": [1] * 6, "item": list("abcdef"), "rating": [3] * 6})
    SETS["described"] = Dataset.from_tables("Described", courses, ratings)
    try:
        state.choose_source("described")
        assert list(state.selection.search("databases")["id"]) == ["d", "f"]
    finally:
        del SETS["described"]


# Recommendations


def test_once_fitted_the_answer_follows_the_selection_and_the_number(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    assert ids(state) == list("fedcb")
    state.selection.add(["f"])
    assert ids(state) == list("edcb")
    state.choice.set_top_n(2)
    assert ids(state) == ["e", "d"]
    state.selection.remove(["f"])
    assert ids(state) == ["f", "e"]
    assert Letters.fits == 1


def test_what_acts_when_scoring_acts_without_training(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("threshold", 4)
    assert ids(state) == ["f", "e", "d"]
    assert not state.fitting.outdated
    state.choice.set_value("threshold", 100)
    assert "No course reaches your threshold" in state.fitting.answer.silence
    assert Letters.fits == 1


def test_other_settings_leave_the_last_list_standing_and_say_so(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("power", 2)
    assert state.fitting.outdated
    assert ids(state) == list("fedcb")
    assert state.fitting.advice == (
        "This list is from Letters with other settings. "
        "Press Train to fit Letters with these settings."
    )
    train(state)
    assert not state.fitting.outdated
    assert state.fitting.answer.table["score"].iloc[0] == 36


def test_settings_go_back_to_a_fitted_model_at_once(state: State) -> None:
    state.choice.choose_model("knn")
    state.selection.add(["a"])
    train(state)
    default = state.choice.values["neighbours"]
    state.choice.set_value("neighbours", 3)
    assert state.fitting.outdated
    state.choice.set_value("neighbours", default)
    assert not state.fitting.outdated


def test_a_model_that_is_in_the_store_needs_no_training(new_state: Callable[[], State]) -> None:
    first = new_state()
    first.choice.choose_model("knn")
    train(first)
    second = new_state()
    second.selection.add(["a"])
    assert second.fitting.outdated
    second.choice.choose_model("knn")
    assert not second.fitting.outdated
    assert type(second.fitting.answer.model) is models.KNN


def test_each_model_remembers_its_settings(state: State) -> None:
    state.choice.set_value("power", 4)
    state.choice.choose_model("knn")
    assert state.choice.values == models.KNN().values()
    state.choice.choose_model("letters")
    assert state.choice.values["power"] == 4


def test_recommend_fits_first_where_that_is_needed(state: State) -> None:
    state.selection.add(["a"])
    state.fitting.recommend()
    assert state.training.job is not None
    state.training.job.wait(30)
    assert ids(state) == list("fedcb")


def test_without_courses_the_answer_says_what_to_do(state: State) -> None:
    train(state)
    assert state.fitting.answer.silence.startswith("Pick at least one course first")


# Data sets


def test_another_data_set_keeps_the_courses_it_has(state: State) -> None:
    state.selection.add(["a", "b", "c"])
    train(state)
    state.choose_source("two")
    assert state.selection.history.ids == ("b", "c")
    assert state.messages.status == "1 of the courses you picked is not in this set."
    assert state.fitting.fitted is None
    assert not ids(state)
    train(state)
    assert ids(state) == ["z", "y", "x", "d"]


def test_courses_that_another_data_set_lacks_come_back_with_their_own(state: State) -> None:
    state.selection.add(["a", "b"])
    state.choose_source("two")
    state.selection.add(["z"])
    state.choose_source("one")
    assert set(state.selection.history) == {"a", "b"}
    state.selection.clear()
    state.choose_source("two")
    assert state.selection.history.ids == ()


def test_a_data_set_that_cannot_be_opened_leaves_the_former_one(state: State) -> None:
    state.choose_source("three")
    assert state.messages.error == "There is no data set “three”."
    assert state.selection.source == "one"


# Trainings


def test_a_training_tells_how_it_goes(state: State) -> None:
    told: list[str] = []
    state.messages.observe(lambda change: told.append(change["new"]), "status")
    train(state)
    assert told[0] == "Training Letters"
    assert "Letters: Reading the alphabet" in told
    assert told[-1].startswith("Letters is trained")
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


def test_settings_changed_during_a_training_do_not_get_its_model_for_theirs(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Letters._fit

    def fit_while_the_slider_moves(self: Letters, dataset: Dataset, progress: Progress) -> None:
        state.choice.set_value("power", 3)
        fit(self, dataset, progress)

    monkeypatch.setattr(Letters, "_fit", fit_while_the_slider_moves)
    state.selection.add(["a"])
    train(state)
    assert state.fitting.answer.table["score"].iloc[0] == 6
    assert state.fitting.outdated
    assert state.choice.values["power"] == 3


def test_several_models_are_trained_one_after_another(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    answer = state.fitting.answer
    done: list[str] = []
    state.training.observe(lambda change: done.append(change["new"].name), "trained")
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
    assert state.training.trained is None


def test_a_training_on_the_former_data_set_is_passed_over(
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


def test_an_unexpected_error_is_told_in_words_and_logged_in_full(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    train(state)

    def broken(self: Letters, histories: csr_matrix) -> np.ndarray:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(Letters, "_score", broken)
    with caplog.at_level(logging.ERROR):
        state.selection.add(["a"])
    assert state.messages.error == (
        "Something went wrong while adding courses: division by zero. "
        "The server's log has the details."
    )
    assert "ZeroDivisionError" in caplog.text
