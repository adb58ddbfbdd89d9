"""The course picker, and the picked courses with buttons to remove them."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.dashboard.learners import Learner
from recsys.dashboard.panels.frame import create, frame, paragraph, row, text, watch
from recsys.dashboard.state import Selection, Undo

MOST_LISTED = 400  # nobody reads more, and ten thousand entries make the browser slow


def picker(selection: Selection) -> widgets.VBox:
    """Search for courses by words and topic, and add one or several."""
    search = create(
        widgets.Text,
        description="Search",
        placeholder="Type to add…",
        continuous_update=True,
        css="recsys-search",
    )
    topic = create(widgets.Dropdown, description="Topic")
    listed = create(widgets.SelectMultiple, rows=6, css="recsys-list")
    add = create(widgets.Button, description="Add", button_style="primary", css="recsys-add")
    count = text(kind="hint")

    def topics() -> None:
        numbers = selection.dataset.topic_matrix.sum(axis=0).astype(int)
        each = sorted(zip(selection.dataset.topics, numbers, strict=True))
        topic.options = [("All topics", ""), *((f"{name} ({n})", name) for name, n in each)]
        topic.value = ""

    def fill(_: Any = None) -> None:
        found = selection.search(search.value, topic.value or "")
        meant = selection.spelled(search.value) if found.empty else ""
        if meant:
            found = selection.search(meant, topic.value or "")
        shown = found.head(MOST_LISTED)
        listed.description = f"{selection.dataset.noun.capitalize()}s"
        listed.value = ()  # first, or the page would look for the old selection in the new options
        titles = selection.dataset.display_titles[selection.dataset.positions(shown["id"])]
        listed.options = list(zip(titles.tolist(), shown["id"], strict=True))
        plural = "" if len(found) == 1 else "s"
        order = "titles before descriptions" if search.value.strip() else "most taken first"
        similar = f"Nothing matches exactly. Like “{meant}”: " if meant else ""
        left_out = f", the first {MOST_LISTED} listed" if len(found) > MOST_LISTED else ""
        count.value = paragraph(
            f"{similar}{len(found):,} {selection.dataset.noun}{plural}, {order}{left_out}."
            if len(found)
            else "Nothing matches. Try fewer letters or another topic."
        )

    def add_marked(_: Any) -> None:
        selection.add(listed.value)

    search.observe(fill, "value")
    topic.observe(fill, "value")
    add.on_click(add_marked)
    watch(selection, "dataset", topics)
    watch(selection, ["dataset", "history"], fill)
    # Our page shows this only while the visitor searches.
    found = create(widgets.VBox, [topic, listed, row(add, count)], css="recsys-found")
    return frame(search, found, name="picker")


def picked(selection: Selection, undo: Undo) -> widgets.VBox:
    """A button for each picked course, which removes it; Clear, Undo, and example learners."""
    chips = create(widgets.Box, css="recsys-chips")
    none = text(kind="hint")
    clear = create(widgets.Button, description="Clear")
    undo_last = create(widgets.Button, description="Undo")
    known: dict[str, widgets.Button] = {}

    def chip(course: str) -> widgets.Button:
        if course not in known:
            title = selection.dataset.title(course)
            button = create(widgets.Button, description=title, tooltip=f"Remove {title}")
            button.on_click(lambda _: drop(course))
            known[course] = button
        return known[course]

    def drop(course: str) -> None:
        index = selection.history.ids.index(course)
        selection.remove([course])
        left = selection.history.ids
        if left:  # the keyboard focus stays at the same place
            known[left[min(index, len(left) - 1)]].focus()

    def show() -> None:
        chips.children = [chip(course) for course in selection.history]
        none.value = paragraph(
            "" if selection.history else f"None yet. Add a few {selection.dataset.noun}s you liked."
        )
        clear.disabled = not selection.history
        undo_last.disabled = not undo.possible

    clear.on_click(lambda _: selection.clear())
    undo_last.on_click(lambda _: undo.undo())
    watch(selection, "dataset", known.clear)
    watch(selection, ["dataset", "history"], show)
    watch(undo, "possible", show)
    return frame(none, chips, row(clear, undo_last), examples(selection), name="picked")


def examples(selection: Selection) -> widgets.HBox:
    """A button for each example learner, and one for random courses."""
    surprise = create(
        widgets.Button, description="Surprise me", tooltip="Pick a few on a random topic"
    )
    surprise.on_click(lambda _: selection.surprise())
    label = text("Or try an example:", kind="hint")
    box = row(label, css="recsys-examples")

    def offer() -> None:
        box.children = [label, *(_example(selection, one) for one in selection.learners), surprise]

    watch(selection, "dataset", offer)
    return box


def _example(selection: Selection, learner: Learner) -> widgets.Button:
    titles = ", ".join(selection.dataset.title(one) for one in learner.courses)
    button = create(widgets.Button, description=learner.name, tooltip=f"Pick {titles}")
    button.on_click(lambda _: selection.pick_example(learner.name))
    return button
