"""What can be undone: changes of the history, and any other snapshot."""

from __future__ import annotations

from recsys.dashboard.state import Messages, State, Undo
from recsys.dashboard.state.choice import Chosen


def test_undo_reverts_adding_removing_and_clearing(state: State) -> None:
    state.selection.add(["a", "b"])
    state.selection.clear()
    assert state.selection.history.ids == ()
    state.undo.undo()
    assert state.selection.history.ids == ("a", "b")
    state.undo.undo()
    assert state.selection.history.ids == ()
    assert not state.undo.possible


def test_without_a_change_there_is_nothing_to_undo(state: State) -> None:
    state.undo.undo()
    assert state.messages.error == ""
    state.selection.add(["a"])
    state.selection.add(["a"])  # no change: it is there already
    state.undo.undo()
    assert state.selection.history.ids == ()
    assert not state.undo.possible


def test_undo_brings_back_the_very_value(state: State) -> None:
    before = state.selection.history
    state.selection.add(["a"])
    state.undo.undo()
    assert state.selection.history is before


def test_any_snapshots_can_be_undone_the_latest_first() -> None:
    undo, seen = Undo(Messages()), list[object]()
    undo.remember(("a", "b"), seen.append)
    undo.remember({"power": 2}, seen.append)
    assert undo.possible
    undo.undo()
    assert (seen, undo.possible) == ([{"power": 2}], True)
    undo.undo()
    assert (seen, undo.possible) == ([{"power": 2}, ("a", "b")], False)


def test_settings_can_be_undone_with_the_same_stack(state: State) -> None:
    def restore(chosen: Chosen) -> None:
        state.choice.chosen = chosen

    state.selection.add(["a"])
    state.undo.remember(state.choice.chosen, restore)
    state.choice.set_value("power", 3)
    state.undo.undo()
    assert (state.choice.values["power"], state.selection.history.ids) == (1, ("a",))
    state.undo.undo()
    assert state.selection.history.ids == ()


def test_a_change_that_cannot_be_undone_is_reported_and_dropped() -> None:
    messages = Messages()
    undo, seen = Undo(messages), list[object]()

    def broken(snapshot: str) -> None:
        raise ValueError(f"{snapshot} is gone")

    undo.remember("first", seen.append)
    undo.remember("second", broken)
    undo.undo()
    assert "while undoing the last change: second is gone" in messages.error
    undo.undo()
    assert (seen, messages.error) == (["first"], "")


def test_what_is_forgotten_cannot_be_undone(state: State) -> None:
    state.selection.add(["a"])
    state.choose_source("two")
    assert not state.undo.possible
    state.undo.undo()
    assert state.selection.history.ids == ()
