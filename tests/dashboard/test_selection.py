"""The picked courses, and the search for others."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from letters import SETS

from recsys.dashboard.link import write
from recsys.dashboard.state import State
from recsys.dataset import Dataset


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


def test_an_unknown_course_is_reported_and_nothing_is_added(state: State) -> None:
    state.selection.add(["nope"])
    assert "There is no course “nope”" in state.messages.error
    assert state.selection.history.ids == ()
    state.selection.add(["a"])
    assert state.messages.error == ""


def test_a_pick_can_have_the_lower_rating_and_a_link_says_so(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = SETS["one"].ratings.assign(rating=[2.0, *[3.0] * 20])
    monkeypatch.setitem(SETS, "one", Dataset.from_tables("One", SETS["one"].courses, ratings))
    state, other = new_state(), new_state()
    state.selection.add(["a", "b"])
    state.selection.rate("a", 2)
    assert dict(state.selection.history) == {"a": 2, "b": 3}
    assert "audited=a" in write(state.link)
    other.open_link(write(state.link))
    assert other.selection.history == state.selection.history
    state.undo.undo()
    assert dict(state.selection.history) == {"a": 3, "b": 3}
    state.selection.rate("f", 2)
    assert "There is no course “f” in the picked courses" in state.messages.error


def test_words_of_descriptions_are_found_after_those_of_titles(state: State) -> None:
    courses = SETS["one"].courses.assign(description=["", "", "", "", "", "Databases, told again"])
    ratings = pd.DataFrame({"user": [1] * 6, "item": list("abcdef"), "rating": [3] * 6})
    SETS["described"] = Dataset.from_tables("Described", courses, ratings)
    try:
        state.choose_source("described")
        assert list(state.selection.search("databases")["id"]) == ["d", "f"]
    finally:
        del SETS["described"]
