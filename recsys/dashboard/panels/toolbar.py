"""Undo, Reset, what a visitor takes away, and presenting: what concerns the whole page.

Hidden fields are how the page reports its address.
"""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from recsys.dashboard.link import write
from recsys.dashboard.panels.frame import (
    create,
    frame,
    from_the_page,
    menu,
    row,
    show_if,
    text,
    watch,
)
from recsys.dashboard.panels.takeaway import takeaway
from recsys.dashboard.state import OWN, State

OWN_DATA = "Your own data stays with this page. The link does not contain it."


def toolbar(state: State) -> widgets.VBox:
    """Buttons to undo, to reset and to present, and a menu of what can be taken away or shared.

    The page's script copies the link, updates the address, and passes on the query with which the
    page was opened; the kernel cannot know it, since it may have started before the page was
    requested. Without that script, as in JupyterLab, the panel shows the link.
    """
    undo = create(widgets.Button, description="Undo", tooltip="Undo the last change")
    copy = create(
        widgets.Button,
        description="Copy link",
        tooltip="Copy a link to what you see",
        css="recsys-copy-link",
    )
    reset = create(widgets.Button, description="Reset", tooltip="Go back to the start")
    present = create(
        widgets.Button,
        description="Present",
        tooltip="This page in large type, one step at a time",
        css="recsys-present",
    )
    address, caution = create(widgets.HTML, css="recsys-address", shown=False), text(kind="hint")
    received: list[str] = []  # queries from the page; their number tells it that one has arrived

    def show() -> None:
        query = escape(write(state.link))
        link = f'<a href="?{query}" tabindex="-1" data-heard="{len(received)}">?{query}</a>'
        address.value = f"<p>Add this to the end of the dashboard's address:</p><p>{link}</p>"
        caution.value = f"<p>{OWN_DATA}</p>" if state.selection.source == OWN else ""

    def offer_undo() -> None:
        undo.disabled = not state.undo.possible

    def reveal(_: widgets.Button) -> None:
        show_if(True, address)

    def open_link(query: str) -> None:
        state.open_link(query)
        received.append(query)
        show()

    undo.on_click(lambda _: state.undo.undo())
    copy.on_click(reveal)
    reset.on_click(lambda _: state.reset())
    asked = from_the_page("The link that was opened", "asked", open_link)
    open_on_page = from_the_page("What is open on the page", "page", state.update_from_page)
    watch(state.selection, ["source", "history", "excluded", "topic"], show)
    watch(state.choice, ["chosen", "top_n"], show)
    watch(
        state.view, ["opened", "closed", "order", "compared", "explained", "hidden", "step"], show
    )
    watch(state.undo, "possible", offer_undo)
    taken = takeaway(state.selection, state.choice, state.fitting)
    share = menu("Share", row(copy), address, caution, taken)
    return frame(row(undo, reset, share, present), asked, open_on_page, name="toolbar")
