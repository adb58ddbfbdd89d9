"""What the tables of every source come down to: courses and ratings, checked and mended.

Refused, as a `DataError` with file, line and column: whatever leaves open what was meant (a
missing column, an empty id or title, a topic that is not 0 or 1, a rating that is no number above
0, two different rows for one course). Mended, and told in a sentence each: what can be mended in
one way only (a course listed twice in the same words, a rating given twice, a rating of a course
nobody lists, a course that one of two files leaves out).
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
    """The two tables as `Dataset.from_tables` takes them, and what was mended in them."""

    courses: pd.DataFrame
    ratings: pd.DataFrame
    repairs: list[str]
    like_threshold: float = 0.0
    noun: str = "course"

    def dataset(self, name: str) -> Dataset:
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
    """A file with a row a course, each course once.

    Attributes
    ----------
    table : the file's columns
    rows : the rows that count: all but repetitions
    repairs : what was mended
    """

    table: Table
    rows: np.ndarray
    repairs: list[str] = field(default_factory=list)

    def texts(self, column: str) -> np.ndarray:
        return np.asarray(self.table[column].texts()[self.rows])

    def topic(self, column: str) -> np.ndarray:
        flags = self.table.numbers(column, lambda flag: flag in (0, 1), "0 or 1, for a topic")
        return np.asarray(flags[self.rows], np.uint8)


def read_course_file(path: Path, id_column: str, title_column: str, *more: str) -> CourseFile:
    """Read a file of courses; rows that repeat an earlier one word for word are left out.

    Raises
    ------
    DataError : for an empty id or title, and for two different rows of the same course
    """
    return course_file(read_table(path, (id_column, title_column, *more)), id_column, title_column)


def course_file(table: Table, id_column: str, title_column: str) -> CourseFile:
    """The courses of a table, each once; otherwise as `read_course_file`."""
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
    DataError : for a topic with a name that `Dataset.courses` uses itself
    """
    topics = [name for name in table.columns if name not in others]
    for name in topics:
        if name in COURSE_COLUMNS:
            raise DataError("cannot be the name of a topic.", table.source, 1, name)
    return topics


def split_topics(text: str) -> list[str]:
    """The names in a cell that joins them by "|", each once; MovieLens says if it has none."""
    names = (name.strip() for name in text.split("|"))
    return list(dict.fromkeys(name for name in names if name and name != "(no genres listed)"))


def in_words(topics: Sequence[str]) -> str:
    """ "Adventure, Comedy and Drama."; nothing for no topics."""
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
    known : the ids of the courses there are, from the file `courses_file`
    columns : what the file calls user, item and rating

    Returns
    -------
    The ratings as columns `user, item, rating`, each (user, item) once, and the repairs made.
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
    """The ratings of a table; otherwise as `read_ratings`."""
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
                f"none of these ratings is of a {noun} in {courses_file} (the first is of "
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
    """A file of ratings with every cell checked, as it stands.

    Raises
    ------
    DataError : for an empty id, and for a rating that is no number above 0
    """
    table = read_table(path, columns)
    _check_ratings(table, columns)
    return table


def _check_ratings(table: Table, columns: Sequence[str]) -> None:
    user, item, rating = columns
    table.require_ids(user, item)
    _rating_numbers(table, rating)


def user_ids(column: Column) -> np.ndarray:
    """The distinct users: whole numbers if all of them are, else strings."""
    if all(value.isascii() and value.isdigit() and len(value) < 19 for value in column.values):
        numbers = np.array(column.values, dtype=np.int64)
        if np.array_equal(numbers.astype(str), column.values):  # “007” is not 7
            return numbers
    return np.array(column.values, dtype=object)


def _rating_numbers(table: Table, column: str) -> np.ndarray:
    return table.numbers(
        column, lambda value: bool(are_ratings(np.array([value]))[0]), "a number above 0"
    )
