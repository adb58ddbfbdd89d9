"""What the charts panel binds; other tests cover what is drawn."""

from __future__ import annotations

import ipywidgets as widgets
import pytest
from letters import Letters

from recsys.charts import Chart, View, chart, registry
from recsys.charts.drawing import blank
from recsys.dashboard.panels import charts
from recsys.dashboard.state import State
from recsys.dashboard.state.model_charts import ModelCharts


def switches(panel: widgets.VBox) -> dict[str, bool]:
    (choice,) = (one for one in panel.children if "recsys-choose" in one._dom_classes)
    return {one.description: one.value for one in choice.children}


def shown(panel: widgets.VBox) -> int:
    (grid,) = (one for one in panel.children if "recsys-charts" in one._dom_classes)
    return sum(one.layout.display != "none" for one in grid.children)


def test_the_switches_follow_the_answer_and_nobody_else_closes_a_chart(state: State) -> None:
    panel = charts(ModelCharts(state), state.messages)
    assert switches(panel) == {}
    state.selection.add(["a"])
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    assert switches(panel) == {"Scores": True, "Popularity": True}
    assert shown(panel) == 2
    state.selection.clear()
    assert (switches(panel), shown(panel)) == ({}, 0)
    state.selection.add(["b"])
    assert switches(panel) == {"Scores": True, "Popularity": True}
    assert shown(panel) == 2


def test_a_switch_opens_and_closes_a_chart(state: State) -> None:
    panel = charts(ModelCharts(state), state.messages)
    state.selection.add(["a"])
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    (choice,) = (one for one in panel.children if "recsys-choose" in one._dom_classes)
    choice.children[1].value = False
    assert shown(panel) == 1
    state.selection.add(["b"])
    assert shown(panel) == 1
    choice.children[1].value = True
    assert shown(panel) == 2


def test_a_chart_registered_in_a_later_cell_has_a_switch_and_a_place(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_KINDS", {**registry._KINDS})
    panel = charts(ModelCharts(state), state.messages)

    @chart("letters", "The alphabet")
    def letters(view: View) -> Chart:
        title = f"{len(view.history)} letters are picked"
        return Chart(blank(title, height=100), title, f"{title}.", view.recommendations)

    monkeypatch.setattr(Letters, "charts", ("scores", "letters", "popularity"))
    state.selection.add(["a"])
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    assert switches(panel) == {"Scores": True, "The alphabet": True, "Popularity": False}
    assert shown(panel) == 2
    assert state.messages.error == ""
