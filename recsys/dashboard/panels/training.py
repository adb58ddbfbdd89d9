"""The buttons Train, Recommend and Cancel, and the progress of the training."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.panels.frame import (
    create,
    frame,
    paragraph,
    row,
    shared_layout,
    text,
    watch,
    with_links,
)
from recsys.dashboard.state import Fitting, Messages, Training


def training(fitting: Fitting, training: Training, messages: Messages) -> widgets.VBox:
    """Fit the chosen model in the background, and show the progress."""
    train = create(widgets.Button, description="Train")
    recommend = create(widgets.Button, description="Recommend", button_style="primary")
    cancel = create(widgets.Button, description="Cancel")
    bar = create(widgets.FloatProgress, min=0.0, max=1.0)
    status = text(kind="status")
    clock = text(kind="clock")  # separate: a screen reader should not read it every second
    progress = row(status, clock, css="recsys-said")

    def show() -> None:
        train.disabled = recommend.disabled = training.running and not fitting.superseded
        cancel.disabled = not training.running
        bar.value = training.progress
        bar.layout = shared_layout(visibility="visible" if training.running else "hidden")
        status.value = with_links(paragraph(messages.status))
        clock.value = paragraph(training.waiting)

    train.on_click(lambda _: fitting.train())
    recommend.on_click(lambda _: fitting.recommend())
    cancel.on_click(lambda _: training.cancel())
    watch(training, ["running", "progress", "seconds"], show)
    watch(fitting, "superseded", show)
    watch(messages, "status", show)
    return frame(row(recommend, train, cancel), bar, progress, name="training")
