"""The two files of a user's own data set: courses and ratings.

Recognises the encoding, the separator and the names of columns, and reports what it recognised;
strict about everything else. Works on bytes and writes nothing. Must not know how the bytes were
sent.

The courses have an id, a title, optionally a description, and topics: either 0/1 columns, or one
column of names separated by "|". The ratings have user, item and rating. The files of IBM and
MovieLens have this form too.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.dataset import COURSE_COLUMNS, DataError, Dataset
from recsys.sources import movielens
from recsys.sources.schema import (
    CourseFile,
    Parsed,
    as_sentence,
    course_file,
    ratings_of,
    split_topics,
)
from recsys.sources.tables import (
    LONGEST_NAME,
    Column,
    Table,
    parse_table,
    plural,
    read_header,
)

MOST_BYTES = 8_000_000  # of a file; a message to a kernel may have 10 MiB
MOST_COURSES = 10_000
MOST_COLUMNS = 110
MOST_TOPICS = 100
MOST_RATINGS = 500_000
MOST_USERS = 100_000

# The accepted names of columns, the most likely first; case, spaces and punctuation are ignored.
COURSE_ROLES = {
    "id": ("id", "courseid", "coursecode", "code", "item", "itemid", "movieid"),
    "title": ("title", "name", "coursetitle", "coursename", "course", "movie"),
    "description": ("description", "desc", "coursedescription", "summary", "overview", "text"),
    "topics": ("topics", "topic", "genres", "genre", "tags", "categories", "category"),
}
RATING_ROLES = {
    "user": ("user", "userid", "username", "learner", "learnerid", "student", "studentid"),
    "item": ("item", "itemid", "course", "courseid", "coursecode", "movie", "movieid", "id"),
    "rating": ("rating", "ratings", "score", "stars", "grade", "mark", "value"),
}

TEMPLATE_COURSES = (
    "id,title,description,topics\n"
    'PY1,Python basics,"Variables, loops and functions.",Python\n'
    "PY2,Python for data,Tables and charts with pandas.,Python|Data analysis\n"
    "DA1,Reading charts,What charts of data show and hide.,Data analysis\n"
    'DB1,SQL basics,"Tables, keys and joins.",Databases\n'
    "DB2,Databases at scale,Indexes and sharding beyond the basics.,Databases\n"
)
TEMPLATE_RATINGS = (
    "user,item,rating\n1,PY1,3\n1,PY2,3\n2,PY1,2\n2,DA1,3\n3,DB1,3\n3,DB2,2\n4,PY2,3\n4,DA1,2\n"
    "4,DB1,3\n5,DB2,3\n"
)

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_NO_TEXT = {  # the first bytes of files that are often mistaken for CSV
    b"PK\x03\x04": "a spreadsheet or a zip archive",
    b"\xd0\xcf\x11\xe0": "a spreadsheet",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
}
_SAVE_AS = "save it as “CSV UTF-8” and try again."
_DECIMAL_COMMA = re.compile(r"\s*\d+,\d+\s*")


@dataclass(frozen=True)
class Reading:
    """What was recognised in a file.

    Attributes
    ----------
    file : its name
    encoding, separator : their names
    roles : role, such as "title" -> the column's name in the file
    ignored : the columns that are not used
    n_rows : the number of rows, without the header
    first_rows : the first three rows at most, with the columns in `roles`
    """

    file: str
    encoding: str
    separator: str
    roles: Mapping[str, str]
    ignored: tuple[str, ...]
    n_rows: int
    first_rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Courses:
    """The courses of a file.

    Attributes
    ----------
    reading : what was recognised in the file
    table : as `Dataset.from_tables` takes it
    repairs : a sentence for each kind of repair
    noun : what one item is called
    like_threshold : a rating of at least this much is a like, by default
    """

    reading: Reading
    table: pd.DataFrame
    repairs: tuple[str, ...]
    noun: str
    like_threshold: float


@dataclass(frozen=True, eq=False)
class Pair:
    """A data set, and what was recognised in its two files."""

    dataset: Dataset
    courses: Reading
    ratings: Reading

    def liked_from(self, threshold: float) -> Pair:
        """The same data set, where ratings of at least `threshold` are likes."""
        return replace(self, dataset=replace(self.dataset, like_threshold=threshold))


def load_pair(
    courses: str | os.PathLike[str],
    ratings: str | os.PathLike[str],
    like_threshold: float | None = None,
) -> Dataset:
    """Load a data set from two CSV files, by the rules of the dashboard's upload.

    Parameters
    ----------
    courses, ratings : the paths of the files
    like_threshold : a rating of at least this much is a like; by default 3.5 for files in
        MovieLens' form, and any rating for others

    Raises
    ------
    DataError : if a file is invalid; it names file, line and column
    """
    files = []
    for path in map(Path, (courses, ratings)):
        try:
            files.append((path.name, path.read_bytes()))
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror}).", str(path)) from error
    pair = read_pair(read_courses(*files[0]), *files[1])
    return (pair if like_threshold is None else pair.liked_from(like_threshold)).dataset


def read_courses(name: str, content: bytes) -> Courses:
    """Read a file of courses.

    Parameters
    ----------
    name : the name of the file
    content : its bytes

    Raises
    ------
    DataError : if the file is invalid; it names file, line and column
    """
    table, reading = _read(name, content, COURSE_ROLES, ("id", "title"), MOST_COURSES)
    id_column, title_column = reading.roles["id"], reading.roles["title"]
    file = course_file(table, id_column, title_column)
    topics, unused = _topics(file, reading)
    repairs = list(file.repairs)
    if unused:
        listed = ", ".join(f"“{one}”" for one in unused[:5]) + (", …" if len(unused) > 5 else "")
        repairs.append(f"Not used in {name}: {plural(len(unused), 'column')} ({listed}).")
    if not topics:
        repairs.append(f"{name} has no topics, so the models that compare topics can tell little.")
    courses = pd.DataFrame(
        {"id": file.texts(id_column), "title": file.texts(title_column), "description": ""} | topics
    )
    if "description" in reading.roles:
        courses["description"] = file.texts(reading.roles["description"])
    else:
        repairs.append(f"{name} has no descriptions; the names of the topics are used instead.")
        courses["description"] = [
            as_sentence([one for one, flags in topics.items() if flags[i]])
            for i in range(len(courses))
        ]
    films = _plain(id_column) == "movieid"
    named = {_plain(column) for column in reading.roles.values()}
    courses_named = any(column.startswith("course") for column in named)
    return Courses(
        replace(reading, ignored=tuple(unused)),
        courses,
        tuple(repairs),
        movielens.NOUN if films else "course" if courses_named else "item",
        movielens.LIKE_THRESHOLD if films else 0.0,
    )


def read_pair(courses: Courses, name: str, content: bytes) -> Pair:
    """Read the ratings of these courses.

    Parameters
    ----------
    name : the name of the file of ratings
    content : its bytes

    Raises
    ------
    DataError : if the file is invalid; it names file, line and column
    """
    table, reading = _read(name, content, RATING_ROLES, tuple(RATING_ROLES), MOST_RATINGS)
    user, item, rating = (reading.roles[role] for role in RATING_ROLES)
    repairs = list(courses.repairs)
    if reading.separator != _SEPARATORS[","]:
        table, notes = _with_decimal_points(table, rating)
        repairs += notes
    if len(table[user].values) > MOST_USERS:
        problem = f"has {len(table[user].values):,} users; at most {MOST_USERS:,} are allowed."
        raise DataError(problem, name, column=user)
    ratings, notes = ratings_of(
        table,
        courses.table["id"].tolist(),
        courses.reading.file,
        columns=(user, item, rating),
        noun=courses.noun,
    )
    parsed = Parsed(
        courses.table, ratings, [*repairs, *notes], courses.like_threshold, courses.noun
    )
    return Pair(parsed.dataset(Path(courses.reading.file).stem), courses.reading, reading)


# Reading one file


def _read(
    name: str,
    content: bytes,
    known: Mapping[str, Sequence[str]],
    required: Sequence[str],
    most_rows: int,
) -> tuple[Table, Reading]:
    """The table, and what was recognised in it."""
    text, encoding = _decoded(name, content)
    separator, header = _separated(name, text)
    if len(header) > MOST_COLUMNS:
        problem = f"has {len(header):,} columns; at most {MOST_COLUMNS} are allowed."
        raise DataError(problem, name, 1)
    roles = _roles(header, known)
    for role in required:
        if role not in roles:
            shown = ", ".join(one[:40] for one in header[:20])
            missing = f"is missing: no column has one of its names. The columns are: {shown}."
            raise DataError(missing, name, 1, role)
    table = parse_table(name, _lines(text), tuple(roles.values()), separator, most_rows)
    first_rows = tuple(
        tuple(table[column].values[table[column].codes[i]] for column in roles.values())
        for i in range(min(3, len(table.lines)))
    )
    ignored = tuple(one for one in table.columns if one not in roles.values())
    return table, Reading(
        name, encoding, _SEPARATORS[separator], roles, ignored, len(table.lines), first_rows
    )


def _decoded(name: str, content: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding."""
    if len(content) > MOST_BYTES:
        size = f"{len(content) / 1e6:.1f} MB"
        raise DataError(f"has {size}; at most {MOST_BYTES / 1e6:.0f} MB is allowed.", name)
    if not content.strip(b"\0\xff\xfe\xef\xbb\xbf \t\r\n"):
        raise DataError("is empty.", name)
    for start, what in _NO_TEXT.items():
        if content.startswith(start):
            raise DataError(f"is {what}, not a CSV; {_SAVE_AS}", name)
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "replace")
        shown = encoding.upper().removesuffix("-SIG")
        wrong = f"contains bytes that are not {shown}; {_SAVE_AS}"
        raise DataError(wrong, name, len(before.splitlines()) or 1) from error
    return text, encoding.upper().replace("-SIG", " with a byte order mark")


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content[1:2] == b"\0":  # UTF-16 without a byte order mark: every second byte is zero
        return "utf-16-le"
    if content[:1] == b"\0":
        return "utf-16-be"
    return "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"


def _separated(name: str, text: str) -> tuple[str, list[str]]:
    """The separator that gives the most columns, and the names of these columns."""
    headers: dict[str, list[str]] = {}
    problems = []
    for separator in _SEPARATORS:
        try:
            headers[separator] = read_header(name, _lines(text), separator)
        except DataError as problem:
            problems.append(problem)
    if not headers:
        raise problems[0]
    separator = max(headers, key=lambda one: len(headers[one]))
    return separator, headers[separator]


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _roles(header: Sequence[str], known: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The mapping of roles to columns; each column has one role at most."""
    plain = {_plain(name): name for name in reversed(header)}
    roles: dict[str, str] = {}
    for role, names in known.items():
        found = next((plain[one] for one in names if one in plain), None)
        if found is not None and found not in roles.values():
            roles[role] = found
    return roles


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


# Topics and ratings


def _topics(file: CourseFile, reading: Reading) -> tuple[dict[str, np.ndarray], list[str]]:
    """The topics, each with its (n_courses,) flags of 0 or 1, and the columns that are not used."""
    table = file.table
    others = [one for one in table.columns if one not in reading.roles.values()]
    if "topics" in reading.roles:
        topics = _named_topics(file, reading.roles["topics"])
        return topics, others
    topics, unused = {}, []
    for column in others:
        flags = np.array(
            [value.strip() in ("0", "1", "0.0", "1.0") for value in table[column].values]
        )
        if flags[table[column].codes].mean() < 0.5:  # with more 0 and 1, it is meant to be a topic
            unused.append(column)
            continue
        if column in COURSE_COLUMNS or len(column) > LONGEST_NAME:
            raise DataError("cannot be the name of a topic.", table.source, 1, column)
        topics[column] = file.topic(column)
    _refuse_many(topics, file)
    return topics, unused


def _named_topics(file: CourseFile, column: str) -> dict[str, np.ndarray]:
    table = file.table
    table.refuse(
        column,
        lambda text: any(
            one in COURSE_COLUMNS or len(one) > LONGEST_NAME for one in split_topics(text)
        ),
        "contains a name that no topic can have (“id”, “title”, “description”, or one too long).",
    )
    named = [split_topics(text) for text in file.texts(column)]
    names = sorted({one for each in named for one in each})
    _refuse_many(names, file, column)
    index = {name: i for i, name in enumerate(names)}
    flags = np.zeros((len(named), len(names)), np.uint8)
    for row, each in enumerate(named):
        flags[row, [index[one] for one in each]] = 1
    return {name: flags[:, i] for name, i in index.items()}


def _refuse_many(
    topics: Sequence[str] | Mapping[str, object], file: CourseFile, column: str | None = None
) -> None:
    if len(topics) > MOST_TOPICS:
        problem = f"has {len(topics):,} different topics; at most {MOST_TOPICS} are allowed."
        raise DataError(problem, file.table.source, column=column)


def _with_decimal_points(table: Table, column: str) -> tuple[Table, list[str]]:
    """The table with “3,5” read as 3.5, which is possible if commas do not separate fields."""
    old = table[column]
    comma = [bool(_DECIMAL_COMMA.fullmatch(value)) for value in old.values]
    if not any(comma):
        return table, []
    values = [
        value.replace(",", ".") if has else value
        for value, has in zip(old.values, comma, strict=True)
    ]
    count = int(np.array(comma)[old.codes].sum())
    note = f"{plural(count, 'rating')} of {table.source} had a decimal comma, read as a point."
    columns = {**table.columns, column: Column(values, old.codes)}
    return replace(table, columns=columns), [note]
