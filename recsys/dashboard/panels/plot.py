"""The place of one chart: its figure, its description, and its data as a table and as CSV."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.charts import Chart
from recsys.dashboard.data_view import as_details
from recsys.dashboard.glossary import explained
from recsys.dashboard.panels.frame import create, shared_layout, show_if, text


class Plot:
    """Shows one chart, or nothing.

    It reserves the height of its figure, so that the page does not jump. Its widgets are created
    with the first chart.

    Parameters
    ----------
    name : file name for the saved data, without its ending
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._bundle: dict[str, Any] = {}
        self.box = create(widgets.VBox, css="recsys-chart", shown=False)

    def show(self, chart: Chart | None) -> None:
        """Draw a chart, unless it is already drawn; None empties the place."""
        bundle = chart._repr_mimebundle_() if chart else {}
        if bundle == self._bundle:
            return
        self._bundle = bundle
        if not self.box.children:
            self.box.children = self._widgets()
        show_if(chart, self.box)
        if chart:
            self.figure.layout = shared_layout(min_height=f"{chart.drawing.layout['height']}px")
            self._caption.value = f"<p>{explained(chart.text)}</p>"
            self._data.value = as_details(chart.table, self._name, chart.title)
        # Assigned: `with self.figure:` can hang a page that is still loading.
        output = {"output_type": "display_data", "data": bundle, "metadata": {}}
        self.figure.outputs = (output,) if chart else ()

    def _widgets(self) -> list[widgets.Widget]:
        self.figure = create(widgets.Output, css="recsys-figure")
        self._caption, self._data = text(kind="caption"), text(kind="data")
        return [self.figure, self._caption, self._data]
