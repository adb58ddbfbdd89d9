"""What the charts panel binds; other tests cover what is drawn."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
from letters import Letters

from recsys.charts import Chart, View, chart, registry
from recsys.charts.drawing import blank
from recsys.dashboard.panels import charts
from recsys.dashboard.state import Answer, State
from recsys.dashboard.state.model_charts import ModelCharts
from recsys.models import EmbeddingClassification, EmbeddingRegression, NeuralNetwork


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
    assert switches(panel) == {"Scores": False, "Popularity": True}
    assert shown(panel) == 1
    state.selection.clear()
    assert (switches(panel), shown(panel)) == ({}, 0)
    state.selection.add(["b"])
    assert switches(panel) == {"Scores": False, "Popularity": True}
    assert shown(panel) == 1


def test_a_switch_opens_and_closes_a_chart(state: State) -> None:
    panel = charts(ModelCharts(state), state.messages)
    state.selection.add(["a"])
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    (choice,) = (one for one in panel.children if "recsys-choose" in one._dom_classes)
    choice.children[1].value = False
    assert shown(panel) == 0
    state.selection.add(["b"])
    assert shown(panel) == 0
    choice.children[1].value = True
    assert shown(panel) == 1


def test_the_title_stands_above_the_figure_as_text(state: State) -> None:
    model_charts = ModelCharts(state)
    model_charts.open("scores")
    panel = charts(model_charts, state.messages)
    state.selection.add(["a"])
    state.fitting.fitted = Letters().fit(state.selection.dataset)
    state.choice.set_top_n(9)
    (grid,) = (one for one in panel.children if "recsys-charts" in one._dom_classes)
    title, figure, caption, _ = next(one for one in grid.children if one.children).children
    assert title.value == "<p>Title f leads with 6</p>"
    assert "Title f" in caption.value
    (output,) = figure.outputs
    drawn = output["data"]["application/vnd.plotly.v1+json"]["layout"]
    assert "title" not in drawn
    assert figure.layout.min_height == f"{drawn['height']}px"


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
    assert switches(panel) == {"Scores": False, "The alphabet": True, "Popularity": False}
    assert shown(panel) == 1
    assert state.messages.error == ""


def opened(state: State) -> tuple[widgets.Output, widgets.ToggleButton, list[str]]:
    """The first of two charts, the button of the second, and what is done to the first from now on:
    each "drawn" or "emptied".
    """
    model_charts = ModelCharts(state)
    panel = charts(model_charts, state.messages)
    state.selection.add(["a"])
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    model_charts.open("scores")
    choice, grid = (
        next(one for one in panel.children if name in one._dom_classes)
        for name in ("recsys-choose", "recsys-charts")
    )
    shown = [one for one in grid.children if one.layout.display != "none"]
    figure = next(one for one in shown[0].children if "recsys-figure" in one._dom_classes)
    done: list[str] = []
    figure.observe(lambda change: done.append("drawn" if change["new"] else "emptied"), "outputs")
    return figure, choice.children[1], done


def test_a_chart_is_drawn_again_for_each_further_view(state: State) -> None:
    figure, _, done = opened(state)
    figure._view_count = 1
    assert done == []
    figure._view_count = 2
    assert done == ["emptied", "drawn"]
    figure._view_count = 1  # the cell is run again: a view disappears, and another appears
    figure._view_count = 2
    assert done == ["emptied", "drawn"] * 2


def test_a_chart_follows_its_width_where_the_page_does_not_see_to_it(state: State) -> None:
    figure, switch, done = opened(state)
    switch.value = False
    assert done == []  # our page, which counts no views, resizes figures itself
    figure._view_count = 1
    switch.value = True
    assert done == ["emptied", "drawn"]


def test_the_caption_of_the_losses_says_how_to_read_them(state: State) -> None:
    """The validation loss can be the lower one, and models 8 and 9 differ from 7."""
    listed = pd.DataFrame({"course_id": ["b"], "title": ["B"], "score": [1.0], "rank": [1]})
    for kind in (NeuralNetwork, EmbeddingRegression, EmbeddingClassification):
        network = kind()
        network.training_curve_ = np.array([[4, 3.9], [3, 2.9]])
        model_charts = ModelCharts(state)
        panel = charts(model_charts, state.messages)
        state.fitting.answer = Answer(listed, network)
        (grid,) = (one for one in panel.children if "recsys-charts" in one._dom_classes)
        captions = [
            one.value
            for slot in grid.children
            for one in slot.children
            if "recsys-caption" in one._dom_classes
        ]
        (losses,) = (one for one in captions if "Line chart of the losses" in one)
        assert "so it can be the lower one." in losses
        assert ("The network learns from fewer users" in losses) == (kind is not NeuralNetwork)
