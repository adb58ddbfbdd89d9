"""Train, Recommend and Cancel, and how far the training is."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.panels.frame import (
    frame,
    made,
    paragraph,
    row,
    shared_layout,
    text,
    watch,
    with_links,
)
from recsys.dashboard.state import State


def training(state: State) -> widgets.VBox:
    """Fit the chosen model in the background, and watch it."""
    train = made(widgets.Button, description="Train")
    recommend = made(widgets.Button, description="Recommend", button_style="primary")
    cancel = made(widgets.Button, description="Cancel")
    bar = made(widgets.FloatProgress, min=0.0, max=1.0)
    status = text(kind="status")
    clock = text(kind="clock")  # apart, since a screen reader should not be told every second
    said = row(status, clock, css="recsys-said")

    def show() -> None:
        train.disabled = recommend.disabled = state.training and not state.superseded
        cancel.disabled = not state.training
        bar.value = state.progress
        bar.layout = shared_layout(visibility="visible" if state.training else "hidden")
        status.value = with_links(paragraph(state.status))
        clock.value = paragraph(state.waiting)

    train.on_click(lambda _: state.train())
    recommend.on_click(lambda _: state.recommend())
    cancel.on_click(lambda _: state.cancel())
    watch(state, ["training", "superseded", "progress", "seconds", "status"], show)
    return frame(row(recommend, train, cancel), bar, said, name="training")
