"""Other panels in one: cause and effect on one screen, for one cell of a notebook."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from recsys.dashboard.panels.frame import create, frame


def bench(
    choice: widgets.Widget,
    causes: Sequence[widgets.Widget],
    effect: widgets.Widget,
    charts: widgets.Widget,
) -> widgets.VBox:
    """The choice of a model above three columns; one column where the place is narrow.

    Parameters
    ----------
    choice : the panel with the models
    causes : the panels of the first column: courses and settings
    effect, charts : the panels of the second and the third column
    """
    columns = create(
        widgets.Box, [create(widgets.VBox, list(causes)), effect, charts], css="recsys-columns"
    )
    return frame(choice, columns, name="bench")
