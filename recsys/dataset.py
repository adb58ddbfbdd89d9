"""A data set: courses with topics, ratings by users, and what is derived from them.

Derived values are computed on first use and cached. This module must not know where a data set
comes from (`sources`), nor what it is used for (`models`).
"""

from __future__ import annotations

import difflib
import hashlib
import re
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

from recsys.blocks import Blocks, Users, split_into_blocks
from recsys.text import BagOfWords, bag_of_words, tf_idf, unit_rows

FEW = 1000  # courses; numbers for all pairs of them take 12 MB
COURSE_COLUMNS = ("id", "title", "description")
RATING_COLUMNS = ("user", "item", "rating")
# The word, with its article; not in a name such as Course Similarity.
_COURSE = re.compile(r"\b([Aa] )?([Cc])ourse(s?)\b(?! [A-Z])")

# What two ratings mean in the course sets, as their publisher says; the higher one first.
_MEANINGS: dict[tuple[float, ...], tuple[str, str]] = {(3.0, 2.0): ("completed", "audited")}
_NO_MEANING = ("liked", "liked less")


class DataError(ValueError):
    """Data that cannot be used; the message says what to do about it.

    Parameters
    ----------
    problem : what is wrong, and how to correct it
    source : the file or table with the problem, if known
    line : the line of the problem in that file, counted from 1, with the header
    column : the name of the column
    """

    def __init__(
        self,
        problem: str,
        source: str | None = None,
        line: int | None = None,
        column: str | None = None,
    ) -> None:
        self.problem, self.source, self.line, self.column = problem, source, line, column
        location = [str(source)] if source else []
        location += [f"line {line}"] if line is not None else []
        location += [f"column “{column}”"] if column else []
        super().__init__(f"{', '.join(location)}: {problem}" if location else problem)


class UnknownCourseError(DataError, KeyError):
    """A course id that is not in the data set."""

    __str__ = Exception.__str__  # KeyError would put the message in quotation marks


@dataclass(frozen=True, eq=False)
class CoRatings:
    """How the users' likes of any two courses go together.

    Attributes
    ----------
    dot_products : (n_courses, n_courses) Σ over the users of the products of their two ratings
    common : (n_courses, n_courses) the number of users who like both
    """

    dot_products: csr_matrix
    common: csr_matrix


class TrainingSet(ABC):
    """What a model needs for training: the courses, and the users' likes in blocks.

    `Dataset` holds all ratings in memory. `recsys.sources.partitions` has a training set that reads
    its ratings from disk, block by block.

    Attributes
    ----------
    name, courses, topics, noun : as in `Dataset`
    """

    name: str
    courses: pd.DataFrame
    topics: tuple[str, ...]
    noun: str

    @property
    @abstractmethod
    def n_users(self) -> int:
        """The number of users."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """A hash of the content: data sets with equal fingerprints give equal models."""

    @property
    @abstractmethod
    def blocks(self) -> Blocks:
        """Blocks of `Users` with their likes, the ratings that models learn from."""

    @property
    def full(self) -> TrainingSet:
        """The data set to fit models on: this one, unless it is a sample of a larger one."""
        return self

    def wrap_progress(self, progress: Callable[..., None]) -> Callable[..., None]:
        """The progress callback of a fit; a subclass may add a note on where the work is done."""
        return progress

    @property
    def n_courses(self) -> int:
        """The number of courses."""
        return len(self.courses)

    def worded(self, text: str) -> str:
        """A text that speaks of courses, in the words of this data set, such as “films”.

        For the fixed texts of models and charts; not for texts that contain titles, since these
        must stay as they are.
        """

        def own(found: re.Match[str]) -> str:
            article = found[1] or ""
            if article and self.noun[0] in "aeiou":
                article = f"{article[0]}n "
            noun = self.noun.capitalize() if found[2] == "C" else self.noun
            return f"{article}{noun}{found[3]}"

        return _COURSE.sub(own, text)

    def __getattr__(self, name: str) -> Any:
        if name in ("interactions", "likes", "profiles", "ratings", "users"):
            raise AttributeError(
                f"“{self.name}” is not in memory as a whole, so it has no {name}. A model that is "
                "fitted on it uses `blocks`, as recsys/models/knn.py does."
            )
        raise AttributeError(f"{type(self).__name__} has no attribute {name}.")

    @cached_property
    def popularity(self) -> np.ndarray:
        """(n_courses,) the number of users who like each course."""
        return np.asarray(self.blocks.sum(_popularity))

    @cached_property
    def rating_counts(self) -> dict[float, int]:
        """Rating -> how often it occurs among the likes, in ascending order of the ratings."""
        return dict(sorted(self.blocks.sum(_rating_counts).items()))

    @property
    def typical_rating(self) -> float:
        """The rating that a picked course gets: the median of the likes, 1 if there are none."""
        ratings, counts = list(self.rating_counts), np.cumsum(list(self.rating_counts.values()))
        if not ratings:
            return 1.0
        middle = np.searchsorted(counts, [(counts[-1] - 1) // 2, counts[-1] // 2], side="right")
        return float(np.mean([ratings[index] for index in middle]))

    @property
    def levels(self) -> dict[str, float]:
        """What one can say about a picked course, in a word or two: words -> rating.

        The first is the typical rating, the second the next lower one that is a like. Only one if
        no like has a lower rating.
        """
        usual = self.typical_rating
        lower = [one for one in self.rating_counts if one < usual][-1:]
        words = _MEANINGS.get((usual, *lower), _NO_MEANING)
        return dict(zip(words, (usual, *lower), strict=False))

    @property
    def co_ratings(self) -> CoRatings:
        """How the users' likes of any two courses go together. Kept for `FEW` courses at most."""
        return self._kept if self.n_courses <= FEW else self._co_ratings()

    def _co_ratings(self) -> CoRatings:
        return CoRatings(*self.blocks.sum(_co_rated))

    _kept = cached_property(_co_ratings)

    @cached_property
    def topic_matrix(self) -> np.ndarray:
        """(n_courses, n_topics) 1 where the course has the topic, else 0."""
        return self.courses[list(self.topics)].to_numpy(np.float32)

    @cached_property
    def display_titles(self) -> np.ndarray:
        """(n_courses,) the titles as the page shows them: a title of several courses is followed
        by the course's id.
        """
        titles = self.courses["title"]
        spelled_alike = titles.str.split().str.join(" ").str.casefold().duplicated(keep=False)
        return titles.where(~spelled_alike, titles + " (" + self.courses["id"] + ")").to_numpy(str)

    @cached_property
    def bags(self) -> BagOfWords:
        """The word counts of the courses' titles and descriptions."""
        return bag_of_words(self.courses["title"] + " " + self.courses["description"])

    @cached_property
    def word_vectors(self) -> csr_matrix:
        """(n_courses, n_tokens) the courses' words as TF-IDF, so that dot products are cosines."""
        return unit_rows(tf_idf(self.bags.counts))

    def nearest(self, positions: np.ndarray, k: int = 3) -> list[np.ndarray]:
        """For each of these courses, the positions of those with the most similar words.

        Parameters
        ----------
        positions : (n,) positions in `courses`
        k : how many, at most; the most similar first
        """
        similar = np.asarray((self.word_vectors[positions] @ self.word_vectors.T).toarray())
        similar[np.arange(len(positions)), positions] = 0
        best = np.argsort(-similar, axis=1, kind="stable")[:, :k]
        return [row[cosines[row] > 0] for row, cosines in zip(best, similar, strict=True)]

    @cached_property
    def course_index(self) -> dict[str, int]:
        """Course id -> position in `courses`."""
        return {one: position for position, one in enumerate(self.courses["id"])}


@dataclass(frozen=True, eq=False)
class Dataset(TrainingSet):
    """Courses and the ratings that users gave them. Build one with `Dataset.from_tables`.

    Attributes
    ----------
    name : the name that the dashboard shows
    courses : (n_courses) rows with the columns `id, title, description`, then one 0/1 column per
        topic; scores are in the order of these rows
    topics : the names of the topics
    users : (n_users,) user ids in ascending order; read-only
    interactions : (n_users, n_courses) the ratings as given; an entry that is not stored means not
        rated; read-only
    like_threshold : a rating of at least this value is a like
    noun : the word for one item ("course", "film")
    repairs : what was corrected while the data was read, one sentence each
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
        """Build a data set from its two tables.

        Parameters
        ----------
        courses : columns `id`, `title`, optionally `description`, and one 0/1 column per topic
        ratings : columns `user`, `item`, `rating`; each (user, item) at most once

        Raises
        ------
        DataError : if a table breaks these rules; `line` is the index of the row plus 2, which is
            its line in a CSV file without line breaks inside fields
        """
        courses, topics = _checked_courses(courses)
        ratings = _checked_ratings(ratings, pd.Index(courses["id"]), noun)
        users, rows = np.unique(ratings["user"].to_numpy(), return_inverse=True)
        if users.dtype == object:
            users = users.astype(str)  # an array of objects cannot be hashed or memory-mapped
        columns = pd.Index(courses["id"]).get_indexer(ratings["item"])
        values = ratings["rating"].to_numpy(np.float32)
        interactions = csr_matrix((values, (rows, columns)), shape=(len(users), len(courses)))
        for array in (users, *_parts(interactions)):
            array.flags.writeable = False  # models share it, and other processes may map it
        return cls(name, courses, topics, users, interactions, like_threshold, noun, tuple(repairs))

    @property
    def n_users(self) -> int:
        """The number of users."""
        return len(self.users)

    @cached_property
    def ratings(self) -> pd.DataFrame:
        """The ratings as a table `user, item, rating`, sorted by user, then by course."""
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
        """(n_users, n_courses) the ratings that are likes; the models learn from these."""
        liked = self.interactions.data >= self.like_threshold
        if liked.all():
            return self.interactions
        matrix = self.interactions.copy()
        matrix.data = np.where(liked, matrix.data, 0).astype(np.float32)
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def blocks(self) -> Blocks:
        """The likes in blocks of users."""
        return split_into_blocks(self.likes)

    @cached_property
    def profiles(self) -> np.ndarray:
        """(n_users, n_topics) per user and topic, the sum of the ratings of liked courses."""
        return np.asarray(self.likes @ self.topic_matrix)

    def positions(self, course_ids: Iterable[str]) -> np.ndarray:
        """The positions of courses in `courses`.

        Raises
        ------
        UnknownCourseError : names the first unknown id and the most similar known one
        """
        return positions_in(self.course_index, course_ids, self.name, self.noun)

    def histories(self, histories: Sequence[Mapping[str, float]]) -> csr_matrix:
        """(len(histories), n_courses) the ratings of mappings from course id to rating.

        Raises
        ------
        UnknownCourseError : for a course that is not in `courses`
        DataError : for a rating that is not a finite number above 0
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
        """The history of somebody who has picked these courses.

        Parameters
        ----------
        picks : course ids, each with the typical rating; or course id -> rating

        Raises
        ------
        UnknownCourseError : for a course that is not in `courses`
        DataError : for a rating that is not a finite number above 0
        """
        if isinstance(picks, Mapping):
            ratings = dict(picks)
        else:
            ratings = dict.fromkeys(picks, self.typical_rating)
        matrix = self.histories([ratings])
        positions = matrix.indices.astype(np.intp)  # copied in the order picked, before the sort
        matrix.sort_indices()
        for array in (positions, *_parts(matrix)):
            array.flags.writeable = False
        return History(self, MappingProxyType(ratings), positions, matrix)

    def title(self, course_id: str) -> str:
        """The title of a course, as in `display_titles`.

        Raises
        ------
        UnknownCourseError : for a course that is not in `courses`
        """
        return str(self.display_titles[self.positions([course_id])[0]])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the courses, the ratings and the threshold of likes: 16 hexadecimal digits."""
        digest = hashlib.sha256()
        digest.update(self.courses.to_csv(index=False).encode())
        digest.update(f"{self.like_threshold}".encode())
        for array in (self.users, *_parts(self.interactions)):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, eq=False, repr=False)
class History(Mapping[str, float]):
    """The courses that somebody has picked, in the order picked, each with its rating.

    It is immutable and computes its positions and its matrix once. A model accepts it, or any other
    mapping of course id to rating. Make one with `Dataset.history`. Two histories are equal if they
    have the same ratings in the same order, and their data sets list the same courses.

    Attributes
    ----------
    dataset : the data set that the courses belong to
    ratings : course id -> rating; read-only
    positions : (n_picks,) positions of the courses in `dataset.courses`, in the order picked;
        read-only
    matrix : (1, n_courses) the ratings, as input for `Recommender.score`; read-only
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
        """Whether its data set lists the same courses, so that its positions are valid there."""
        own = self.dataset.course_index
        return own is course_index or own == course_index

    def with_added(self, course_ids: Iterable[str]) -> History:
        """A history with more courses, each with the typical rating; known courses keep theirs.

        Raises
        ------
        UnknownCourseError : for a course that is not in the data set
        """
        return self.dataset.history(
            {**self, **{one: self.dataset.typical_rating for one in course_ids if one not in self}}
        )

    def with_rating(self, course_id: str, rating: float) -> History:
        """A history with another rating of one of its courses, at the same place.

        Raises
        ------
        UnknownCourseError : for a course that is not in the history
        DataError : for a rating that is not a finite number above 0
        """
        if course_id not in self:
            raise unknown_course(course_id, self, "the picked courses")
        return self.dataset.history({**self, course_id: rating})

    def without(self, course_ids: Iterable[str]) -> History:
        """A history without some of the courses; ids that are not in it are ignored."""
        removed = set(course_ids)
        return self.dataset.history({one: self[one] for one in self if one not in removed})


def _popularity(users: Users) -> np.ndarray:
    return np.bincount(users.likes.indices, minlength=users.likes.shape[1])


def _co_rated(users: Users) -> tuple[csr_matrix, csr_matrix]:
    """The two matrices of `CoRatings`, of a block of users."""
    likes = users.likes.astype(np.float64)  # single precision is exact only up to 16 million users
    binary = likes.sign()
    return csr_matrix(likes.T @ likes), csr_matrix(binary.T @ binary)


def _rating_counts(users: Users) -> Counter[float]:
    ratings, counts = np.unique(users.likes.data, return_counts=True)
    return Counter(dict(zip(ratings.tolist(), counts.tolist(), strict=True)))


def positions_in(
    index: Mapping[str, int], course_ids: Iterable[str], where: str, noun: str = "course"
) -> np.ndarray:
    """The positions of courses, looked up by their ids.

    Parameters
    ----------
    index : course id -> position
    where : what the ids were looked up in, for the message ("this model's data")
    noun : the word for one item, for the message

    Raises
    ------
    UnknownCourseError : names the first unknown id and the most similar known one
    """
    try:
        return np.array([index[one] for one in course_ids], dtype=np.intp)
    except KeyError as missing:
        raise unknown_course(missing.args[0], index, where, noun) from None


def unknown_course(
    course_id: str, known: Iterable[str], where: str, noun: str = "course"
) -> UnknownCourseError:
    """The error for an unknown course id; its message suggests the most similar known id."""
    similar = difflib.get_close_matches(str(course_id), list(known), n=1)
    hint = f" Did you mean “{similar[0]}”?" if similar else ""
    return UnknownCourseError(f"There is no {noun} “{course_id}” in {where}.{hint}")


def _parts(matrix: csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return matrix.indptr, matrix.indices, matrix.data


def _checked_courses(courses: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    _require_columns(courses, ("id", "title"), "courses")
    if courses.empty:
        raise DataError("has no rows; at least one course is needed.", "courses")
    courses = courses.rename(columns=str).reset_index(drop=True)
    if not courses.columns.is_unique:
        repeated = courses.columns[courses.columns.duplicated()][0]
        raise DataError("appears twice.", "courses", column=repeated)
    if "description" not in courses:
        courses["description"] = ""
    courses["description"] = courses["description"].fillna("")
    for column in ("id", "title"):
        _refuse(courses[column].isna(), "is empty.", "courses", column)
    courses = courses.astype(dict.fromkeys(COURSE_COLUMNS, str))
    _refuse(courses["id"].str.strip().eq(""), "is empty.", "courses", "id")
    repeats_id = courses["id"].duplicated()
    _refuse(repeats_id, "is also the id of an earlier row; ids must differ.", "courses", "id")
    topics = tuple(column for column in courses.columns if column not in COURSE_COLUMNS)
    for topic in topics:
        flags = pd.to_numeric(courses[topic], errors="coerce")
        _refuse(~flags.isin([0, 1]), "must be 0 or 1, since it is a topic.", "courses", topic)
        courses[topic] = flags.astype(np.uint8)
    return courses[[*COURSE_COLUMNS, *topics]], topics


def _checked_ratings(ratings: pd.DataFrame, courses: pd.Index, noun: str) -> pd.DataFrame:
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
    _refuse(~ratings["item"].isin(courses), f"is not the id of any {noun}.", "ratings", "item")
    repeated = ratings.duplicated(["user", "item"])
    _refuse(repeated, "was rated by this user on an earlier line too.", "ratings", "item")
    return ratings


def are_ratings(values: np.ndarray) -> np.ndarray:
    """Which values are valid ratings: finite and above 0 in the stored single precision."""
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
    """Raise a `DataError` for the first row where `broken` is true."""
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise DataError(problem, source, line=row + 2, column=column)
