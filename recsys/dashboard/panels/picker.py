"""The course picker, and the picked courses with buttons to rate and to remove them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from recsys.dashboard.learners import Learner
from recsys.dashboard.panels.frame import create, frame, menu, paragraph, row, text, watch
from recsys.dashboard.state import Selection

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


def picked(selection: Selection) -> widgets.VBox:
    """A line for each picked course: how it was taken, and its title, which removes it. Below,
    Clear, and example learners.
    """
    whose, none = text(kind="whose"), text(kind="hint")
    chips = create(widgets.Box, css="recsys-chips")
    clear = create(widgets.Button, description="Clear")
    known: dict[str, Pick] = {}

    def line(course: str, rating: float) -> widgets.HBox:
        if course not in known:
            known[course] = Pick(course, selection, drop)
        known[course].show(rating)
        return known[course].box

    def drop(course: str) -> None:
        index = selection.history.ids.index(course)
        selection.remove([course])
        left = selection.history.ids
        if left:  # the keyboard focus stays at the same place
            known[left[min(index, len(left) - 1)]].remove.focus()

    def show() -> None:
        chips.children = [line(*pick) for pick in selection.history.items()]
        none.value = paragraph(
            "" if selection.history else f"None yet. Add a few {selection.dataset.noun}s you liked."
        )
        whose.value = paragraph(f"Example: {selection.example}" * bool(selection.example))
        clear.disabled = not selection.history

    clear.on_click(lambda _: selection.clear())
    watch(selection, "dataset", known.clear)
    watch(selection, ["dataset", "history", "example"], show)
    return frame(whose, none, chips, row(clear, examples(selection)), name="picked")


class Pick:
    """A line for a picked course.

    Parameters
    ----------
    course : its id
    selection : where its rating is changed
    drop : called with the id to remove the course

    Attributes
    ----------
    box : the line
    remove : the button with the title, which removes the course
    """

    def __init__(self, course: str, selection: Selection, drop: Callable[[str], None]) -> None:
        self._course, self._selection = course, selection
        self._title = title = selection.dataset.title(course)
        self._level = create(widgets.Button, css="recsys-level")
        self.remove = create(
            widgets.Button, description=title, tooltip=f"Remove {title}", css="recsys-remove"
        )
        rated = len(selection.dataset.levels) > 1
        self.box = create(widgets.HBox, [self._level] * rated + [self.remove], css="recsys-pick")
        self._level.on_click(lambda _: self._change_level())
        self.remove.on_click(lambda _: drop(course))

    def show(self, rating: float) -> None:
        """Show which of the two ratings the course has."""
        words, lower = [*self._selection.dataset.levels], self._is_lower(rating)
        self._level.description = "½" if lower else "✓"
        self._level.tooltip = (
            f"{self._title}: {words[1]}. Press if you {words[0]} it."
            if lower
            else f"{self._title}: {words[0]}. Press if you only {words[-1]} it."
        )

    def _is_lower(self, rating: float) -> bool:
        return rating < self._selection.dataset.typical_rating

    def _change_level(self) -> None:
        usual, lower = self._selection.dataset.levels.values()
        now = self._selection.history[self._course]
        self._selection.rate(self._course, usual if self._is_lower(now) else lower)


def examples(selection: Selection) -> widgets.VBox:
    """A menu with a button for each example learner, and one for random courses."""
    surprise = create(
        widgets.Button, description="Surprise me", tooltip="Pick a few on a random topic"
    )
    surprise.on_click(lambda _: selection.surprise())
    box = row(css="recsys-examples")

    def offer() -> None:
        box.children = [*(_example(selection, one) for one in selection.learners), surprise]

    watch(selection, "dataset", offer)
    return menu("Examples", box)


def _example(selection: Selection, learner: Learner) -> widgets.Button:
    titles = ", ".join(selection.dataset.title(one) for one in learner.courses)
    button = create(widgets.Button, description=learner.name, tooltip=f"Pick {titles}")
    button.on_click(lambda _: selection.pick_example(learner.name))
    return button
