"""The button that trains the chosen model or cancels its training, and the progress."""

from __future__ import annotations

import math

import ipywidgets as widgets

from recsys.dashboard.panels.frame import (
    create,
    frame,
    paragraph,
    row,
    shared_layout,
    show_if,
    text,
    watch,
    with_links,
)
from recsys.dashboard.state import Fitting, Messages, Training


def training(fitting: Fitting, training: Training, messages: Messages) -> widgets.VBox:
    """Fit a model whose fit takes longer than a click, in the background, and show the progress.

    A model that is faster is fitted when a setting changes: then there is no button.
    """
    button = create(widgets.Button, button_style="primary", css="recsys-train")
    bar = create(widgets.FloatProgress, min=0.0, max=1.0)
    status = text(kind="status")
    clock = text(kind="clock")  # separate: a screen reader should not read it every second
    progress = row(status, clock, css="recsys-said")

    def show() -> None:
        button.description = "Cancel" if cancels() else f"Train{_about(fitting.seconds)}"
        show_if(fitting.to_train or training.running, button)
        bar.value = training.progress
        bar.layout = shared_layout(visibility="visible" if training.running else "hidden")
        status.value = with_links(paragraph(messages.status))
        clock.value = paragraph(training.waiting)

    def cancels() -> bool:
        return training.running and not fitting.to_train

    def press(_: widgets.Button) -> None:
        if cancels():
            training.cancel()
        else:
            fitting.train()

    button.on_click(press)
    watch(training, ["running", "progress", "seconds"], show)
    watch(fitting, ["to_train", "fitted"], show)
    watch(messages, "status", show)
    return frame(button, bar, progress, name="training")


def _about(seconds: float | None) -> str:
    """How long a training takes, in words, from the time that the last one took."""
    if seconds is None or math.isinf(seconds):
        return ""
    return f" (about {seconds:.0f} s)" if seconds < 90 else f" (about {seconds / 60:.0f} min)"
