"""A training whose child process dies, starves or hangs."""

from __future__ import annotations

import os
import queue
import resource
import signal
from pathlib import Path
from unittest.mock import patch

import pytest
from stage import LONG, Stage
from training_models import Greedy, Patient

from recsys.dashboard.state import State
from recsys.jobs import child
from recsys.jobs.job import Event, Failed, Finished, Progressed
from recsys.models import KNN


def assert_a_retry_works(stage: Stage) -> None:
    stage.events = queue.Queue()
    job = stage.job(Patient())
    stage.pid_of_the_child()
    stage.release()
    assert isinstance(job.wait(LONG), Finished)


def test_a_killed_training_is_told_and_leaves_nothing(stage: Stage) -> None:
    job = stage.job(Patient())
    os.kill(stage.pid_of_the_child(), signal.SIGKILL)
    last = job.wait(LONG)
    assert isinstance(last, Failed)
    assert "memory ran out. Try again" in last.reason
    assert stage.store.get(Patient(), stage.dataset) is None
    stage.assert_nothing_is_left()
    assert_a_retry_works(stage)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits other processes")
def test_a_training_that_runs_out_of_memory_says_so(stage: Stage) -> None:
    job = stage.job(Greedy())
    child = stage.pid_of_the_child()
    in_use = int(Path(f"/proc/{child}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(child, resource.RLIMIT_AS, (in_use + 2**26, in_use + 2**26))
    stage.release()
    last = job.wait(LONG)
    assert isinstance(last, Failed)
    assert "memory of this machine was not enough" in last.reason
    assert "smaller values" in last.reason
    stage.assert_nothing_is_left()
    assert_a_retry_works(stage)


def test_a_training_that_hangs_is_stopped(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is stopped by a signal; it is only then that the patience is made short."""

    def hear(event: Event) -> None:
        if isinstance(event, Progressed) and "pid" in event.figures:
            os.kill(int(event.figures["pid"]), signal.SIGSTOP)
            monkeypatch.setattr(child, "SILENCE", 0.1)

    last = stage.job(Patient(), hear).wait(LONG)
    assert isinstance(last, Failed)
    assert "no progress for" in last.reason
    assert "Try again" in last.reason
    stage.assert_nothing_is_left()
    monkeypatch.undo()


def test_the_stated_patience_is_longer_than_any_silence_of_a_real_fit() -> None:
    """The longest step without a word, growing the forest on IBM's data, takes under a minute."""
    assert child.SILENCE >= 300


def test_the_page_keeps_the_last_model_and_offers_a_retry(stage: Stage) -> None:
    state = State(stage.source, stage.store)
    state.selection.add(["PY1"])
    state.choice.choose_model("knn")
    state.fitting.train()
    assert state.training.job is not None
    state.training.job.wait(LONG)
    before = state.fitting.answer
    assert type(before.model) is KNN
    state.choice.choose_model("nmf")
    with patch.object(child.Child, "_started", side_effect=MemoryError):
        state.fitting.train()
        state.training.job.wait(LONG)
    assert "memory of this machine" in state.messages.error
    assert not state.training.running
    assert "Train NMF to see its list." in state.fitting.advice
    assert type(state.fitting.answer.model) is KNN
    assert state.fitting.answer.table.equals(before.table)
    state.fitting.train()
    state.training.job.wait(LONG)
    assert state.messages.error == ""
    assert state.fitting.answer.model is not None
    assert state.fitting.answer.model.key() == "nmf"
