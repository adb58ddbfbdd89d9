"""A data set as a folder of Parquet files, one for each block of users.

    about.json                what it is called, and how many users and ratings each file holds
    courses.parquet           id, title, description, and a 0/1 column per topic
    ratings/00000.parquet …   user, item (the position of the course), rating; ordered by user,
                              then by item; all ratings of a user are in one file

A file is read when its block is needed, and not kept. Must not know what reads it, nor how many
machines do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.sparse import csr_matrix

from recsys.blocks import PER_BLOCK, Blocks, LocalBlocks, Stored, Users
from recsys.dataset import COURSE_COLUMNS, DataError, Dataset, TrainingSet, are_ratings
from recsys.sources.places import write_whole

FORMAT = 1
COLUMNS = ("user", "item", "rating")


@dataclass(frozen=True)
class Part(Stored):
    """A file of ratings.

    Attributes
    ----------
    file : its path, the same on all machines
    n_users, n_ratings : what it should hold
    first : the position of its first user among all
    n_courses : of the catalogue
    like_threshold : a rating of at least this much is a like
    """

    file: str
    n_users: int
    n_ratings: int
    first: int
    n_courses: int
    like_threshold: float

    def read(self) -> Users:
        """Its users and their likes.

        Raises
        ------
        DataError : names the file, if it is not as it should be
        """
        return Users(self.ratings()[1], self.first)

    def ratings(self) -> tuple[np.ndarray, csr_matrix]:
        """(n_users,) the users' ids, and (n_users, n_courses) their likes."""
        user, item, rating = self._columns()
        starts = np.flatnonzero(user[1:] != user[:-1]) + 1
        begins = np.concatenate([[0], starts]) if len(user) else np.zeros(0, np.int64)
        self._check(user, item, rating, begins)
        likes = csr_matrix(
            (rating, item, np.append(begins, len(user))), (self.n_users, self.n_courses)
        )
        if rating.min(initial=np.inf) < self.like_threshold:
            likes.data = np.where(rating >= self.like_threshold, rating, 0).astype(np.float32)
            likes.eliminate_zeros()
        return user[begins], likes

    def _columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        try:
            # Not by pyarrow's threads: a worker has one core.
            table = pq.read_table(self.file, columns=list(COLUMNS), use_threads=False)
            user, item, rating = (table[column].to_numpy() for column in COLUMNS)
            return user, item.astype(np.int32), rating.astype(np.float32)
        except FileNotFoundError:
            raise DataError("is missing; convert the data again.", self.file) from None
        except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
            raise DataError(
                f"cannot be read as ratings ({error}); convert the data again.", self.file
            ) from None

    def _check(
        self, user: np.ndarray, item: np.ndarray, rating: np.ndarray, begins: np.ndarray
    ) -> None:
        same_user = user[1:] == user[:-1]
        if len(user) != self.n_ratings or len(begins) != self.n_users:
            problem = (
                f"holds {len(user):,} ratings of {len(begins):,} users in a row where about.json "
                f"says {self.n_ratings:,} of {self.n_users:,}"
            )
        elif len(item) and not (item.min() >= 0 and item.max() < self.n_courses):
            problem = f"rates a course beyond the {self.n_courses:,} of the catalogue"
        elif not (item[1:] > item[:-1])[same_user].all():
            problem = "has a user whose courses are not in ascending order, or one twice"
        elif not are_ratings(rating).all():
            problem = "has a rating that is no number above 0"
        else:
            return
        raise DataError(f"{problem}; convert the data again.", self.file)


@dataclass(frozen=True, eq=False)
class PartitionedDataset(TrainingSet):
    """A data set whose ratings stay on disk.

    Attributes
    ----------
    name, courses, topics, like_threshold, noun : as in `Dataset`
    parts : the files of ratings
    content : the `fingerprint`
    blocks : `Users` of the files; read here, unless `recsys.scale.on_cluster` puts other blocks
    """

    name: str
    courses: pd.DataFrame
    topics: tuple[str, ...]
    like_threshold: float
    noun: str
    parts: tuple[Part, ...]
    content: str
    elsewhere: Blocks | None = None

    @property
    def n_users(self) -> int:
        return sum(part.n_users for part in self.parts)

    @property
    def n_ratings(self) -> int:
        return sum(part.n_ratings for part in self.parts)

    @property
    def fingerprint(self) -> str:
        return self.content

    @cached_property
    def blocks(self) -> Blocks:
        return self.elsewhere or LocalBlocks(self.parts)


def is_partitioned(folder: Path) -> bool:
    """Whether a folder holds such a data set."""
    return (folder / "about.json").is_file() and (folder / "courses.parquet").is_file()


def open_partitions(folder: Path) -> PartitionedDataset:
    """The data set in a folder; its ratings are not read yet.

    Raises
    ------
    DataError : if the folder holds none
    """
    where = str(folder / "about.json")
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        courses = pd.read_parquet(folder / "courses.parquet")
    except FileNotFoundError as error:
        raise DataError("is missing; make the folder with: data convert", error.filename) from None
    except (ValueError, pa.ArrowException) as error:
        raise DataError(f"cannot be read ({error}); convert the data again.", where) from None
    if about.get("format") != FORMAT:
        raise DataError("was written by another version; convert the data again.", where)
    topics = tuple(column for column in courses.columns if column not in COURSE_COLUMNS)
    parts, first = [], 0
    for one in about["parts"]:
        file = str((folder / "ratings" / one["file"]).resolve())
        parts.append(
            Part(file, one["users"], one["ratings"], first, len(courses), about["like_threshold"])
        )
        first += one["users"]
    return PartitionedDataset(
        about["name"],
        courses,
        topics,
        about["like_threshold"],
        about["noun"],
        tuple(parts),
        about["fingerprint"],
    )


@dataclass(frozen=True)
class Written:
    """A file of ratings that was written: its name, how many users and ratings it holds, and a
    hash of them.
    """

    file: str
    users: int
    ratings: int
    hash: str


def write(dataset: Dataset, folder: Path, per_part: int = PER_BLOCK) -> PartitionedDataset:
    """Write a data set as partitions of so many users each; the same data, for all that models see.

    Raises
    ------
    OSError : if the folder cannot be written
    """
    (folder / "ratings").mkdir(parents=True, exist_ok=True)
    written = []
    for number, start in enumerate(range(0, max(dataset.n_users, 1), per_part)):
        rows = dataset.interactions[start : start + per_part]
        rows.sort_indices()
        users = dataset.users[start : start + per_part]
        table = pd.DataFrame(
            {
                "user": np.repeat(users, np.diff(rows.indptr)),
                "item": rows.indices.astype(np.int32),
                "rating": rows.data,
            }
        )
        written.append(write_part(table, folder, number))
    about = {
        "name": dataset.name,
        "noun": dataset.noun,
        "like_threshold": dataset.like_threshold,
        "fingerprint": dataset.fingerprint,
    }
    return finish(folder, dataset.courses, written, about)


def write_part(ratings: pd.DataFrame, folder: Path, number: int) -> Written:
    """Write one file, given its rows in their order."""
    name = f"{number:05}.parquet"
    table = pa.Table.from_pandas(ratings[list(COLUMNS)], preserve_index=False)
    write_whole(folder / "ratings" / name, lambda file: pq.write_table(table, file))
    digest = hashlib.sha256(pd.util.hash_pandas_object(ratings, index=False).to_numpy().tobytes())
    users = ratings["user"].to_numpy()
    n_users = int((users[1:] != users[:-1]).sum()) + bool(len(users))
    return Written(name, n_users, len(ratings), digest.hexdigest())


def finish(
    folder: Path, courses: pd.DataFrame, written: Sequence[Written], about: dict[str, Any]
) -> PartitionedDataset:
    """Write what tells of the files, the last of them first: without it there is no data set."""
    table = pa.Table.from_pandas(courses, preserve_index=False)
    write_whole(folder / "courses.parquet", lambda file: pq.write_table(table, file))
    about.setdefault("fingerprint", _fingerprint(courses, written, about["like_threshold"]))
    parts = [{k: v for k, v in asdict(one).items() if k != "hash"} for one in written]
    text = json.dumps({"format": FORMAT, **about, "parts": parts}, ensure_ascii=False, indent=1)
    write_whole(folder / "about.json", lambda file: file.write(text.encode()))
    return open_partitions(folder)


def _fingerprint(courses: pd.DataFrame, written: Iterable[Written], like_threshold: float) -> str:
    digest = hashlib.sha256(courses.to_csv(index=False).encode())
    digest.update(f"{like_threshold}".encode())
    for one in written:
        digest.update(one.hash.encode())
    return digest.hexdigest()[:16]
