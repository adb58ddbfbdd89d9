"""What went wrong, and what of a link could not be followed, in words."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.panels.frame import frame, made, paragraph, text, watch
from recsys.dashboard.state import State


def notices(state: State) -> widgets.VBox:
    """The last error, until it is dismissed or something succeeds, and the note on a link, until
    it is dismissed; hidden while there is neither.
    """
    error, note = text(kind="error"), text(kind="note")
    dismiss = made(widgets.Button, description="Dismiss")
    panel = frame(made(widgets.VBox, [error, note]), dismiss, name="notices")

    def show() -> None:
        error.value, note.value = paragraph(state.error), paragraph(state.note)
        for name, on in (("shown", state.error or state.note), ("mild", not state.error)):
            (panel.add_class if on else panel.remove_class)(f"recsys-{name}")

    def forget(_: widgets.Button) -> None:
        state.error = state.note = ""

    dismiss.on_click(forget)
    watch(state, ["error", "note"], show)
    return panel
