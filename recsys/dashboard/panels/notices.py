"""What went wrong, in words."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.panels.frame import frame, paragraph, text, watch
from recsys.dashboard.state import State


def notices(state: State) -> widgets.VBox:
    """The last error, until it is dismissed or something succeeds; hidden while there is none."""
    words = text(kind="error")
    dismiss = widgets.Button(description="Dismiss")
    panel = frame(words, dismiss, name="notices")

    def show() -> None:
        words.value = paragraph(state.error)
        if state.error:
            panel.add_class("recsys-shown")
        else:
            panel.remove_class("recsys-shown")

    def forget(_: widgets.Button) -> None:
        state.error = ""

    dismiss.on_click(forget)
    watch(state, "error", show)
    return panel
