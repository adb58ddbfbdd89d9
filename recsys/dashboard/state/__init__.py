"""The dashboard's state: small models, a subject each, without a widget.

| model | what it knows |
|---|---|
| `Selection` | the data set, the picked courses |
| `Choice` | the chosen model, its hyperparameters, the number of recommendations |
| `Training` | the fit in the background, and how far it is |
| `Fitting` | the fitted model that answers, and its answer |
| `View` | what is open, compared, hidden, presented |
| `Messages` | status, error and note, in words |
| `Undo` | the changes that can be taken back |

Each has traits to watch and methods to call, and is tested in plain pytest. `State` makes them and
knows the rules that cross them: how a page begins, how a data set is opened, and what a link says.

Four more models follow a `State`, so that they can be left out: `Comparison`, `Leaderboard`,
`ClusterComparison` and, in `model_charts`, `ModelCharts`.
"""

from __future__ import annotations

from pathlib import Path

from recsys import sources
from recsys.dashboard.learners import Learner
from recsys.dashboard.link import Link, left_out, read
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
    """All that one page knows, by subject.

    Parameters
    ----------
    source : key of the first data set; by default the first that is present
    store : where fitted models are kept

    Attributes
    ----------
    selection, choice, training, fitting, view, messages, undo : a model each, see this module

    Raises
    ------
    DataError : if there is no data set, or this one cannot be opened
    """

    def __init__(self, source: str | None = None, store: Store | None = None) -> None:
        store = store or Store()
        self.messages = Messages()
        self.undo = Undo(self.messages)
        self.view = View()
        self.choice = Choice(self.messages)
        self.selection = Selection(source, store, self.undo, self.messages)
        # The line of trainings is that of the shared store, also for a visitor's own data.
        self.training = Training(self.selection, self.messages, JobQueue(store))
        self.fitting = Fitting(self.selection, self.choice, self.training, self.messages)
        self._home = self.link

    def begin(self) -> None:
        """Show an example learner, with recommendations if they can be had at once."""
        self.selection.show_example()
        self.fitting.fit_if_instant()
        self._home = self.link

    # Data sets

    @guarded("opening the data set")
    def choose_source(self, key: str) -> None:
        """Open another data set; in the place of an example, show one of the new set."""
        if key != self.selection.source:
            self._open(key)

    @guarded("opening your data")
    def bring(self, pair: Pair) -> None:
        """Open the visitor's own data set, which is known to this session alone."""
        self.selection.keep(pair)
        self._open(OWN)

    def _open(self, key: str) -> None:
        was_example = bool(self.selection.example)
        with self.fitting.hold_trait_notifications():  # so that the list is drawn once
            with self.selection.hold_trait_notifications():
                self.selection.open(key)
                if was_example:
                    self.selection.show_example()
            if was_example:
                self.fitting.fit_if_instant()

    # Links

    @property
    def link(self) -> Link:
        """All that can be seen, for `link.write`; a link says it to `open_link`."""
        choice, view = self.choice, self.view
        return Link(
            source=Path(self.selection.source).name,
            courses=self.selection.history.ids,
            model=choice.chosen.key,
            values=choice.changed_values,
            top_n=choice.top_n,
            opened=view.opened,
            closed=view.closed,
            compared=view.compared,
            explained=view.explained,
            hidden=view.hidden,
            step=view.step,
        )

    @guarded("opening the link")
    def open_link(self, query: str) -> None:
        """Show what a link says, as far as it makes sense here; the note tells what was left out.

        Parameters
        ----------
        query : of the link, with or without its question mark
        """
        link, notes = self._read(query)
        notes += self._visit(link)
        self.undo.forget()
        self.messages.note = (
            " ".join(("Not all of the link could be followed.", *notes)) if notes else ""
        )

    @guarded("going back to the beginning")
    def reset(self) -> None:
        """Show again what a page shows without a link; the courses can be had back by `undo`."""
        self._visit(self._home)
        self.messages.note = ""

    def update_from_page(self, query: str) -> None:
        """Hear from the page which explanations are open on it, and which step is presented.

        Those that a link has opened and that wait for a training stay so.

        Parameters
        ----------
        query : what the page says, as a link does
        """
        said, _ = self._read(query)
        listed = set(self.fitting.answer.table["course_id"])
        outdated = self.fitting.outdated
        waiting = [one for one in self.view.explained if outdated and one not in listed]
        self.view.explained, self.view.step = (*said.explained, *waiting), said.step

    def _names(self) -> dict[str, str]:
        """The data sets' keys by the names they have in links: the last part, where it is a path
        of this machine.
        """
        own = [OWN] * (self.selection.own is not None)
        keys = [one.key for one in sources.available()] + own
        return {Path(key).name: key for key in reversed(keys)}

    def _read(self, query: str) -> tuple[Link, list[str]]:
        view = self.view
        return read(query, sources=self._names(), openable=view.openable, hideable=view.hideable)

    def _visit(self, link: Link) -> list[str]:
        """Show what a link says; a sentence on each part that is not to be had."""
        view = self.view
        with self.fitting.hold_trait_notifications():  # so that the list is drawn once
            with self.selection.hold_trait_notifications():
                notes = self._select(link)
            self.choice.begin_with(link.model or str(self._home.model), link.values, link.top_n)
            with view.hold_trait_notifications():
                view.opened, view.closed, view.step = link.opened, link.closed, link.step
                view.compared, view.hidden = link.compared, link.hidden
                present = self.selection.dataset.course_index
                view.explained = tuple(one for one in link.explained if one in present)
            self.fitting.fit_if_instant()
        return notes

    def _select(self, link: Link) -> list[str]:
        """Open a link's data set, and pick its courses or, if it names none, an example's."""
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
        unknown = sorted(one for one in {*wanted, *link.explained} if one not in present)
        if unknown:
            notes.append(left_out(unknown, selection.dataset.noun))
        names = [one.name for one in learners if one.courses == known]
        selection.pick(known, names[0] if names else "")
        return notes
