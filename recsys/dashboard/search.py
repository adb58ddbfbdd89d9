"""Search in the courses of a data set.

Must not know the state, nor widgets.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from recsys.dataset import Dataset


class Search:
    """The courses of a data set, most taken first, with their texts ready to be searched.

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
        """The courses that match: those named so before those only described so, most taken first.

        Parameters
        ----------
        words : each must occur in the title, id, description or topics; in any case and order
        topic : only courses with this topic, if given
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
