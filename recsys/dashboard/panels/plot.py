"""The place of one chart: its figure, its sentence, and its data to be read or saved."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.charts import Chart
from recsys.dashboard.data_view import as_details
from recsys.dashboard.glossary import explained
from recsys.dashboard.panels.frame import made, shared_layout, show_if, text


class Plot:
    """It keeps the height of its figure, so that nothing jumps; its widgets come with the first.

    Parameters
    ----------
    name : of the file that its data is saved to
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._bundle: dict[str, Any] = {}
        self.box = made(widgets.VBox, css="recsys-chart", shown=False)

    def show(self, chart: Chart | None) -> None:
        """Draw a chart, unless it is drawn already; None leaves the place empty."""
        bundle = chart._repr_mimebundle_() if chart else {}
        if bundle == self._bundle:
            return
        self._bundle = bundle
        if not self.box.children:
            self.box.children = self._furniture()
        show_if(chart, self.box)
        if chart:
            self.figure.layout = shared_layout(min_height=f"{chart.drawing.layout['height']}px")
            self._caption.value = f"<p>{explained(chart.text)}</p>"
            self._data.value = as_details(chart.table, self._name, chart.title)
        # Assigned, not captured with `with`: that can hang a page that is still loading.
        output = {"output_type": "display_data", "data": bundle, "metadata": {}}
        self.figure.outputs = (output,) if chart else ()

    def _furniture(self) -> list[widgets.Widget]:
        self.figure = made(widgets.Output, css="recsys-figure")
        self._caption, self._data = text(kind="caption"), text(kind="data")
        return [self.figure, self._caption, self._data]
