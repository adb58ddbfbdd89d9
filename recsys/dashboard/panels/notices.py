"""The last error, and a note about the parts of a link that were ignored."""

from __future__ import annotations

import ipywidgets as widgets

from recsys.dashboard.panels.frame import create, frame, paragraph, text, watch
from recsys.dashboard.state import Messages


def notices(messages: Messages) -> widgets.VBox:
    """The last error and the note about a link, with a button that dismisses both.

    The next action of the visitor also removes the error. The panel is hidden while it is empty.
    """
    error, note = text(kind="error"), text(kind="note")
    dismiss = create(widgets.Button, description="Dismiss")
    panel = frame(create(widgets.VBox, [error, note]), dismiss, name="notices")

    def show() -> None:
        error.value, note.value = paragraph(messages.error), paragraph(messages.note)
        for name, on in (("shown", messages.error or messages.note), ("mild", not messages.error)):
            (panel.add_class if on else panel.remove_class)(f"recsys-{name}")

    dismiss.on_click(lambda _: messages.dismiss())
    watch(messages, ["error", "note"], show)
    return panel
