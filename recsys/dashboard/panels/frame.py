"""What all panels share: a frame that brings the style sheet, pieces of HTML, and binding."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, TypeVar

import ipywidgets as widgets
from IPython import get_ipython
from traitlets import HasTraits

_Widget = TypeVar("_Widget", bound=widgets.DOMWidget)


def frame(*children: widgets.Widget, name: str) -> widgets.VBox:
    """A panel: its children beneath each other; `name` is a class for the style sheet."""
    return create(widgets.VBox, [*children, _style_sheet()], css=f"recsys recsys-{name}")


def row(*children: widgets.Widget, css: str = "") -> widgets.HBox:
    """Widgets beside each other, on as many lines as they need."""
    return create(widgets.HBox, children, css=f"recsys-row {css}")


def text(content: str = "", *, kind: str) -> widgets.HTML:
    """A paragraph whose words are shown as they are; `kind` is a class for the style sheet."""
    return create(widgets.HTML, paragraph(content), css=f"recsys-{kind}")


def create(
    kind: type[_Widget],
    *content: Any,
    css: str = "",
    shown: bool = True,
    **more: Any,
) -> _Widget:
    """A widget in as few messages to the page as can be: it shares its style and its layout with
    others, and has its classes from the start.

    Parameters
    ----------
    kind, content, more : the widget's class, and what that is called with
    css : classes for the style sheet
    shown : whether it is there from the start (see `show_if`)
    """
    if hasattr(kind, "style"):
        more["style"] = _style(kind.style.klass)
    widget: _Widget = kind(*content, layout=_shown_or_not(shown), _dom_classes=css.split(), **more)
    return widget


@cache
def shared_layout(**traits: str) -> widgets.Layout:
    """The layout of all widgets that have these traits and no others; nobody's to change."""
    return widgets.Layout(**traits)


def show_if(wanted: object, widget: widgets.DOMWidget) -> None:
    """Show a widget, or hide it and give its room away."""
    widget.layout = _shown_or_not(wanted)


def _shown_or_not(shown: object) -> widgets.Layout:
    return shared_layout() if shown else shared_layout(display="none")


def is_shown(widget: widgets.DOMWidget) -> bool:
    """Whether it is not hidden."""
    return bool(widget.layout.display != "none")


@cache
def _style(kind: type[widgets.Widget]) -> widgets.Widget:
    return kind()


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
    return create(widgets.HTML, f"<style>{css}</style>", shown=False)
