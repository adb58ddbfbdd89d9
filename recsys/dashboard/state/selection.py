"""The data set, and the courses that the visitor has picked in it.

Must not know models, nor widgets.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pandas as pd
from traitlets import HasTraits, Instance, Unicode

from recsys import sources
from recsys.dashboard.learners import Learner, examples, surprise
from recsys.dashboard.own_data import OwnData
from recsys.dashboard.search import Search
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.undo import Undo
from recsys.dataset import DataError, Dataset, History
from recsys.sources.upload import Pair
from recsys.storage import Store

OWN = "own"  # the key of the data set that the visitor has brought


class Selection(HasTraits):
    """The data set and the history: what is picked, and whose example it is.

    Parameters
    ----------
    source : key of the first data set; by default the first that is present
    store : where models fitted on the data sets of this machine are kept
    undo : where changes of the history are remembered
    messages : where the visitor is told

    Attributes
    ----------
    store : where models fitted on this data set are kept

    Raises
    ------
    DataError : if there is no data set, or this one cannot be opened
    """

    source = Unicode(help="key of the data set: as `sources.available` lists it, or `OWN`")
    dataset = Instance(Dataset)
    own = Instance(Pair, allow_none=True, help="the data set that the visitor has brought")
    history = Instance(History, help="the picked courses and their ratings, in the order picked")
    example = Unicode(help="the example learner who picked them; empty for the visitor's own")

    def __init__(self, source: str | None, store: Store, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self.messages, self._undo = messages, undo
        self._shared_store = self.store = store
        self._own = OwnData()
        self._elsewhere: tuple[str, ...] = ()  # picked, but not in this data set
        self._chance = random.Random()
        present = sources.available()
        if not present:
            raise DataError("There is no data set on this machine. Fetch one with: make data")
        self.open(source or present[0].key)

    @property
    def learners(self) -> tuple[Learner, ...]:
        """The example learners of this data set."""
        return examples(self.dataset)

    @property
    def load_key(self) -> str:
        """What another process of this account calls the data set, for `load_dataset`."""
        return str(self._own.folder) if self.source == OWN else self.source

    def search(self, words: str, topic: str = "") -> pd.DataFrame:
        """The courses that match and are not picked yet; as `Search.find` says."""
        return self._search.find(words, topic, without=self.history)

    # The data set

    def open(self, key: str) -> None:
        """Open a data set; picked courses stay where it has them too, the others come back with a
        set that has them. An example does not stay.

        Raises
        ------
        DataError : if it cannot be opened; the former one stays
        """
        own = self._own.pair if key == OWN else None
        dataset = own.dataset if own else sources.load_dataset(key)
        picked = self.history if self.trait_has_value("history") else ()  # at first there is none
        wanted = () if self.example else (*picked, *self._elsewhere)
        kept = [one for one in wanted if one in dataset.course_index]
        self._elsewhere = tuple(one for one in wanted if one not in dataset.course_index)
        self._search = Search(dataset)
        self.store = self._own.store if own else self._shared_store
        self._undo.forget()
        lost = len(self._elsewhere)
        are = "is" if lost == 1 else "are"
        told = f"{lost} of the courses you picked {are} not in this set." if lost else ""
        self.messages.status = told
        with self.hold_trait_notifications():
            self.source, self.dataset = key, dataset
            self.history, self.example = dataset.history(kept), ""

    def keep(self, pair: Pair) -> None:
        """Take the data set that the visitor has brought; `open(OWN)` opens it.

        Raises
        ------
        DataError : if there is no room for it
        """
        self._own.keep(pair)
        self.own = pair

    # The picked courses

    @guarded("adding courses")
    def add(self, course_ids: Iterable[str]) -> None:
        """Pick courses."""
        self._change(self.history.with_added(course_ids))

    @guarded("removing courses")
    def remove(self, course_ids: Iterable[str]) -> None:
        """Drop picked courses."""
        self._change(self.history.without(course_ids))

    @guarded("removing all courses")
    def clear(self) -> None:
        """Drop all picked courses."""
        self.pick(())

    @guarded("showing an example")
    def follow(self, name: str) -> None:
        """Pick the courses of an example learner instead."""
        self._follow(next(one for one in self.learners if one.name == name))

    @guarded("sampling courses at random")
    def surprise(self) -> None:
        """Pick a few randomly sampled courses on one topic instead."""
        self._change(self.dataset.history(surprise(self.dataset, self._chance)))

    def show_example(self) -> None:
        """Pick the courses of the first example learner, as a page begins; this is no change that
        could be undone.
        """
        learners = self.learners
        if learners:
            self._follow(learners[0])
            self._undo.forget()

    def pick(self, course_ids: Iterable[str], example: str = "") -> None:
        """Pick exactly these courses, and forget those that only other data sets have.

        Raises
        ------
        UnknownCourseError : for a course that the data set does not hold
        """
        self._elsewhere = ()
        self._change(self.dataset.history(course_ids), example)

    def _follow(self, learner: Learner) -> None:
        self._change(self.dataset.history(learner.courses), learner.name)

    def _change(self, history: History, example: str = "") -> None:
        if history != self.history:
            self._undo.remember((self.history, self.example), self._restore)
            self._restore((history, example))

    def _restore(self, picked: tuple[History, str]) -> None:
        with self.hold_trait_notifications():
            self.history, self.example = picked
