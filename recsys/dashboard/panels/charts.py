"""The charts of the answer: a button for each opens and closes it."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.charts import Chart, Kind, registered
from recsys.dashboard.panels.frame import create, frame, paragraph, row, show_if, text, watch
from recsys.dashboard.panels.plot import Plot
from recsys.dashboard.state import Messages
from recsys.dashboard.state.cluster_comparison import ClusterComparison
from recsys.dashboard.state.model_charts import ModelCharts


def charts(model_charts: ModelCharts, messages: Messages) -> widgets.VBox:
    """The charts that the answering model declares.

    On one page in six, Voilà's own front end loses the figures that exist while it loads. The
    page's script therefore presses a hidden button that draws them again after the page has loaded.
    """
    slots = {kind.key: _Slot(kind.key, model_charts) for kind in registered()}
    switches: dict[str, widgets.ToggleButton] = {}
    opened: tuple[str, ...] = ()
    none = text(kind="hint")
    again = create(
        widgets.Button, description="Draw the charts again", css="recsys-draw", shown=False
    )
    choice = row(css="recsys-choose")
    # Every chart keeps its place: a figure that is moved in the page no longer reacts to the mouse.
    grid = create(widgets.VBox, [slot.box for slot in slots.values()], css="recsys-charts")

    def offer() -> None:
        for kind in model_charts.offered:
            if kind.key not in switches:
                switches[kind.key] = _switch(kind, model_charts)
            if kind.key not in slots:  # registered later, in a cell of the notebook
                slots[kind.key] = _Slot(kind.key, model_charts)
                grid.children = (*grid.children, slots[kind.key].box)
        for key, switch in switches.items():
            switch.value = key in model_charts.opened
            switch.description = model_charts.button(key)
        choice.children = [switches[kind.key] for kind in model_charts.offered]

    def show() -> None:
        nonlocal opened
        for key, slot in slots.items():
            try:
                slot.show(model_charts.chart(key) if key in model_charts.opened else None)
            except Exception as problem:  # one broken chart must not hide the others
                messages.report(problem, "drawing a chart")
        if opened != model_charts.opened:  # a chart that stays open gets wider or narrower
            for key in set(opened).intersection(model_charts.opened):
                slots[key].fit()
            opened = model_charts.opened
        none.value = paragraph(
            "" if model_charts.offered else "Charts will appear with the recommendations."
        )

    def show_again(_: widgets.Button) -> None:
        for slot in slots.values():
            slot.show(None)
        show()

    again.on_click(show_again)
    watch(model_charts, "version", offer)  # also after a change of the data set
    watch(model_charts, "version", show)
    return frame(none, choice, again, grid, name="all-charts")


def _switch(kind: Kind, model_charts: ModelCharts) -> widgets.ToggleButton:
    switch = create(widgets.ToggleButton, description=model_charts.button(kind.key))

    def switched(change: dict[str, Any]) -> None:
        is_open = kind.key in model_charts.opened
        if change["new"] != is_open:  # else `offer` set the button, not the visitor
            model_charts.open(kind.key, change["new"])

    switch.observe(switched, "value")
    return switch


class _Slot(Plot):
    """The place of one chart; that of the cluster counts also has the button that computes them."""

    def __init__(self, key: str, model_charts: ModelCharts) -> None:
        super().__init__(key)
        self._key, self._model_charts = key, model_charts

    def show(self, chart: Chart | None) -> None:
        self._name = self._model_charts.state.selection.dataset.worded(self._key)
        super().show(chart)

    def _widgets(self) -> list[widgets.Widget]:
        above = [_comparison(self._model_charts.comparison)] if self._key == "counts" else []
        return [*above, *super()._widgets()]


def _comparison(comparison: ClusterComparison) -> widgets.VBox:
    """Start and stop the comparison of cluster counts; hidden when its result is there."""
    start = create(widgets.Button, description="Compare all numbers of clusters")
    stop = create(widgets.Button, description="Stop comparing")
    bar = create(widgets.FloatProgress, min=0.0, max=1.0, css="recsys-comparing")
    status = text(kind="status")
    box = create(widgets.VBox, [row(start, stop), bar, status])

    def show() -> None:
        show_if(comparison.table.empty, box)
        show_if(not comparison.running, start)
        show_if(comparison.running, stop)
        show_if(comparison.running, bar)
        bar.value = comparison.progress
        status.value = paragraph(comparison.status)

    start.on_click(lambda _: comparison.start())
    stop.on_click(lambda _: comparison.cancel())
    watch(comparison, ["table", "running", "progress", "status"], show)
    return box
