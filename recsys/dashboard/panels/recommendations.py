"""The list of recommendations with their explanations, and what can be done with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from math import inf
from typing import Any

import ipywidgets as widgets

from recsys.dashboard.listing import ACTIONS, as_table
from recsys.dashboard.panels.frame import (
    create,
    frame,
    from_the_page,
    paragraph,
    row,
    show_if,
    text,
    watch,
)
from recsys.dashboard.state import Fitting, Selection, View
from recsys.dashboard.state.comparison import NAME as COMPARISON
from recsys.jobs.job import running_loop

NOTICED = 0.15  # seconds: the list is not marked as outdated during a shorter wait
_ORDERS = (("Score", ""), ("Popularity", "popularity"))


def recommendations(selection: Selection, fitting: Fitting, view: View) -> widgets.VBox:
    """The recommended courses with rank, title, topics and score; each opens to an explanation.

    The page's script passes on which button of which row was pressed. Without that script, as in
    JupyterLab, the rows have no buttons, and two buttons below the list take their place.
    """
    notice = text(kind="outdated")
    heading = create(widgets.HTML, css="recsys-heading")
    moved = text(kind="status recsys-moved")
    table = create(widgets.HTML, css="recsys-table")
    remarks = text(kind="remarks")
    effect = text(kind="effect")  # the heading and what moved in short, for a narrow page
    explained: tuple[str, ...] | None = None  # the rows that have an explanation; None for all

    def list_rows(*, still: bool = False) -> None:
        """List the courses; a page that tells which rows are open gets only their explanations."""
        nonlocal explained
        answer, opened = fitting.answer, view.explained
        explained = opened if view.told else None
        if len(answer.table):
            table.value = as_table(
                answer,
                selection.history,
                opened,
                explained=explained,
                order=view.order,
                actions=True,
                still=still,
            )
        else:
            table.value = paragraph(answer.why_empty or "Your recommendations will appear here.")

    def explain() -> None:
        """Explain the rows that the visitor has opened."""
        if explained is not None and not set(view.explained).issubset(explained):
            list_rows(still=True)

    def show() -> None:
        answer = fitting.answer
        heading.value = f"<h2>{escape(answer.heading)}</h2>" if answer.heading else ""
        list_rows()
        moved.value = paragraph(answer.what_moved)
        effect.value = paragraph(answer.effect)
        remarks.value = paragraph(" ".join(filter(None, (answer.remarks, on_ratings()))))

    def on_ratings() -> str:
        """That the model does not weigh ratings, if the visitor has changed one."""
        model, dataset = fitting.answer.model, selection.dataset
        lowered = any(one < dataset.typical_rating for one in selection.history.values())
        if model is None or model.weighs_ratings or not lowered:
            return ""
        usual, lower = dataset.levels
        return f"{model.name} counts a {dataset.noun} the same, {usual} or {lower}."

    def show_advice() -> None:
        notice.value = paragraph(fitting.advice)

    def show_updating() -> None:
        """Mark the list at once if its fit is long, and otherwise if it has to wait for others'."""
        loop = running_loop()
        if fitting.updating and (fitting.seconds or inf) <= NOTICED and loop:
            loop.call_later(NOTICED, mark)
        else:
            mark()

    def mark() -> None:
        # The panel's class: with the table's, JupyterLab would write it anew and close its rows.
        (panel.add_class if fitting.updating else panel.remove_class)("recsys-updating")

    def act(action: str, course: str) -> None:
        if action == "add":
            selection.add([course])
        elif action == "exclude":
            selection.exclude(course)

    def press(words: str) -> None:
        action, _, course = words.partition(":")
        act(action, course)

    def point(place: str) -> None:
        """Preview the list without the pick at a place, counted from 1."""
        picks = {str(number): one for number, one in enumerate(selection.history, 1)}
        fitting.show_preview(picks.get(place, ""))

    pressed = from_the_page("What was pressed in a row", "pressed", press)
    pointed = from_the_page("Which pick is pointed at", "pointed", point)
    watch(fitting, "answer", show)
    watch(fitting, "advice", show_advice)
    view.observe(lambda _: show(), "order")
    view.observe(lambda _: explain(), "explained")
    news = create(widgets.Box, [moved, _preview(fitting)], css="recsys-news")
    panel = frame(
        row(heading, _filters(selection, view), css="recsys-head"),
        notice,
        row(news, _pin(fitting), css="recsys-below-head"),
        table,
        _buttons_below(selection, fitting, view, act),
        remarks,
        _left_out(selection),
        _pinned(selection, fitting, view),
        effect,
        pressed,
        pointed,
        name="recommendations",
    )
    watch(fitting, "updating", show_updating)
    return panel


def _filters(selection: Selection, view: View) -> widgets.HBox:
    """The topic of the list, and its order."""
    topic = create(widgets.Dropdown, description="Only topic", css="recsys-filter")
    order = create(widgets.Dropdown, description="Order by", options=_ORDERS, css="recsys-filter")

    def offer() -> None:
        options = (("All", ""), *((one, one) for one in sorted(selection.dataset.topics)))
        if topic.options != options:
            topic.unobserve(choose_topic, "value")  # setting the options selects the first one
            topic.options = options
            topic.observe(choose_topic, "value")
        topic.value = selection.topic

    def choose_topic(change: dict[str, Any]) -> None:
        if change["new"] != selection.topic:
            selection.show_topic(change["new"] or "")

    def choose_order(change: dict[str, Any]) -> None:
        view.order = change["new"] or ""

    def show_order() -> None:
        order.value = view.order

    topic.observe(choose_topic, "value")
    order.observe(choose_order, "value")
    watch(selection, ["dataset", "topic"], offer)
    watch(view, "order", show_order)
    return row(topic, order, css="recsys-filters")


def _pin(fitting: Fitting) -> widgets.Button:
    """A button that keeps the list, to compare the next ones with it."""
    pin = create(
        widgets.Button,
        description="Pin this list",
        tooltip="Keep this list, to compare the next ones with it",
        css="recsys-more",
    )

    def show() -> None:
        pin.disabled = fitting.answer.table.empty

    watch(fitting, "answer", show)
    pin.on_click(lambda _: fitting.pin())
    return pin


def _preview(fitting: Fitting) -> widgets.HTML:
    """What the list would be without the pick that is pointed at; the script marks the rows."""
    words = create(widgets.HTML, css="recsys-status recsys-previewed")

    def show() -> None:
        preview = fitting.preview
        leaving = escape(json.dumps(preview.leaving)) if preview else ""
        words.value = f'<p data-leaving="{leaving}">{escape(preview.words)}</p>' if preview else ""

    watch(fitting, "preview", show)
    return words


def _pinned(selection: Selection, fitting: Fitting, view: View) -> widgets.HBox:
    """Which list is pinned and how many courses it has in common with the current one."""
    words = text(kind="hint")
    compare = create(widgets.Button, description="Compare", css="recsys-more recsys-compare")
    unpin = create(widgets.Button, description="Unpin", css="recsys-more")
    box = row(words, compare, unpin, css="recsys-pinned")

    def show() -> None:
        pinned = fitting.pinned
        if pinned is not None:
            noun, courses = selection.dataset.noun, pinned.table["course_id"]
            both = courses.isin(fitting.answer.table["course_id"]).sum()
            words.value = paragraph(
                f"Pinned: {pinned.name}. {both} of its {len(courses)} {noun}s are in this list."
            )
        show_if(pinned, box)

    compare.on_click(lambda _: view.set_open(COMPARISON, True))
    unpin.on_click(lambda _: fitting.unpin())
    watch(fitting, ["pinned", "answer"], show)
    return box


def _buttons_below(
    selection: Selection, fitting: Fitting, view: View, act: Callable[[str, str], None]
) -> widgets.HBox:
    """What the buttons of a row do, for a page without the script that passes them on."""
    which = create(widgets.Dropdown, css="recsys-filter")
    buttons = {name: create(widgets.Button, css="recsys-more") for name in ACTIONS}
    box = row(which, *buttons.values(), css="recsys-buttons-below")

    def offer() -> None:
        table, noun = fitting.answer.table, selection.dataset.noun
        wanted = len(table) > 0 and not view.told
        show_if(wanted, box)
        if wanted:
            chosen, ids = which.value, list(table["course_id"])
            which.description = noun.capitalize()
            which.options = list(zip(table["title"], ids, strict=True))
            which.value = chosen if chosen in ids else ids[0]
            for name, button in buttons.items():
                button.description = ACTIONS[name][1].format(noun=noun)

    for name, button in buttons.items():
        button.on_click(lambda _, name=name: act(name, which.value))
    watch(fitting, "answer", offer)
    view.observe(lambda _: offer(), "told")
    return box


def _left_out(selection: Selection) -> widgets.HBox:
    """The courses that the visitor does not want, and a button that brings them back."""
    names = text(kind="hint")
    back = create(widgets.Button, description="Bring back", css="recsys-more")
    box = row(names, back, css="recsys-left-out")

    def show() -> None:
        excluded, noun = selection.excluded, selection.dataset.noun
        count = f"{len(excluded)} {noun}{'' if len(excluded) == 1 else 's'}"
        titles = "; ".join(selection.dataset.title(one) for one in excluded)
        names.value = paragraph(f"{count} left out: {titles}." if excluded else "")
        show_if(excluded, box)

    back.on_click(lambda _: selection.bring_back())
    watch(selection, ["dataset", "excluded"], show)
    return box
