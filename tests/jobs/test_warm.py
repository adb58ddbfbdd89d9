"""Children that are forked from a warm process start at once, and end like all others."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from recsys import load_dataset
from recsys.jobs import child, warm
from recsys.jobs.child import Cancel, Child, ChildError
from recsys.jobs.training import TrainingJob
from recsys.models import NMF, Clustering
from recsys.storage import Store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Only Linux forks without harm."),
]
LONG = 60


@pytest.fixture(scope="module")
def process() -> Iterator[warm.Warm]:
    """A warm process, as a server has one."""
    process = warm.Warm()
    process.prepare()
    yield process
    process.end()


class Followed:
    """A child that waits, followed on a thread."""

    def __init__(self) -> None:
        self.child, self.outcome = Child("fit"), queue.Queue[object]()
        self._said = queue.Queue[dict[str, float]]()
        threading.Thread(target=self._run, daemon=True).start()
        said = self._said.get(timeout=LONG)
        self.pid, self.parent = int(said["pid"]), int(said["parent"])
        self.process = psutil.Process(self.pid)

    def _run(self) -> None:
        try:
            self.child.run("warm_work", {"waits": True}, self._hear, at_once=True)
        except (Cancel, ChildError) as end:
            self.outcome.put(end)

    def _hear(self, done: float, message: str, **figures: float) -> None:
        self._said.put(figures)

    def end(self) -> object:
        """How it ended."""
        end = self.outcome.get(timeout=LONG)
        psutil.wait_procs([self.process], LONG)
        assert not self.process.is_running()
        return end


@pytest.fixture
def followed(process: warm.Warm, monkeypatch: pytest.MonkeyPatch) -> Followed:
    monkeypatch.setenv(warm.FOLDER, str(process.folder))
    return Followed()


def test_children_are_forks_of_one_process(
    process: warm.Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(warm.FOLDER, str(process.folder))
    done = [Child("fit").run("warm_work", {"waits": False}, _silent, at_once=True) for _ in "ab"]
    assert done[0]["parent"] == done[1]["parent"] != os.getpid()
    assert done[0]["pid"] != done[1]["pid"]


def test_cancel_ends_the_child(followed: Followed) -> None:
    followed.child.cancel()
    assert isinstance(followed.end(), Cancel)


def test_a_killed_child_is_told(followed: Followed) -> None:
    os.kill(followed.pid, signal.SIGKILL)
    end = followed.end()
    assert isinstance(end, ChildError)
    assert end.reason.startswith("The fit was ended by the system, most likely because memory")


def test_an_interrupt_does_not_end_it(followed: Followed) -> None:
    os.kill(followed.pid, signal.SIGINT)
    os.kill(followed.parent, signal.SIGINT)
    again = Child("fit").run("warm_work", {"waits": False}, _silent, at_once=True)
    assert again["parent"] == followed.parent
    assert followed.process.is_running()
    followed.child.cancel()
    followed.end()


def test_a_child_that_is_silent_is_stopped(
    process: warm.Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(warm.FOLDER, str(process.folder))
    monkeypatch.setattr(child, "SILENCE", 0.2)
    with pytest.raises(ChildError, match=r"The fit was stopped: it had made no progress"):
        Child("fit").run("warm_work", {"waits": True}, _silent, at_once=True)


def test_without_a_warm_process_a_new_one_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(warm.FOLDER, str(tmp_path))
    done = Child("fit").run("warm_work", {"waits": False}, _silent, at_once=True)
    assert done["parent"] == os.getpid()


def test_a_warm_process_that_was_killed_is_started_again() -> None:
    process = warm.Warm()
    process.prepare()
    assert process._process is not None
    first = process._process.pid
    process._process.kill()
    process._process.wait()
    process.prepare()
    assert process._process.pid != first
    process.end()
    assert not process.folder.exists()


@pytest.mark.parametrize("kind", [NMF, Clustering])
def test_a_fit_in_such_a_child_is_the_fit_here(
    kind: type[NMF], process: warm.Warm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(warm.FOLDER, str(process.folder))
    dataset, store = load_dataset("bundled"), Store(tmp_path)
    job = TrainingJob(kind(), dataset, "bundled", store, at_once=True).start(lambda _: None)
    job.wait(LONG)
    found = job.outcome.result  # type: ignore[union-attr]
    history = dataset.history(dataset.courses["id"][:3])
    expected = kind().fit(dataset).score_one(history)
    assert found.score_one(history) == pytest.approx(expected, nan_ok=True, rel=1e-6)
    seconds = store.seconds(kind(), dataset)
    assert seconds is not None
    assert 0 < seconds < LONG


def _silent(done: float, message: str, **figures: float) -> None:
    """Nobody listens."""


def test_after_an_edit_of_the_package_children_run_the_new_code(
    process: warm.Warm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(warm.FOLDER, str(process.folder))
    order = ("warm_work", {"waits": False}, _silent)
    before, same = (Child("fit").run(*order, at_once=True) for _ in "ab")
    assert before["imported"] == same["imported"]
    os.utime(warm.__file__)
    after = Child("fit").run(*order, at_once=True)
    assert after["parent"] == before["parent"]
    assert after["imported"] != before["imported"]
