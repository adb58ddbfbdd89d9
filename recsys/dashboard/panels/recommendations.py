"""The list of recommendations with their explanations, and which example it belongs to."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from recsys.dashboard.glossary import explained
from recsys.dashboard.listing import as_table
from recsys.dashboard.panels.frame import create, frame, paragraph, row, show_if, text, watch
from recsys.dashboard.state import Fitting, Selection, View


def recommendations(selection: Selection, fitting: Fitting, view: View) -> widgets.VBox:
    """The recommended courses with rank, title, topics and score; each opens to an explanation."""
    whose = text(kind="whose")
    fresh = create(widgets.Button, description="Start fresh")
    example = row(whose, fresh, css="recsys-example")
    notice = text(kind="outdated")
    heading = create(widgets.HTML, css="recsys-heading")
    moved = text(kind="status recsys-moved")
    sentence = text(kind="hint")
    table = create(widgets.HTML, css="recsys-table")
    remarks = text(kind="hint")

    def show() -> None:
        answer = fitting.answer
        if len(answer.table):
            table.value = as_table(answer, selection.history, view.explained)
        else:
            table.value = paragraph(answer.why_empty or "Your recommendations will appear here.")
        model = answer.model
        worded = selection.dataset.worded
        sentence.value = f"<p>{explained(worded(model.score_sentence))}</p>" if model else ""
        settings = worded(model.said().removeprefix(model.name)) if model else ""
        heading.value = f"<h3>{escape(model.name + settings)}</h3>" if model else ""
        moved.value = paragraph(answer.what_moved)
        remarks.value = paragraph(answer.remarks)

    def show_advice() -> None:
        notice.value = paragraph(fitting.advice)

    def show_updating() -> None:
        (table.add_class if fitting.updating else table.remove_class)("recsys-updating")

    def show_example() -> None:
        titles = ", ".join(f"“{selection.dataset.title(one)}”" for one in selection.history)
        whose.value = paragraph(
            f"An example: “{selection.example}”, who liked {titles}." if selection.example else ""
        )
        show_if(selection.example, example)

    fresh.on_click(lambda _: selection.clear())
    watch(fitting, "answer", show)
    watch(fitting, "advice", show_advice)
    watch(fitting, "updating", show_updating)
    watch(selection, ["example", "history", "dataset"], show_example)
    return frame(example, notice, heading, sentence, moved, table, remarks, name="recommendations")
