"""How a page starts, and what opening a data set changes; without widgets or a browser."""

from __future__ import annotations

from letters import Letters, ids, train

from recsys.dashboard.state import State


def test_it_begins_with_the_first_data_set_and_the_first_model(state: State) -> None:
    assert (state.selection.source, state.selection.dataset.name, state.choice.model) == (
        "one",
        "Set one",
        Letters,
    )
    assert state.choice.values == {"power": 1, "threshold": 0}
    assert state.fitting.outdated
    assert state.fitting.advice == "Train Letters to see its list."


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


def test_another_data_set_keeps_the_courses_it_has(state: State) -> None:
    state.selection.add(["a", "b", "c"])
    train(state)
    state.choose_source("two")
    assert state.selection.history.ids == ("b", "c")
    assert state.messages.status == "1 of your picks is not in this data set."
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


def test_a_data_set_that_cannot_be_opened_leaves_the_current_one_open(state: State) -> None:
    state.choose_source("three")
    assert state.messages.error == "There is no data set “three”."
    assert state.selection.source == "one"
