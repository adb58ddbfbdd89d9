"""The leaderboard's state: reading stored results, evaluating the others, cancelling."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recsys import models, sources
from recsys.dashboard.panels.leaderboard import as_table
from recsys.dashboard.state import State, leaderboard
from recsys.dashboard.state.leaderboard import Leaderboard
from recsys.dataset import Dataset
from recsys.jobs import standings
from recsys.jobs.child import Child
from recsys.models import Recommender

REGISTERED = (*models.registry(), *models.baselines())  # before `new_state` replaces them


def every_model() -> list[Recommender]:
    return [kind() for kind in REGISTERED]


@pytest.fixture
def state(
    new_state: Callable[[], State], bundled: Dataset, monkeypatch: pytest.MonkeyPatch
) -> State:
    """A state with the bundled data set, and two fast models to evaluate."""
    models_to_evaluate: list[Recommender] = [models.Popularity(), models.Random()]
    monkeypatch.setattr(leaderboard, "models_to_evaluate", lambda: models_to_evaluate)
    monkeypatch.setattr(sources, "load_dataset", lambda key: bundled)
    return new_state()


@pytest.fixture
def nothing_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for any other data set: no results come with it."""
    monkeypatch.setattr(leaderboard, "bundled", lambda *given: [])
    monkeypatch.setattr(standings, "bundled", lambda *given: [])


@pytest.mark.usefixtures("nothing_bundled")
def test_stored_results_are_shown_at_once(state: State, bundled: Dataset) -> None:
    board = Leaderboard(state)
    board.show()
    assert board.wait(60)
    assert board.table.empty
    assert len(board.missing) == 2

    known = leaderboard.models_to_evaluate()[:1]
    standings.standings(known, bundled, state.selection.store)
    board.show()
    assert board.wait(60)
    assert list(board.table["model"]) == [known[0].name]
    assert board.missing == (leaderboard.models_to_evaluate()[1].name,)
    assert "seed 0" in board.about
    assert known[0].name in as_table(board.table)


def test_on_a_new_installation_every_model_has_its_row_at_once(
    new_state: Callable[[], State], bundled: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is fitted for it, and no process is started."""
    monkeypatch.setattr(sources, "load_dataset", lambda key: bundled)
    monkeypatch.setattr(Recommender, "fit", None)
    monkeypatch.setattr(Child, "run", None)
    state = new_state()
    assert not list(state.selection.store.folder.glob("*.npz"))
    board = Leaderboard(state)
    monkeypatch.setattr(leaderboard, "models_to_evaluate", every_model)
    board.show()
    assert board.wait(60)
    assert len(board.table) == len(every_model()) == 13
    assert board.complete
    assert board.status == "All models are evaluated."
    assert "came with the data set" in board.about


@pytest.mark.usefixtures("nothing_bundled")
def test_the_table_is_sorted_by_the_chosen_column(state: State, bundled: Dataset) -> None:
    standings.standings(leaderboard.models_to_evaluate(), bundled, state.selection.store)
    board = Leaderboard(state)
    board.show()
    assert board.wait(60)
    assert list(board.in_order()["model"]) == ["Popularity", "Random"]
    board.sort_by = "coverage"
    assert list(board.in_order()["model"]) == ["Random", "Popularity"]
    board.sort_by = "model"
    assert list(board.in_order()["model"]) == ["Popularity", "Random"]


def test_another_data_set_starts_over_and_what_cannot_be_evaluated_says_so(
    state: State, bundled: Dataset, tiny: Dataset
) -> None:
    standings.standings(leaderboard.models_to_evaluate(), bundled, state.selection.store)
    board = Leaderboard(state)
    board.show()
    assert board.wait(60)
    assert len(board.table) == 2
    state.selection.dataset = tiny
    assert board.wait(60)
    assert board.table.empty
    assert not board.reading
    assert "nobody has 5 ratings" in state.messages.error


@pytest.mark.usefixtures("nothing_bundled")
def test_an_evaluation_that_is_cancelled_ends_and_can_begin_again(state: State) -> None:
    board = Leaderboard(state)
    board.refresh()
    assert board.running
    board.cancel()
    assert board.wait(60)
    assert not board.running
