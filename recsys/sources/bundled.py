"""The layout of the bundled set: one file of courses, one of ratings.

courses.csv: COURSE_ID, TITLE, DESCRIPTION, then a 0/1 column per topic.
ratings.csv or ratings.csv.gz: user, item, rating.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from recsys.sources.schema import Parsed, read_course_file, read_ratings, topic_columns

NAME = "Open course set"
NOUN = "course"
FILES = ("courses.csv", "ratings.csv.gz", "ratings.csv")


def matches(folder: Path) -> bool:
    return (folder / "courses.csv").is_file() and _ratings(folder).is_file()


def parse(folder: Path) -> Parsed:
    """Read the folder.

    Raises
    ------
    DataError : names file, line and column
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
