"""Train, Recommend and Cancel, and how far the training is."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.panels.frame import frame, paragraph, row, text, watch
from recsys.dashboard.state import State


def training(state: State) -> widgets.VBox:
    """Fit the chosen model in the background, and watch it."""
    train = widgets.Button(description="Train")
    recommend = widgets.Button(description="Recommend", button_style="primary")
    cancel = widgets.Button(description="Cancel")
    bar = widgets.FloatProgress(min=0.0, max=1.0)
    status = text(kind="status")

    def show() -> None:
        train.disabled = recommend.disabled = state.training
        cancel.disabled = not state.training
        bar.value = state.progress
        bar.layout.visibility = "visible" if state.training else "hidden"
        elapsed = f" · {state.seconds:.0f} s" if state.training else ""
        status.value = paragraph(state.status + elapsed)

    train.on_click(lambda _: state.train())
    recommend.on_click(lambda _: state.recommend())
    cancel.on_click(lambda _: state.cancel())
    watch(state, ["training", "progress", "seconds", "status"], show)
    return frame(row(recommend, train, cancel), bar, status, name="training")
