"""Upload your own data: two files, a preview of how they were read, and a button to use them."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np

from recsys.dashboard.data_view import download
from recsys.dashboard.panels.frame import create, frame, is_shown, paragraph, row, show_if, text
from recsys.dashboard.state import State
from recsys.dataset import DataError
from recsys.sources import upload as files
from recsys.sources.upload import Pair, Reading

FORM = (
    "Two CSV files. The items to recommend: id, title, perhaps a description, then topics, as "
    "columns of 0 and 1 or as one column with names joined by |. The ratings: user, item (its "
    "id), rating. The files of IBM and MovieLens have this form."
)
CAPS = (
    f"Each file may have up to {files.MOST_BYTES // 1_000_000} MB; the items up to "
    f"{files.MOST_COURSES:,} rows and {files.MOST_TOPICS} topics; the ratings up to "
    f"{files.MOST_RATINGS:,} rows, by {files.MOST_USERS:,} users."
)
PRIVACY = (
    "Your data stays with this page: in the memory of its own process, and, for training, in a "
    "temporary folder that only the server's account can read, with the models trained on it. "
    "Both are deleted when you leave. Other visitors cannot see your data."
)
MOST_TOPICS_NAMED = 12


def upload(state: State) -> widgets.VBox:
    """A button that opens the form for a visitor's own data."""
    opener = create(widgets.Button, css="recsys-more")
    place = create(widgets.VBox)

    def unfold(unfolded: bool) -> None:
        show_if(unfolded, place)
        opener.description = "Hide your own data" if unfolded else "Bring your own data…"

    def toggle(_: widgets.Button) -> None:
        if not place.children:
            place.children = [_form(state, lambda: unfold(False))]
        unfold(not is_shown(place))

    opener.on_click(toggle)
    unfold(False)
    return frame(opener, place, name="upload")


def _form(state: State, opened: Callable[[], None]) -> widgets.VBox:
    """Read the files, show a preview, and call `opened` when the data is in use."""
    given: dict[str, tuple[str, bytes]] = {}
    understood: list[Pair] = []  # at most one
    choosers = {what: _chooser(what) for what in ("items", "ratings")}
    status = text(kind="status")
    preview = create(widgets.HTML, css="recsys-preview")
    liked = create(widgets.BoundedFloatText, description="Lowest rating that is a like", step=0.5)
    likes = text(kind="hint")
    use = create(widgets.Button, description="Use this data", button_style="primary")
    confirm = create(widgets.VBox, [liked, likes, row(use)], shown=False)

    def receive(what: str, value: Any) -> None:
        if value:
            given[what] = (str(value[0]["name"]), bytes(value[0]["content"]))
            _name(choosers[what], f"Another file of {what}…")
            read()

    def read() -> None:
        status.remove_class("recsys-refused")
        status.value = paragraph(f"Reading {' and '.join(name for name, _ in given.values())}…")
        understood.clear()
        try:
            status.value = paragraph(look())
        except DataError as problem:
            status.add_class("recsys-refused")
            status.value = paragraph(str(problem))
        if not understood:
            show_if(False, confirm)

    def look() -> str:
        """Read the files chosen so far; returns what the visitor should do next."""
        preview.value = ""
        if "items" not in given:
            return "Now choose the file of items."
        courses = files.read_courses(*given["items"])
        preview.value = _shown(courses.reading)
        if "ratings" not in given:
            return "The items can be read. Now choose the file of ratings."
        pair = files.read_pair(courses, *given["ratings"])
        preview.value = _shown(pair.courses) + _shown(pair.ratings) + _counts(pair)
        offer(pair)
        return "Both files can be read. Check the preview below, then use this data."

    def offer(pair: Pair) -> None:
        ratings = pair.dataset.interactions.data
        liked.min, liked.max = 0, float(ratings.max())
        liked.value = pair.dataset.like_threshold or float(ratings.min())
        understood[:] = [pair]
        count()
        show_if(True, confirm)

    def count(_: Any = None) -> None:
        if understood:
            ratings = understood[0].dataset.interactions.data
            many = int((ratings >= np.float32(liked.value)).sum())
            likes.value = paragraph(
                f"{many:,} of {len(ratings):,} ratings are likes; the models learn from these."
            )

    def open_it(_: widgets.Button) -> None:
        use.disabled = True
        status.value = paragraph("Opening your data…")
        state.open_own(understood[0].liked_from(liked.value))
        status.value = paragraph("" if state.messages.error else "Your data is in use.")
        use.disabled = False
        if not state.messages.error:
            opened()

    for what, chooser in choosers.items():
        chooser.observe(lambda change, what=what: receive(what, change["new"]), "value")
    liked.observe(count, "value")
    use.on_click(open_it)
    templates = (
        download("Template for items", "items.csv", "text/csv", files.TEMPLATE_COURSES),
        download("Template for ratings", "ratings.csv", "text/csv", files.TEMPLATE_RATINGS),
    )
    caps = create(widgets.HTML, f'<p data-most-bytes="{files.MOST_BYTES}">{escape(CAPS)}</p>')
    caps.add_class("recsys-hint")
    downloads = row(*(create(widgets.HTML, one) for one in templates))
    # The button stands beside the files it uses, above the long texts and the preview.
    beside = [text(FORM, kind="hint"), row(*choosers.values()), status, confirm]
    below = [preview, downloads, caps, text(PRIVACY, kind="hint")]
    return create(widgets.VBox, [*beside, *below])


def _chooser(what: str) -> widgets.FileUpload:
    chooser = create(widgets.FileUpload, accept=".csv,.tsv,.txt,text/csv", multiple=False, icon="")
    chooser.add_class("recsys-file")
    _name(chooser, f"Choose the {what}…")
    return chooser


def _name(chooser: widgets.FileUpload, words: str) -> None:
    # ipywidgets adds a count to the description; the style sheet shows the tooltip instead.
    chooser.description = chooser.tooltip = words


def _shown(reading: Reading) -> str:
    """How a file was read, and its first rows under the roles of their columns, as HTML."""
    heads = "".join(
        f'<th scope="col">{escape(role)}'
        + (f" <small>{escape(column)}</small>" if column != role else "")
        + "</th>"
        for role, column in reading.roles.items()
    )
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(_short(cell))}</td>' for cell in cells)}</tr>"
        for cells in reading.first_rows
    )
    return (
        f"<h2>{escape(reading.file)}</h2><p>{escape(reading.encoding)}, separated by "
        f"{reading.separator}; {reading.n_rows:,} rows, of which the first are:</p>"
        f'<div role="region" aria-label="First rows of {escape(reading.file)}" tabindex="0">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _counts(pair: Pair) -> str:
    """The size of the data set, its topics, and what was repaired, as HTML."""
    dataset = pair.dataset
    topics = ", ".join(dataset.topics[:MOST_TOPICS_NAMED])
    if len(dataset.topics) > MOST_TOPICS_NAMED:
        topics += f" and {len(dataset.topics) - MOST_TOPICS_NAMED} more"
    repairs = "".join(f"<li>{escape(one)}</li>" for one in dataset.repairs)
    return (
        f"<h2>Together</h2><p>{dataset.n_courses:,} {dataset.noun}s, {dataset.n_users:,} users, "
        f"{dataset.interactions.nnz:,} ratings. Topics: {escape(topics) or 'none'}.</p>"
        + (f"<p>Notes and repairs:</p><ul>{repairs}</ul>" if repairs else "")
    )


def _short(cell: str) -> str:
    return cell if len(cell) <= 60 else cell[:59] + "…"
