"""The files of IBM's machine learning capstone (IBM-ML321EN), as published.

course_genre.csv: COURSE_ID, TITLE, then a 0/1 column per topic. course_processed.csv: COURSE_ID,
TITLE, DESCRIPTION. ratings.csv: user, item, rating. user_profile.csv (optional): user, then the
sum of their ratings per topic. rs_content_test.csv (optional) is not used.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from recsys.sources.schema import (
    Parsed,
    rating_table,
    read_course_file,
    read_ratings,
    topic_columns,
    user_ids,
)
from recsys.sources.tables import plural, read_table

KEY = "ibm"
NAME = "IBM courses"
NOUN = "course"
DESCRIPTION = "307 courses and 34,000 users of IBM's machine learning capstone."
HINT = "Fetch it with: make data"
FOLDER = "ibm-courses"
FILES = ("course_genre.csv", "course_processed.csv", "ratings.csv")
OPTIONAL = ("user_profile.csv",)
UNUSED = ("rs_content_test.csv",)  # published with the others
NOT_PUBLISHED = "differs from the published file; its content was checked, and it is used as it is."
PUBLISHED_RATINGS = "8e7e427119c56a8e265ca3dbb364a4bcdc51f7e1"


def title(folder: Path) -> str:
    """The title of the data set, which is the same for every folder."""
    return NAME


def matches(folder: Path) -> bool:
    """Whether a folder contains the files of this layout."""
    return all((folder / name).is_file() for name in FILES)


def parse(folder: Path) -> Parsed:
    """Read the folder.

    Raises
    ------
    DataError : if a file is invalid; it names file, line and column
    """
    courses, repairs = _courses(folder)
    ratings, more = read_ratings(folder / "ratings.csv", courses["id"].tolist(), FILES[0])
    repairs += more
    if not is_published(folder / "ratings.csv"):
        repairs.append(f"ratings.csv: {NOT_PUBLISHED}")
    parsed = Parsed(courses, ratings, repairs)
    if (folder / "user_profile.csv").is_file():
        repairs += _profile_notes(folder / "user_profile.csv", parsed)
    return parsed


def check(path: Path) -> None:
    """Check that one of the five files has the content that its name says.

    Raises
    ------
    DataError : if it has not; it names file, line and column
    """
    match path.name:
        case "course_genre.csv":
            file = read_course_file(path, "COURSE_ID", "TITLE")
            for topic in topic_columns(file.table, ("COURSE_ID", "TITLE")):
                file.topic(topic)
        case "course_processed.csv":
            read_course_file(path, "COURSE_ID", "TITLE", "DESCRIPTION")
        case "ratings.csv":
            rating_table(path)
        case "user_profile.csv":
            read_table(path, ("user",))
        case _:
            read_table(path, ("user", "item"))


def is_published(ratings: Path) -> bool:
    """Whether this is the published ratings.csv, recognised by the hash that git computes."""
    content = ratings.read_bytes()
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest() == PUBLISHED_RATINGS


def _courses(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """The courses of both files. Courses that only one file lists are kept, and reported."""
    genre = read_course_file(folder / "course_genre.csv", "COURSE_ID", "TITLE")
    processed = read_course_file(
        folder / "course_processed.csv", "COURSE_ID", "TITLE", "DESCRIPTION"
    )
    topics = topic_columns(genre.table, ("COURSE_ID", "TITLE"))
    flags = pd.DataFrame(
        {topic: genre.topic(topic) for topic in topics}, index=genre.texts("COURSE_ID")
    )
    titles = pd.Series(genre.texts("TITLE"), index=flags.index)
    texts = pd.DataFrame(
        {"title": processed.texts("TITLE"), "description": processed.texts("DESCRIPTION")},
        index=processed.texts("COURSE_ID"),
    )
    no_text = flags.index.difference(texts.index)
    no_topics = texts.index.difference(flags.index, sort=False)
    ids = flags.index.append(no_topics)
    courses = pd.DataFrame({"id": ids}, index=ids)
    courses["title"] = titles.reindex(ids).fillna(texts["title"].reindex(ids))
    courses["description"] = texts["description"].reindex(ids).fillna("")
    courses = courses.join(flags.reindex(ids).fillna(0).astype(np.uint8))
    repairs = genre.repairs + processed.repairs
    if len(no_text):
        repairs.append(_note_on_missing(no_text, "course_processed.csv", "description"))
    if len(no_topics):
        repairs.append(_note_on_missing(no_topics, "course_genre.csv", "topics"))
    return courses.reset_index(drop=True), repairs


def _note_on_missing(ids: pd.Index, file: str, lacking: str) -> str:
    return (
        f"{plural(len(ids), 'course')} (such as “{ids[0]}”) not in {file} "
        f"{'was' if len(ids) == 1 else 'were'} kept without {lacking}."
    )


def _profile_notes(path: Path, parsed: Parsed) -> list[str]:
    """Sentences on how the published profiles differ from those computed from the ratings."""
    topics = list(parsed.courses.columns[3:])
    table = read_table(path, ("user", *topics))
    users = user_ids(table["user"])[table["user"].codes]
    published = pd.DataFrame(
        {topic: table.numbers(topic, np.isfinite, "a number") for topic in topics}, index=users
    )
    dataset = parsed.dataset(NAME)
    computed = pd.DataFrame(dataset.profiles, index=dataset.users, columns=topics)
    both = computed.index.intersection(published.index)
    differ = int((computed.loc[both] != published.loc[both]).any(axis=1).sum())
    notes = []
    if differ:
        notes.append(
            f"{path.name} differs from the ratings for {plural(differ, 'user')}; "
            "the profiles are computed from the ratings."
        )
    if len(published) > len(both):
        count = plural(len(published) - len(both), "user")
        notes.append(f"{path.name} lists {count} without ratings, who are left out.")
    return notes
