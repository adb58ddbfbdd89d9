"""What the dashboard knows: the visitor's choice, the model that answers it, and the answer.

Traits for panels to watch, methods for them to call, and the rules in between. Nothing here knows
a widget, so all of it is tested in plain pytest.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import pandas as pd
from traitlets import Bool, Dict, Float, HasTraits, Instance, Int, Tuple, Unicode

from recsys import models, sources
from recsys.dashboard.learners import Learner, examples, surprise
from recsys.dashboard.link import MOST_RECOMMENDATIONS, Link, left_out, read
from recsys.dashboard.own_data import OwnData
from recsys.dashboard.pace import Pace, waiting
from recsys.dataset import DataError, Dataset
from recsys.jobs.job import Cancelled, Event, Failed, Finished, Progressed, running_loop
from recsys.jobs.queue import Turns
from recsys.jobs.training import TrainingJob
from recsys.models import HyperparameterError, Recommender
from recsys.sources.upload import Pair
from recsys.storage import Store

log = logging.getLogger(__name__)

OWN = "own"  # the key of the data set that the visitor has brought

# Errors whose message is meant for the visitor.
TOLD_AS_THEY_ARE = (DataError, HyperparameterError)

_Method = TypeVar("_Method", bound=Callable[..., None])


@dataclass(frozen=True, eq=False)
class Answer:
    """A list of recommendations and where it comes from.

    Attributes
    ----------
    table : `course_id, title, score, rank`, best first
    model : the fitted model that made it; None while there is none
    silence : why the table is empty, in words; "" where it is not
    """

    table: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["course_id", "title", "score", "rank"])
    )
    model: Recommender | None = None
    silence: str = ""


def guarded(doing: str, *, asked: bool = True) -> Callable[[_Method], _Method]:
    """Let no error out of a method of `State`: tell it on the page and log it in full.

    The last error goes with the next thing that the visitor has `asked` for.
    """

    def decorate(method: _Method) -> _Method:
        @functools.wraps(method)
        def call(state: State, *args: Any, **kwargs: Any) -> None:
            if asked:
                state.error = ""
            try:
                method(state, *args, **kwargs)
            except Exception as problem:
                state.report(problem, doing)

        return cast(_Method, call)

    return decorate


class State(HasTraits):
    """The choice (`source`, `history`, `model_key`, `values`, `top_n`) and what follows from it.

    A model that is fitted already answers a new choice at once. Any other choice leaves the last
    answer standing and sets `outdated`, until `train` has been called.

    Parameters
    ----------
    source : key of the first data set; by default the first that is present
    store : where fitted models are kept
    """

    source = Unicode(help="key of the data set: as `sources.available` lists it, or `OWN`")
    dataset = Instance(Dataset)
    own = Instance(Pair, allow_none=True, help="the data set that the visitor has brought")
    history = Tuple(help="ids of the picked courses, in the order picked")
    can_undo = Bool(False, help="whether the last change of the history can be undone")
    example = Unicode(help="the example learner who picked them; empty for the visitor's own")
    model_key = Unicode(help="key of the chosen model")
    values = Dict(help="the chosen model's hyperparameters")
    top_n = Int(Link.top_n, help="how many recommendations to show at the most")

    hideable = Tuple(help="names of the panels that a link can hide")
    hidden = Tuple(help="those that are hidden")
    openable = Tuple(help="names of the panels and charts that can be opened")
    opened = Tuple(help="those that somebody has opened")
    closed = Tuple(help="those that somebody has closed, of what opens by itself")
    compared = Tuple(help="keys of the models that are compared; empty while nobody has chosen")
    explained = Tuple(help="ids of the recommended courses whose explanation is open")
    step = Int(0, help="which step is presented, from 1; 0 outside the presenter's mode")

    fitted = Instance("recsys.models.Recommender", allow_none=True, help="the model that answers")
    outdated = Bool(True, help="whether that is another model than the chosen one")
    answer = Instance(Answer, ())

    training = Bool(False)
    superseded = Bool(False, help="whether something else is wanted now than what is trained")
    queue = Tuple(help="the models that are to be trained after that")
    trained = Instance("recsys.models.Recommender", allow_none=True, help="the latest that was")
    progress = Float(0.0, help="how far the fit is, from 0 to 1")
    seconds = Float(0.0, help="since the training began")
    measured = Tuple(help="what the last fit told on its way, such as losses")
    status = Unicode(help="what is happening, or has just happened")
    error = Unicode(help="what went wrong, in words; empty if nothing did")
    note = Unicode(help="what of a link made no sense here, in words, until it is dismissed")

    def __init__(self, source: str | None = None, store: Store | None = None) -> None:
        super().__init__()
        self._past: list[tuple[tuple[str, ...], str]] = []
        self._elsewhere: tuple[str, ...] = ()  # picked, but not in this data set
        self._chance = random.Random()
        self._settings: dict[str, dict[str, Any]] = {}
        self._shared_store = self.store = store or Store()
        self.turns = Turns(self.store)  # also for what is trained on a visitor's own data
        self._own = OwnData()
        self._in_training: Recommender | None = None
        self._pace = Pace()
        self._took: dict[tuple[str, str], float] = {}  # seconds, by data set and model
        self.job: TrainingJob | None = None
        present = sources.available()
        if not present:
            raise DataError("There is no data set on this machine. Fetch one with: make data")
        self.model_key = models.registry()[0].key()
        self.values = self.model().values()
        self._use(source or present[0].key)
        self._home = self.link

    def begin(self) -> None:
        """Show an example learner, with recommendations if they can be had at once."""
        self._show_an_example()
        self._home = self.link

    # What panels ask

    @property
    def learners(self) -> tuple[Learner, ...]:
        """The example learners of this data set."""
        return examples(self.dataset)

    @property
    def model(self) -> type[Recommender]:
        """The chosen model's class."""
        return models.find(self.model_key)

    @property
    def ratings(self) -> dict[str, float]:
        """The history as a model wants it: every picked course counts as a typical like."""
        return dict.fromkeys(self.history, self.dataset.typical_rating)

    @property
    def place(self) -> str:
        """What another process of this account calls the data set, for `load_dataset`."""
        return str(self._own.folder) if self.source == OWN else self.source

    @property
    def waiting(self) -> str:
        """Since when the training runs and how long it may still take, in words."""
        if not self.training:
            return ""
        usual = (
            self._took.get((self.source, self._in_training.key())) if self._in_training else None
        )
        return waiting(self.progress, self.seconds, self._pace.left(self.seconds), usual)

    @property
    def advice(self) -> str:
        """What to do to see the chosen model's answer; "" where it is the one shown."""
        if not self.outdated:
            return ""
        todo = f"Press Train to fit {self.model.name} with these settings."
        if self.superseded and self._in_training is not None:
            todo = (
                f"{self._in_training.name} is being trained as asked before. {todo[:-1]} instead."
            )
        elif self.training:
            todo = f"{self.model.name} is being trained."
        if self.fitted is None:
            return todo
        settings = " with other settings" if type(self.fitted) is self.model else ""
        return f"This list is from {self.fitted.name}{settings}. {todo}"

    @property
    def link(self) -> Link:
        """All that can be seen, for `link.write`; a link says it to `open_link`."""
        defaults = self.model().values()
        return Link(
            source=Path(self.source).name,
            courses=self.history,
            model=self.model_key,
            values={name: one for name, one in self.values.items() if one != defaults[name]},
            top_n=self.top_n,
            opened=self.opened,
            closed=self.closed,
            compared=self.compared,
            explained=self.explained,
            hidden=self.hidden,
            step=self.step,
        )

    def title(self, course_id: str) -> str:
        """A course's title."""
        return str(self.dataset.courses["title"].iloc[self.dataset.positions([course_id])[0]])

    def search(self, words: str, topic: str = "") -> pd.DataFrame:
        """The courses not picked yet: those named so before those only described so, most taken
        first.

        Parameters
        ----------
        words : each must occur in the title, id, description or topics; in any case and order
        topic : only courses with this topic, if given
        """
        found = ~self._courses["id"].isin(self.history)
        if topic:
            found &= self._courses[topic] == 1
        named = found.copy()
        for word in words.lower().split():
            in_name = self._courses["named"].str.contains(word, regex=False)
            found &= in_name | self._courses["described"].str.contains(word, regex=False)
            named &= in_name
        return pd.concat([self._courses.loc[named], self._courses.loc[found & ~named]])

    # What panels do: data set and courses

    @guarded("opening the data set")
    def choose_source(self, key: str) -> None:
        """Open another data set; picked courses stay where it has them too, the others come back
        with a set that has them.
        """
        if key != self.source:
            self._open(key)

    @guarded("opening your data")
    def bring(self, pair: Pair) -> None:
        """Open the visitor's own data set, which is known to this session alone."""
        self._own.keep(pair)
        self.own = pair
        self._open(OWN)

    @guarded("adding courses")
    def add(self, course_ids: Iterable[str]) -> None:
        """Pick courses."""
        self._change_history((*self.history, *course_ids))

    @guarded("removing courses")
    def remove(self, course_ids: Iterable[str]) -> None:
        """Drop picked courses."""
        gone = set(course_ids)
        self._change_history(one for one in self.history if one not in gone)

    @guarded("removing all courses")
    def clear(self) -> None:
        """Drop all picked courses."""
        self._elsewhere = ()
        self._change_history(())

    @guarded("showing an example")
    def follow(self, name: str) -> None:
        """Pick the courses of an example learner instead."""
        self._follow(next(one for one in self.learners if one.name == name))

    @guarded("drawing courses by lot")
    def surprise(self) -> None:
        """Pick a few courses on a topic drawn by lot instead."""
        self._change_history(surprise(self.dataset, self._chance))

    @guarded("taking back the last change")
    def undo(self) -> None:
        """Take back the last change of the history."""
        if self._past:
            with self.hold_trait_notifications():
                self.history, self.example = self._past.pop()
                self.can_undo = bool(self._past)
            self._answer()

    # What panels do: model and hyperparameters

    @guarded("choosing the model")
    def choose_model(self, key: str) -> None:
        """Choose a model, with the hyperparameters it had when it was last chosen."""
        values = self._settings.get(key) or models.find(key)().values()
        self._settings[self.model_key] = self.values
        with self.hold_trait_notifications():
            self.model_key, self.values = key, values
        self._find_fitted()

    @guarded("changing a setting")
    def set_value(self, name: str, value: Any) -> None:
        """Set one hyperparameter of the chosen model."""
        wanted = self.model(**{**self.values, name: value})
        self.values = wanted.values()
        self._find_fitted()

    @guarded("changing the number of recommendations")
    def set_top_n(self, number: int) -> None:
        """Set how many recommendations to show."""
        self.top_n = min(max(number, 1), MOST_RECOMMENDATIONS)
        self._answer()

    @guarded("recommending")
    def recommend(self) -> None:
        """Answer anew, and fit the chosen model first where that is needed."""
        if self.outdated:
            self._train()
        else:
            self._answer()
            self.status = "The list is up to date."

    @guarded("training")
    def train(self) -> None:
        """Fit the chosen model with the chosen hyperparameters, in the background; a fit of
        anything else that is under way ends.
        """
        self._train()

    @guarded("training")
    def train_all(self, wanted: Iterable[Recommender]) -> None:
        """Fit these models in the background, one after another."""
        if not self.training:
            self.queue = tuple(wanted)
            self._fit_next()

    @guarded("cancelling the training")
    def cancel(self) -> None:
        """Stop the fit that is under way and those that wait; the last fitted model stays."""
        self.queue = ()
        if self.job is not None and self._in_training is not None:
            self.job.cancel()
            self._end(self._in_training, Cancelled())

    # What panels do: links, and what is open

    def offer(self, *names: str) -> None:
        """Let panels or charts be opened by links too."""
        self.openable = tuple(dict.fromkeys((*self.openable, *names)))

    def set_open(self, name: str, is_open: bool, *, opens_by_itself: bool = False) -> None:
        """Open or close a panel or a chart; that one of those that open by themselves is closed
        has to be remembered.
        """
        opened = tuple(one for one in self.opened if one != name)
        closed = tuple(one for one in self.closed if one != name)
        with self.hold_trait_notifications():
            self.opened = (*opened, name) if is_open else opened
            self.closed = (*closed, name) if opens_by_itself and not is_open else closed

    def page_shows(self, query: str) -> None:
        """Hear from the page which explanations are open on it, and which step is presented.

        Those that a link has opened and that wait for a training stay so.
        """
        said, _ = self._read(query)
        listed = set(self.answer.table["course_id"])
        waiting = [one for one in self.explained if self.outdated and one not in listed]
        self.explained, self.step = (*said.explained, *waiting), said.step

    @guarded("opening the link")
    def open_link(self, query: str) -> None:
        """Show what a link says, as far as it makes sense here; `note` tells what was left out."""
        link, notes = self._read(query)
        notes += self._visit(link)
        self._past.clear()
        self.can_undo = False
        self.note = " ".join(("Not all of the link could be followed.", *notes)) if notes else ""

    @guarded("going back to the beginning")
    def reset(self) -> None:
        """Show again what a page shows without a link; the courses can be had back by `undo`."""
        self._visit(self._home)
        self.note = ""

    def report(self, problem: BaseException, doing: str) -> None:
        """Tell an error on the page, in words, and log it with its traceback."""
        log.error("Error while %s", doing, exc_info=problem)
        if isinstance(problem, TOLD_AS_THEY_ARE):
            self.error = str(problem)
        else:
            self.error = (
                f"Something went wrong while {doing}: {problem or type(problem).__name__}. "
                "The server's log has the details."
            )

    # Rules

    def _open(self, key: str) -> None:
        example = self.example
        self._use(key)
        if example:
            self._show_an_example()

    def _show_an_example(self) -> None:
        learners = self.learners
        if learners:
            self._follow(learners[0])
            self._past.clear()
            self.can_undo = False
        self._fit_if_instant()

    def _fit_if_instant(self) -> None:
        """Fit the chosen model if there would be no answer at all, and it takes no time."""
        model = self.model(**self.values)
        if self.fitted is None and model.fits_within_a_click(self.dataset):
            self.fitted = self.store.fitted(model, self.dataset)
            self._find_fitted()

    def _use(self, key: str) -> None:
        own = self._own.pair if key == OWN else None
        dataset = own.dataset if own else sources.load_dataset(key)
        self.store = self._own.store if own else self._shared_store
        if self.job is not None:
            self.job.cancel()
        self._in_training = None
        courses = dataset.courses
        topics = [
            " ".join(name for name, has in zip(dataset.topics, row, strict=True) if has)
            for row in dataset.topic_matrix
        ]
        named = courses["title"] + " " + courses["id"] + " " + pd.Series(topics)
        order = (-pd.Series(dataset.popularity)).argsort(kind="stable")
        texts = {"named": named.str.lower(), "described": courses["description"].str.lower()}
        self._courses = courses.assign(**texts).iloc[order]
        wanted = () if self.example else (*self.history, *self._elsewhere)
        kept = tuple(one for one in wanted if one in dataset.course_index)
        self._elsewhere = tuple(one for one in wanted if one not in dataset.course_index)
        lost = len(self._elsewhere)
        self._past.clear()
        with self.hold_trait_notifications():
            self.source, self.dataset, self.history, self.example = key, dataset, kept, ""
            self.can_undo, self.fitted, self.answer = False, None, Answer()
            self.training, self.queue = False, ()
        are = "is" if lost == 1 else "are"
        self.status = f"{lost} of the courses you picked {are} not in this set." if lost else ""
        self._find_fitted()

    def _names(self) -> dict[str, str]:
        """The data sets' keys by the names they have in links: the last part, where it is a path
        of this machine.
        """
        keys = [one.key for one in sources.available()] + [OWN] * (self.own is not None)
        return {Path(key).name: key for key in reversed(keys)}

    def _read(self, query: str) -> tuple[Link, list[str]]:
        return read(
            query,
            sources=self._names(),
            openable=self.openable,
            hideable=self.hideable,
        )

    def _visit(self, link: Link) -> list[str]:
        """Show what a link says; a sentence on each part that is not to be had."""
        notes: list[str] = []
        with self.hold_trait_notifications():
            key = self._names()[link.source or str(self._home.source)]
            if key != self.source:
                try:
                    self._use(key)
                except DataError as problem:
                    notes.append(str(problem))
            self._settings.clear()
            self.model_key = link.model or str(self._home.model)
            self.values = self.model(**link.values).values()
            self.top_n, self.step = link.top_n, link.step
            self.opened, self.closed = link.opened, link.closed
            self.compared, self.hidden = link.compared, link.hidden
            example = next(iter(self.learners), Learner("", ()))
            wanted = example.courses if link.courses is None else link.courses
            present = self.dataset.course_index
            known = tuple(one for one in wanted if one in present)
            self.explained = tuple(one for one in link.explained if one in present)
            unknown = {*wanted, *link.explained} - {*known, *self.explained}
            if unknown:
                notes.append(left_out(sorted(unknown), self.dataset.noun))
            self._elsewhere = ()
            names = [one.name for one in self.learners if one.courses == known]
            self._change_history(known, names[0] if names else "")
            self._find_fitted()
            self._fit_if_instant()
        return notes

    def _follow(self, learner: Learner) -> None:
        self._change_history(learner.courses, learner.name)

    def _change_history(self, course_ids: Iterable[str], example: str = "") -> None:
        wanted = tuple(dict.fromkeys(course_ids))
        self.dataset.positions(wanted)
        if wanted != self.history:
            self._past.append((self.history, self.example))
            with self.hold_trait_notifications():
                self.history, self.example, self.can_undo = wanted, example, True
            self._answer()

    def _suits(self, model: Recommender | None) -> bool:
        """Whether a model is the chosen one, fitted as chosen."""
        wanted = self.model(**self.values).values(refit_only=True)
        return type(model) is self.model and model.values(refit_only=True) == wanted

    def _find_fitted(self) -> None:
        """Answer with the chosen model if it is fitted already; else mark the answer outdated."""
        if not self._suits(self.fitted):
            stored = self.store.get(self.model(**self.values), self.dataset)
            if stored is not None:
                self.fitted = stored
        self.outdated = not self._suits(self.fitted)
        in_training = self._suits(self._in_training)
        self.superseded = self.training and self.outdated and not in_training
        self._answer()

    def _answer(self) -> None:
        model = self.fitted
        if model is None:
            return
        if type(model) is self.model:  # what acts when scoring needs no new fit
            for one in model.hyperparameters():
                if not one.refit:
                    setattr(model, one.name, self.values[one.name])
        table = model.recommend(self.ratings, k=self.top_n)
        silence = "" if len(table) else model.why_silent(self.ratings)
        self.answer = Answer(table, model, silence)

    # The training

    def _train(self) -> None:
        if self.training and not self.superseded:
            return
        if self.job is not None:
            self.job.cancel()
        self.queue = ()
        self._fit(self.model(**self.values))

    def _fit_next(self) -> None:
        if self.queue:
            model, *others = self.queue
            self.queue = tuple(others)
            self._fit(model)

    def _fit(self, model: Recommender) -> None:
        self._in_training, self._pace = model, Pace()
        with self.hold_trait_notifications():
            self.training, self.progress, self.seconds = True, 0.0, 0.0
            self.superseded = self.outdated and not self._suits(model)
            self.measured = ()
            self.status = f"Training {model.name}"
        self.job = TrainingJob(model, self.dataset, self.place, self.store, self.turns)
        self.job.start(lambda event: self._hear(model, event))
        loop = running_loop()
        if loop is not None:
            loop.call_later(1, self._tick, loop, model)

    @guarded("training", asked=False)
    def _hear(self, model: Recommender, event: Event) -> None:
        """Follow the training of `model`; what comes of an abandoned one is passed over."""
        if model is not self._in_training:
            return
        if isinstance(event, Progressed):
            self._pace.heard(event.done, event.seconds)
            with self.hold_trait_notifications():
                self.progress, self.seconds = event.done, event.seconds
                self.status = f"{model.name}: {event.message}"
                if event.figures:
                    self.measured = (*self.measured, dict(event.figures))
        else:
            self._end(model, event)

    def _end(self, model: Recommender, event: Event) -> None:
        self._in_training = None
        with self.hold_trait_notifications():
            self.training, self.superseded = bool(self.queue), False
            if isinstance(event, Finished):
                self.trained = event.result
                if self.progress > 0:  # else it was not fitted now, but found
                    self._took[self.source, model.key()] = event.seconds
                took = f" in {event.seconds:.1f} s" if event.seconds >= 0.1 else ""
                self.status = f"{model.name} is trained{took}."
                if self.outdated and type(event.result) is self.model:
                    self.fitted = event.result
            elif isinstance(event, Cancelled):
                still = f" {self.fitted.name} stays in use." if self.fitted else ""
                self.status = f"The training of {model.name} was cancelled.{still}"
            elif isinstance(event, Failed):
                self.status = f"{model.name} could not be trained."
                self.error = event.reason
        if type(model) is self.model:
            self._find_fitted()
        self._fit_next()

    def _tick(self, loop: asyncio.AbstractEventLoop, model: Recommender) -> None:
        """Count the seconds between two events, so that a long step does not look like none."""
        if model is self._in_training:
            self.seconds += 1
            loop.call_later(1, self._tick, loop, model)
