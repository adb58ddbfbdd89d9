"""The layout of the MovieLens folders (ml-latest-small, ml-latest, ml-25m): films and genres.

movies.csv: movieId, title, genres joined by "|". ratings.csv: userId, movieId, rating, timestamp.
Ratings go from 0.5 to 5; those of 3.5 and more are likes.

Harper & Konstan, "The MovieLens datasets: history and context", ACM TiiS 5(4), 2015.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.sources.schema import Parsed, read_course_file, read_ratings

NAME = "MovieLens"
NOUN = "film"
FILES = ("movies.csv", "ratings.csv")
LIKE_THRESHOLD = 3.5
_NO_GENRES = "(no genres listed)"


def matches(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def parse(folder: Path) -> Parsed:
    """Read the folder.

    Raises
    ------
    DataError : names file, line and column
    """
    file = read_course_file(folder / "movies.csv", "movieId", "title", "genres")
    ids = file.texts("movieId")
    genres = [_genres(text) for text in file.texts("genres")]
    films = pd.DataFrame(
        {
            "id": ids,
            "title": file.texts("title"),
            "description": [_in_words(words) for words in genres],
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


def _genres(text: str) -> list[str]:
    return [genre for genre in text.split("|") if genre and genre != _NO_GENRES]


def _in_words(genres: list[str]) -> str:
    """ "Adventure, Comedy and Drama."; nothing for a film without genres."""
    if not genres:
        return ""
    return " and ".join(filter(None, [", ".join(genres[:-1]), genres[-1]])) + "."
