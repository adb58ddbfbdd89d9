"""A place for trainings in real child processes: a data set in a folder, a store, and a pipe."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from recsys.dataset import Dataset
from recsys.jobs.job import Event, Progressed
from recsys.jobs.training import TrainingJob
from recsys.models import Recommender
from recsys.sources import load_dataset
from recsys.storage import Store

LONG = 300  # seconds after which a test is broken, not slow
NAMES = {"id": "COURSE_ID", "title": "TITLE", "description": "DESCRIPTION"}


def write_folder(dataset: Dataset, folder: Path) -> Path:
    """The data set as courses.csv and ratings.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    dataset.courses.rename(columns=NAMES).to_csv(folder / "courses.csv", index=False)
    dataset.ratings.to_csv(folder / "ratings.csv", index=False)
    return folder


def of_fewer_users(dataset: Dataset) -> Dataset:
    """The data set with a third of its users, for what takes long and shows as much with them."""
    n = dataset.n_users // 3
    return replace(dataset, users=dataset.users[:n], interactions=dataset.interactions[:n])


class Stage:
    """A place where trainings run, whose models meet the test at `pipe` (see training_models)."""

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        """`scratch` is where temporary files go."""
        self.pipe, self.log, self.scratch = folder / "pipe", folder / "log", folder / "scratch"
        os.mkfifo(self.pipe)
        self.scratch.mkdir()
        self.log.touch()
        self.source = str(write_folder(dataset, folder / "courses"))
        self.dataset = load_dataset(self.source)
        self.store = Store(folder / "store")
        self.events: queue.Queue[Event] = queue.Queue()

    def job(self, model: Recommender, hear: Callable[[Event], object] | None = None) -> TrainingJob:
        tell = hear or self.events.put
        return TrainingJob(model, self.dataset, self.source, self.store).start(tell)

    def pid_of_the_child(self) -> int:
        while True:
            event = self.events.get(timeout=LONG)
            assert isinstance(event, Progressed), event
            if "pid" in event.figures:
                return int(event.figures["pid"])

    def fits(self) -> int:
        return self.log.read_text().count("fit")

    def release(self) -> None:
        self.pipe.write_bytes(b"go")

    def assert_nothing_is_left(self) -> None:
        """No process (a zombie is one), no lock, no half-written file."""
        left = [one.cmdline() for one in psutil.Process().children(recursive=True)]
        assert left == []
        assert list(self.scratch.iterdir()) == []
        assert list(self.store.folder.rglob("*.tmp")) == []
        for lock in self.store.folder.rglob("*.lock"):
            with self.store.lock(lock.stem, refuse_to_wait):
                pass


def refuse_to_wait(done: float, message: str, **figures: float) -> None:
    raise AssertionError(message)
