"""README's own model in the leaderboard, in the comparison and among the numbers of clusters.

Its class is known to this process alone. The events of its evaluation arrive on an event loop, as
in the notebook's kernel, and the page answers meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
import pytest
from own_model import cell, run_cell
from traitlets import HasTraits

from recsys import models, sources
from recsys.dashboard.panels.leaderboard import as_table
from recsys.dashboard.state import State
from recsys.dashboard.state.cluster_comparison import ClusterComparison
from recsys.dashboard.state.comparison import Comparison, ModelList
from recsys.dashboard.state.leaderboard import Leaderboard
from recsys.dataset import Dataset, TrainingSet
from recsys.evaluation import evaluate
from recsys.jobs.standings import evaluate_each, models_to_evaluate
from recsys.models import Progress, Recommender

TIMES = ["fit_seconds", "score_seconds"]
PATIENCE = 120  # seconds after which a test is broken, not slow
FORMULA = "histories.sign() @ self.share_"
DAMPED = "popularity**self.damping"
(HYPERPARAMETER,) = (line for line in cell().splitlines() if "hyperparameter(" in line)


@pytest.fixture
def state(
    new_state: Callable[[], State], active: Dataset, monkeypatch: pytest.MonkeyPatch
) -> State:
    """KNN is registered, and everything but a model of one's own is evaluated already."""
    monkeypatch.setattr(sources, "load_dataset", lambda key: active)
    monkeypatch.setattr(models, "_MODELS", [models.KNN])
    monkeypatch.setattr(models, "_BASELINES", [models.Popularity])
    state = new_state()
    evaluate_each(models_to_evaluate(), active, state.selection.store)
    return state


def on_a_loop(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, PATIENCE))


async def until(subject: HasTraits, holds: Callable[[], bool]) -> None:
    """Wait until a condition on an object's traits holds."""
    changed = asyncio.Event()

    def note(_: object) -> None:
        changed.set()

    subject.observe(note)
    while not holds():
        changed.clear()
        await changed.wait()
    subject.unobserve(note)


async def opened(state: State) -> Leaderboard:
    board = Leaderboard(state)
    board.show()
    await until(board, lambda: not board.reading)
    return board


async def ended(board: Leaderboard) -> None:
    await until(board, lambda: not board.running and not board.reading)


async def run_cell_on(state: State, *edits: tuple[str, str], **names: Any) -> type[Recommender]:
    """Run README's cell while the page is open."""
    kind = run_cell(*edits, **names)
    state.choice.update_offered()  # as the model panel does after each cell
    return kind


def test_its_numbers_are_those_of_evaluate_to_the_last_bit(state: State, active: Dataset) -> None:
    async def scenario() -> None:
        board = await opened(state)
        assert board.status == "All models are evaluated."
        followers = await run_cell_on(state)
        await until(board, lambda: not board.reading)
        assert board.missing == ("Followers",)
        assert board.status == "Not evaluated yet: Followers."
        statuses: list[str] = []
        board.observe(lambda change: statuses.append(change["new"]), "status")
        board.refresh()
        await ended(board)
        assert "Followers, split 0: Evaluating" in statuses
        assert board.status == "All models are evaluated."
        assert (board.missing, board.failed) == ((), ())
        expected = evaluate([models.KNN(), followers(), models.Popularity()], active)
        assert set(board.table["model"]) == {"KNN", "Followers", "Popularity"}
        pd.testing.assert_frame_equal(
            board.table.drop(columns=TIMES), expected.drop(columns=TIMES), check_exact=True
        )

    on_a_loop(scenario())
    assert not [one for one in state.selection.store.folder.rglob("*") if "followers" in one.name]


def test_an_edited_cell_replaces_the_row(state: State, active: Dataset) -> None:
    async def scenario() -> None:
        board = await opened(state)
        await run_cell_on(state)
        board.refresh()
        await ended(board)
        first = board.table.set_index("model").loc["Followers", "ndcg"]

        edited = await run_cell_on(state, (FORMULA, f"-({FORMULA})"))
        assert "Followers" not in set(board.table.get("model", ()))  # not for a moment
        await ended(board)
        assert board.missing == ("Followers",)
        board.refresh()
        await ended(board)
        (row,) = board.table[board.table["model"] == "Followers"]["ndcg"]
        assert row == evaluate([edited()], active)["ndcg"][0] != first

    on_a_loop(scenario())


async def evaluate_until_it_waits(
    state: State, board: Leaderboard, goes_on: threading.Event
) -> None:
    """Start an evaluation whose fit, after a part of its work, waits for the event."""
    await run_cell_on(
        state,
        ("taken = dataset", "progress(0.25, 'Waiting'); wait(); taken = dataset"),
        wait=goes_on.wait,
    )
    board.refresh()
    await until(board, lambda: "Waiting" in board.status)


def test_an_edit_during_its_evaluation_counts(state: State) -> None:
    """The result of the old class is not shown as that of the new one."""
    editing = threading.Event()

    async def scenario() -> None:
        board = await opened(state)
        await evaluate_until_it_waits(state, board, editing)
        await run_cell_on(state)
        editing.set()
        await ended(board)
        assert board.missing == ("Followers",)
        assert set(board.table["model"]) == {"KNN", "Popularity"}

    on_a_loop(scenario())


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (("taken = dataset", "1 / 0; taken = dataset"), "ZeroDivisionError: division by zero"),
        (("taken = dataset", "raise ValueError('No data.')\n#"), "No data."),
        ((FORMULA, f"({FORMULA})[:, :3]"), "_score returned an array of shape"),
        (
            (FORMULA, "self.shares_"),
            "AttributeError: 'Followers' object has no attribute 'shares_'",
        ),
    ],
)
def test_the_row_says_why_it_could_not_be_evaluated(
    state: State, edit: tuple[str, str], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        board = await opened(state)
        await run_cell_on(state, edit)
        board.refresh()
        await ended(board)
        ((name, reason),) = board.failed
        assert name == "Followers"
        assert why in reason
        assert board.status == "Could not be evaluated: Followers."
        assert f'<th scope="row">{name}</th>' in as_table(board.table, board.failed)
        assert "Could not be evaluated: " in as_table(board.table, board.failed)
        assert set(board.table["model"]) == {"KNN", "Popularity"}, "the others have their rows"
        assert state.messages.error == ""
        assert "Traceback" in caplog.text

        await run_cell_on(state)  # mended: nothing is said of the old class any more
        await ended(board)
        assert (board.failed, board.status) == ((), "Not evaluated yet: Followers.")
        board.refresh()
        await ended(board)
        assert "Followers" in set(board.table["model"])

    on_a_loop(scenario())


@pytest.mark.parametrize(
    "edits",
    [
        [(HYPERPARAMETER, ""), (DAMPED, "popularity")],  # a model without hyperparameters
        [("@dataclass(eq=False)\n", "@dataclass\n")],
        [("@dataclass(eq=False)\n", ""), (HYPERPARAMETER, "    damping = 0.5")],
    ],
)
def test_simple_classes_are_evaluated_too(state: State, edits: list[tuple[str, str]]) -> None:
    async def scenario() -> None:
        board = await opened(state)
        await run_cell_on(state, *edits)
        board.refresh()
        await ended(board)
        assert board.failed == ()
        assert "Followers" in set(board.table["model"])

    on_a_loop(scenario())


def test_the_page_answers_meanwhile_and_cancel_frees_it_at_once(state: State) -> None:
    goes_on = threading.Event()

    async def scenario() -> None:
        board = await opened(state)
        state.fitting.train()
        await until(state.fitting, lambda: not state.fitting.outdated)
        await evaluate_until_it_waits(state, board, goes_on)
        assert 0 < board.progress < 1
        state.selection.add(["C1"])  # a click
        assert len(state.fitting.answer.table) == 10

        job = board._job
        assert job is not None
        board.cancel()
        assert not board.running
        assert board.status.startswith("The evaluation was cancelled.")
        await ended(board)
        assert board.status == "The evaluation was cancelled. Not evaluated yet: Followers."
        goes_on.set()
        await asyncio.to_thread(job.wait, PATIENCE)  # the fit ends where it next reports progress
        board.show()
        await ended(board)
        assert board.missing == ("Followers",), "and its result is dropped"
        board.refresh()
        await ended(board)
        assert "Followers" in set(board.table["model"])

    on_a_loop(scenario())


def test_a_fit_that_ends_the_thread_is_reported(state: State) -> None:
    async def scenario() -> None:
        board = await opened(state)
        await run_cell_on(state, ("taken = dataset", "raise SystemExit('over')\n#"))
        board.refresh()
        await ended(board)
        assert state.messages.error == "SystemExit: over"
        assert not board.running

    on_a_loop(scenario())


def test_the_comparison_of_models_follows_the_cell(state: State) -> None:
    def row(comparison: Comparison) -> ModelList:
        return comparison.model_lists[-1]

    async def scenario() -> None:
        comparison = Comparison(state)
        state.view.set_open("comparison", True)
        state.selection.add(["C1"])
        await until(comparison, lambda: len(comparison.model_lists) == 1)
        await run_cell_on(state)
        await until(comparison, lambda: len(comparison.model_lists) == 2)
        assert (row(comparison).name, row(comparison).why_empty) == (
            "Followers",
            "Not trained yet.",
        )
        comparison.train_missing()
        await until(comparison, lambda: not comparison.missing)
        first = row(comparison).table

        await run_cell_on(state, (FORMULA, f"-({FORMULA})"))
        await until(comparison, lambda: row(comparison).why_empty == "Not trained yet.")
        comparison.train_missing()
        await until(comparison, lambda: not comparison.missing)
        assert list(row(comparison).table["course_id"]) != list(first["course_id"])

        await run_cell_on(state, ("taken = dataset", "raise ValueError('No data.')\n#"))
        await until(comparison, lambda: row(comparison).why_empty == "Not trained yet.")
        comparison.train_missing()
        await until(comparison, lambda: row(comparison).why_empty != "Not trained yet.")
        assert row(comparison).why_empty == "Could not be trained: No data."

    on_a_loop(scenario())


def test_an_edited_model_that_is_chosen_asks_to_be_trained_again(state: State) -> None:
    async def scenario() -> None:
        await run_cell_on(state)
        state.selection.add(["C1"])
        state.choice.choose_model("followers")
        state.choice.set_value("damping", 0.2)
        state.fitting.train()
        await until(state.fitting, lambda: not state.fitting.outdated)
        await run_cell_on(state, (FORMULA, f"-({FORMULA})"))
        assert state.fitting.outdated
        assert state.choice.values == {"damping": 0.2}
        # A setting that was renamed has its default.
        await run_cell_on(state, ("damping: float", "power: float"), ("self.damping", "self.power"))
        assert state.choice.values == {"power": 0.5}
        assert state.messages.error == ""

    on_a_loop(scenario())


def own_clustering(shift: float) -> type[models.Clustering]:
    """A clustering of one's own, as of a cell that is edited between two calls."""

    @dataclass(eq=False)
    class Shifted(models.Clustering):
        name: ClassVar[str] = "Shifted"

        def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
            super()._fit(dataset, progress)
            self.inertia_ += shift

    return Shifted


def test_numbers_of_clusters_of_an_own_class_are_those_of_its_code(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        comparison = ClusterComparison(state)
        inertia = []
        for shift in (100.0, 200.0):
            kind = own_clustering(shift)
            monkeypatch.setattr(models, "_MODELS", [models.KNN, kind])
            state.selection.pick(["C1"])
            state.choice.update_offered()
            state.choice.choose_model("shifted")
            state.fitting.train()
            await until(state.fitting, lambda: not state.fitting.outdated)
            assert comparison.table.empty, "there is no result for this class yet"
            comparison.start()
            await until(comparison, lambda: not comparison.running)
            assert state.messages.error == ""
            inertia.append(comparison.table["inertia"].to_numpy())
        assert inertia[1] - inertia[0] == pytest.approx(100)

    on_a_loop(scenario())
    assert not [one for one in state.selection.store.folder.rglob("*") if "shifted" in one.name]
