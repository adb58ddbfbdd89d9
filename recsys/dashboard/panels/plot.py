"""The place of one chart: its title, its figure, its description, and its data as table and CSV."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.charts import Chart
from recsys.dashboard.data_view import as_details
from recsys.dashboard.glossary import explained
from recsys.dashboard.panels.frame import create, paragraph, shared_layout, show_if, text


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
        self._shown_title = ""
        self._views_are_counted = False  # by the front end, as in JupyterLab
        self.box = create(widgets.VBox, css="recsys-chart", shown=False)

    def show(self, chart: Chart | None) -> None:
        """Draw a chart, unless it is already drawn; None empties the place."""
        # Voilà's own front end does not tell a figure that the window was resized, so the figure
        # listens itself. It is then as high as what is around it, which the style sheet sets.
        # The title is text above the figure, since Plotly cannot wrap it to the width of the page.
        bundle = chart.bundle(titled=False, responsive=True) if chart else {}
        title = paragraph(chart.title) if chart and chart.drawing.title_height else ""
        if (bundle, title) == (self._bundle, self._shown_title):
            return
        self._bundle, self._shown_title = bundle, title
        if not self.box.children:
            self.box.children = self._widgets()
        self._title.value = title
        show_if(chart, self.box)
        if chart:
            self.figure.layout = shared_layout(
                min_height=f"{chart.drawing.without_title().layout['height']}px"
            )
            self._caption.value = f"<p>{explained(chart.text)}</p>"
            self._data.value = as_details(chart.table, self._name, chart.title)
        self._draw()

    def fit(self) -> None:
        """Draw again, as wide as the place is now. Our own page does so by itself."""
        if self._views_are_counted:
            self.figure.outputs = ()
            self._draw()

    def _draw(self) -> None:
        # Assigned: `with self.figure:` can hang a page that is still loading.
        output = {"output_type": "display_data", "data": self._bundle, "metadata": {}}
        self.figure.outputs = (output,) if self._bundle else ()

    def _draw_in_new_views(self, change: dict[str, Any]) -> None:
        """Draw again when JupyterLab shows the figure once more, as after its cell is run again.

        Otherwise the new view would be a picture of the figure until the mouse enters it.

        Relies on ipywidgets 8.1 and plotly 7.1: if `_view_count` is a number, the front end adds 1
        for each view that appears, and subtracts 1 for each that disappears. Plotly's extension
        stores a picture with an output that it has drawn, and shows it in each later view.
        """
        if change["new"] > change["old"]:
            self.fit()
        self._views_are_counted = True

    def _widgets(self) -> list[widgets.Widget]:
        self.figure = create(widgets.Output, css="recsys-figure", _view_count=0)
        self.figure.observe(self._draw_in_new_views, "_view_count")
        self._title = text(kind="chart-title")
        self._caption, self._data = text(kind="caption"), text(kind="data")
        return [self._title, self.figure, self._caption, self._data]
