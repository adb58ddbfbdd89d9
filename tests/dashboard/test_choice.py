"""The chosen model and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from letters import Letters, train

from recsys import models
from recsys.dashboard.state import State
from recsys.models import hyperparameter


def test_each_model_remembers_its_settings(state: State) -> None:
    state.choice.set_value("power", 4)
    state.choice.choose_model("knn")
    assert state.choice.values == models.KNN().values()
    state.choice.choose_model("letters")
    assert state.choice.values["power"] == 4


def test_a_model_registered_again_is_chosen_by_the_same_key(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if its cell in a notebook was edited and run again."""
    state.selection.add(["a"])
    train(state)

    @dataclass(eq=False)
    class Edited(Letters):
        name: ClassVar[str] = "Edited"

    Edited.__name__ = "Letters"
    monkeypatch.setattr(models, "_MODELS", [Edited, models.KNN])
    state.choice.choose_model("letters")
    assert state.choice.model is Edited
    assert state.fitting.outdated
    assert "Train Edited to see its list." in state.fitting.advice


def edit(monkeypatch: pytest.MonkeyPatch, **replaced: object) -> None:
    """Register the model again, with other attributes, as its cell in a notebook would."""
    edited = dataclass(eq=False)(type("Letters", (Letters,), {"__module__": __name__, **replaced}))
    monkeypatch.setattr(models, "_MODELS", [edited, models.KNN])


def test_an_edited_model_is_noticed(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.selection.add(["a"])
    train(state)
    edit(monkeypatch)
    state.choice.update_offered()
    assert state.fitting.outdated
    assert "from Letters before its cell was run again. Train Letters" in state.fitting.advice
    train(state)
    assert not state.fitting.outdated
    chosen = state.choice.chosen
    state.choice.update_offered()
    assert state.choice.chosen is chosen


def test_an_edited_model_keeps_the_settings_that_were_changed(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.choice.set_value("power", 4)
    other = hyperparameter(7, label="Threshold", low=0, high=100, refit=False)
    edit(monkeypatch, threshold=other, __annotations__={"threshold": int})
    state.choice.update_offered()
    assert state.choice.values == {"power": 4, "threshold": 7}
    lower = hyperparameter(1, label="Power", low=1, high=2)
    edit(monkeypatch, power=lower, __annotations__={"power": int})
    state.choice.update_offered()
    assert state.choice.values == {"power": 1, "threshold": 0}


def test_an_invalid_setting_is_reported_and_changes_nothing(state: State) -> None:
    before = state.choice.chosen
    state.choice.set_value("power", 0)
    assert "power must be a whole number" in state.messages.error
    assert state.choice.chosen is before
    state.choice.set_value("power", 2)
    assert state.messages.error == ""
