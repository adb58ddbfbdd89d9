"""Which charts are on offer, which are open, and that each can be drawn; without a browser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from letters import Letters

from recsys import charts, models
from recsys.charts import Chart, View
from recsys.charts.drawing import blank
from recsys.dashboard.state import Answer, State
from recsys.dashboard.state.model_charts import Gallery
from recsys.jobs.job import Finished
from recsys.models import Recommender


def answered(state: State, model: Recommender) -> State:
    """A state whose list comes from this model."""
    state.selection.add(["a", "b"])
    state.choice.begin_with(model.key(), model.values())
    state.fitting.fitted = model.fit(state.selection.dataset)
    name, value = next(iter(model.values().items()))
    state.choice.set_value(name, value)  # as when a slider comes back to what was fitted
    assert state.fitting.answer.model is model
    return state


def an_answer() -> pd.DataFrame:
    return pd.DataFrame({"course_id": ["c"], "title": ["C"], "score": [1.0], "rank": [1]})


def keys(gallery: Gallery) -> list[str]:
    return [kind.key for kind in gallery.offered]


@pytest.fixture
def letters(state: State, monkeypatch: pytest.MonkeyPatch) -> Callable[[Recommender], Gallery]:
    """A maker of galleries over the answer of a model."""

    def gallery(model: Recommender) -> Gallery:
        monkeypatch.setattr(models, "_MODELS", [type(model)])
        return Gallery(answered(state, model))

    return gallery


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
    letters: Callable[[Recommender], Gallery], model: Recommender, offered: list[str]
) -> None:
    gallery = letters(model)
    assert keys(gallery) == offered
    assert list(gallery.opened) == offered[:2]
    for key in offered:
        assert gallery.chart(key).title


def test_a_network_offers_losses_and_a_map_of_courses(state: State) -> None:
    network = models.NeuralNetwork()
    network.training_curve_ = np.ones((2, 2))
    gallery = Gallery(state)
    state.fitting.answer = Answer(an_answer(), network)
    assert keys(gallery) == ["scores", "loss", "courses", "popularity"]
    assert gallery.opened == ("scores", "loss")
    assert gallery.chart("loss").figure.layout.yaxis.title.text == "Loss (nats per hidden course)"
    network.training_curve_ = np.zeros((0, 2))  # of a fit without any rating
    state.fitting.answer = Answer(an_answer(), network)
    assert keys(gallery) == ["scores", "courses", "popularity"]


def test_a_model_that_keeps_its_losses_has_their_chart(state: State) -> None:
    """Whether or not it declares it."""
    model = Letters().fit(state.selection.dataset)
    model.training_curve_ = np.ones((2, 2))  # type: ignore[attr-defined]
    gallery = Gallery(state)
    state.fitting.answer = Answer(an_answer(), model)
    assert keys(gallery) == ["scores", "loss", "popularity"]
    assert gallery.chart("loss").figure.layout.yaxis.title.text == "Loss"


def test_a_chart_can_be_registered_in_a_cell_of_the_notebook(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.charts.catalogue._KINDS", {**charts.catalogue._KINDS})
    gallery = Gallery(state)

    @charts.chart("letters", "The alphabet")
    def letters(view: View) -> Chart:
        title = f"{len(view.history)} of {view.dataset.n_courses} letters are picked"
        return Chart(blank(title, height=100), title, f"{title}.", view.recommendations)

    monkeypatch.setattr(Letters, "charts", ("scores", "letters", "popularity"))
    answered(state, Letters())
    assert [kind.name for kind in gallery.offered] == ["Scores", "The alphabet", "Popularity"]
    assert gallery.opened == ("scores", "letters")
    assert gallery.chart("letters").title == "2 of 6 letters are picked"
    assert "letters" in state.view.openable  # a link can open it


def test_a_chart_that_does_not_exist_is_told_and_keeps_no_other_from_being_shown(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Letters, "charts", ("scores", "leters", "popularity"))
    gallery = Gallery(state)
    answered(state, Letters())
    assert keys(gallery) == ["scores", "popularity"]
    assert state.messages.error.startswith(
        "Letters.charts: There is no chart “leters”; there are scores, "
    )


def test_what_is_opened_stays_open_with_the_next_model(state: State) -> None:
    gallery = Gallery(answered(state, models.registry()[0]()))
    assert gallery.opened == ("scores", "popularity")
    gallery.open("popularity", False)
    assert gallery.opened == ("scores",)
    state.selection.add(["c"])
    assert gallery.opened == ("scores",)
    gallery.open("popularity")
    assert gallery.opened == ("scores", "popularity")


def test_nothing_is_offered_without_an_answer(state: State) -> None:
    assert Gallery(state).offered == ()


def test_the_losses_of_a_training_are_drawn_while_it_runs(state: State) -> None:
    gallery = Gallery(state)
    editions = [gallery.edition]
    gallery.observe(lambda change: editions.append(change["new"]), "edition")
    state.training.running = True
    state.training.measured = ({"rows": 3.0},)
    assert gallery.offered == ()  # these are no losses
    state.training.measured = (
        *state.training.measured,
        {"epoch": 1, "loss": 4.0, "validation_loss": 5.0},
    )
    assert keys(gallery) == ["loss"]
    assert gallery.opened == ("loss",)
    state.training.measured = (*state.training.measured, {"epoch": 2, "loss": 3.0})
    assert editions == sorted(set(editions))
    table = gallery.chart("loss").table
    assert table["training"].tolist() == [4, 3]
    assert table["validation"].isna().tolist() == [False, True]


def test_a_known_comparison_follows_the_settings(
    letters: Callable[[Recommender], Gallery],
) -> None:
    gallery = letters(models.Clustering(n_clusters=2))
    comparison, state = gallery.comparison, gallery.state
    assert "not been tried" in gallery.chart("counts").title
    table = pd.DataFrame({"clusters": [1, 2], "inertia": [2.0, 1.0], "silhouette": [np.nan, 0.5]})
    comparison._job = job = object()  # type: ignore[assignment]
    comparison._hear(job, Finished(table))  # type: ignore[arg-type]
    assert gallery.chart("counts").title.endswith("you use 2")
    answered(state, models.Clustering(n_clusters=2, lift=True))
    assert len(comparison.table) == 2  # no other fit: the same curve
    answered(state, models.Clustering(n_clusters=2, seed=1))
    assert comparison.table.empty
