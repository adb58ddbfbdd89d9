"""Helpers for all panels: a frame with the style sheet, widgets, HTML, and binding to traits."""

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
    """A panel: its children below each other; `name` becomes part of a CSS class."""
    return create(widgets.VBox, [*children, _style_sheet()], css=f"recsys recsys-{name}")


def row(*children: widgets.Widget, css: str = "") -> widgets.HBox:
    """Widgets next to each other, wrapped onto several lines if needed."""
    return create(widgets.HBox, children, css=f"recsys-row {css}")


def menu(label: str, *children: widgets.Widget) -> widgets.VBox:
    """A button that shows the children below it while it is pressed; `name_menu` renames it."""
    opener = create(widgets.ToggleButton, description=label, css="recsys-opener")
    content = create(widgets.VBox, children, css="recsys-menu-content")
    return create(widgets.VBox, [opener, content], css="recsys-menu")


def name_menu(menu: widgets.VBox, label: str) -> None:
    """Write other words on the button of a menu."""
    menu.children[0].description = label


def text(content: str = "", *, kind: str) -> widgets.HTML:
    """A paragraph of plain text; `kind` becomes part of a CSS class."""
    return create(widgets.HTML, paragraph(content), css=f"recsys-{kind}")


def create(
    kind: type[_Widget],
    *content: Any,
    css: str = "",
    shown: bool = True,
    **more: Any,
) -> _Widget:
    """Create a widget with as few messages to the page as possible.

    It shares its style and its layout with other widgets, and has its CSS classes from the start.

    Parameters
    ----------
    kind : the widget's class
    content, more : the arguments for the class
    css : CSS classes, separated by spaces
    shown : whether it is visible at first (see `show_if`)
    """
    if hasattr(kind, "style"):
        more["style"] = _style(kind.style.klass)
    widget: _Widget = kind(*content, layout=_shown_or_not(shown), _dom_classes=css.split(), **more)
    return widget


@cache
def shared_layout(**traits: str) -> widgets.Layout:
    """The one layout with exactly these traits, shared by many widgets; must not be modified."""
    return widgets.Layout(**traits)


def show_if(wanted: object, widget: widgets.DOMWidget) -> None:
    """Show a widget, or hide it so that it takes no space."""
    widget.layout = _shown_or_not(wanted)


def _shown_or_not(shown: object) -> widgets.Layout:
    return shared_layout() if shown else shared_layout(display="none")


def is_shown(widget: widgets.DOMWidget) -> bool:
    """Whether the widget is visible (see `show_if`)."""
    return bool(widget.layout.display != "none")


@cache
def _style(kind: type[widgets.Widget]) -> widgets.Widget:
    return kind()


def paragraph(content: str) -> str:
    """Plain text as an HTML paragraph; "" for an empty text."""
    return f"<p>{escape(content)}</p>" if content else ""


def with_links(html: str) -> str:
    """Turn the web addresses in escaped text into links that open in a new tab."""
    return re.sub(
        r"https?://[\w.:/-]*[\w/]",
        lambda found: f'<a href="{found[0]}" target="_blank" rel="noopener">{found[0]}</a>',
        html,
    )


def from_the_page(label: str, name: str, receive: Callable[[str], None]) -> widgets.Text:
    """A hidden field that the page's script writes to.

    Parameters
    ----------
    label : what it receives, in words
    name : becomes part of the CSS class by which the script finds it
    receive : called with each text, also with the same text again
    """
    field = create(
        widgets.Text, description=label, continuous_update=True, css=f"recsys-{name}", shown=False
    )

    def changed(change: dict[str, Any]) -> None:
        if change["new"]:
            field.value = ""  # so that the same text can arrive again
            receive(change["new"])

    field.observe(changed, "value")
    return field


def watch(state: HasTraits, names: str | list[str], act: Callable[[], None]) -> None:
    """Call `act` now, and each time one of these traits changes."""

    def changed(_: Any) -> None:
        act()

    state.observe(changed, names)
    act()


def after_each_cell(act: Callable[[], None]) -> None:
    """Call `act` after each cell of the notebook; does nothing outside a notebook."""
    shell = get_ipython()
    if shell is not None:
        shell.events.register("post_run_cell", lambda _: act())


@cache
def _style_sheet() -> widgets.HTML:
    css = files("recsys.dashboard").joinpath("style.css").read_text("utf-8")
    return create(widgets.HTML, f"<style>{css}</style>", shown=False)
