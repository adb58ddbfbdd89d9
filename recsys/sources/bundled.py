"""The layout of the bundled set: one file of courses, one of ratings.

courses.csv: COURSE_ID, TITLE, DESCRIPTION, then a 0/1 column per topic.
ratings.csv or ratings.csv.gz: user, item, rating.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from recsys.sources.schema import Parsed, read_course_file, read_ratings, topic_columns

KEY = "bundled"
NOUN = "course"
DESCRIPTION = "Synthetic courses and ratings, free to use (CC0); works offline."
HINT = "It belongs in the project's folder data/bundled/."
FOLDER = "bundled"
FILES = ("courses.csv", "ratings.csv")
OPTIONAL = ("ratings.csv.gz",)  # used instead of ratings.csv


def title(folder: Path) -> str:
    """The title of the bundled set; for users' own data in this layout, the name of the folder."""
    return "Open course set" if folder.name == FOLDER else folder.name


def matches(folder: Path) -> bool:
    """Whether a folder contains the files of this layout."""
    return (folder / "courses.csv").is_file() and _ratings(folder).is_file()


def parse(folder: Path) -> Parsed:
    """Read the folder.

    Raises
    ------
    DataError : if a file is invalid; it names file, line and column
    """
    columns = ("COURSE_ID", "TITLE", "DESCRIPTION")
    file = read_course_file(folder / "courses.csv", *columns)
    texts = {
        name: file.texts(column)
        for name, column in zip(("id", "title", "description"), columns, strict=True)
    }
    topics = {topic: file.topic(topic) for topic in topic_columns(file.table, columns)}
    courses = pd.DataFrame(texts | topics)
    ratings, repairs = read_ratings(_ratings(folder), texts["id"].tolist(), "courses.csv")
    return Parsed(courses, ratings, file.repairs + repairs)


def _ratings(folder: Path) -> Path:
    packed = folder / "ratings.csv.gz"
    return packed if packed.is_file() else folder / "ratings.csv"
