"""Trainings of all sessions share a few slots, and the others wait in the queue."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from stage import LONG, Stage
from training_models import Patient, Quick

from recsys.jobs.job import Finished
from recsys.jobs.queue import JobQueue, jobs_at_once
from recsys.storage import Store

# Takes a turn, tells so, and holds it until it is told to end.
SESSION = """
import sys
from recsys.storage import Store
from recsys.jobs.queue import JobQueue

said = []
def say(text):
    if text not in said[-1:]:
        said.append(text)
        print(text, flush=True)

with JobQueue(Store(sys.argv[1]), int(sys.argv[2])).slot(lambda done, message: say(message)):
    say("training")
    sys.stdin.readline()
"""


class Session:
    """A process that takes a turn."""

    def __init__(self, folder: Path, at_once: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SESSION, str(folder), str(at_once)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def hears(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    sessions = []

    def begin(at_once: int = 1) -> Session:
        sessions.append(Session(tmp_path, at_once))
        return sessions[-1]

    yield begin
    for session in sessions:
        session.process.kill()
        session.process.wait()
        session.process.stdin.close()
        session.process.stdout.close()


ONE = "Waiting in the queue: another training has to end first"


@pytest.mark.slow
def test_first_come_first_served_and_the_place_is_told(begin: Callable[..., Session]) -> None:
    first = begin()
    assert first.hears() == "training"
    second = begin()
    assert second.hears() == ONE
    third = begin()
    assert third.hears() == "Waiting in the queue: 2 other trainings have to end first"
    first.end()
    assert second.hears() == "training"
    assert third.hears() == ONE
    second.end()
    assert third.hears() == "training"


@pytest.mark.slow
def test_as_many_at_once_as_there_are_places(begin: Callable[..., Session]) -> None:
    both = [begin(2), begin(2)]
    assert [session.hears() for session in both] == ["training", "training"]
    third = begin(2)
    assert third.hears() == ONE
    both[1].end()
    assert third.hears() == "training"


@pytest.mark.slow
def test_who_is_killed_while_training_or_waiting_is_passed_over(
    begin: Callable[..., Session], tmp_path: Path
) -> None:
    first, second, third = begin(), None, None
    assert first.hears() == "training"
    second = begin()
    assert second.hears() == ONE
    third = begin()
    assert third.hears() == "Waiting in the queue: 2 other trainings have to end first"
    second.process.kill()
    assert third.hears() == ONE
    first.process.kill()
    assert third.hears() == "training"
    third.end()
    assert begin().hears() == "training"
    assert len(list((tmp_path / "queue").glob("*.ticket"))) == 1


@pytest.mark.slow
def test_thirty_who_want_the_same_cause_one_training(stage: Stage) -> None:
    """As the kernels of thirty visitors, who have a job each on one store."""
    jobs = [stage.job(Patient()) for _ in range(30)]
    stage.pid_of_the_child()
    stage.release()
    assert all(isinstance(job.wait(LONG), Finished) for job in jobs)
    assert stage.fits() == 1


def workers() -> int:
    """How many children do a job now; what a worker itself starts, and what has ended, is none."""
    count = 0
    for one in psutil.Process().children():
        with suppress(psutil.Error):
            count += "recsys.jobs.worker" in one.cmdline()
    return count


@pytest.mark.slow
def test_different_trainings_never_have_more_workers_than_slots(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child takes much longer to start than its fit; without the queue all would run at once."""
    monkeypatch.setenv("RECSYS_TRAININGS", "2")
    jobs = [stage.job(Quick(size=size)) for size in range(1, 8)]
    most = 0
    for job in jobs:
        while job.wait(0.01) is None:
            most = max(most, workers())
        assert isinstance(job.outcome, Finished)
    assert most == 2


def test_waiting_ends_when_progress_raises(tmp_path: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: float, message: str, **_: float) -> None:
        raise Cancelled

    jobs = JobQueue(Store(tmp_path), at_once=1)
    with jobs.slot(), pytest.raises(Cancelled), jobs.slot(cancel):
        raise AssertionError("two at once")
    assert not list(tmp_path.rglob("*.ticket"))
    with jobs.slot(cancel):
        pass  # and the line is empty again


def test_where_nothing_can_be_locked_nobody_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "queue").write_text("no folder")
    jobs = JobQueue(Store(tmp_path), at_once=1)
    with jobs.slot(), jobs.slot():
        pass
    assert "Training without waiting for others" in caplog.text


def test_how_many_train_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_TRAININGS", "7")
    assert jobs_at_once() == 7
    monkeypatch.setenv("RECSYS_TRAININGS", "none")
    monkeypatch.setattr("recsys.jobs.queue.machine_memory", lambda: 2 * 2**30)
    assert jobs_at_once() == 1
    monkeypatch.setattr("recsys.jobs.queue.machine_memory", lambda: 2**50)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(3)), raising=False)
    assert jobs_at_once() == 3
