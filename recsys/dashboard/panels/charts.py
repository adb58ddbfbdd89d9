"""The charts of the answer, opened and closed by a button each, with their data in words."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.charts import Kind, registered
from recsys.dashboard.panels.frame import frame, made, paragraph, row, show_if, text, watch
from recsys.dashboard.panels.plot import Plot
from recsys.dashboard.state import Messages
from recsys.dashboard.state.cluster_comparison import ClusterComparison
from recsys.dashboard.state.model_charts import Gallery


def charts(gallery: Gallery, messages: Messages) -> widgets.VBox:
    """The recommendations' scores, and what belongs to the model.

    Voilà's own front end loses figures that are there while it loads, one page in six; so there the
    page's script presses a button, which nobody sees, once it is up.
    """
    slots = {kind.key: _Slot(kind.key, gallery) for kind in registered()}
    switches: dict[str, widgets.ToggleButton] = {}
    none = text(kind="hint")
    again = made(
        widgets.Button, description="Draw the charts again", css="recsys-draw", shown=False
    )
    choice = row(css="recsys-choose")
    # A place for every chart, always: a figure whose place moves comes back as a dead picture.
    grid = made(widgets.VBox, [slot.box for slot in slots.values()], css="recsys-charts")

    def offer() -> None:
        for kind in gallery.offered:
            if kind.key not in switches:
                switches[kind.key] = _switch(kind, gallery)
            if kind.key not in slots:  # registered since, in a cell of the notebook
                slots[kind.key] = _Slot(kind.key, gallery)
                grid.children = (*grid.children, slots[kind.key].box)
        for key, switch in switches.items():
            switch.value = key in gallery.opened
        choice.children = [switches[kind.key] for kind in gallery.offered]

    def show() -> None:
        for key, slot in slots.items():
            try:
                slot.show(gallery.chart(key) if key in gallery.opened else None)
            except Exception as problem:  # one that cannot be drawn must not keep others from it
                messages.report(problem, "drawing a chart")
        none.value = paragraph(
            "" if gallery.offered else "They will appear with the recommendations."
        )

    def show_again(_: widgets.Button) -> None:
        for slot in slots.values():
            slot.show(None)
        show()

    again.on_click(show_again)
    watch(gallery, ["offered", "opened"], offer)
    watch(gallery, "edition", show)
    return frame(none, choice, again, grid, name="all-charts")


def _switch(kind: Kind, gallery: Gallery) -> widgets.ToggleButton:
    switch = made(widgets.ToggleButton, description=kind.name)

    def switched(change: dict[str, Any]) -> None:
        if change["new"] != (kind.key in gallery.opened):  # else it has only followed the gallery
            gallery.open(kind.key, change["new"])

    switch.observe(switched, "value")
    return switch


class _Slot(Plot):
    """The place of a kind of chart; the comparison of numbers of clusters has its button there."""

    def __init__(self, key: str, gallery: Gallery) -> None:
        super().__init__(key)
        self._key, self._gallery = key, gallery

    def _furniture(self) -> list[widgets.Widget]:
        above = [_comparison(self._gallery.comparison)] if self._key == "counts" else []
        return [*above, *super()._furniture()]


def _comparison(comparison: ClusterComparison) -> widgets.VBox:
    """Start and stop the comparison of numbers of clusters; hidden once it is known."""
    start = made(widgets.Button, description="Compare all numbers of clusters")
    stop = made(widgets.Button, description="Stop comparing")
    bar = made(widgets.FloatProgress, min=0.0, max=1.0, css="recsys-comparing")
    status = text(kind="status")
    box = made(widgets.VBox, [row(start, stop), bar, status])

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
