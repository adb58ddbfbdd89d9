"""The list's panel and the picked courses, as a page's script and a visitor use them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import pytest
from letters import SETS, Letters, ids, train

from recsys.dashboard import panels
from recsys.dashboard.state import State
from recsys.dataset import Dataset
from recsys.models import Progress


def found(box: widgets.Widget, css: str) -> widgets.Widget:
    """The widget in a panel that has a CSS class."""
    if css in box._dom_classes:
        return box
    inside = [found(one, css) for one in getattr(box, "children", ())]
    return next((one for one in inside if one is not None), None)


def named(box: widgets.Widget, description: str) -> widgets.Widget:
    """The widget in a panel that has a description."""
    if getattr(box, "description", "") == description:
        return box
    inside = [named(one, description) for one in getattr(box, "children", ())]
    return next((one for one in inside if one is not None), None)


@pytest.fixture
def panel(state: State) -> widgets.VBox:
    state.selection.add(["a"])
    train(state)
    return panels.recommendations(state.selection, state.fitting, state.view)


def test_a_row_adds_its_course_or_leaves_it_out(state: State, panel: widgets.VBox) -> None:
    pressed, left_out = found(panel, "recsys-pressed"), found(panel, "recsys-left-out")
    pressed.value = "exclude:f"
    pressed.value = "add:e"
    assert (state.selection.history.ids, state.selection.excluded) == (("a", "e"), ("f",))
    assert left_out.children[0].value == "<p>1 course left out: Title f.</p>"
    left_out.children[1].click()
    assert ids(state) == list("fdcb")
    assert left_out.layout.display == "none"


@pytest.mark.parametrize("words", ["add:nope", "exclude:nope", "exclude:", "burn:f", "f", ":::"])
def test_what_no_row_says_changes_nothing(state: State, panel: widgets.VBox, words: str) -> None:
    before = state.link
    found(panel, "recsys-pressed").value = words
    assert state.link == before


def test_a_wait_is_told_also_when_the_fit_itself_is_short(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it waits for the fits of other visitors."""
    go_on, told, over = threading.Event(), asyncio.Event(), asyncio.Event()
    fit = Letters._fit

    def wait_and_fit(self: Letters, dataset: Dataset, progress: Progress) -> None:
        assert go_on.wait(30)
        fit(self, dataset, progress)

    async def visit() -> None:
        state = new_state()
        panel = panels.recommendations(state.selection, state.fitting, state.view)
        state.begin()
        state.selection.store.remember_seconds(Letters(), state.selection.dataset, 0.01)
        monkeypatch.setattr(Letters, "_fit", wait_and_fit)

        def look(change: dict[str, Any]) -> None:
            (told if "recsys-updating" in change["new"] else over).set()

        panel.observe(look, "_dom_classes")
        state.choice.set_value("power", 2)
        assert "recsys-updating" not in panel._dom_classes
        await asyncio.wait_for(told.wait(), 30)
        go_on.set()
        await asyncio.wait_for(over.wait(), 30)
        assert not state.fitting.updating

    asyncio.run(visit())


def test_topic_and_order_follow_the_state_and_change_it(state: State, panel: widgets.VBox) -> None:
    topic, order = named(panel, "Only topic"), named(panel, "Order by")
    topic.value = "Ops"
    assert ids(state) == ["d", "c"]
    order.value = "popularity"
    assert state.view.order == "popularity"
    state.open_link("courses=a&model=letters")
    assert (topic.value, order.value) == ("", "")
    state.selection.show_topic("Python")
    state.choose_source("two")
    assert [value for _, value in topic.options] == ["", "Ops", "Python"]


def test_the_pick_that_is_pointed_at_is_previewed(state: State, panel: widgets.VBox) -> None:
    pointed, words = found(panel, "recsys-pointed"), found(panel, "recsys-previewed")
    pointed.value = "1"
    assert "Without “Python Basics”: 5 would leave" in words.value
    assert 'data-leaving="[&quot;f&quot;, ' in words.value
    for nothing in ("0", "7", "-1", "one", "²"):
        pointed.value = "1"
        pointed.value = nothing
        assert (words.value, state.messages.error) == ("", "")


def test_a_list_is_pinned_compared_and_unpinned(state: State, panel: widgets.VBox) -> None:
    line = found(panel, "recsys-pinned")
    words, compare, unpin = line.children
    assert line.layout.display == "none"
    named(panel, "Pin this list").click()
    state.selection.exclude("f")
    assert words.value == "<p>Pinned: Letters, power 1. 4 of its 5 courses are in this list.</p>"
    compare.click()
    assert "comparison" in state.view.opened
    unpin.click()
    assert line.layout.display == "none"
    state.selection.clear()
    assert named(panel, "Pin this list").disabled


def test_a_pick_changes_its_rating_and_a_model_says_that_it_does_not_care(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = SETS["one"].ratings.assign(rating=[2.0, *[3.0] * 20])
    monkeypatch.setitem(SETS, "two", Dataset.from_tables("Two", SETS["one"].courses, ratings))
    state.choose_source("two")
    state.selection.add(["a", "b"])
    train(state)
    picked = panels.picked(state.selection)
    panel = panels.recommendations(state.selection, state.fitting, state.view)
    level, title = found(picked, "recsys-pick").children
    assert (title.description, level.description) == ("Python Basics", "✓")
    assert level.tooltip == "Python Basics: completed. Press if you only audited it."
    level.click()
    assert state.selection.history == {"a": 2, "b": 3}
    assert (level.description, level.tooltip) == (
        "½",
        "Python Basics: audited. Press if you completed it.",
    )
    words = "Letters counts a course the same, completed or audited."
    assert any(words in getattr(one, "value", "") for one in panel.children)
    level.click()
    assert state.selection.history == {"a": 3, "b": 3}
    assert not any(words in getattr(one, "value", "") for one in panel.children)
    title.click()
    assert state.selection.history.ids == ("b",)


def test_without_a_lower_rating_a_pick_has_no_level(state: State) -> None:
    state.selection.add(["a"])
    picked = panels.picked(state.selection)
    assert [one.description for one in found(picked, "recsys-pick").children] == ["Python Basics"]
