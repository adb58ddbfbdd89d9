"""The widgets inside a panel, for tests of panels without a browser."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets


def parts(panel: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and all widgets inside it, from top to bottom."""
    yield panel
    for child in getattr(panel, "children", ()):
        yield from parts(child)


def labelled(panel: widgets.Widget, label: str) -> widgets.Widget:
    """The first one with this description."""
    return next(one for one in parts(panel) if getattr(one, "description", "") == label)
