"""The search for courses: exact matches, and what misspelled words mean."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest

from recsys import sources
from recsys.dashboard import panels
from recsys.dashboard.search import Search
from recsys.dashboard.state import State
from recsys.dataset import Dataset

TITLES = ["Machine Learning", "Python for Beginners", "Deep Learning in Python", "Databases in SQL"]


def dataset(titles: list[str]) -> Dataset:
    courses = pd.DataFrame({"id": [f"C{i}" for i in range(len(titles))], "title": titles})
    courses["description"] = "Taught by lernout."
    ratings = pd.DataFrame({"user": [1], "item": ["C0"], "rating": [3]})
    return Dataset.from_tables("Titles", courses, ratings)


SEARCH = Search(dataset(TITLES))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("machine lerning", "machine learning"),
        ("mashine Learnin", "machine learnin"),
        ("pyhton", "python"),
        ("databse", "databases"),
        ("machine", ""),  # occurs
        ("lern", ""),  # occurs too, in a description
        ("xylophone", ""),  # nothing is like it
        ("machine xylophone", ""),
        ("pxt", ""),  # too short
        ("", ""),
    ],
)
def test_a_word_that_occurs_nowhere_is_read_as_the_most_similar_one(typed: str, meant: str) -> None:
    assert SEARCH.spelled(typed) == meant


def test_a_word_is_found_in_each_text_that_has_it_and_in_no_other() -> None:
    titles = ["ab ab", "b", "", "a b", "ab"]
    search = Search(dataset(titles))
    assert sorted(search.find("ab")["id"]) == ["C0", "C4"]
    assert len(search.find("taught by")) == 5
    assert len(search.find("", without=["C1"])) == 4


@pytest.fixture
def picker(monkeypatch: pytest.MonkeyPatch) -> widgets.VBox:
    shown = sources.Source("titles", "Titles", "course", "", sources.home())
    monkeypatch.setattr(sources, "available", lambda: (shown,))
    monkeypatch.setattr(sources, "load_dataset", lambda _: dataset(TITLES))
    return panels.picker(State().selection)


def typed(picker: widgets.VBox, words: str) -> tuple[list[str], str]:
    """The titles that are offered for these words, and what is said about them."""
    search, found = picker.children[:2]
    search.value = words
    _, listed, below = found.children
    return [title for title, _ in listed.options], below.children[1].value


def test_a_typo_finds_what_was_meant_and_says_so(picker: widgets.VBox) -> None:
    found, said = typed(picker, "machine lerning")
    assert found == ["Machine Learning"]
    assert "Nothing matches exactly. Like “machine learning”: 1 course" in said


def test_an_exact_match_is_alone(picker: widgets.VBox) -> None:
    assert typed(picker, "Learning Deep") == (
        ["Deep Learning in Python"],
        "<p>1 course, titles before descriptions.</p>",
    )
    found, said = typed(picker, "xylophone")
    assert not found
    assert "Nothing matches. Try fewer letters" in said


def test_a_typo_is_read_among_ten_thousand_titles() -> None:
    letters = np.random.default_rng(0).integers(97, 123, (10_000, 3, 8)).astype(np.uint8)
    many = [" ".join(word.tobytes().decode() for word in title) for title in letters]
    assert Search(dataset([*many, "Machine Learning"])).spelled("machine lerning") == (
        "machine learning"
    )
