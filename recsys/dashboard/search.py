"""Search for courses of a data set by words and topic.

Must not know the state, nor widgets.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from recsys.dataset import Dataset


class Search:
    """An index of the courses of a data set.

    Parameters
    ----------
    dataset : whose courses are searched
    """

    def __init__(self, dataset: Dataset) -> None:
        courses = dataset.courses
        topics = [
            " ".join(name for name, has in zip(dataset.topics, row, strict=True) if has)
            for row in dataset.topic_matrix
        ]
        named = courses["title"] + " " + courses["id"] + " " + pd.Series(topics)
        texts = {"named": named.str.lower(), "described": courses["description"].str.lower()}
        order = (-pd.Series(dataset.popularity)).argsort(kind="stable")
        self._courses = courses.assign(**texts).iloc[order]

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
        found = ~self._courses["id"].isin(without)
        if topic:
            found &= self._courses[topic] == 1
        named = found.copy()
        for word in words.lower().split():
            in_name = self._courses["named"].str.contains(word, regex=False)
            found &= in_name | self._courses["described"].str.contains(word, regex=False)
            named &= in_name
        return pd.concat([self._courses.loc[named], self._courses.loc[found & ~named]])
