"""The checks that every source shares: tables of courses and of ratings, validated and repaired.

An ambiguous problem raises a `DataError` with file, line and column: a missing column, an empty id
or title, a topic that is not 0 or 1, a rating that is not a number above 0, two different rows for
one course. A problem with only one possible repair is repaired, and reported in a sentence: a row
of a course that is repeated word for word, a rating given twice, a rating of an unknown course, a
course that one of two files leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.dataset import COURSE_COLUMNS, DataError, Dataset, are_ratings
from recsys.sources.tables import Column, Table, plural, read_table


@dataclass
class Parsed:
    """The two tables as `Dataset.from_tables` takes them, and what was repaired in them.

    Attributes
    ----------
    courses, ratings : the tables
    repairs : a sentence for each kind of repair
    like_threshold : a rating of at least this much is a like
    noun : what one item is called
    """

    courses: pd.DataFrame
    ratings: pd.DataFrame
    repairs: list[str]
    like_threshold: float = 0.0
    noun: str = "course"

    def dataset(self, name: str) -> Dataset:
        """The data set with this name.

        Raises
        ------
        DataError : if the tables make no valid data set
        """
        return Dataset.from_tables(
            name,
            self.courses,
            self.ratings,
            like_threshold=self.like_threshold,
            noun=self.noun,
            repairs=self.repairs,
        )


@dataclass
class CourseFile:
    """A file of courses, one row for each.

    Attributes
    ----------
    table : the file's columns
    rows : (n_courses,) the indexes of the rows to use: all but repetitions
    repairs : a sentence for each kind of repair
    """

    table: Table
    rows: np.ndarray
    repairs: list[str] = field(default_factory=list)

    def texts(self, column: str) -> np.ndarray:
        """(n_courses,) the values of a column, as strings."""
        return np.asarray(self.table[column].texts()[self.rows])

    def topic(self, column: str) -> np.ndarray:
        """(n_courses,) the values of a topic's column: 0 or 1.

        Raises
        ------
        DataError : for the first other value
        """
        flags = self.table.numbers(column, lambda flag: flag in (0, 1), "0 or 1, for a topic")
        return np.asarray(flags[self.rows], np.uint8)


def read_course_file(path: Path, id_column: str, title_column: str, *more: str) -> CourseFile:
    """Read a file of courses. Rows that repeat an earlier one word for word are left out.

    Parameters
    ----------
    more : further columns that the file must have

    Raises
    ------
    DataError : as `read_table`; for an empty id or title; for two different rows of one course
    """
    return course_file(read_table(path, (id_column, title_column, *more)), id_column, title_column)


def course_file(table: Table, id_column: str, title_column: str) -> CourseFile:
    """The courses of a table, each once; see `read_course_file`."""
    table.require_ids(id_column, title_column)
    ids = table[id_column].codes
    rows = pd.DataFrame({name: column.codes for name, column in table.columns.items()})
    repeated = rows.duplicated().to_numpy()
    kept = np.flatnonzero(~repeated)
    differing = np.flatnonzero(pd.Series(ids[kept]).duplicated())
    if len(differing):
        row = int(kept[differing[0]])
        first = int(table.lines[np.flatnonzero(ids == ids[row])[0]])
        table.fail(row, id_column, f"is the id on line {first} too, but the rows differ.")
    repairs = []
    if repeated.any():
        count = int(repeated.sum())
        repairs.append(
            f"{plural(count, 'row')} of {table.source} that repeat{'s' if count == 1 else ''} "
            f"an earlier one word for word {'was' if count == 1 else 'were'} left out."
        )
    return CourseFile(table, kept, repairs)


def topic_columns(table: Table, others: Sequence[str]) -> list[str]:
    """The columns that are topics: all but `others`.

    Raises
    ------
    DataError : if a topic has the name of a column that `Dataset.courses` has itself
    """
    topics = [name for name in table.columns if name not in others]
    for name in topics:
        if name in COURSE_COLUMNS:
            raise DataError("cannot be the name of a topic.", table.source, 1, name)
    return topics


def split_topics(text: str) -> list[str]:
    """The topics in a cell, where they are separated by "|"; each once."""
    # MovieLens writes "(no genres listed)" for films without genres.
    names = (name.strip() for name in text.split("|"))
    return list(dict.fromkeys(name for name in names if name and name != "(no genres listed)"))


def as_sentence(topics: Sequence[str]) -> str:
    """Names as a sentence: "Adventure, Comedy and Drama."; "" if there are none."""
    if not topics:
        return ""
    return " and ".join(filter(None, [", ".join(topics[:-1]), topics[-1]])) + "."


def read_ratings(
    path: Path,
    known: Sequence[str],
    courses_file: str,
    *,
    columns: tuple[str, str, str] = ("user", "item", "rating"),
    noun: str = "course",
) -> tuple[pd.DataFrame, list[str]]:
    """Read a file of ratings.

    Parameters
    ----------
    known : the ids of the courses in the file `courses_file`
    columns : the names of the columns for user, item and rating
    noun : what one item is called

    Returns
    -------
    The ratings as columns `user, item, rating`, each (user, item) once; and the repairs.

    Raises
    ------
    DataError : as `rating_table`; if none of the ratings is of a known course
    """
    return ratings_of(read_table(path, columns), known, courses_file, columns=columns, noun=noun)


def ratings_of(
    table: Table,
    known: Sequence[str],
    courses_file: str,
    *,
    columns: tuple[str, str, str],
    noun: str,
) -> tuple[pd.DataFrame, list[str]]:
    """The ratings of a table; see `read_ratings`."""
    user, item, rating = columns
    _check_ratings(table, columns)
    frame = pd.DataFrame({"user": table[user].codes, "item": table[item].codes})
    listed = set(known)
    stray = np.array([value not in listed for value in table[item].values])[table[item].codes]
    repeated = frame.duplicated(keep="last").to_numpy() & ~stray
    repairs = []
    if stray.any():
        example = table[item].values[table[item].codes[int(stray.argmax())]]
        if stray.all():
            raise DataError(
                f"none of these ratings is of the {noun}s in {courses_file} (the first is of "
                f"“{example}”); the two files do not belong together.",
                table.source,
            )
        count = int(stray.sum())
        repairs.append(
            f"{plural(count, 'rating')} of {noun}s that are not in {courses_file} "
            f"(such as “{example}”) {'was' if count == 1 else 'were'} left out."
        )
    if repeated.any():
        count = int(repeated.sum())
        repairs.append(
            f"{plural(count, 'rating')} of {table.source} {'was' if count == 1 else 'were'} "
            f"replaced by a later one of the same user and {noun}."
        )
    kept = ~stray & ~repeated
    ratings = pd.DataFrame(
        {
            "user": user_ids(table[user])[table[user].codes[kept]],
            "item": table[item].texts()[kept],
            "rating": _rating_numbers(table, rating)[kept],
        }
    )
    return ratings, repairs


def rating_table(path: Path, columns: Sequence[str] = ("user", "item", "rating")) -> Table:
    """Read a file of ratings and check every cell, without changing any.

    Raises
    ------
    DataError : as `read_table`; for an empty id; for a rating that is not a number above 0
    """
    table = read_table(path, columns)
    _check_ratings(table, columns)
    return table


def _check_ratings(table: Table, columns: Sequence[str]) -> None:
    user, item, rating = columns
    table.require_ids(user, item)
    _rating_numbers(table, rating)


def user_ids(column: Column) -> np.ndarray:
    """The distinct users: integers if all of them are integers, else strings."""
    if all(value.isascii() and value.isdigit() and len(value) < 19 for value in column.values):
        numbers = np.array(column.values, dtype=np.int64)
        if np.array_equal(numbers.astype(str), column.values):  # “007” is not 7
            return numbers
    return np.array(column.values, dtype=object)


def _rating_numbers(table: Table, column: str) -> np.ndarray:
    return table.numbers(
        column, lambda value: bool(are_ratings(np.array([value]))[0]), "a number above 0"
    )
