"""The course picker: search and add; and the courses picked, to remove again, or an example's."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.dashboard.learners import Learner
from recsys.dashboard.panels.frame import frame, made, paragraph, row, text, watch
from recsys.dashboard.state import State

MOST_LISTED = 400  # a longer list helps nobody, and a browser chokes on ten thousand films


def picker(state: State) -> widgets.VBox:
    """Search titles, ids, topics and descriptions, and pick one or several."""
    search = made(
        widgets.Text,
        description="Search",
        placeholder="Title, topic, word",
        continuous_update=True,
        css="recsys-search",
    )
    topic = made(widgets.Dropdown, description="Topic")
    listed = made(widgets.SelectMultiple, rows=6, css="recsys-list")
    add = made(widgets.Button, description="Add", button_style="primary", css="recsys-add")
    count = text(kind="hint")

    def topics() -> None:
        numbers = state.dataset.topic_matrix.sum(axis=0).astype(int)
        each = sorted(zip(state.dataset.topics, numbers, strict=True))
        topic.options = [("All topics", ""), *((f"{name} ({n})", name) for name, n in each)]
        topic.value = ""

    def fill(_: Any = None) -> None:
        found = state.search(search.value, topic.value or "")
        shown = found.head(MOST_LISTED)
        listed.description = f"{state.dataset.noun.capitalize()}s"
        listed.value = ()  # else the page looks for the marked ones in the new, shorter list
        listed.options = list(zip(shown["title"], shown["id"], strict=True))
        plural = "" if len(found) == 1 else "s"
        order = "titles before descriptions" if search.value.strip() else "most taken first"
        left_out = f", the first {MOST_LISTED} listed" if len(found) > MOST_LISTED else ""
        count.value = paragraph(
            f"{len(found):,} {state.dataset.noun}{plural}, {order}{left_out}."
            if len(found)
            else "Nothing matches; try fewer letters or another topic."
        )

    def add_marked(_: Any) -> None:
        state.add(listed.value)

    search.observe(fill, "value")
    topic.observe(fill, "value")
    add.on_click(add_marked)
    watch(state, "dataset", topics)
    watch(state, ["dataset", "history"], fill)
    narrow = row(search, topic, css="recsys-side-by-side")
    return frame(narrow, listed, row(add, count), name="picker")


def picked(state: State) -> widgets.VBox:
    """The picked courses, a button each that removes it; clear, and undo."""
    chips = made(widgets.Box, css="recsys-chips")
    none = text(kind="hint")
    clear = made(widgets.Button, description="Clear")
    undo = made(widgets.Button, description="Undo")
    known: dict[str, widgets.Button] = {}

    def chip(course: str) -> widgets.Button:
        if course not in known:
            title = state.title(course)
            button = made(widgets.Button, description=title, tooltip=f"Remove {title}")
            button.on_click(lambda _: drop(course))
            known[course] = button
        return known[course]

    def drop(course: str) -> None:
        place = state.history.index(course)
        state.remove([course])
        if state.history:  # the keyboard stays where it was
            known[state.history[min(place, len(state.history) - 1)]].focus()

    def show() -> None:
        chips.children = [chip(course) for course in state.history]
        none.value = paragraph(
            "" if state.history else f"None yet. Add a few {state.dataset.noun}s you liked."
        )
        clear.disabled = not state.history
        undo.disabled = not state.can_undo

    clear.on_click(lambda _: state.clear())
    undo.on_click(lambda _: state.undo())
    watch(state, "dataset", known.clear)
    watch(state, ["dataset", "history", "can_undo"], show)
    return frame(none, chips, row(clear, undo), examples(state), name="picked")


def examples(state: State) -> widgets.HBox:
    """A button for each example learner, and one for courses drawn by lot."""
    surprise = made(
        widgets.Button,
        description="Surprise me",
        tooltip="Pick a few courses on a topic drawn by lot",
    )
    surprise.on_click(lambda _: state.surprise())
    label = text("Or try an example:", kind="hint")
    box = row(label, css="recsys-examples")

    def offer() -> None:
        box.children = [label, *(_example(state, one) for one in state.learners), surprise]

    watch(state, "dataset", offer)
    return box


def _example(state: State, learner: Learner) -> widgets.Button:
    titles = ", ".join(state.title(one) for one in learner.courses)
    button = made(widgets.Button, description=learner.name, tooltip=f"Pick {titles}")
    button.on_click(lambda _: state.follow(learner.name))
    return button
