"""The list of recommendations, each with its reasons; and a word on whose list it is."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.glossary import explained
from recsys.dashboard.listing import as_table
from recsys.dashboard.panels.frame import frame, made, paragraph, row, show_if, text, watch
from recsys.dashboard.state import State


def recommendations(state: State) -> widgets.VBox:
    """Rank, title, topics and score; description and explanation on demand; what scores mean."""
    whose = text(kind="whose")
    fresh = made(widgets.Button, description="Start fresh")
    example = row(whose, fresh, css="recsys-example")
    notice = text(kind="outdated")
    sentence = text(kind="hint")
    table = made(widgets.HTML, css="recsys-table")

    def show() -> None:
        answer = state.answer
        if len(answer.table):
            table.value = as_table(state)
        else:
            table.value = paragraph(answer.silence or "Your recommendations will appear here.")
        fitted = answer.model
        sentence.value = f"<p>{explained(fitted.score_sentence)}</p>" if fitted else ""

    def mark() -> None:
        notice.value = paragraph(state.advice)

    def tell_whose() -> None:
        titles = ", ".join(f"“{state.title(one)}”" for one in state.history)
        whose.value = paragraph(
            f"An example: “{state.example}”, who liked {titles}." if state.example else ""
        )
        show_if(state.example, example)

    fresh.on_click(lambda _: state.clear())
    watch(state, "answer", show)
    watch(state, ["answer", "outdated", "values", "model_key", "training", "superseded"], mark)
    watch(state, ["example", "history", "dataset"], tell_whose)
    return frame(example, notice, sentence, table, name="recommendations")
