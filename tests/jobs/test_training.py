"""Trainings in real child processes: their events, their end, and one fit for many who ask.

Nothing here waits for time to pass: a child says its process id and then waits on a pipe.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from stage import LONG, Stage
from training_models import Clumsy, Patient

from recsys.dataset import Dataset
from recsys.jobs import training, warm
from recsys.jobs.job import Cancelled, Event, Failed, Finished, Progressed
from recsys.jobs.training import TrainingJob
from recsys.models import KNN, Progress
from recsys.sources import version_of
from recsys.storage import Store


def is_gone(pid: int) -> bool:
    """Not even a zombie of it is left."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_training_tells_its_progress_and_then_the_model(stage: Stage) -> None:
    job = stage.job(Patient(size=2, floor=0.5))
    pid = stage.pid_of_the_child()
    assert pid != os.getpid()
    stage.release()
    last = job.wait(LONG)
    assert isinstance(last, Finished)
    assert last.result.values() == {"size": 2, "floor": 0.5}
    assert last.result.recommend({"PY1": 3})["course_id"].iloc[0] == "PY2"
    told = list(stage.events.queue)
    assert told[-1] is last
    assert isinstance(told[-2], Progressed)
    assert told[-2].done == 1
    assert is_gone(pid)


def test_what_is_stored_is_not_trained_again(stage: Stage) -> None:
    first = stage.job(Patient(floor=0))
    stage.pid_of_the_child()
    stage.release()
    assert isinstance(first.wait(LONG), Finished)
    again = stage.job(Patient(floor=1)).wait(LONG)
    assert isinstance(again, Finished)
    assert again.result.values()["floor"] == 1
    assert stage.fits() == 1


def test_cancel_ends_the_child_and_leaves_what_was_stored(stage: Stage) -> None:
    before = KNN().fit(stage.dataset)
    stage.store.put(before, stage.dataset)
    job = stage.job(Patient())
    pid = stage.pid_of_the_child()
    job.cancel()
    assert stage.events.get(timeout=LONG) == Cancelled()
    assert job.wait(LONG) == Cancelled()
    assert is_gone(pid)
    assert stage.store.get(Patient(), stage.dataset) is None
    assert stage.store.get(KNN(), stage.dataset) is not None

    job = stage.job(Patient())  # nothing is left that would keep the next one waiting
    stage.pid_of_the_child()
    stage.release()
    assert isinstance(job.wait(LONG), Finished)


def test_cancel_before_the_child_is_there(stage: Stage) -> None:
    with stage.store.lock(stage.store.key(Patient(), stage.dataset)):
        job = stage.job(Patient())
        waiting = stage.events.get(timeout=LONG)
        assert isinstance(waiting, Progressed)
        assert "another session" in waiting.message
        job.cancel()
        assert job.wait(LONG) == Cancelled()
    assert stage.fits() == 0


def test_a_killed_child_is_a_failure_in_words(stage: Stage) -> None:
    job = stage.job(Patient())
    pid = stage.pid_of_the_child()
    os.kill(pid, signal.SIGKILL)
    last = job.wait(LONG)
    assert isinstance(last, Failed)
    assert "memory" in last.reason
    assert is_gone(pid)


@pytest.mark.parametrize(
    ("way", "reason", "details"),
    [
        ("error", "The numbers do not add up.", "in _fit"),
        ("memory", "memory of this machine", "MemoryError"),
        ("exit", "exit code 3", "last words"),
    ],
)
def test_what_goes_wrong_in_the_child_is_told(
    stage: Stage, way: str, reason: str, details: str
) -> None:
    last = stage.job(Clumsy(way=way)).wait(LONG)
    assert isinstance(last, Failed)
    assert reason in last.reason
    assert details in last.details


def test_data_that_changed_since_the_page_was_opened_is_refused(stage: Stage) -> None:
    old = stage.dataset
    ratings = Path(stage.source) / "ratings.csv"
    ratings.write_text(ratings.read_text().replace("2.0", "3.0"))
    job = TrainingJob(Patient(), old, stage.source, stage.store).start(stage.events.put)
    last = job.wait(LONG)
    assert isinstance(last, Failed)
    assert "reload" in last.reason


def test_a_store_that_cannot_be_written_still_gives_the_model(stage: Stage) -> None:
    stage.store = Store(stage.log / "store")  # below a file
    job = stage.job(Patient())
    stage.pid_of_the_child()
    stage.release()
    last = job.wait(LONG)
    assert isinstance(last, Finished)
    assert not last.result.recommend({"PY1": 3}).empty


SESSION = """
import sys
from stage import LONG, Stage
from training_models import Patient
from recsys.sources import load_dataset
from recsys.storage import Store
from recsys.jobs.job import Progressed
from recsys.jobs.training import TrainingJob

def tell(event):
    print(event.message if isinstance(event, Progressed) else type(event).__name__, flush=True)

source, store = sys.argv[1:]
TrainingJob(Patient(), load_dataset(source), source, Store(store)).start(tell).wait()
"""


def session(stage: Stage) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SESSION, stage.source, str(stage.store.folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"the session ended before it said “{text}”")


def test_two_sessions_that_ask_for_the_same_cause_one_fit(stage: Stage) -> None:
    with session(stage) as first:
        read_until(first, "Waiting")
        with session(stage) as second:
            read_until(second, "Waiting for the same training")
            stage.release()
            read_until(first, "Finished")
            read_until(second, "Finished")
    assert stage.fits() == 1


def test_the_child_ends_with_its_session_and_the_next_takes_over(stage: Stage) -> None:
    with session(stage) as first:
        read_until(first, "Waiting")
        first.kill()
    with session(stage) as second:
        read_until(second, "Waiting")
        # Opening the pipe needs a reader: had the first child survived it would take the word.
        stage.release()
        read_until(second, "Finished")
    assert stage.fits() == 2


@dataclass(eq=False)
class _Here(KNN):
    """An instant model: fitted in this process."""

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        progress(0.5, "Here", pid=os.getpid())
        super()._fit(dataset, progress)


def test_an_instant_model_is_fitted_in_this_process(stage: Stage) -> None:
    asked = _Here()
    job = stage.job(asked)
    assert stage.pid_of_the_child() == os.getpid()
    last = job.wait(LONG)
    assert isinstance(last, Finished)
    assert asked.fitted() == {}, "the model asked for stays as it was"
    assert stage.store.get(_Here(), stage.dataset) is not None


def test_a_model_typed_into_a_notebook_is_fitted_in_this_process_and_can_be_cancelled(
    stage: Stage,
) -> None:
    @dataclass(eq=False)
    class Typed(Patient):
        pass

    job = stage.job(Typed())
    assert stage.pid_of_the_child() == os.getpid()
    job.cancel()
    stage.release()  # the fit goes on, to its next word of progress
    assert job.wait(LONG) == Cancelled()


def test_a_listener_that_fails_does_not_end_the_training(stage: Stage) -> None:
    def listener(event: Event) -> None:
        raise RuntimeError("the page is gone")

    job = TrainingJob(KNN(), stage.dataset, stage.source, stage.store).start(listener)
    assert isinstance(job.wait(LONG), Finished)


def test_a_process_loads_a_data_set_again_only_if_a_file_has_changed(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n1,One (1990),Drama\n")
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("userId,movieId,rating,timestamp\n1,1,5.0,0\n")
    training._loaded.cache_clear()
    source = str(tmp_path)
    warm._prepare({"module": training.__name__, "source": source, "key": ""})
    kept = training._loaded(source, version_of(source))
    assert training._loaded.cache_info()[:2] == (1, 1)  # found, and loaded before
    assert kept.n_users == 1
    ratings.write_text("userId,movieId,rating,timestamp\n1,1,5.0,0\n2,1,4.0,0\n")
    assert training._loaded(source, version_of(source)).n_users == 2
    assert version_of("no such source") == ()
