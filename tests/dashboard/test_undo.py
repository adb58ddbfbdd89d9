"""What can be undone: what is asked, the settings, the model, and any other snapshot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from letters import train

from recsys.dashboard.link import write
from recsys.dashboard.state import Messages, State, Undo
from recsys.dashboard.state import undo as undo_module


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


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


def test_all_that_a_list_depends_on_is_undone_with_one_stack(state: State) -> None:
    state.selection.add(["a"])
    seen = [state.link]
    changes: list[Callable[[], None]] = [
        lambda: state.choice.set_value("power", 3),
        lambda: state.choice.choose_model("knn"),
        lambda: state.choice.set_value("neighbours", 7),
        lambda: state.choice.set_top_n(2),
        lambda: state.selection.exclude("c"),
        lambda: state.selection.show_topic("Ops"),
        lambda: state.selection.add(["c"]),
        state.selection.clear,
        state.reset,
    ]
    for change in changes:
        change()
        seen.append(state.link)
    assert len({write(one) for one in seen}) == len(seen)
    while state.undo.possible:
        assert state.link == seen.pop()
        state.undo.undo()
    assert (seen, state.selection.history.ids) == ([], ())


def test_a_drag_of_a_slider_is_one_step(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(undo_module, "time", clock)
    for power in (2, 3, 4):
        state.choice.set_value("power", power)
        clock.now += 0.5
    clock.now += 1
    state.choice.set_value("power", 5)
    state.choice.set_value("threshold", 1)  # another slider
    values = []
    while state.undo.possible:
        state.undo.undo()
        values.append(dict(state.choice.values))
    assert values == [
        {"power": 5, "threshold": 0},
        {"power": 4, "threshold": 0},
        {"power": 1, "threshold": 0},
    ]


def test_a_setting_comes_back_with_its_list(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("power", 2)
    train(state)
    state.undo.undo()
    assert not state.fitting.outdated
    assert state.fitting.answer.table["score"].iloc[0] == 6


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
