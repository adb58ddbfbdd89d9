"""Fitted models on disk, one file each, shared by every session on the machine.

A file is a checksum and an uncompressed `.npz` of plain arrays: reading one runs no code, and one
that is torn, foreign or of another version counts as absent. A store has a limit: what was not used
for longest makes room. Must not know who asks, nor how a fit is run.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np
from scipy.sparse import csr_matrix

import recsys.blocks
import recsys.dataset
import recsys.models
import recsys.text
from recsys.dataset import TrainingSet
from recsys.models import Progress, Recommender, find, silent
from recsys.sources.places import cache_folders, home, write_whole

_MAGIC = b"recsys model 1\n"  # raise the number when the format below changes
_CHECKSUM = hashlib.sha256
_HEADER = len(_MAGIC) + _CHECKSUM().digest_size
_LIMIT = 2_000_000_000  # bytes of all files of a store
_POLL = 0.1  # seconds between two tries at a lock that another session holds
WAITING = "Waiting for the same training in another session"

log = logging.getLogger(__name__)


class StoreError(ValueError):
    """A file that holds no fitted model of this version, or a model that cannot be stored."""


def save(model: Recommender, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a file: the whole of it or, whatever happens meanwhile, nothing.

    Raises
    ------
    StoreError : for a fitted attribute that is not made of arrays, numbers and strings
    OSError : if the file cannot be written
    """
    payload = _payload(model)

    def write(file: IO[bytes]) -> None:
        file.write(_MAGIC + _CHECKSUM(payload).digest())
        file.write(payload)

    write_whole(Path(path), write)


def load(path: str | os.PathLike[str], kind: type[Recommender] | None = None) -> Recommender:
    """Read a fitted model from a file that `save` wrote.

    Parameters
    ----------
    kind : the model's class; by default the registered one of the name in the file

    Raises
    ------
    StoreError : if the file is torn, foreign, of another version, or holds another kind of model
    OSError : if it cannot be read
    """
    content = Path(path).read_bytes()
    payload = memoryview(content)[_HEADER:]
    if not content.startswith(_MAGIC):
        raise StoreError(f"{path} is no model of this version of recsys; fit the model again.")
    if _CHECKSUM(payload).digest() != content[len(_MAGIC) : _HEADER]:
        raise StoreError(f"{path} is damaged; delete it and fit the model again.")
    try:
        return _model(bytes(payload), kind)
    except Exception as error:  # whatever a foreign file makes the parsers stumble over
        raise StoreError(f"{path} cannot be used: {error} Fit the model again.") from error


class Store:
    """A folder of fitted models, found by data set, model, hyperparameters and code version.

    Parameters
    ----------
    folder : where the files are; by default RECSYS_STORE, else `.recsys/models` beside the
        `data/` folder if it can be written, else the user's cache folder
    limit : bytes that its files may take; beyond, what was not used for longest makes room
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, limit: int = _LIMIT) -> None:
        self.folder = Path(folder) if folder is not None else _default_folder()
        self.limit = limit

    def keeps(self, model: Recommender) -> bool:
        """Whether models of this class are stored: those whose code is in a file.

        One typed into a notebook is not, since a change of its code would go unnoticed.
        """
        return _source_file(type(model)) is not None

    def key(self, model: Recommender, dataset: TrainingSet) -> str:
        """The name under which this model, fitted on this data set, is stored."""
        asked = {
            "data": dataset.whole.fingerprint,
            "hyperparameters": model.values(refit_only=True),
            "code": _code_version(_source_file(type(model))),
        }
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        return f"{model.key()}-{digest[:20]}"

    def path(self, key: str) -> Path:
        """The file of a key."""
        return self.folder / f"{key}.model"

    def get(self, model: Recommender, dataset: TrainingSet) -> Recommender | None:
        """The fitted model, with those hyperparameters of `model` that act when scoring; None if
        it is not stored or its file cannot be trusted.
        """
        if not self.keeps(model):
            return None
        path = self.path(self.key(model, dataset))
        try:
            stored = load(path, type(model)) if path.is_file() else None
            if stored is None:
                return None
            if stored.values(refit_only=True) != model.values(refit_only=True):
                raise StoreError(f"{path} holds other hyperparameters than its name says.")
            if not np.array_equal(stored.course_ids_, dataset.courses["id"].to_numpy(str)):
                raise StoreError(f"{path} was fitted on another data set.")
        except (StoreError, OSError) as error:
            log.warning("A stored model is left aside. %s", error)
            return None
        note_use(path)
        return with_values_of(model, stored)

    def put(self, model: Recommender, dataset: TrainingSet) -> Path:
        """Store a fitted model; returns its file.

        Raises
        ------
        StoreError : if the store does not keep such models
        OSError : if the folder cannot be written
        """
        if not self.keeps(model):
            raise StoreError(f"{type(model).__name__} is not stored: its code is in no file.")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(self.key(model, dataset))
        save(model, path)
        self.make_room(path)
        return path

    def make_room(self, new: Path) -> None:
        """Remove what was not used for longest, but not `new`, until the limit holds."""
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
        """Hold the key's lock, which one thread of one process on the machine has at a time.

        The operating system releases it when the holder dies. While waiting, `progress` is told
        so again and again, and ends the wait by raising. Where the folder does not allow locks,
        there is none: that costs double work only, since files are replaced as a whole.
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
        turn: Callable[[Progress], AbstractContextManager[None]] = lambda progress: nullcontext(),
    ) -> Recommender:
        """The stored model; if there is none, `model` itself, fitted here and now and stored.

        A folder that cannot be written costs the storing only.

        Parameters
        ----------
        turn : what to wait for, and to hold while fitting, such as `Turns(store).turn`
        """
        if not self.keeps(model):
            return model.fit(dataset.whole, progress)
        stored = self.get(model, dataset)
        if stored is not None:
            return stored
        with self.lock(self.key(model, dataset), progress):
            stored = self.get(model, dataset)
            if stored is not None:
                return stored
            with turn(progress):
                model.fit(dataset.whole, progress)
            try:
                self.put(model, dataset)
            except OSError as error:
                log.warning("%s could not be stored (%s).", model.name, error)
            return model


def note_use(file: Path) -> None:
    """Remember that a file was used now, where the file system would not by itself."""
    with suppress(OSError):  # of another user: it stays as old as it is
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))


def with_values_of(asked: Recommender, fitted: Recommender) -> Recommender:
    """What `fitted` has learned, with the hyperparameters of `asked`."""
    model = type(asked)(**asked.values())
    vars(model).update(fitted.fitted())
    return model


# What a file holds


def _payload(model: Recommender) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    state = {name: _packed(name, value, arrays) for name, value in model.fitted().items()}
    if not state:
        raise StoreError(f"{type(model).__name__} is not fitted: there is nothing to save yet.")
    about = {"model": model.key(), "hyperparameters": model.values(), "state": state}
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{"about": text, **arrays})
    return buffer.getvalue()


def _model(payload: bytes, kind: type[Recommender] | None) -> Recommender:
    with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        kind = kind or find(about["model"])
        if kind.key() != about["model"]:
            raise StoreError(f"it holds {about['model']}, not {kind.key()}.")
        model = kind(**about["hyperparameters"])
        if "course_ids_" not in about["state"] or not all(n.endswith("_") for n in about["state"]):
            raise StoreError("it holds no fitted model.")
        for name, packed in about["state"].items():
            setattr(model, name, _unpacked(packed, arrays))
    return model


def _packed(name: str, value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value as JSON; arrays are moved to `arrays` and named in the JSON."""
    if isinstance(value, np.generic):  # its type counts: it decides that of what is computed
        arrays[name] = np.asarray(value)
        return {"scalar": name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays[name] = value
        return {"array": name}
    if isinstance(value, csr_matrix):
        parts = {part: getattr(value, part) for part in ("data", "indices", "indptr")}
        arrays.update({f"{name}.{part}": array for part, array in parts.items()})
        return {"csr": name, "shape": value.shape}
    if isinstance(value, list | tuple):
        return [_packed(f"{name}.{i}", item, arrays) for i, item in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = {key: _packed(f"{name}.{key}", item, arrays) for key, item in value.items()}
        return {"mapping": items}
    raise StoreError(
        f"{name} is a {type(value).__name__}: a fitted attribute has to be made of arrays (not of "
        "objects), CSR matrices, numbers and strings to be stored."
    )


def _unpacked(packed: Any, arrays: Any) -> Any:
    if isinstance(packed, list):
        return [_unpacked(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    if "scalar" in packed:
        return arrays[packed["scalar"]][()]
    if "array" in packed:
        return arrays[packed["array"]]
    if "csr" in packed:
        parts = [arrays[f"{packed['csr']}.{part}"] for part in ("data", "indices", "indptr")]
        return csr_matrix(tuple(parts), shape=packed["shape"])
    return {key: _unpacked(item, arrays) for key, item in packed["mapping"].items()}


# Where, and by which code


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
    """The file of the module that defines a class, if another process can import it."""
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        return None
    try:
        spec = find_spec(kind.__module__)
    except (ImportError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin else None


@cache
def _code_version(source: Path | None) -> str:
    """A hash of the code that decides what a fit gives, so that an edited model is fitted anew."""
    package = Path(recsys.models.__file__).parent
    others = (recsys.blocks.__file__, recsys.dataset.__file__, recsys.text.__file__)
    files = {*package.glob("*.py"), *map(Path, others)}
    files |= {source} if source else set()
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"\n{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()
