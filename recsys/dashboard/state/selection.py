"""The data set, the courses that the visitor has picked in it, and which may be recommended.

Must not know models, nor widgets.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from traitlets import HasTraits, Instance, Int, Tuple, Unicode

from recsys import sources
from recsys.dashboard.learners import Learner, examples, surprise
from recsys.dashboard.own_data import OwnData
from recsys.dashboard.search import Search
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.undo import Undo
from recsys.dataset import DataError, Dataset, History
from recsys.sources.upload import Pair
from recsys.storage import Store

OWN = "own"  # key of the visitor's own data set


class Question(NamedTuple):
    """What a model is asked: `history`, `example`, `excluded` and `topic` of a `Selection`."""

    history: History
    example: str
    excluded: tuple[str, ...]
    topic: str


class Selection(HasTraits):
    """The data set, the picked courses, the example learner they come from, and which courses may
    be recommended.

    Parameters
    ----------
    source : key of the data set to open; by default the first that is installed
    store : the store for models of the installed data sets
    undo : where changes are recorded
    messages : where status and errors are reported

    Attributes
    ----------
    store : the store for models of the open data set

    Raises
    ------
    DataError : if no data set is installed, or this one cannot be opened
    """

    source = Unicode(help="key of the data set, from `sources.available`, or `OWN`")
    dataset = Instance(Dataset, help="the open data set")
    own = Instance(Pair, allow_none=True, help="the visitor's own data set")
    history = Instance(History, help="the picked courses and their ratings, in the order picked")
    example = Unicode(help="name of the example learner that is shown; empty for own picks")
    excluded = Tuple(help="ids of the courses that the visitor does not want recommended")
    topic = Unicode(help="only courses on this topic are recommended; empty for all topics")
    revision = Int(0, help="counts the changes of these four, once they are shown")

    def __init__(self, source: str | None, store: Store, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self.messages, self._undo = messages, undo
        self._shared_store = self.store = store
        self._own = OwnData()
        self._unavailable: tuple[str, ...] = ()  # picked, but not in this data set
        self._rng = random.Random()
        present = sources.available()
        if not present:
            raise DataError("No data set is installed. Fetch one with: make data")
        self.open(source or present[0].key)

    @property
    def learners(self) -> tuple[Learner, ...]:
        """The example learners of this data set."""
        return examples(self.dataset)

    @property
    def load_key(self) -> str:
        """What a child process passes to `load_dataset` to load this data set: a key or a path."""
        return str(self._own.folder) if self.source == OWN else self.source

    @property
    def on_topic(self) -> Collection[str] | None:
        """The ids of all courses on the topic; None without a topic."""
        courses = self.dataset.courses
        return courses["id"][courses[self.topic] == 1].tolist() if self.topic else None

    def search(self, words: str, topic: str = "") -> pd.DataFrame:
        """The matching courses that are not picked yet; see `Search.find`."""
        return self._search.find(words, topic, without=self.history)

    def spelled(self, words: str) -> str:
        """The search words without typos; "" if there are none: see `Search.spelled`."""
        return self._search.spelled(words)

    # The data set

    def open(self, key: str) -> None:
        """Open a data set.

        Picked courses that it also has stay picked. The others are remembered, and are picked again
        when a data set has them. The courses of an example are dropped.

        Raises
        ------
        DataError : if it cannot be opened; the current data set stays open
        """
        own = self._own.pair if key == OWN else None
        dataset = own.dataset if own else sources.load_dataset(key)
        picked = (
            self.history if self.trait_has_value("history") else ()
        )  # not set before the first data set is open
        wanted = () if self.example else (*picked, *self._unavailable)
        kept = [one for one in wanted if one in dataset.course_index]
        self._unavailable = tuple(one for one in wanted if one not in dataset.course_index)
        self._search = Search(dataset)
        self.store = self._own.store if own else self._shared_store
        self._undo.forget()
        lost = len(self._unavailable)
        are = "is" if lost == 1 else "are"
        self.messages.status = f"{lost} of your picks {are} not in this data set." if lost else ""
        with self.hold_trait_notifications():
            self.source, self.dataset = key, dataset
            self.history, self.example = dataset.history(kept), ""
            self.excluded = tuple(one for one in self.excluded if one in dataset.course_index)
            self.topic = self.topic if self.topic in dataset.topics else ""
            self.revision += 1

    def keep(self, pair: Pair) -> None:
        """Keep the visitor's own data set; `open(OWN)` opens it.

        Raises
        ------
        DataError : if it cannot be written to disk
        """
        self._own.keep(pair)
        self.own = pair

    # The picked courses

    @guarded("adding a pick")
    def add(self, course_ids: Iterable[str]) -> None:
        """Add courses to the picked ones."""
        history = self.history.with_added(course_ids)
        excluded = tuple(one for one in self.excluded if one not in history)
        self._change(history=history, excluded=excluded)

    @guarded("removing a pick")
    def remove(self, course_ids: Iterable[str]) -> None:
        """Remove courses from the picked ones."""
        self._change(history=self.history.without(course_ids))

    @guarded("changing a rating")
    def rate(self, course_id: str, rating: float) -> None:
        """Give a picked course another rating, one of `Dataset.levels`."""
        self._change(history=self.history.with_rating(course_id, rating))

    @guarded("removing all picks")
    def clear(self) -> None:
        """Remove all picked courses, and bring back those that were left out."""
        self.pick(())

    @guarded("showing an example")
    def pick_example(self, name: str) -> None:
        """Replace the picked courses by those of an example learner."""
        learner = next(one for one in self.learners if one.name == name)
        self.pick(learner.courses, learner.name)

    @guarded("choosing at random")
    def surprise(self) -> None:
        """Replace the picked courses by a few popular courses on a randomly chosen topic."""
        self.pick(surprise(self.dataset, self._rng))

    def show_example(self) -> None:
        """Pick the courses of the first example learner, as a new page does; cannot be undone."""
        learners = self.learners
        if learners:
            self.pick(learners[0].courses, learners[0].name)
            self._undo.forget()

    def pick(
        self,
        picks: Iterable[str] | Mapping[str, float],
        example: str = "",
        excluded: Iterable[str] = (),
        topic: str | None = None,
    ) -> None:
        """Replace the picked courses and those that are left out, and forget those that only other
        data sets have.

        Parameters
        ----------
        picks : course ids, each with the typical rating; or course id -> rating
        example : name of the example learner who has picked them
        excluded : ids of the courses to leave out of the list
        topic : a new topic for the list; by default it stays

        Raises
        ------
        UnknownCourseError : if the data set does not have one of the courses
        """
        self._unavailable = ()
        history = self.dataset.history(picks)
        topic = self.topic if topic is None else topic
        self._ask(Question(history, example, tuple(excluded), topic))

    # What is recommended

    @guarded("leaving out a course")
    def exclude(self, course_id: str) -> None:
        """Recommend another course in the place of this one."""
        self.dataset.positions([course_id])  # an unknown course is an error
        if course_id not in self.excluded:
            self._change(excluded=(*self.excluded, course_id))

    @guarded("bringing back courses")
    def bring_back(self) -> None:
        """Recommend the courses again that were left out."""
        self._change(excluded=())

    @guarded("choosing a topic")
    def show_topic(self, topic: str) -> None:
        """Recommend only courses on a topic; "" for all."""
        if not topic or topic in self.dataset.topics:
            self._change(topic=topic)

    @property
    def _question(self) -> Question:
        return Question(self.history, self.example, self.excluded, self.topic)

    def _change(self, **changes: Any) -> None:
        """Ask something else; own picks are no longer an example's."""
        if changes.get("history", self.history) != self.history:
            changes["example"] = ""
        self._ask(self._question._replace(**changes))

    def _ask(self, question: Question) -> None:
        if question != self._question:
            self._undo.remember(self._question, self._restore)
            self._restore(question)

    def _restore(self, question: Question) -> None:
        with self.hold_trait_notifications():
            self.history, self.example, self.excluded, self.topic = question
            self.revision += 1  # last: traitlets notify in the order in which traits are set
