"""The store of fitted models: one file each, shared by all sessions on the machine.

An invalid file counts as absent. A store has a size limit: beyond it, the least recently used
files are removed. Must not know who asks, how a fit is run, nor the format of a file.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path

import numpy as np

import recsys.blocks
import recsys.dataset
import recsys.models
import recsys.text
from recsys.dataset import TrainingSet
from recsys.machine import cache_folders, digest_of, home, write_atomically
from recsys.models import Progress, Recommender, silent
from recsys.storage.format import StoreError, load, save

_LIMIT = 2_000_000_000  # bytes of all files of a store
_POLL = 0.1  # seconds between two attempts to take a lock that another session holds
WAITING = "Waiting for the same training in another session"

log = logging.getLogger(__name__)


def no_slot(progress: Progress) -> AbstractContextManager[None]:
    """Fit without waiting for others; see `Store.fitted`."""
    return nullcontext()


class Store:
    """A folder of fitted models, by data set, model, hyperparameters and version of the code.

    Parameters
    ----------
    folder : the folder of the files; by default RECSYS_STORE, else `.recsys/models` beside the
        `data/` folder if it can be written, else the user's cache folder
    limit : the most bytes that its files may take together
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, limit: int = _LIMIT) -> None:
        self.folder = Path(folder) if folder is not None else _default_folder()
        self.limit = limit

    def keeps(self, model: Recommender) -> bool:
        """Whether models of this class are stored: only those that other processes can import are.

        A class typed into a notebook is not. The store could not notice a change of its code, and
        would give the results of one class to another class of the same name.
        """
        return _source_file(type(model)) is not None

    def key(self, model: Recommender, dataset: TrainingSet) -> str:
        """The name of the file: the model's key, and a hash of its settings, data and code."""
        asked = {
            "data": dataset.full.fingerprint,
            "hyperparameters": model.values(refit_only=True),
            "code": _code_version(_source_file(type(model))),
        }
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return f"{model.key()}-{digest[:20]}"

    def path(self, key: str) -> Path:
        """The path of the file for a key."""
        return self.folder / f"{key}.model"

    def get(self, model: Recommender, dataset: TrainingSet) -> Recommender | None:
        """Load the fitted model; None if it is not stored, or if its file is invalid.

        Hyperparameters that act only when scoring are not part of the file. They are those of
        `model`.
        """
        if not self.keeps(model):
            return None
        path = self.path(self.key(model, dataset))
        try:
            stored = load(path, type(model)) if path.is_file() else None
            if stored is None:
                return None
            if stored.values(refit_only=True) != model.values(refit_only=True):
                raise StoreError(f"{path} has other hyperparameters than its name says.")
            if not np.array_equal(stored.course_ids_, dataset.courses["id"].to_numpy(str)):
                raise StoreError(f"{path} was fitted on another data set.")
        except (StoreError, OSError) as error:
            log.warning("A stored model is ignored. %s", error)
            return None
        mark_used(path)
        return with_values_of(model, stored)

    def put(self, model: Recommender, dataset: TrainingSet) -> Path:
        """Store a fitted model; returns the path of its file.

        Raises
        ------
        StoreError : if models of this class are not stored
        OSError : if the folder cannot be written
        """
        if not self.keeps(model):
            raise StoreError(f"{type(model).__name__} is not stored: its code is not in a file.")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(self.key(model, dataset))
        save(model, path)
        self.make_room(path)
        return path

    def make_room(self, new: Path) -> None:
        """Remove the least recently used files, except `new`, until the limit holds."""
        files = []
        for file in (*self.folder.glob("*.model"), *self.folder.glob("*.npz")):
            with suppress(OSError):  # another session has removed it
                files.append((file.stat().st_atime_ns, file.stat().st_size, file))
        excess = sum(size for _, size, _ in files) - self.limit
        for _, size, file in sorted(files):
            if excess <= 0:
                break
            if file != new:
                with suppress(OSError):
                    file.unlink()
                    excess -= size

    @contextmanager
    def lock(self, key: str, progress: Progress = silent) -> Iterator[None]:
        """Hold the lock of a key. Only one thread on the machine has it at a time.

        The operating system releases the lock when the process exits. While waiting, `progress` is
        called again and again; an exception from it ends the wait. If the folder does not allow
        locks, the block runs without one: the same fit may then run twice, but no file is damaged,
        since files are replaced as a whole.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / f"{key}.lock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            while not lock.is_locked:
                try:
                    lock.acquire(timeout=_POLL, poll_interval=_POLL / 2)
                except Timeout:
                    progress(0.0, WAITING)
        except (OSError, NotImplementedError) as error:
            log.warning("Working without a lock in %s (%s).", self.folder, error)
        try:
            yield
        finally:
            lock.release()

    def fitted(
        self,
        model: Recommender,
        dataset: TrainingSet,
        progress: Progress = silent,
        slot: Callable[[Progress], AbstractContextManager[None]] = no_slot,
    ) -> Recommender:
        """Load the stored model. If there is none, fit `model` in this process and store it.

        If the folder cannot be written, the fitted model is returned without being stored.

        Parameters
        ----------
        slot : a context manager to hold while fitting, such as `JobQueue(store).slot`
        """
        if not self.keeps(model):
            return model.fit(dataset.full, progress)
        stored = self.get(model, dataset)
        if stored is not None:
            return stored
        with self.lock(self.key(model, dataset), progress):
            stored = self.get(model, dataset)
            if stored is not None:
                return stored
            with slot(progress):
                self.fit(model, dataset.full, progress)
            try:
                self.put(model, dataset)
            except OSError as error:
                log.warning("%s could not be stored (%s).", model.name, error)
            return model

    # How long fits take

    def fit(
        self, model: Recommender, dataset: TrainingSet, progress: Progress = silent
    ) -> Recommender:
        """Fit a model in this process, and remember how long it took; see `seconds`."""
        wall, processor = time.monotonic(), time.process_time()
        model.fit(dataset, progress)
        # A busy machine stretches the time of the clock; several threads that of the processor.
        taken = min(time.monotonic() - wall, time.process_time() - processor)
        self.remember_seconds(model, dataset, taken)
        return model

    def seconds(self, model: Recommender, dataset: TrainingSet) -> float | None:
        """How long the last fit of this class took on this data, with whatever settings; None if
        none is known, infinity if it was only seen to take too long.
        """
        if not self.keeps(model):
            return None
        with suppress(OSError, ValueError):
            return float(self._time_file(model, dataset).read_text())
        return None

    def remember_seconds(self, model: Recommender, dataset: TrainingSet, taken: float) -> None:
        """Remember how long a fit took."""
        if self.keeps(model):
            with suppress(OSError):  # a store that cannot be written remembers nothing
                self.folder.mkdir(parents=True, exist_ok=True)
                file = self._time_file(model, dataset)
                write_atomically(file, lambda out: out.write(f"{taken:.4g}".encode()))

    def _time_file(self, model: Recommender, dataset: TrainingSet) -> Path:
        """The same for all settings."""
        return self.folder / f"{self.key(type(model)(), dataset)}.seconds"


def mark_used(file: Path) -> None:
    """Set the access time of a file to now, since many file systems do not update it."""
    with suppress(OSError):  # the file of another user keeps its access time
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))


def with_values_of(asked: Recommender, fitted: Recommender) -> Recommender:
    """A model with the fitted state of `fitted` and the hyperparameters of `asked`."""
    model = type(asked)(**asked.values())
    vars(model).update(fitted.fitted())
    return model


# The folder, and the version of the code


def _default_folder() -> Path:
    named = os.environ.get("RECSYS_STORE")
    if named:
        return Path(named).expanduser()
    beside = home() / ".recsys" / "models"
    if (home() / "data").is_dir():
        with suppress(OSError):
            beside.mkdir(parents=True, exist_ok=True)
        if os.access(beside, os.W_OK):
            return beside
    return cache_folders()[-1] / "models"


def _source_file(kind: type[Recommender]) -> Path | None:
    """The file of the module that defines a class; None if another process cannot import it."""
    if kind.__module__ == "__main__":
        return None
    try:
        if attrgetter(kind.__qualname__)(sys.modules[kind.__module__]) is not kind:
            return None
        spec = find_spec(kind.__module__)
    except (AttributeError, ImportError, KeyError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin else None


@cache
def _code_version(source: Path | None) -> str:
    """A hash of the code that a fit depends on, so that an edited model is fitted again."""
    package = Path(recsys.models.__file__).parent
    others = (recsys.blocks.__file__, recsys.dataset.__file__, recsys.text.__file__)
    files = {*package.glob("*.py"), *map(Path, others)}
    return digest_of(files | {source} if source else files)
