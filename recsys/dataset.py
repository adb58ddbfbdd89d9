"""A data set: courses with topics, ratings by users, and what derives from them.

Everything derived is computed on first use and kept. This module must not know where a data set
comes from (`sources`), nor what is done with it (`models`).
"""

from __future__ import annotations

import difflib
import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.blocks import Blocks, Users, cut
from recsys.text import BagOfWords, bag_of_words

COURSE_COLUMNS = ("id", "title", "description")
RATING_COLUMNS = ("user", "item", "rating")


class DataError(ValueError):
    """Data that cannot be used, in words a person can act on.

    Parameters
    ----------
    problem : what is wrong, and what to do about it
    source : the file or table it was found in, if known
    line : its line in that file, counted from 1, the header included
    column : the column's name
    """

    def __init__(
        self,
        problem: str,
        source: str | None = None,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        self.problem, self.source, self.line, self.column = problem, source, line, column
        place = [str(source)] if source else []
        place += [f"line {line}"] if line is not None else []
        place += [f"column “{column}”"] if column else []
        super().__init__(f"{', '.join(place)}: {problem}" if place else problem)


class UnknownCourseError(DataError, KeyError):
    """A course id that the data set does not hold."""

    __str__ = Exception.__str__  # KeyError would show the message in quotation marks


class TrainingSet(ABC):
    """What a model may know of a data set to learn from it: courses, and likes in blocks of users.

    `Dataset` holds all ratings in memory; `recsys.scale` has one whose ratings are on many disks.

    Attributes
    ----------
    name, courses, topics : as in `Dataset`
    """

    name: str
    courses: pd.DataFrame
    topics: tuple[str, ...]

    @property
    @abstractmethod
    def n_users(self) -> int: ...

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of the content: two data sets with the same one give the same models."""

    @property
    @abstractmethod
    def blocks(self) -> Blocks:
        """`Users` in blocks: their likes, that is, the ratings that count; models learn from it."""

    @property
    def whole(self) -> TrainingSet:
        """What models are to be fitted on; itself, but where it is a sample to look at."""
        return self

    def wrap_progress(self, progress: Callable[..., None]) -> Callable[..., None]:
        """A fit's progress, which may add where the work on this data set is done."""
        return progress

    @property
    def n_courses(self) -> int:
        return len(self.courses)

    def __getattr__(self, name: str) -> Any:
        if name in ("interactions", "likes", "profiles", "ratings", "users"):
            raise AttributeError(
                f"“{self.name}” is not in memory as a whole, so that it has no {name}. A model to "
                "be fitted on it asks for `blocks`, as recsys/models/knn.py does."
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name}.")

    @cached_property
    def popularity(self) -> np.ndarray:
        """(n_courses,) how many users like each course."""
        return np.asarray(self.blocks.sum(_popularity))

    @cached_property
    def rating_counts(self) -> dict[float, int]:
        """How often each rating occurs among the likes, ascending by rating."""
        return dict(sorted(self.blocks.sum(_rating_counts).items()))

    @property
    def typical_rating(self) -> float:
        """The rating a picked course stands for: the median like, 1 where there are none."""
        ratings, counts = list(self.rating_counts), np.cumsum(list(self.rating_counts.values()))
        if not ratings:
            return 1.0
        middle = np.searchsorted(counts, [(counts[-1] - 1) // 2, counts[-1] // 2], side="right")
        return float(np.mean([ratings[place] for place in middle]))

    @cached_property
    def topic_matrix(self) -> np.ndarray:
        """(n_courses, n_topics) 1 where the course has the topic."""
        return self.courses[list(self.topics)].to_numpy(np.float32)

    @cached_property
    def bags(self) -> BagOfWords:
        """The courses' titles and descriptions as word counts."""
        return bag_of_words(self.courses["title"] + " " + self.courses["description"])


@dataclass(frozen=True, eq=False)
class Dataset(TrainingSet):
    """Courses and the ratings users gave them. Build one with `Dataset.from_tables`.

    Attributes
    ----------
    name : what the dashboard calls it
    courses : (n_courses) rows `id, title, description`, then one 0/1 column per topic;
        their order is the order of every score
    topics : the topics' names
    users : (n_users,) user ids, ascending; read-only
    interactions : (n_users, n_courses) ratings, as given; nothing stored means not rated; read-only
    like_threshold : a rating of at least this much is a like
    noun : what one item is called ("course", "film")
    repairs : what was mended on the way in, a sentence each
    """

    name: str
    courses: pd.DataFrame
    topics: tuple[str, ...]
    users: np.ndarray
    interactions: csr_matrix
    like_threshold: float = 0.0
    noun: str = "course"
    repairs: tuple[str, ...] = ()

    @classmethod
    def from_tables(
        cls,
        name: str,
        courses: pd.DataFrame,
        ratings: pd.DataFrame,
        *,
        like_threshold: float = 0.0,
        noun: str = "course",
        repairs: Iterable[str] = (),
    ) -> Dataset:
        """A data set from its two tables.

        Parameters
        ----------
        courses : columns `id`, `title`, optionally `description`, and one 0/1 column per topic
        ratings : columns `user`, `item`, `rating`; each (user, item) at most once

        Raises
        ------
        DataError : where a table breaks these rules; `line` is the row's position plus 2,
            the line it has in a CSV file without line breaks inside fields
        """
        courses, topics = _checked_courses(courses)
        ratings = _checked_ratings(ratings, pd.Index(courses["id"]))
        users, rows = np.unique(ratings["user"].to_numpy(), return_inverse=True)
        if users.dtype == object:
            users = users.astype(str)  # objects can be neither hashed by content nor mapped
        columns = pd.Index(courses["id"]).get_indexer(ratings["item"])
        values = ratings["rating"].to_numpy(np.float32)
        interactions = csr_matrix((values, (rows, columns)), shape=(len(users), len(courses)))
        for array in (users, *_parts(interactions)):
            array.flags.writeable = False  # all models share it, and other processes may map it
        return cls(name, courses, topics, users, interactions, like_threshold, noun, tuple(repairs))

    @property
    def n_users(self) -> int:
        return len(self.users)

    @cached_property
    def ratings(self) -> pd.DataFrame:
        """The ratings as a table `user, item, rating`, ordered by user, then by course."""
        matrix = self.interactions.tocoo()
        return pd.DataFrame(
            {
                "user": self.users[matrix.row],
                "item": self.courses["id"].to_numpy()[matrix.col],
                "rating": matrix.data,
            }
        )

    @cached_property
    def likes(self) -> csr_matrix:
        """(n_users, n_courses) the ratings that count as likes; the models learn from these."""
        liked = self.interactions.data >= self.like_threshold
        if liked.all():
            return self.interactions
        matrix = self.interactions.copy()
        matrix.data = np.where(liked, matrix.data, 0).astype(np.float32)
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def blocks(self) -> Blocks:
        return cut(self.likes)

    @cached_property
    def profiles(self) -> np.ndarray:
        """(n_users, n_topics) each user's liked topics: the sum of their ratings per topic."""
        return np.asarray(self.likes @ self.topic_matrix)

    @cached_property
    def course_index(self) -> dict[str, int]:
        """The position of each course id."""
        return {one: place for place, one in enumerate(self.courses["id"])}

    def positions(self, course_ids: Iterable[str]) -> np.ndarray:
        """The positions of courses in `courses`.

        Raises
        ------
        UnknownCourseError : names the first id that is not there, and the closest one that is
        """
        return positions_in(self.course_index, course_ids, self.name)

    def histories(self, histories: Sequence[Mapping[str, float]]) -> csr_matrix:
        """(len(histories), n_courses) ratings, from mappings of course id to rating.

        Raises
        ------
        UnknownCourseError : for a course that is not in `courses`
        DataError : for a rating that is no finite number above 0
        """
        lengths = [len(history) for history in histories]
        columns = self.positions(course for history in histories for course in history)
        ratings = np.array([r for history in histories for r in history.values()], np.float32)
        if not are_ratings(ratings).all():
            broken = int(np.argmin(are_ratings(ratings)))
            course = self.courses["id"][columns[broken]]
            raise DataError(f"The rating of “{course}” must be a number above 0.")
        return csr_matrix(
            (ratings, columns, np.cumsum([0, *lengths])),
            shape=(len(histories), self.n_courses),
        )

    def history(self, picks: Iterable[str] | Mapping[str, float] = ()) -> History:
        """Courses somebody has picked, with what follows from them.

        Parameters
        ----------
        picks : course ids, each of which counts as a typical like; or course id -> rating

        Raises
        ------
        UnknownCourseError : for a course that is not in `courses`
        DataError : for a rating that is no finite number above 0
        """
        if isinstance(picks, Mapping):
            ratings = dict(picks)
        else:
            ratings = dict.fromkeys(picks, self.typical_rating)
        matrix = self.histories([ratings])
        positions = matrix.indices.astype(np.intp)  # as picked: a copy, made before they are sorted
        matrix.sort_indices()
        for array in (positions, *_parts(matrix)):
            array.flags.writeable = False
        return History(self, MappingProxyType(ratings), positions, matrix)

    def title(self, course_id: str) -> str:
        """A course's title."""
        return str(self.courses["title"].iloc[self.positions([course_id])[0]])

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        digest.update(self.courses.to_csv(index=False).encode())
        digest.update(f"{self.like_threshold}".encode())
        for array in (self.users, *_parts(self.interactions)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False, repr=False)
class History(Mapping[str, float]):
    """The courses somebody has picked, in the order picked, each with its rating.

    A value: it never changes, and nothing about it is looked up twice. Wherever a model takes a
    history, it takes this or any other mapping. Make one with `Dataset.history`. Two histories are
    equal if they hold the same ratings in the same order, over the same courses.

    Attributes
    ----------
    dataset : whose courses they are
    ratings : course id -> rating; read-only
    positions : (n_picks,) where they are in `dataset.courses`, in the order picked; read-only
    matrix : (1, n_courses) the ratings as `Recommender.score` takes them; read-only
    """

    dataset: Dataset
    ratings: Mapping[str, float]
    positions: np.ndarray
    matrix: csr_matrix

    def __getitem__(self, course_id: str) -> float:
        return self.ratings[course_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ratings)

    def __len__(self) -> int:
        return len(self.ratings)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History):
            return super().__eq__(other)
        same_picks = list(self.items()) == list(other.items())
        return same_picks and self.is_over(other.dataset.course_index)

    def __hash__(self) -> int:
        return hash(tuple(self.items()))

    def __repr__(self) -> str:
        return f"History({dict(self)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """The course ids, in the order picked."""
        return tuple(self.ratings)

    def is_over(self, course_index: Mapping[str, int]) -> bool:
        """Whether these are the courses it is over, so that its positions hold there."""
        own = self.dataset.course_index
        return own is course_index or own == course_index

    def with_added(self, course_ids: Iterable[str]) -> History:
        """This history and more courses, as typical likes; those it has already stay as they are.

        Raises
        ------
        UnknownCourseError : for a course that is not in the data set
        """
        return self.dataset.history(
            {**self, **{one: self.dataset.typical_rating for one in course_ids if one not in self}}
        )

    def without(self, course_ids: Iterable[str]) -> History:
        """This history without some courses."""
        gone = set(course_ids)
        return self.dataset.history({one: self[one] for one in self if one not in gone})


def _popularity(users: Users) -> np.ndarray:
    return np.bincount(users.likes.indices, minlength=users.likes.shape[1])


def _rating_counts(users: Users) -> Counter[float]:
    ratings, counts = np.unique(users.likes.data, return_counts=True)
    return Counter(dict(zip(ratings.tolist(), counts.tolist(), strict=True)))


def positions_in(index: Mapping[str, int], course_ids: Iterable[str], where: str) -> np.ndarray:
    """The positions of courses by an index of their ids.

    Raises
    ------
    UnknownCourseError : names the first id that is not there, and the closest one that is
    """
    try:
        return np.array([index[one] for one in course_ids], dtype=np.intp)
    except KeyError as missing:
        raise unknown_course(missing.args[0], index, where) from None


def unknown_course(course_id: str, known: Iterable[str], where: str) -> UnknownCourseError:
    """The error for a course id nobody knows, with the closest known one as a hint."""
    near = difflib.get_close_matches(str(course_id), list(known), n=1)
    hint = f" Did you mean “{near[0]}”?" if near else ""
    return UnknownCourseError(f"There is no course “{course_id}” in {where}.{hint}")


def _parts(matrix: csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return matrix.indptr, matrix.indices, matrix.data


def _checked_courses(courses: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    _require_columns(courses, ("id", "title"), "courses")
    if courses.empty:
        raise DataError("has no rows; at least one course is needed.", "courses")
    courses = courses.rename(columns=str).reset_index(drop=True)
    if not courses.columns.is_unique:
        twice = courses.columns[courses.columns.duplicated()][0]
        raise DataError("is there twice.", "courses", column=twice)
    if "description" not in courses:
        courses["description"] = ""
    courses["description"] = courses["description"].fillna("")
    for column in ("id", "title"):
        _refuse(courses[column].isna(), "is empty.", "courses", column)
    courses = courses.astype(dict.fromkeys(COURSE_COLUMNS, str))
    _refuse(courses["id"].str.strip().eq(""), "is empty.", "courses", "id")
    repeated = courses["id"].duplicated()
    _refuse(repeated, "is the id of an earlier course too; ids must differ.", "courses", "id")
    topics = tuple(column for column in courses.columns if column not in COURSE_COLUMNS)
    for topic in topics:
        flags = pd.to_numeric(courses[topic], errors="coerce")
        _refuse(~flags.isin([0, 1]), "must be 0 or 1, for a topic.", "courses", topic)
        courses[topic] = flags.astype(np.uint8)
    return courses[[*COURSE_COLUMNS, *topics]], topics


def _checked_ratings(ratings: pd.DataFrame, courses: pd.Index) -> pd.DataFrame:
    _require_columns(ratings, RATING_COLUMNS, "ratings")
    ratings = ratings[list(RATING_COLUMNS)].reset_index(drop=True)
    for column in ("user", "item"):
        empty = ratings[column].isna() | ratings[column].astype(str).str.strip().eq("")
        _refuse(empty, "is empty.", "ratings", column)
    values = pd.to_numeric(ratings["rating"], errors="coerce")
    broken = pd.Series(~are_ratings(values.to_numpy(np.float64, na_value=np.nan)))
    _refuse(broken, "must be a number above 0.", "ratings", "rating")
    ratings = ratings.assign(item=ratings["item"].astype(str), rating=values)
    if not pd.api.types.is_numeric_dtype(ratings["user"]):
        ratings["user"] = ratings["user"].astype(str)
    _refuse(~ratings["item"].isin(courses), "is not the id of any course.", "ratings", "item")
    repeated = ratings.duplicated(["user", "item"])
    _refuse(repeated, "was rated by this user on an earlier line too.", "ratings", "item")
    return ratings


def are_ratings(values: np.ndarray) -> np.ndarray:
    """Which values still are finite and above 0 in the single precision they are kept in."""
    with np.errstate(over="ignore", under="ignore"):
        single = values.astype(np.float32)
    return np.isfinite(single) & (single > 0)


def _require_columns(table: pd.DataFrame, needed: Sequence[str], source: str) -> None:
    missing = [column for column in needed if column not in table]
    if missing:
        raise DataError(
            f"lacks the column “{missing[0]}”; it has {', '.join(map(str, table.columns[:20]))}.",
            source,
        )


def _refuse(broken: pd.Series, problem: str, source: str, column: str) -> None:
    """Raise for the first row where `broken` holds."""
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise DataError(problem, source, line=row + 2, column=column)
