"""Parsed data sets on disk, as plain arrays that all processes share by memory map.

An entry is a folder named by the hash of the files it was made from. It appears by one rename,
complete or not at all; an entry that is torn or not ours is treated as absent. Must not know how
a data set is parsed.
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

FORMAT = 2  # raise it when the files below, or what parsing makes of a CSV, change
PIECE = 2**16  # bytes
_ARRAYS = ("users", "indptr", "indices", "ratings", "topics")


def content_key(layout: str, files: Iterable[Path]) -> str:
    """A hash of the files' names and contents, the layout they are read by, and the format."""
    digest = hashlib.blake2b(f"{FORMAT} {layout}".encode(), digest_size=16)
    for file in files:
        with file.open("rb") as stream:  # in pieces: what is read at once stays with the process
            digest.update(f"\n{file.name} {os.fstat(stream.fileno()).st_size}\n".encode())
            while piece := stream.read(PIECE):
                digest.update(piece)
    return digest.hexdigest()


def load(folder: Path, name: str) -> Dataset | None:
    """The data set kept in an entry, under a name; None if there is no sound one."""
    try:
        about = _about(folder)
        arrays = {part: _array(folder, part, about["sums"][part]) for part in _ARRAYS}
        return _assembled(name, about, arrays)
    except Exception:  # whatever a damaged file makes the parsers stumble over
        return None


def save(dataset: Dataset, folder: Path) -> None:
    """Keep a data set in an entry; what was there before is replaced.

    Raises
    ------
    OSError : where the folder cannot be written
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left_over in folder.parent.glob(f"{folder.name}.*"):  # of a process that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        _write(dataset, fresh)
        fresh.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.exists():  # else another process was first, with the same content
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
        raise ValueError("dataset.json is torn")
    return dict(json.loads(text))


def _array(folder: Path, part: str, expected: str) -> np.ndarray:
    mode: Any = None if part == "topics" else "r"  # a set without topics cannot be mapped
    array = np.asarray(np.load(folder / f"{part}.npy", mmap_mode=mode, allow_pickle=False))
    if _sum(array) != expected:
        raise ValueError(f"{part}.npy is torn")
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
    """Of the parts one after another, without a copy of them."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
