"""The charts of the answer, each with its text alternative."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.charts import Chart
from recsys.dashboard.glossary import explained
from recsys.dashboard.model_charts import charts_for
from recsys.dashboard.panels.frame import frame, paragraph, text
from recsys.dashboard.state import State


def charts(state: State) -> widgets.VBox:
    """The recommendations' scores, and what belongs to the model.

    An answer that is older than the panel is drawn on demand (in Voilà the page itself presses the
    button, once it is up): of a page that loads with figures in it, one in six lost them.
    """
    slots: list[_Slot] = []
    none = text(kind="hint")
    draw = widgets.Button(description="Draw the charts")
    draw.add_class("recsys-draw")
    grid = widgets.VBox()
    grid.add_class("recsys-charts")

    def show(_: Any = None) -> None:
        draw.layout.display = "none"
        shown = charts_for(state.answer, state.dataset, state.ratings)
        while len(slots) < len(shown):
            slots.append(_Slot())
        for slot, chart in zip(slots, shown, strict=False):
            slot.show(chart)
        boxes = tuple(slot.box for slot in slots[: len(shown)])
        if grid.children != boxes:
            grid.children = boxes
        none.value = paragraph("" if shown else "They will appear with the recommendations.")

    draw.on_click(show)
    state.observe(show, "answer")
    if state.answer.table.empty:
        show()
    return frame(none, draw, grid, name="all-charts")


class _Slot:
    """The place of one chart. It keeps the height of its figure, so that nothing jumps."""

    def __init__(self) -> None:
        self._bundle: dict[str, Any] = {}
        self._figure = widgets.Output()
        self._caption = text(kind="caption")
        self.box = widgets.VBox([self._figure, self._caption])
        self.box.add_class("recsys-chart")

    def show(self, chart: Chart) -> None:
        """Draw a chart, unless it is drawn already."""
        bundle = chart._repr_mimebundle_()
        if bundle == self._bundle:
            return
        self._bundle = bundle
        self._figure.layout.min_height = f"{chart.figure.layout.height}px"
        self._caption.value = f"<p>{explained(chart.text)}</p>"
        # Assigned, not captured with `with`: that can hang a page that is still loading.
        self._figure.outputs = ({"output_type": "display_data", "data": bundle, "metadata": {}},)
