"""The lists of several models for the same courses: two or three side by side, and all of them; and
a pinned list beside the current one.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets
import pandas as pd

from recsys import models
from recsys.dashboard.glossary import explained
from recsys.dashboard.panels.frame import create, frame, paragraph, row, show_if, text, watch
from recsys.dashboard.panels.plot import Plot
from recsys.dashboard.state import Messages, Training, View
from recsys.dashboard.state.comparison import (
    MOST_LISTS,
    NAME,
    SHORT,
    Comparison,
    ModelList,
    label,
    list_counts,
    overlap,
    unique_courses,
)
from recsys.explanation import readable

_LABELS = ("First model", "Second model", "Third model")
_NO_MODEL = ("none", "")
_HEADS = ("Lists", "Overlap", "Jaccard")


def comparison(
    compared: Comparison, view: View, training: Training, messages: Messages
) -> widgets.VBox:
    """Two or three models side by side, and the first courses of every model.

    Both are updated when the picked courses or the chosen model change.
    """
    opened = create(widgets.Button, description="Compare models")
    shown = create(widgets.VBox, shown=False)

    def show() -> None:
        is_open = NAME in view.opened
        if is_open and not shown.children:
            shown.children = [
                _choice(compared, view),
                _training(compared, training, messages),
                _side_by_side(compared, view),
                _all_at_once(compared),
            ]
        show_if(not is_open, opened)
        show_if(is_open, shown)

    opened.on_click(lambda _: view.set_open(NAME, True))
    watch(view, "opened", show)
    return frame(opened, shown, name="comparison")


def _choice(compared: Comparison, view: View) -> widgets.HBox:
    """Dropdowns with the registered models, as long as no list is pinned."""
    boxes = [create(widgets.Dropdown, description=one) for one in _LABELS]
    updating = False  # whether the code, not the visitor, is setting the dropdowns

    def choose(_: Any) -> None:
        if not updating:
            compared.pick(str(box.value) for box in boxes)

    def update() -> None:
        nonlocal updating
        show_if(not compared.pinned, shown)
        updating = True
        known = [(label(one), one.key()) for one in models.registry()]
        for index, (box, key) in enumerate(itertools.zip_longest(boxes, compared.picked)):
            options = [*known, _NO_MODEL] if index == MOST_LISTS - 1 else known
            if list(box.options) != options:
                box.options = options
            if key or index == MOST_LISTS - 1:
                box.value = key or ""
        updating = False

    shown = row(*boxes, css="recsys-compared")
    watch(compared, "model_lists", update)
    view.observe(lambda _: update(), "compared")
    for box in boxes:
        box.observe(choose, "value")
    return shown


def _training(compared: Comparison, training: Training, messages: Messages) -> widgets.VBox:
    """Which models are missing, and a button that trains them."""
    train = create(widgets.Button)
    cancel = create(widgets.Button, description="Cancel the training")
    bar = create(widgets.FloatProgress, min=0.0, max=1.0)
    names, clock = text(kind="hint"), text(kind="hint")
    box = create(widgets.VBox, [names, row(train, cancel), bar, clock])

    def show() -> None:
        missing = [one.name for one in compared.missing]
        show_if(missing, box)
        names.value = paragraph(f"Not trained yet: {', '.join(missing)}.")
        them = "the missing model" if len(missing) == 1 else f"the {len(missing)} missing models"
        train.description = f"Train {them}"
        train.disabled = training.running
        show_if(training.running, cancel)
        show_if(training.running, bar)
        bar.value = training.progress
        then = f", then {len(training.queue)} more" if training.queue else ""
        now = f"{messages.status} ({training.waiting}){then}."
        clock.value = paragraph(now if training.running else "")

    train.on_click(lambda _: compared.train_missing())
    cancel.on_click(lambda _: training.cancel())
    watch(compared, "missing", show)
    watch(training, ["running", "progress", "seconds", "queue"], show)
    watch(messages, "status", show)
    return box


def _side_by_side(compared: Comparison, view: View) -> widgets.VBox:
    """The compared lists as a chart, and their overlap in words and numbers."""
    status, words = text(kind="status"), create(widgets.HTML, css="recsys-overlap")
    plot = Plot("comparison")

    def show_status() -> None:
        # The chart's title shows the finding; this says it to screen readers.
        spoken = f'<p class="recsys-heard">{escape(compared.finding)}</p>'
        enough = compared.pinned or len(compared.picked) > 1
        alike = "" if enough else "Choose two different models."
        status.value = paragraph(compared.status or alike) or spoken

    def draw() -> None:
        chart = compared.chart
        plot.show(chart)
        if chart:
            wide = len(chart.table.columns) > MOST_LISTS  # a title, and a rank in each list
            (plot.box.add_class if wide else plot.box.remove_class)("recsys-wide")
        words.value = as_words(compared.compared, compared.noun)
        show_status()

    watch(compared, "model_lists", draw)
    view.observe(lambda _: draw(), "compared")
    compared.observe(lambda _: show_status(), "status")
    return create(widgets.VBox, [status, plot.box, words])


def _all_at_once(compared: Comparison) -> widgets.HTML:
    table = create(widgets.HTML, css="recsys-all-models")

    def show() -> None:
        known = compared.model_lists
        table.value = as_grid(known, compared.noun) if known else ""

    watch(compared, "model_lists", show)
    return table


def as_words(model_lists: Sequence[ModelList], noun: str) -> str:
    """The lists' overlap, the courses that only one list has, and why lists are empty, as HTML.

    Parameters
    ----------
    model_lists : the lists to compare
    noun : what the data set calls an item
    """
    answers = [one for one in model_lists if len(one.table)]
    empty = "".join(
        f"<p><b>{escape(one.name)}</b>: {escape(one.why_empty)}</p>"
        for one in model_lists
        if one.table.empty
    )
    if len(answers) < 2:
        return empty
    pairs = list(itertools.combinations(answers, 2)) if len(answers) > 2 else []
    rows = "".join(_numbers(some, noun) for some in [answers, *pairs])
    heads = "".join(f'<th scope="col">{explained(one)}</th>' for one in _HEADS)
    parts = "".join(
        f"<section><h3>Only {escape(one.name)}{escape(_aside(one))}</h3>{_titles(own)}</section>"
        for one, own in zip(answers, unique_courses(answers), strict=True)
    )
    return (
        f"{empty}<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        f"<div>{parts}</div>"
    )


def _numbers(model_lists: Sequence[ModelList], noun: str) -> str:
    found = overlap(model_lists)
    names = " · ".join(one.name for one in model_lists)
    common, share = len(found.common), readable(round(found.jaccard, 2))
    return (
        f'<tr><th scope="row">{escape(names)}</th><td>{common} of {found.most} {noun}s</td>'
        f"<td>{share} ({common} of {found.different} different {noun}s)</td></tr>"
    )


def _titles(table: pd.DataFrame) -> str:
    if table.empty:
        return "<p>Nothing: the other lists have all of these.</p>"
    items = "".join(
        f'<li value="{rank}">{escape(title)}</li>'
        for title, rank in zip(table["title"], table["rank"], strict=True)
    )
    return f"<ol>{items}</ol>"


def _aside(one: ModelList) -> str:
    return f", {one.settings}" if one.settings else ""


def as_grid(model_lists: Sequence[ModelList], noun: str) -> str:
    """An HTML table with a row for each model; courses in several lists are bold and say so.

    Parameters
    ----------
    model_lists : the lists of all models
    noun : what the data set calls an item
    """
    counts = list_counts(model_lists, SHORT)
    heads = "".join(f'<th scope="col">{rank}</th>' for rank in range(1, SHORT + 1))
    rows = "".join(
        f'<tr><th scope="row">{escape(one.name)}<small>{escape(one.settings)}</small></th>'
        f"{_cells(one, counts)}</tr>"
        for one in model_lists
    )
    finding = explained(_most_recommended(model_lists, counts, noun))
    return (
        f"<h3>All models at once</h3><p>{finding}</p>"
        f'<div role="region" aria-label="Every model’s first {SHORT}" tabindex="0"><table>'
        f'<thead><tr><th scope="col">Model</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _cells(one: ModelList, counts: pd.Series) -> str:
    top = one.table.head(SHORT)
    if top.empty:
        return f'<td colspan="{SHORT}">{escape(one.why_empty)}</td>'
    cells = [
        f'<td class="shared">{escape(title)} <span>in {counts[course]} lists</span></td>'
        if counts[course] > 1
        else f"<td>{escape(title)}</td>"
        for course, title in zip(top["course_id"], top["title"], strict=True)
    ]
    return "".join(cells + ["<td></td>"] * (SHORT - len(cells)))


def _most_recommended(model_lists: Sequence[ModelList], counts: pd.Series, noun: str) -> str:
    """A sentence on the course that most models recommend."""
    answers = sum(len(one.table) > 0 for one in model_lists)
    if counts.empty:
        return ""
    if counts.iloc[0] == 1:
        return f"No {noun} is in the first {SHORT} of more than one model."
    every = pd.concat([one.table for one in model_lists])
    title = every.loc[every["course_id"] == counts.index[0], "title"].iloc[0]
    return f"“{title}” is among the first {SHORT} of {counts.iloc[0]} of {answers} models."
