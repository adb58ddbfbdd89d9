"""The state as a link, and the page's side of it: what its address says, and what is open on it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from recsys.dashboard.link import write
from recsys.dashboard.panels.frame import create, frame, row, show_if, text, watch
from recsys.dashboard.state import OWN, State

OWN_DATA = "Your own data stays with this page; elsewhere, the link opens without it."


def link(state: State) -> widgets.VBox:
    """Copy the link, go back to the beginning, or present step by step.

    The page's script copies the link, keeps the address in step with it, and hands over the query
    the page was opened with: a kernel may have been started before anybody asked for the page.
    Without that script, as in JupyterLab, the link is shown instead.
    """
    copy = create(
        widgets.Button,
        description="Copy link",
        tooltip="Copy a link to all that you see",
        css="recsys-copy-link",
    )
    reset = create(widgets.Button, description="Reset", tooltip="Show what the page began with")
    present = create(
        widgets.Button,
        description="Present",
        tooltip="One step at a time, in large type",
        css="recsys-present",
    )
    address, caution = create(widgets.HTML, css="recsys-address", shown=False), text(kind="hint")
    heard: list[str] = []

    def show() -> None:
        query = escape(write(state.link))
        address.value = (
            f'<p>The link: <a href="?{query}" data-heard="{len(heard)}">?{query}</a></p>'
            "<p>It goes behind the dashboard's address.</p>"
        )
        caution.value = f"<p>{OWN_DATA}</p>" if state.selection.source == OWN else ""

    def reveal(_: widgets.Button) -> None:
        show_if(True, address)

    def open_link(query: str) -> None:
        state.open_link(query)
        heard.append(query)
        show()

    copy.on_click(reveal)
    reset.on_click(lambda _: state.reset())
    asked = _from_the_page("The link that was opened", "asked", open_link)
    open_on_page = _from_the_page("What is open on the page", "page", state.update_from_page)
    watch(state.selection, ["source", "history"], show)
    watch(state.choice, ["chosen", "top_n"], show)
    watch(state.view, ["opened", "closed", "compared", "explained", "hidden", "step"], show)
    return frame(row(copy, reset, present), address, caution, asked, open_on_page, name="link")


def _from_the_page(label: str, name: str, heard: Callable[[str], None]) -> widgets.Text:
    """A field that nobody sees; the page's script writes into it."""
    field = create(
        widgets.Text, description=label, continuous_update=True, css=f"recsys-{name}", shown=False
    )

    def hear(change: dict[str, Any]) -> None:
        if change["new"]:
            field.value = ""  # or the same could not be said again
            heard(change["new"])

    field.observe(hear, "value")
    return field
