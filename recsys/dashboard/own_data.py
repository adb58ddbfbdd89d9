"""A visitor's own data set: in the memory of this process, and in a private temporary folder.

Trainings run in child processes, which read the data set from the folder and store the fitted
models in it. Only the server's account can read it. Must not know the state, nor widgets.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from recsys.dataset import DataError
from recsys.sources import cache
from recsys.sources.upload import Pair
from recsys.storage import Store

_PREFIX = "recsys-own-"
_LOCK = "in-use"  # locked until this process ends


class OwnData:
    """The data set that a visitor has uploaded, if any; a new one replaces it.

    The folder is removed with this object, or when the process ends. If the process was killed, the
    next process that creates such a folder removes it.
    """

    def __init__(self) -> None:
        self.pair: Pair | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock: FileLock | None = None

    @property
    def folder(self) -> Path:
        """The path for `load_dataset`, also in child processes."""
        assert self._folder is not None
        return Path(self._folder.name) / "data"

    @property
    def store(self) -> Store:
        """The store for models fitted on this data set."""
        return Store(self.folder.with_name("models"))

    def keep(self, pair: Pair) -> None:
        """Keep this data set, in memory and in the folder.

        Raises
        ------
        DataError : if the folder cannot be written, such as when the disk is full
        """
        try:
            if self._folder is None:
                remove_abandoned()
                self._folder = tempfile.TemporaryDirectory(
                    prefix=_PREFIX, ignore_cleanup_errors=True
                )
                self._lock = FileLock(Path(self._folder.name) / _LOCK)
                self._lock.acquire(timeout=0)
            cache.save(pair.dataset, self.folder)
        except OSError as error:
            raise DataError(
                f"The server has no room for your data ({error.strerror}). Please tell its "
                "administrator. The other data sets still work."
            ) from error
        self.pair = pair


def remove_abandoned() -> None:
    """Remove the folders that killed processes of this account have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):
            ours = not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
            if ours and (folder / _LOCK).is_file():
                with FileLock(folder / _LOCK).acquire(timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)
