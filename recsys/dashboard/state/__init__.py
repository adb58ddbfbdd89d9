"""The dashboard's state: small observable models, one for each subject, without widgets.

| model | what it holds |
|---|---|
| `Selection` | the data set, the picked courses, and which may be recommended |
| `Choice` | the chosen model, its hyperparameters, the number of recommendations |
| `Training` | the fit in the background, and its progress |
| `Fitting` | the fitted model in use, and its recommendations; `Live` fits fast models at once |
| `View` | which panels and charts are open or hidden, and what is compared or presented |
| `Messages` | the status, the error and the note that the page shows |
| `Undo` | the changes that can be undone |

Each has traits to observe and methods to call, and is tested in plain pytest. `State` creates them
and holds the rules that concern several of them: how a page starts, how a data set is opened, and
what a link shows.

Four more models are optional and observe a `State`: `Comparison`, `Leaderboard`,
`ClusterComparison` and `ModelCharts`.
"""

from __future__ import annotations

from pathlib import Path

from recsys import sources
from recsys.dashboard.learners import Learner
from recsys.dashboard.link import Link, missing_courses, missing_topic, read
from recsys.dashboard.state.choice import Choice
from recsys.dashboard.state.fitting import Answer, Fitting
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.selection import OWN, Selection
from recsys.dashboard.state.training import Training
from recsys.dashboard.state.undo import Undo
from recsys.dashboard.state.view import View
from recsys.dataset import DataError
from recsys.jobs.queue import JobQueue
from recsys.sources.upload import Pair
from recsys.storage import Store

__all__ = [
    "OWN",
    "Answer",
    "Choice",
    "Fitting",
    "Messages",
    "Selection",
    "State",
    "Training",
    "Undo",
    "View",
]


class State:
    """The whole state of one page.

    Parameters
    ----------
    source : key of the data set to open; by default the first that is installed
    store : where fitted models are kept; by default `Store()`

    Attributes
    ----------
    selection, choice, training, fitting, view, messages, undo : the models listed above

    Raises
    ------
    DataError : if no data set is installed, or this one cannot be opened
    """

    def __init__(self, source: str | None = None, store: Store | None = None) -> None:
        store = store or Store()
        self.messages = Messages()
        self.undo = Undo(self.messages)
        self.view = View()
        self.choice = Choice(self.undo, self.messages)
        self.selection = Selection(source, store, self.undo, self.messages)
        # Trainings on a visitor's own data wait in the same queue as all others.
        self.training = Training(self.selection, self.messages, JobQueue(store))
        self.fitting = Fitting(self.selection, self.choice, self.training, self.messages)
        self._home = self.link

    def begin(self) -> None:
        """Show an example learner, with recommendations if the model is fast to fit."""
        self.selection.show_example()
        self.fitting.begin()
        self._home = self.link

    # Data sets

    @guarded("opening the data set")
    def choose_source(self, key: str) -> None:
        """Open another data set; if an example is shown, show one of the new data set."""
        if key != self.selection.source:
            self._open(key)

    @guarded("opening your data")
    def open_own(self, pair: Pair) -> None:
        """Open the visitor's own data set, which only this session can use."""
        self.selection.keep(pair)
        self._open(OWN)

    def _open(self, key: str) -> None:
        was_example = bool(self.selection.example)
        drawn_once = self.fitting.hold_trait_notifications()
        with drawn_once, self.selection.hold_trait_notifications():
            self.selection.open(key)
            if was_example:
                self.selection.show_example()

    # Links

    @property
    def link(self) -> Link:
        """What the page shows, as `link.write` and `open_link` use it."""
        selection, choice, view = self.selection, self.choice, self.view
        usual = selection.dataset.typical_rating
        return Link(
            source=Path(selection.source).name,
            courses=selection.history.ids,
            audited=tuple(one for one, rating in selection.history.items() if rating < usual),
            excluded=selection.excluded,
            topic=selection.topic,
            model=choice.chosen.key,
            values=choice.changed_values,
            top_n=choice.top_n,
            order=view.order,
            opened=view.opened,
            closed=view.closed,
            compared=view.compared,
            explained=view.explained,
            hidden=view.hidden,
            step=view.step,
        )

    @guarded("opening the link")
    def open_link(self, query: str) -> None:
        """Show what a link describes; the note says which parts were ignored.

        Parameters
        ----------
        query : the link's query, with or without its question mark
        """
        link, notes = self._read(query)
        notes += self._apply(link)
        self.fitting.forget_moves()
        self.undo.forget()
        self.messages.note = " ".join(("Parts of the link were ignored.", *notes)) if notes else ""

    @guarded("trying out a model")
    def try_out(self, query: str) -> None:
        """Choose the model of a link, with its settings, and leave all else as it is.

        Parameters
        ----------
        query : the link's query, with or without its question mark
        """
        link, _ = self._read(query)
        choice = self.choice
        choice.begin_with(link.model or choice.chosen.key, link.values, choice.top_n)

    @guarded("resetting the page")
    def reset(self) -> None:
        """Show what a page shows without a link; `undo` restores what it showed before."""
        if self.link != self._home:
            with self.undo.one_step(self.link, self._apply):
                self._apply(self._home)
        self.messages.note = ""

    def update_from_page(self, query: str) -> None:
        """Take over from the page which explanations are open, and which step is presented.

        Explanations that a link has opened stay open while their courses wait for a training.

        Parameters
        ----------
        query : what the page reports, in the form of a link's query
        """
        reported, _ = self._read(query)
        listed = set(self.fitting.answer.table["course_id"])
        outdated = self.fitting.outdated
        waiting = [one for one in self.view.explained if outdated and one not in listed]
        self.view.told = True
        self.view.explained, self.view.step = (*reported.explained, *waiting), reported.step

    def _names(self) -> dict[str, str]:
        """Data set keys by their names in links; the name of a path is its last part."""
        own = [OWN] * (self.selection.own is not None)
        keys = [one.key for one in sources.available()] + own
        return {Path(key).name: key for key in reversed(keys)}

    def _read(self, query: str) -> tuple[Link, list[str]]:
        view = self.view
        return read(query, sources=self._names(), openable=view.openable, hideable=view.hideable)

    def _apply(self, link: Link) -> list[str]:
        """Show what a link describes; returns a sentence about each part that is missing here."""
        view = self.view
        with self.fitting.hold_trait_notifications():  # to draw the list only once
            with self.selection.hold_trait_notifications():
                notes = self._select(link)
            self.choice.begin_with(link.model or str(self._home.model), link.values, link.top_n)
            with view.hold_trait_notifications():
                view.opened, view.closed, view.step = link.opened, link.closed, link.step
                view.compared, view.hidden = link.compared, link.hidden
                view.order = link.order
                present = self.selection.dataset.course_index
                view.explained = tuple(one for one in link.explained if one in present)
        return notes

    def _select(self, link: Link) -> list[str]:
        """Open a link's data set, and pick its courses; without courses, those of an example."""
        selection, notes = self.selection, []
        key = self._names()[link.source or str(self._home.source)]
        if key != selection.source:
            try:
                selection.open(key)
            except DataError as problem:
                notes.append(str(problem))
        learners, present = selection.learners, selection.dataset.course_index
        example = next(iter(learners), Learner("", ()))
        wanted = example.courses if link.courses is None else link.courses
        known = tuple(one for one in wanted if one in present)
        mentioned = {*wanted, *link.audited, *link.excluded, *link.explained}
        unknown = sorted(one for one in mentioned if one not in present)
        if unknown:
            notes.append(missing_courses(unknown, selection.dataset.noun))
        if link.topic and link.topic not in selection.dataset.topics:
            notes.append(missing_topic(link.topic))
        usual, *lower = selection.dataset.levels.values()
        picks = {one: lower[0] if lower and one in link.audited else usual for one in known}
        names = [one.name for one in learners if one.courses == known and not link.audited]
        selection.pick(
            picks,
            names[0] if names else "",
            (one for one in link.excluded if one in present and one not in picks),
            link.topic if link.topic in selection.dataset.topics else "",
        )
        return notes
