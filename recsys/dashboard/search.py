"""Search for courses of a data set by words and topic, and what misspelled words mean.

Must not know the state, nor widgets.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect
from collections.abc import Collection, Iterable
from functools import cached_property

import numpy as np
import pandas as pd

from recsys.dataset import Dataset

SIMILAR = 0.75  # difflib's ratio: one wrong letter of four, or two that have changed places
SHORTEST = 4  # letters of a word that is corrected; too many words are like a shorter one
_WORD = re.compile(r"[^\W_]+")


class Search:
    """An index of the courses of a data set.

    Parameters
    ----------
    dataset : whose courses are searched
    """

    def __init__(self, dataset: Dataset) -> None:
        order = (-pd.Series(dataset.popularity)).argsort(kind="stable")
        self._courses = courses = dataset.courses.iloc[order]
        topics = [
            " ".join(name for name, has in zip(dataset.topics, row, strict=True) if has)
            for row in dataset.topic_matrix[order]
        ]
        named = zip(courses["title"], courses["id"], topics, strict=True)
        self._named = _Texts(" ".join(one) for one in named)
        self._described = _Texts(courses["description"])

    def find(self, words: str, topic: str = "", without: Collection[str] = ()) -> pd.DataFrame:
        """The rows of the matching courses.

        Matches in the title, id or topics come before matches in the description; among equals,
        the most taken course comes first.

        Parameters
        ----------
        words : each must occur in the title, id, topics or description; case and order are ignored
        topic : if given, only courses with this topic
        without : ids of courses to leave out
        """
        found = ~self._courses["id"].isin(without).to_numpy()
        if topic:
            found &= (self._courses[topic] == 1).to_numpy()
        named = found.copy()
        for word in words.lower().split():
            in_name = self._named.contain(word)
            found &= in_name | self._described.contain(word)
            named &= in_name
        return self._courses.iloc[[*np.flatnonzero(named), *np.flatnonzero(found & ~named)]]

    def spelled(self, words: str) -> str:
        """The words, where each that occurs nowhere is replaced by the most similar one that
        occurs in a title, an id or a topic; "" if no word is replaced, or one has none like it.
        """
        asked = words.lower().split()
        meant = [word if self._occurs(word) else self._most_similar(word) for word in asked]
        return " ".join(meant) if meant != asked and all(meant) else ""

    def _occurs(self, word: str) -> bool:
        return word in self._named.joined or word in self._described.joined

    @cached_property
    def _known_words(self) -> dict[int, list[str]]:
        """Length -> the words of this length in titles, ids and topics."""
        by_length: dict[int, list[str]] = {}
        for word in dict.fromkeys(_WORD.findall(self._named.joined)):
            by_length.setdefault(len(word), []).append(word)
        return by_length

    def _most_similar(self, word: str) -> str:
        """The most similar known word; "" if there is none."""
        if len(word) < SHORTEST:
            return ""
        near = range(len(word) - 2, len(word) + 3)
        known = (one for length in near for one in self._known_words.get(length, ()))
        # A typo rarely changes both ends of a word; comparing only these keeps a search fast.
        likely = [one for one in known if one[:2] == word[:2] or one[-3:] == word[-3:]]
        return next(iter(difflib.get_close_matches(word, likely, 1, SIMILAR)), "")


class _Texts:
    """Many texts in which words are searched, as one long text: that is faster than one by one."""

    def __init__(self, texts: Iterable[str]) -> None:
        lowered = [text.lower() for text in texts]
        self.joined = "\n".join(lowered)
        lengths = [len(text) + 1 for text in lowered]
        self._starts = [0, *np.cumsum(lengths).tolist()]

    def contain(self, word: str) -> np.ndarray:
        """(n,) which of the texts contain the word; a word has no white space."""
        found = np.zeros(len(self._starts) - 1, bool)
        place = self.joined.find(word)
        while place >= 0:
            row = bisect(self._starts, place) - 1
            found[row] = True
            place = self.joined.find(word, self._starts[row + 1])
        return found
