"""A data set as a folder of Parquet files, one for each block of users.

    about.json                the data set's name, and the number of users and ratings in each file
    courses.parquet           id, title, description, and a 0/1 column per topic
    ratings/00000.parquet …   user, item (the index of the course), rating; sorted by user, then by
                              item; all ratings of a user are in one file

A file is read when its block is needed, and is not kept in memory. Must not know what reads it, nor
on how many machines.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.blocks import PER_BLOCK, Blocks, LocalBlocks, Stored, Users
from recsys.dataset import COURSE_COLUMNS, DataError, Dataset, TrainingSet, are_ratings
from recsys.machine import write_atomically

NOUN = "course"
FORMAT = 1
COLUMNS = ("user", "item", "rating")


@dataclass(frozen=True)
class Part(Stored):
    """A file of ratings.

    Attributes
    ----------
    file : its path, the same on all machines
    n_users, n_ratings : how many it should contain
    first : the index of its first user among all users
    n_courses : the number of courses in the catalogue
    like_threshold : a rating of at least this much is a like
    """

    file: str
    n_users: int
    n_ratings: int
    first: int
    n_courses: int
    like_threshold: float

    def read(self) -> Users:
        """Read the users of this file and their likes.

        Raises
        ------
        DataError : if the file is missing or invalid; it names the file
        """
        return Users(self.ratings()[1], self.first)

    def ratings(self) -> tuple[np.ndarray, csr_matrix]:
        """Read the file.

        Returns
        -------
        (n_users,) the users' ids, and (n_users, n_courses) their likes

        Raises
        ------
        DataError : as `read`
        """
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
        pq = _parquet()
        try:
            # Without pyarrow's threads: a worker has one core.
            table = pq.read_table(self.file, columns=list(COLUMNS), use_threads=False)
            user, item, rating = (table[column].to_numpy() for column in COLUMNS)
            return user, item.astype(np.int32), rating.astype(np.float32)
        except FileNotFoundError:
            raise DataError("is missing; convert the data again.", self.file) from None
        except (OSError, KeyError, ValueError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise DataError(
                f"cannot be read as ratings ({reason}); convert the data again.", self.file
            ) from None

    def _check(
        self, user: np.ndarray, item: np.ndarray, rating: np.ndarray, begins: np.ndarray
    ) -> None:
        same_user = user[1:] == user[:-1]
        if len(user) != self.n_ratings or len(begins) != self.n_users:
            problem = (
                f"contains {len(user):,} ratings in {len(begins):,} runs of a user, but "
                f"about.json says {self.n_ratings:,} ratings of {self.n_users:,} users"
            )
        elif len(item) and not (item.min() >= 0 and item.max() < self.n_courses):
            problem = f"has a course index beyond the {self.n_courses:,} courses of the catalogue"
        elif not (item[1:] > item[:-1])[same_user].all():
            problem = "has a user whose courses are not in ascending order, or one twice"
        elif not are_ratings(rating).all():
            problem = "has a rating that is not a number above 0"
        else:
            return
        raise DataError(f"{problem}; convert the data again.", self.file)


class PartitionedDataset(TrainingSet):
    """A data set whose ratings stay on disk.

    Attributes
    ----------
    name, courses, topics, like_threshold, noun : as in `Dataset`
    parts : the files of ratings
    popularity : (n_courses,) how many users like each course
    rating_counts : rating -> how often it occurs among the likes, in ascending order
    """

    def __init__(self, folder: Path, about: dict[str, Any], courses: pd.DataFrame) -> None:
        self.name, self.noun = str(about["name"]), str(about["noun"])
        self.like_threshold = float(about["like_threshold"])
        self.courses = courses
        self.topics = tuple(one for one in courses.columns if one not in COURSE_COLUMNS)
        self.popularity = np.array(about["popularity"], np.int64)
        self.rating_counts = {float(rating): int(n) for rating, n in about["rating_counts"]}
        self._fingerprint = str(about["fingerprint"])
        first = np.cumsum([0, *(one["users"] for one in about["parts"])]).tolist()
        self.parts = tuple(
            Part(
                str((folder / "ratings" / one["file"]).resolve()),
                one["users"],
                one["ratings"],
                index,
                len(courses),
                self.like_threshold,
            )
            for one, index in zip(about["parts"], first, strict=False)
        )

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    @property
    def n_users(self) -> int:
        return sum(part.n_users for part in self.parts)

    @property
    def n_ratings(self) -> int:
        """The number of ratings in all files."""
        return sum(part.n_ratings for part in self.parts)

    @cached_property
    def blocks(self) -> Blocks:
        return LocalBlocks(self.parts)

    def sample(self) -> Sample:
        """Load the users of the first file, as a data set in memory.

        Raises
        ------
        DataError : if the file is missing or invalid
        """
        part = self.parts[0]
        users, matrix = replace(part, like_threshold=0.0).ratings()
        name = self.name
        if len(self.parts) > 1:
            name += f" (a sample: {part.n_users:,} of {self.n_users:,} users)"
        if users.dtype == object:
            users = users.astype(str)
        return Sample(
            name,
            self.courses,
            self.topics,
            users,
            matrix,
            self.like_threshold,
            self.noun,
            origin=self,
        )


@dataclass(frozen=True, eq=False)
class Sample(Dataset):
    """Some users of a larger data set, to be shown. Models are fitted on `whole`.

    Attributes
    ----------
    origin : the larger data set
    """

    origin: PartitionedDataset | None = None

    @property
    def full(self) -> TrainingSet:
        return self.origin or self


def matches(folder: Path) -> bool:
    """Whether a folder contains partitions."""
    return (folder / "about.json").is_file() and (folder / "courses.parquet").is_file()


def open_partitions(folder: Path) -> PartitionedDataset:
    """Open the data set in a folder, without reading its ratings.

    Raises
    ------
    DataError : if the folder contains none
    """
    pq = _parquet()
    where = str(folder / "about.json")
    try:
        about = json.loads((folder / "about.json").read_text("utf-8"))
        courses = pq.read_table(folder / "courses.parquet").to_pandas()
        if about["format"] != FORMAT:
            raise ValueError("it was written by another version")
        return PartitionedDataset(folder, about, courses)
    except FileNotFoundError as error:
        raise DataError(
            "is missing; create the folder with: data convert", error.filename
        ) from None
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise DataError(f"cannot be read ({error}); convert the data again.", where) from None


# Writing


class Written(NamedTuple):
    """A file of ratings that was written.

    Attributes
    ----------
    file : its name
    users, ratings : how many it contains
    popularity : (n_courses,) how many of its users like each course
    rating_counts : how often each rating occurs among their likes
    digest : the hash of its rows
    """

    file: str
    users: int
    ratings: int
    popularity: np.ndarray
    rating_counts: Counter[float]
    digest: str


def write(dataset: Dataset, folder: Path, per_part: int = PER_BLOCK) -> PartitionedDataset:
    """Write a data set as partitions.

    Parameters
    ----------
    folder : a new or empty folder
    per_part : the number of users in each file

    Returns
    -------
    The same data, left on disk.

    Raises
    ------
    DataError : if the folder is in use
    OSError : if it cannot be written
    """
    prepare(folder)
    written = []
    for number, start in enumerate(range(0, max(dataset.n_users, 1), per_part)):
        rows = dataset.interactions[start : start + per_part]
        rows.sort_indices()
        users = np.repeat(dataset.users[start : start + per_part], np.diff(rows.indptr))
        columns = (users, rows.indices, rows.data)
        written.append(
            write_part(folder, number, columns, dataset.n_courses, dataset.like_threshold)
        )
    about = {
        "name": dataset.name,
        "noun": dataset.noun,
        "like_threshold": dataset.like_threshold,
        "fingerprint": dataset.fingerprint,
    }
    return finish(folder, dataset.courses, written, about)


def prepare(folder: Path) -> None:
    """Create a folder for partitions.

    Raises
    ------
    DataError : if it is in use
    OSError : if it cannot be created
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "ratings").is_dir():
        raise DataError("is not empty; name a new folder.", str(folder))
    if matches(folder):
        raise DataError("already contains a data set; name another folder.", str(folder))
    (folder / "ratings").mkdir(parents=True, exist_ok=True)


def write_part(
    folder: Path,
    number: int,
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    n_courses: int,
    like_threshold: float,
) -> Written:
    """Write one file of ratings.

    Parameters
    ----------
    number : the index of the file
    columns : three (n,) arrays: users, items (indexes of courses) and ratings, sorted by user, then
        by item
    n_courses : the number of courses in the catalogue
    like_threshold : a rating of at least this much is a like
    """
    import pyarrow as pa

    pq = _parquet()
    user, item, rating = columns
    item, rating = item.astype(np.int32), rating.astype(np.float32)
    table = pa.table({"user": user, "item": item, "rating": rating})
    name = f"{number:05}.parquet"
    write_atomically(folder / "ratings" / name, lambda file: pq.write_table(table, file))
    liked = rating >= like_threshold
    ratings, counts = np.unique(rating[liked], return_counts=True)
    digest = hashlib.sha256()
    for column in (user.astype(str) if user.dtype == object else user, item, rating):
        digest.update(np.ascontiguousarray(column).tobytes())
    return Written(
        name,
        int((user[1:] != user[:-1]).sum()) + bool(len(user)),
        len(user),
        np.bincount(item[liked], minlength=n_courses),
        Counter(dict(zip(ratings.tolist(), counts.tolist(), strict=True))),
        digest.hexdigest(),
    )


def finish(
    folder: Path, courses: pd.DataFrame, written: Sequence[Written], about: dict[str, Any]
) -> PartitionedDataset:
    """Write courses.parquet and about.json. Without about.json, which is written last, a folder is
    not a data set.

    Parameters
    ----------
    about : `name`, `noun`, `like_threshold`, and `fingerprint` if it is known already
    """
    import pyarrow as pa

    pq = _parquet()
    table = pa.Table.from_pandas(courses, preserve_index=False)
    write_atomically(folder / "courses.parquet", lambda file: pq.write_table(table, file))
    counts: Counter[float] = sum((one.rating_counts for one in written), Counter())
    text = json.dumps(
        {
            "format": FORMAT,
            "fingerprint": _fingerprint(courses, written, about["like_threshold"]),
            **about,
            "popularity": np.sum([one.popularity for one in written], axis=0).tolist(),
            "rating_counts": sorted(counts.items()),
            "parts": [
                {"file": one.file, "users": one.users, "ratings": one.ratings} for one in written
            ],
        },
        ensure_ascii=False,
    )
    write_atomically(folder / "about.json", lambda file: file.write(text.encode()))
    return open_partitions(folder)


def _fingerprint(courses: pd.DataFrame, written: Iterable[Written], like_threshold: float) -> str:
    digest = hashlib.sha256(courses.to_csv(index=False).encode())
    digest.update(f"{like_threshold}".encode())
    for one in written:
        digest.update(one.digest.encode())
    return digest.hexdigest()[:16]


def _parquet() -> ModuleType:
    """Import pyarrow.parquet, which a plain installation does not have.

    Raises
    ------
    DataError : if it is missing; it says how to install it
    """
    try:
        import pyarrow.parquet
    except ImportError:
        raise DataError("Parquet files need pyarrow; install it with: make scale") from None
    parquet: ModuleType = pyarrow.parquet
    return parquet
