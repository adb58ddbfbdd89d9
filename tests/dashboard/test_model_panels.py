"""The panels of models and of settings show the state, also when code has changed it."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets
import pytest
from inside import labelled, parts
from IPython.core.interactiveshell import InteractiveShell
from letters import Letters, train

from recsys import models
from recsys.dashboard import State, panels
from recsys.dashboard.panels import frame
from recsys.dataset import Dataset
from recsys.models import Progress
from recsys.storage import Store


def pressed(panel: widgets.Widget) -> list[str]:
    buttons = [one for one in parts(panel) if isinstance(one, widgets.ToggleButton)]
    return [one.description for one in buttons if one.value]


def test_the_pressed_button_follows_a_model_chosen_in_code(tmp_path: Path) -> None:
    state = State("bundled", Store(tmp_path))
    panel = panels.models(state.choice)

    state.choice.choose_model("knn")
    state.choice.set_value("neighbours", 7)
    state.choice.choose_model("nmf")
    assert pressed(panel) == ["6 NMF"]

    labelled(panel, "5 KNN").value = True
    assert state.choice.chosen.key == "knn"
    assert state.choice.values["neighbours"] == 7
    assert pressed(panel) == ["5 KNN"]
    labelled(panel, "5 KNN").value = False  # as a second press does
    assert pressed(panel) == ["5 KNN"]


def test_a_button_has_a_short_name_and_tells_the_full_one(tmp_path: Path) -> None:
    panel = panels.models(State("bundled", Store(tmp_path)).choice)
    buttons = [one for one in parts(panel) if isinstance(one, widgets.ToggleButton)]
    assert [one.tooltip for one in buttons] == [one.name for one in models.registry()]
    assert buttons[8].description == "9 Forest"

    class Mine(models.EmbeddingClassification):
        name = "My forest"

    assert Mine.short == "My forest"  # not that of the class it extends


def test_the_controls_follow_values_set_in_code(tmp_path: Path) -> None:
    state = State("bundled", Store(tmp_path))
    panel = panels.settings(state.choice, state.view, state.selection)
    state.choice.choose_model("knn")
    slider, everyone = labelled(panel, "Neighbours"), labelled(panel, "all")
    state.choice.set_value("neighbours", 7)
    assert (slider.value, everyone.value, slider.disabled) == (7, False, False)
    state.choice.set_value("neighbours", None)
    assert (everyone.value, slider.disabled) == (True, True)
    state.choice.set_value("neighbours", 9)
    assert (slider.value, everyone.value, state.choice.values["neighbours"]) == (9, False, 9)
    state.choice.set_top_n(4)
    assert labelled(panel, "How many to recommend").value == 4

    everyone.value = True
    assert state.choice.values["neighbours"] is None
    everyone.value = False
    assert state.choice.values["neighbours"] == 9
    slider.value = 11
    assert state.choice.values["neighbours"] == 11


def test_a_link_sets_the_controls_and_unfolds_the_settings(tmp_path: Path) -> None:
    state = State("bundled", Store(tmp_path))
    panel = panels.settings(state.choice, state.view, state.selection)
    state.open_link("model=clustering&n_clusters=4&lift=false&open=settings")
    assert labelled(panel, "Number of clusters").value == 4
    assert labelled(panel, "Fewer settings")
    assert state.choice.values == models.Clustering(n_clusters=4, lift=False).values()


def test_a_model_registered_later_is_offered_once_its_cell_has_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = InteractiveShell()
    monkeypatch.setattr(frame, "get_ipython", lambda: shell)
    monkeypatch.setattr(models, "_MODELS", [models.KNN, models.NMF])
    state = State("bundled", Store(tmp_path))
    state.choice.choose_model("nmf")
    panel = panels.models(state.choice)
    models.register(Letters)
    shell.run_cell("1")
    buttons = [one for one in parts(panel) if isinstance(one, widgets.ToggleButton)]
    assert [one.description for one in buttons] == ["1 KNN", "2 NMF", "3 Letters"]
    assert pressed(panel) == ["2 NMF"]
    buttons[2].value = True
    assert state.choice.model is Letters


def test_a_model_edited_later_is_shown_once_its_cell_has_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = InteractiveShell()
    monkeypatch.setattr(frame, "get_ipython", lambda: shell)
    monkeypatch.setattr(models, "_MODELS", [Letters])
    state = State("bundled", Store(tmp_path))
    offers, panel = (
        panels.models(state.choice),
        panels.settings(state.choice, state.view, state.selection),
    )
    models.register(type("Letters", (Letters,), {"__module__": __name__, "summary": "As edited."}))
    shell.run_cell("1")
    assert pressed(offers) == ["1 Letters"]
    assert any("As edited." in str(getattr(one, "value", "")) for one in parts(panel))


def test_after_cancel_the_slider_shows_the_setting_in_use(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    slider = labelled(panels.settings(state.choice, state.view, state.selection), "Power")
    state.selection.add(["a"])
    train(state)
    slider.value = 2
    assert state.fitting.outdated

    def fit_and_cancel(self: Letters, dataset: Dataset, progress: Progress) -> None:
        state.training.cancel()
        progress(0.5, "The fit hears of it here")

    monkeypatch.setattr(Letters, "_fit", fit_and_cancel)
    train(state)
    assert slider.value == state.choice.values["power"] == 1
    assert not state.fitting.outdated
