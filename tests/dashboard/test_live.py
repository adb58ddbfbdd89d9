"""A model whose fit takes less than a second is fitted as soon as a setting changes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from letters import Letters, ids

from recsys.dashboard.state import State, live
from recsys.dataset import Dataset
from recsys.models import Progress


def best_score(state: State) -> float:
    return float(state.fitting.answer.table["score"].iloc[0])


@pytest.fixture
def begun(state: State) -> State:
    state.begin()
    state.selection.pick(["a"])
    return state


def test_the_list_follows_a_setting_without_a_button(begun: State) -> None:
    assert best_score(begun) == 6
    begun.choice.set_value("power", 2)
    assert begun.fitting.wait(30)
    assert best_score(begun) == 36
    assert (begun.fitting.outdated, begun.fitting.to_train, begun.fitting.advice) == (
        False,
        False,
        "",
    )
    begun.choice.choose_model("knn")
    assert begun.fitting.wait(30)
    assert begun.fitting.answer.model is not None
    assert begun.fitting.answer.model.key() == "knn"
    assert not begun.training.running


def test_of_the_settings_of_a_drag_the_newest_is_shown_and_most_are_not_fitted(
    begun: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on = threading.Event(), threading.Event()
    fit = Letters._fit

    def wait_and_fit(self: Letters, dataset: Dataset, progress: Progress) -> None:
        started.set()
        assert go_on.wait(30)
        fit(self, dataset, progress)

    monkeypatch.setattr(Letters, "_fit", wait_and_fit)
    before = Letters.fits
    begun.choice.set_value("power", 2)
    assert started.wait(30)
    for power in range(3, 9):
        begun.choice.set_value("power", power)
    assert begun.fitting.updating
    go_on.set()
    assert begun.fitting.wait(30)
    assert best_score(begun) == 6**8
    assert Letters.fits == before + 2


def test_until_the_fit_is_there_the_list_is_not_made_again(
    begun: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be the same, and making it takes the processor from the fit."""
    go_on = threading.Event()
    fit = Letters._fit

    def wait_and_fit(self: Letters, dataset: Dataset, progress: Progress) -> None:
        assert go_on.wait(30)
        fit(self, dataset, progress)

    monkeypatch.setattr(Letters, "_fit", wait_and_fit)
    answers = []
    begun.fitting.observe(lambda change: answers.append(change["new"]), "answer")
    begun.choice.set_value("power", 2)
    assert begun.fitting.updating
    assert answers == []
    begun.selection.pick(["b"])
    assert len(answers) == 1  # of the model before
    go_on.set()
    assert begun.fitting.wait(30)
    assert len(answers) == 2
    assert begun.fitting.answer is answers[-1]


def test_a_model_that_takes_longer_has_a_button(begun: State) -> None:
    begun.selection.store.remember_seconds(Letters(), begun.selection.dataset, 8.0)
    begun.choice.set_value("power", 2)
    assert begun.fitting.wait(30)
    assert best_score(begun) == 6
    assert begun.fitting.to_train
    assert begun.fitting.seconds == 8
    assert begun.fitting.advice == (
        "This list is from Letters with other settings. Train Letters to see its list."
    )


def test_a_first_fit_that_takes_too_long_ends_and_a_button_appears(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TRIAL", 0.01)
    fit = Letters._fit

    def endless(self: Letters, dataset: Dataset, progress: Progress) -> None:
        while self.power == 2:
            progress(0.5, "Going on")
        fit(self, dataset, progress)

    monkeypatch.setattr(Letters, "_fit", endless)

    async def visit() -> State:
        state = new_state()
        state.begin()
        shown = asyncio.Event()
        state.fitting.observe(lambda _: shown.set(), "to_train")
        state.selection.store._time_file(Letters(), state.selection.dataset).unlink()
        state.choice.set_value("power", 2)
        assert state.fitting.updating
        await asyncio.wait_for(shown.wait(), 30)
        return state

    state = asyncio.run(visit())
    assert state.fitting.to_train
    assert state.messages.error == ""


def test_a_fit_that_fails_is_told_once(begun: State) -> None:
    begun.choice.set_value("power", 9)
    assert begun.fitting.wait(30)
    assert begun.messages.error == "nine is too much"
    assert best_score(begun) == 6
    assert begun.fitting.to_train
    begun.choice.set_value("power", 2)
    assert begun.fitting.wait(30)
    assert (best_score(begun), begun.messages.error) == (36, "")


def test_equal_settings_are_fitted_once_for_all_visitors(new_state: Callable[[], State]) -> None:
    one, other = new_state(), new_state()
    for state in (one, other):
        state.begin()
        state.selection.pick(["a"])
        state.choice.set_value("power", 2)
        assert state.fitting.wait(30)
        assert best_score(state) == 36
    assert Letters.fits == 2  # one with the defaults, one with these settings


def test_what_the_slider_rests_on_is_stored(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(live, "REST", 0.05)

    async def drag() -> State:
        state = new_state()
        state.begin()
        state.selection.pick(["a"])
        for power in (2, 3):
            fitted = asyncio.Event()
            state.fitting.observe(lambda _, fitted=fitted: fitted.set(), "fitted")
            state.choice.set_value("power", power)
            await asyncio.wait_for(fitted.wait(), 30)
        store = state.selection.store
        while store.get(Letters(power=3), state.selection.dataset) is None:
            await asyncio.sleep(0.01)
        return state

    state = asyncio.run(asyncio.wait_for(drag(), 30))
    assert state.selection.store.get(Letters(power=2), state.selection.dataset) is None
    assert ids(state)[0] == "f"
