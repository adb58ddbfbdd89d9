"""Work in child processes that is killed, interrupted or hangs: the page reports it the same way.

No test sleeps: the child waits on a pipe until the test has sent its signal.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import psutil
import pytest
from own_model import run_cell
from stage import LONG, Stage, write_folder
from training_models import Patient, PatientClustering
from traitlets import HasTraits

from recsys import models
from recsys.dashboard.state import State, leaderboard
from recsys.dashboard.state.cluster_comparison import ClusterComparison
from recsys.dashboard.state.leaderboard import Leaderboard
from recsys.dataset import Dataset
from recsys.jobs import child


@dataclass
class Work:
    """A kind of work, as the page offers it.

    Attributes
    ----------
    what : its name in messages
    long_step : part of its status while the child waits on the pipe
    subject : the object with the status
    begin, cancel : the actions of the buttons
    wait : waits until it is over
    is_done : whether its result is available
    statuses : all values of its status, in order
    """

    what: str
    long_step: str
    state: State
    subject: HasTraits
    begin: Callable[[], None]
    cancel: Callable[[], None]
    wait: Callable[[], object]
    is_done: Callable[[], bool]
    statuses: queue.Queue[str]

    def begin_to_wait(self) -> int:
        """Start, and wait until the child is in its long step; returns its process id."""
        self.begin()
        while self.long_step not in self.statuses.get(timeout=LONG):
            pass
        return pid_of_the_worker()


def pid_of_the_worker() -> int:
    children = psutil.Process().children()
    (worker,) = [one for one in children if "recsys.jobs.worker" in one.cmdline()]
    return worker.pid


@pytest.fixture
def active(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a data set whose users have enough courses to hold some out."""
    rng = np.random.default_rng(2)
    ids = [f"C{i}" for i in range(12)]
    taken = [(user, item, 3.0) for user in range(30) for item in rng.choice(ids, 6, replace=False)]
    courses = pd.DataFrame({"id": ids, "title": ids, "Python": 1, "SQL": [0, 1] * 6})
    ratings = pd.DataFrame(taken, columns=["user", "item", "rating"])
    dataset = Dataset.from_tables("Active", courses, ratings)
    return str(write_folder(dataset, tmp_path_factory.mktemp("active")))


@pytest.fixture(params=["training", "evaluation", "comparison"])
def work(
    request: pytest.FixtureRequest, stage: Stage, active: str, monkeypatch: pytest.MonkeyPatch
) -> Work:
    monkeypatch.setattr(models, "_MODELS", [Patient, PatientClustering])
    state = State(active, stage.store)
    statuses: queue.Queue[str] = queue.Queue()
    if request.param == "training":
        state.selection.add(["C1"])
        state.messages.observe(lambda change: statuses.put(change["new"]), "status")

        def wait_for_training() -> None:
            assert state.training.job is not None
            assert state.training.job.wait(LONG) is not None

        return Work(
            what="training",
            long_step="Waiting",
            state=state,
            subject=state.messages,
            begin=state.fitting.train,
            cancel=state.training.cancel,
            wait=wait_for_training,
            is_done=lambda: type(state.fitting.answer.model) is Patient,
            statuses=statuses,
        )
    if request.param == "evaluation":
        monkeypatch.setattr(leaderboard, "models_to_evaluate", lambda: [Patient()])
        board = Leaderboard(state)
        board.observe(lambda change: statuses.put(change["new"]), "status")
        return Work(
            what="evaluation",
            long_step="Waiting",
            state=state,
            subject=board,
            begin=board.refresh,
            cancel=board.cancel,
            wait=lambda: board.wait(LONG),
            is_done=lambda: len(board.table) == 1,
            statuses=statuses,
        )
    state.selection.add(["C1"])
    state.choice.choose_model(PatientClustering.key())
    state.fitting.fitted = PatientClustering().fit(state.selection.dataset)
    state.choice.set_top_n(5)
    comparison = ClusterComparison(state)
    comparison.observe(lambda change: statuses.put(change["new"]), "status")
    return Work(
        what="comparison",
        long_step="Fitting 1 cluster: Waiting",
        state=state,
        subject=comparison,
        begin=comparison.start,
        cancel=comparison.cancel,
        wait=lambda: comparison.wait(LONG),
        is_done=lambda: len(comparison.table) == 30,
        statuses=statuses,
    )


def test_a_killed_child_is_reported(work: Work, stage: Stage) -> None:
    os.kill(work.begin_to_wait(), signal.SIGKILL)
    work.wait()
    assert work.state.messages.error == (
        f"The {work.what} was ended by the system, most likely because memory ran out. "
        "Try again, or with smaller values."
    )
    assert not work.is_done()
    stage.assert_nothing_is_left()
    work.begin_to_wait()  # it can be started again
    stage.release()
    work.wait()
    assert work.is_done()
    assert work.state.messages.error == ""


def test_an_interrupt_of_the_kernel_does_not_end_it(work: Work, stage: Stage) -> None:
    os.kill(work.begin_to_wait(), signal.SIGINT)
    stage.release()
    work.wait()
    assert work.state.messages.error == ""
    assert work.is_done()


def test_another_signal_is_reported(work: Work, stage: Stage) -> None:
    os.kill(work.begin_to_wait(), signal.SIGTERM)
    work.wait()
    assert work.state.messages.error == f"The {work.what} was ended by a signal (15). Try again."
    assert not work.is_done()
    stage.assert_nothing_is_left()


def test_a_child_that_hangs_is_stopped_and_reported(
    work: Work, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal stops the child; only then does the test shorten the limit of silence."""
    stopped = threading.Event()

    def stop(change: dict[str, str]) -> None:  # runs on the job's thread, before it waits again
        if work.long_step in change["new"] and not stopped.is_set():
            stopped.set()
            os.kill(pid_of_the_worker(), signal.SIGSTOP)
            monkeypatch.setattr(child, "SILENCE", 0.1)

    work.subject.observe(stop, "status")
    work.begin()
    work.wait()
    assert stopped.is_set()
    assert work.state.messages.error == (
        f"The {work.what} was stopped: it had made no progress for 0 seconds. "
        "Try again, or with smaller values."
    )
    stage.assert_nothing_is_left()


def test_a_cancelled_child_has_ended_and_its_later_events_are_ignored(
    work: Work, stage: Stage
) -> None:
    child_process = psutil.Process(work.begin_to_wait())
    work.cancel()
    work.wait()
    assert not child_process.is_running()
    assert work.state.messages.error == ""
    assert not work.is_done()
    stage.assert_nothing_is_left()


def test_an_abandoned_evaluation_leaves_no_trace(stage: Stage, active: str) -> None:
    """Another data set is opened while the child still has an event to report."""
    state = State(active, stage.store)
    board = Leaderboard(state)
    board.refresh()
    abandoned = board._job
    assert abandoned is not None
    state.choose_source(stage.source)
    assert not board.running
    assert abandoned.wait(LONG) is not None
    assert (board.running, board.status, len(board.table)) == (False, "", 0)
    assert state.messages.error == ""


def test_rows_appear_one_by_one_also_when_measured_again(
    stage: Stage, active: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancel keeps what is done; the others have their former results again."""
    monkeypatch.setattr(
        leaderboard, "models_to_evaluate", lambda: [models.Popularity(), Patient(), models.KNN()]
    )
    board = Leaderboard(State(active, stage.store))
    tables: queue.Queue[list[str]] = queue.Queue()
    board.observe(lambda change: tables.put(list(change["new"].get("model", ()))), "table")

    def measure_to_the_second() -> None:
        board.refresh()
        while tables.get(timeout=LONG) != ["Popularity"]:
            pass
        assert board.running
        assert len(board.table) == 1

    measure_to_the_second()
    stage.release()
    assert board.wait(LONG)
    assert board.complete
    first = board.table.set_index("model")["fit_seconds"]

    measure_to_the_second()
    board.cancel()
    assert board.wait(LONG)
    again = board.table.set_index("model")["fit_seconds"]
    assert set(again.index) == {"Popularity", "Patient", "KNN"}
    assert again["Popularity"] != first["Popularity"]
    assert again["Patient"] == first["Patient"]
    stage.assert_nothing_is_left()


def test_what_this_process_has_evaluated_outlives_a_killed_child(
    stage: Stage, active: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_MODELS", [Patient])
    own = run_cell()
    monkeypatch.setattr(leaderboard, "models_to_evaluate", lambda: [Patient(), own()])
    state = State(active, stage.store)
    board = Leaderboard(state)
    statuses: queue.Queue[str] = queue.Queue()
    board.observe(lambda change: statuses.put(change["new"]), "status")
    board.refresh()
    while "Waiting" not in statuses.get(timeout=LONG):
        pass
    os.kill(pid_of_the_worker(), signal.SIGKILL)
    assert board.wait(LONG)
    assert list(board.table["model"]) == ["Followers"]
    assert board.missing == ("Patient",)
    assert "ended by the system" in state.messages.error
    stage.assert_nothing_is_left()
