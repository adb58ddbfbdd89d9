"""What all panels share: a frame that brings the style sheet, pieces of HTML, and binding."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import ipywidgets as widgets
from IPython import get_ipython
from traitlets import HasTraits


def frame(*children: widgets.Widget, name: str) -> widgets.VBox:
    """A panel: its children beneath each other; `name` is a class for the style sheet."""
    box = widgets.VBox([*children, _style_sheet()])
    box.add_class("recsys")
    box.add_class(f"recsys-{name}")
    return box


def row(*children: widgets.Widget) -> widgets.HBox:
    """Widgets beside each other, on as many lines as they need."""
    box = widgets.HBox(children)
    box.add_class("recsys-row")
    return box


def text(content: str = "", *, kind: str) -> widgets.HTML:
    """A paragraph whose words are shown as they are; `kind` is a class for the style sheet."""
    widget = widgets.HTML(paragraph(content), style=plain(widgets.HTML))
    widget.add_class(f"recsys-{kind}")
    return widget


@cache
def plain(kind: type[widgets.Widget]) -> widgets.Widget:
    """The style of all widgets of a kind, which is nobody's to change: one message to the page for
    all of them, not one for each.
    """
    return kind.style.klass()


def paragraph(content: str) -> str:
    """Plain words as HTML, "" for nothing."""
    return f"<p>{escape(content)}</p>" if content else ""


def with_links(html: str) -> str:
    """Escaped text with its web addresses as links; they open in a tab of their own."""
    return re.sub(
        r"https?://[\w.:/-]*[\w/]",
        lambda found: f'<a href="{found[0]}" target="_blank" rel="noopener">{found[0]}</a>',
        html,
    )


def watch(state: HasTraits, names: str | list[str], act: Callable[[], None]) -> None:
    """Call `act` now, and whenever one of these traits changes."""

    def changed(_: Any) -> None:
        act()

    state.observe(changed, names)
    act()


def after_each_cell(act: Callable[[], None]) -> None:
    """Call `act` whenever a cell of the notebook has run, where there is a notebook."""
    shell = get_ipython()
    if shell is not None:
        shell.events.register("post_run_cell", lambda _: act())


@cache
def _style_sheet() -> widgets.HTML:
    css = files("recsys.dashboard").joinpath("style.css").read_text("utf-8")
    sheet = widgets.HTML(f"<style>{css}</style>")
    sheet.layout.display = "none"
    return sheet
