"""Which charts are available, which are open, and that each can be drawn; without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from letters import Letters

from recsys import charts, models
from recsys.charts import Chart, View
from recsys.charts.drawing import blank
from recsys.dashboard.state import Answer, State
from recsys.dashboard.state.model_charts import ModelCharts
from recsys.jobs.job import Finished
from recsys.models import Recommender


def answered(state: State, model: Recommender) -> State:
    """A state whose list was made by this model."""
    state.selection.add(["a", "b"])
    state.choice.begin_with(model.key(), model.values())
    state.fitting.fitted = model.fit(state.selection.dataset)
    name, value = next(iter(model.values().items()))
    state.choice.set_value(name, value)  # as if a slider returned to the fitted value
    assert state.fitting.answer.model is model
    return state


def an_answer() -> pd.DataFrame:
    return pd.DataFrame({"course_id": ["c"], "title": ["C"], "score": [1.0], "rank": [1]})


def keys(model_charts: ModelCharts) -> list[str]:
    return [kind.key for kind in model_charts.offered]


@pytest.fixture
def letters(state: State, monkeypatch: pytest.MonkeyPatch) -> Callable[[Recommender], ModelCharts]:
    """Creates the charts of a model's answer."""

    def model_charts(model: Recommender) -> ModelCharts:
        monkeypatch.setattr(models, "_MODELS", [type(model)])
        return ModelCharts(answered(state, model))

    return model_charts


def test_charts_come_after_the_list(letters: Callable[[Recommender], ModelCharts]) -> None:
    model_charts = letters(Letters())
    state, order = model_charts.state, []

    async def pick() -> None:
        model_charts.observe(lambda _: order.append("charts"), "version")
        state.fitting.observe(lambda _: order.append("list"), "answer")
        state.selection.add(["c"])
        state.selection.add(["d"])
        assert order == ["list", "list"]
        await asyncio.sleep(0)

    asyncio.run(pick())
    assert order == ["list", "list", "charts"]


OFFERS = [
    (models.KNN(), ["scores", "popularity"]),
    (models.UserProfile(threshold=0), ["scores", "topics", "popularity"]),
    (models.NMF(n_components=2), ["scores", "bundles", "popularity"]),
    (
        models.Clustering(n_clusters=2),
        ["scores", "map", "portraits", "sizes", "counts", "popularity"],
    ),
    (
        models.ClusteringPCA(n_clusters=2),
        *[["scores", "map", "portraits", "sizes", "counts", "variance", "loadings", "popularity"]],
    ),
]


@pytest.mark.parametrize(("model", "offered"), OFFERS, ids=lambda one: type(one).__name__)
def test_a_model_offers_its_charts_and_each_can_be_drawn(
    letters: Callable[[Recommender], ModelCharts], model: Recommender, offered: list[str]
) -> None:
    model_charts = letters(model)
    assert keys(model_charts) == offered
    assert list(model_charts.opened) == offered[1:2]  # the list shows the scores already
    for key in offered:
        assert model_charts.chart(key).title


def test_a_network_offers_losses_and_a_map_of_courses(state: State) -> None:
    network = models.NeuralNetwork()
    network.training_curve_ = np.ones((2, 2))
    model_charts = ModelCharts(state)
    state.fitting.answer = Answer(an_answer(), network)
    assert keys(model_charts) == ["scores", "loss", "courses", "popularity"]
    assert model_charts.opened == ("loss",)
    assert (
        model_charts.chart("loss").figure.layout.yaxis.title.text == "Loss (nats per hidden course)"
    )
    network.training_curve_ = np.zeros((0, 2))  # of a fit without any rating
    state.fitting.answer = Answer(an_answer(), network)
    assert keys(model_charts) == ["scores", "courses", "popularity"]


def test_a_model_that_keeps_its_losses_has_their_chart(state: State) -> None:
    """Whether or not it declares it."""
    model = Letters().fit(state.selection.dataset)
    model.training_curve_ = np.ones((2, 2))  # type: ignore[attr-defined]
    model_charts = ModelCharts(state)
    state.fitting.answer = Answer(an_answer(), model)
    assert keys(model_charts) == ["scores", "loss", "popularity"]
    assert model_charts.chart("loss").figure.layout.yaxis.title.text == "Loss"


def test_a_chart_can_be_registered_in_a_cell_of_the_notebook(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.charts.registry._KINDS", {**charts.registry._KINDS})
    model_charts = ModelCharts(state)

    @charts.chart("letters", "The alphabet")
    def letters(view: View) -> Chart:
        title = f"{len(view.history)} of {view.dataset.n_courses} letters are picked"
        return Chart(blank(title, height=100), title, f"{title}.", view.recommendations)

    monkeypatch.setattr(Letters, "charts", ("scores", "letters", "popularity"))
    answered(state, Letters())
    assert [kind.name for kind in model_charts.offered] == ["Scores", "The alphabet", "Popularity"]
    assert model_charts.opened == ("letters",)
    assert model_charts.chart("letters").title == "2 of 6 letters are picked"
    assert "letters" in state.view.openable  # a link can open it


def test_a_chart_that_does_not_exist_is_reported_and_the_others_are_shown(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Letters, "charts", ("scores", "leters", "popularity"))
    model_charts = ModelCharts(state)
    answered(state, Letters())
    assert keys(model_charts) == ["scores", "popularity"]
    assert state.messages.error.startswith(
        "Letters.charts: There is no chart “leters”; there are scores, "
    )


def test_what_is_opened_stays_open_with_the_next_model(state: State) -> None:
    model_charts = ModelCharts(answered(state, models.registry()[0]()))
    assert model_charts.opened == ("popularity",)
    model_charts.open("popularity", False)
    assert model_charts.opened == ()
    state.selection.add(["c"])
    assert model_charts.opened == ()
    model_charts.open("popularity")
    model_charts.open("scores")
    assert model_charts.opened == ("scores", "popularity")


def test_nothing_is_offered_without_an_answer(state: State) -> None:
    assert ModelCharts(state).offered == ()


def test_the_losses_of_a_training_are_drawn_while_it_runs(state: State) -> None:
    model_charts = ModelCharts(state)
    versions = [model_charts.version]
    model_charts.observe(lambda change: versions.append(change["new"]), "version")
    state.training.running = True
    state.training.measured = ({"rows": 3.0},)
    assert model_charts.offered == ()  # these figures are not losses
    state.training.measured = (
        *state.training.measured,
        {"epoch": 1, "loss": 4.0, "validation_loss": 5.0},
    )
    assert keys(model_charts) == ["loss"]
    assert model_charts.opened == ("loss",)
    state.training.measured = (*state.training.measured, {"epoch": 2, "loss": 3.0})
    assert versions == sorted(set(versions))
    table = model_charts.chart("loss").table
    assert table["training"].tolist() == [4, 3]
    assert table["validation"].isna().tolist() == [False, True]


def test_a_known_comparison_follows_the_settings(
    letters: Callable[[Recommender], ModelCharts],
) -> None:
    model_charts = letters(models.Clustering(n_clusters=2))
    comparison, state = model_charts.comparison, model_charts.state
    assert "not been tried" in model_charts.chart("counts").title
    table = pd.DataFrame({"clusters": [1, 2], "inertia": [2.0, 1.0], "silhouette": [np.nan, 0.5]})
    comparison._job = job = object()  # type: ignore[assignment]
    comparison.running = True
    comparison._on_event(job, Finished(table))  # type: ignore[arg-type]
    assert model_charts.chart("counts").title.endswith("you use 2")
    answered(state, models.Clustering(n_clusters=2, lift=True))
    assert len(comparison.table) == 2  # a setting that needs no new fit keeps the curve
    answered(state, models.Clustering(n_clusters=2, seed=1))
    assert comparison.table.empty
