"""The layout of the MovieLens folders (ml-latest-small, ml-latest, ml-25m): films and genres.

movies.csv: movieId, title, genres joined by "|". ratings.csv: userId, movieId, rating, timestamp.
Ratings are 0.5 to 5; a rating of at least 3.5 is a like.

Harper & Konstan, "The MovieLens datasets: history and context", ACM TiiS 5(4), 2015.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.dataset import COURSE_COLUMNS
from recsys.sources.schema import Parsed, as_sentence, read_course_file, read_ratings, split_topics

KEY = "movielens"
NAME = "MovieLens"
NOUN = "film"
DESCRIPTION = "Films and genres rated by MovieLens users."
HINT = "Put movies.csv and ratings.csv into data/movielens-latest-small/."
FOLDER = "movielens-latest-small"
FILES = ("movies.csv", "ratings.csv")
OPTIONAL = ()
LIKE_THRESHOLD = 3.5


def title(folder: Path) -> str:
    """The title of the data set, which says if it is the small one."""
    return f"{NAME} (small)" if "small" in folder.name else NAME


def matches(folder: Path) -> bool:
    """Whether a folder contains the files of this layout."""
    return all((folder / name).is_file() for name in FILES)


def parse(folder: Path) -> Parsed:
    """Read the folder.

    Raises
    ------
    DataError : if a file is invalid; it names file, line and column
    """
    file = read_course_file(folder / "movies.csv", "movieId", "title", "genres")
    file.table.refuse(
        "genres",
        lambda text: any(genre in COURSE_COLUMNS for genre in split_topics(text)),
        "holds “{value}”, but no genre can be called “id”, “title” or “description”.",
    )
    ids = file.texts("movieId")
    genres = [split_topics(text) for text in file.texts("genres")]
    films = pd.DataFrame(
        {
            "id": ids,
            "title": file.texts("title"),
            "description": [as_sentence(words) for words in genres],
        }
    )
    for topic in sorted({genre for words in genres for genre in words}):
        films[topic] = np.array([topic in words for words in genres], np.uint8)
    ratings, repairs = read_ratings(
        folder / "ratings.csv",
        ids.tolist(),
        "movies.csv",
        columns=("userId", "movieId", "rating"),
        noun=NOUN,
    )
    return Parsed(films, ratings, file.repairs + repairs, LIKE_THRESHOLD, NOUN)
