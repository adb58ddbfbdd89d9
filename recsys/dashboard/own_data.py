"""A visitor's own data set: in this process, and in a private folder that goes with it.

The folder, which the system lets only this account read, holds what a training needs from
another process: the data set, and the models fitted on it. Must not know the state, nor widgets.
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
_LOCK = "in-use"  # held as long as this process lives


class OwnData:
    """The data set a visitor has brought, if any; a later one takes its place.

    The folder is removed with this object, or when the process ends. One whose process was killed
    is removed when the next is made.
    """

    def __init__(self) -> None:
        self.pair: Pair | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock: FileLock | None = None

    @property
    def folder(self) -> Path:
        """What `load_dataset` takes, in this account's processes."""
        assert self._folder is not None
        return Path(self._folder.name) / "data"

    @property
    def store(self) -> Store:
        """Where models fitted on it are kept."""
        return Store(self.folder.with_name("models"))

    def keep(self, pair: Pair) -> None:
        """Take this pair.

        Raises
        ------
        DataError : if the folder cannot be written
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
                f"There is no room for your data on the server ({error.strerror}). Tell whoever "
                "runs it; the other data sets work as before."
            ) from error
        self.pair = pair


def remove_abandoned() -> None:
    """Remove the folders that processes of this account have left when they were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):
            ours = not folder.is_symlink() and folder.stat().st_uid == os.geteuid()
            if ours and (folder / _LOCK).is_file():
                with FileLock(folder / _LOCK).acquire(timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)
