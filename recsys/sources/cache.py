"""The cache of parsed data sets on disk: plain arrays, which all processes share as memory maps.

An entry is a folder whose name is the hash of its source files. It is written under another name
and then renamed, so that an entry is always complete. A damaged or foreign entry counts as absent.
Must not know how a data set is parsed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import COURSE_COLUMNS, Dataset
from recsys.machine import flush

FORMAT = 2  # increase it when these files change, or what parsing makes of a CSV file
CHUNK = 2**16  # bytes
_ARRAYS = ("users", "indptr", "indices", "ratings", "topics")


def content_key(layout: str, files: Iterable[Path]) -> str:
    """The name of an entry: a hash of the files' names and contents, the layout and the format."""
    digest = hashlib.blake2b(f"{FORMAT} {layout}".encode(), digest_size=16)
    for file in files:
        with file.open("rb") as stream:  # in chunks: the process would keep a large buffer's memory
            digest.update(f"\n{file.name} {os.fstat(stream.fileno()).st_size}\n".encode())
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def load(folder: Path, name: str) -> Dataset | None:
    """Load a data set from an entry and give it a name; None if there is no valid entry."""
    try:
        about = _about(folder)
        arrays = {part: _array(folder, part, about["sums"][part]) for part in _ARRAYS}
        return _assembled(name, about, arrays)
    except Exception:  # a damaged file can cause any kind of error
        return None


def save(dataset: Dataset, folder: Path) -> None:
    """Write a data set into an entry, replacing an earlier one.

    Raises
    ------
    OSError : if the folder cannot be written
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left_over in folder.parent.glob(f"{folder.name}.*"):  # from killed processes
        shutil.rmtree(left_over, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        _write(dataset, fresh)
        fresh.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.exists():  # if it exists, another process has written the same content
                raise
        flush(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(dataset: Dataset, folder: Path) -> None:
    matrix = dataset.interactions
    arrays = {
        "users": dataset.users,
        "indptr": matrix.indptr,
        "indices": matrix.indices,
        "ratings": matrix.data,
        "topics": dataset.courses[list(dataset.topics)].to_numpy(np.uint8),
    }
    about = {
        "topics": dataset.topics,
        "like_threshold": dataset.like_threshold,
        "noun": dataset.noun,
        "repairs": dataset.repairs,
        "courses": {column: dataset.courses[column].tolist() for column in COURSE_COLUMNS},
        "sums": {part: _sum(array) for part, array in arrays.items()},
    }
    for part, array in arrays.items():
        np.save(folder / f"{part}.npy", array, allow_pickle=False)
        flush(folder / f"{part}.npy")
    text = json.dumps(about, ensure_ascii=False).encode()
    (folder / "dataset.json").write_bytes(f"{_digest(text)}\n".encode() + text)
    flush(folder / "dataset.json")
    flush(folder)


def _about(folder: Path) -> dict[str, Any]:
    total, _, text = (folder / "dataset.json").read_bytes().partition(b"\n")
    if _digest(text) != total.decode():
        raise ValueError("dataset.json is damaged")
    return dict(json.loads(text))


def _array(folder: Path, part: str, expected: str) -> np.ndarray:
    mode: Any = None if part == "topics" else "r"  # an empty array cannot be mapped
    array = np.asarray(np.load(folder / f"{part}.npy", mmap_mode=mode, allow_pickle=False))
    if _sum(array) != expected:
        raise ValueError(f"{part}.npy is damaged")
    return array


def _assembled(name: str, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Dataset:
    topics = tuple(about["topics"])
    courses = pd.DataFrame({column: about["courses"][column] for column in COURSE_COLUMNS})
    flags = pd.DataFrame(arrays["topics"], columns=list(topics))
    matrix = csr_matrix(
        (arrays["ratings"], arrays["indices"], arrays["indptr"]),
        shape=(len(arrays["users"]), len(courses)),
    )
    return Dataset(
        name,
        pd.concat([courses.astype(str), flags], axis=1),
        topics,
        arrays["users"],
        matrix,
        about["like_threshold"],
        about["noun"],
        tuple(about["repairs"]),
    )


def _sum(array: np.ndarray) -> str:
    return _digest(f"{array.dtype.str} {array.shape}".encode(), np.ascontiguousarray(array).data)


def _digest(*parts: bytes | memoryview) -> str:
    """The hash of the parts in sequence, computed without copying them."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
