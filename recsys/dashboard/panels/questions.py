"""Questions to begin with: each sets the model as a link would."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets as widgets

from recsys.dashboard.panels.frame import create, frame, row, text
from recsys.dashboard.state import State


def questions(state: State, asked: Mapping[str, str]) -> widgets.VBox:
    """A button for each question, and one that hides them all.

    The page's script remembers that they were dismissed, and hides them on the next visit.

    Parameters
    ----------
    asked : the query of a link with a model and its settings, by the question that it answers
    """

    def button(question: str, query: str) -> widgets.Button:
        one = create(widgets.Button, description=question)
        one.on_click(lambda _: state.try_out(query))
        return one

    close = create(
        widgets.Button, description="×", tooltip="Dismiss the questions", css="recsys-dismiss"
    )
    cards = [button(question, query) for question, query in asked.items()]
    panel = frame(row(text("Try:", kind="hint"), *cards, close), name="questions")
    close.on_click(lambda _: panel.add_class("recsys-hidden"))
    return panel
