"""The lists of several models for the same picked courses, and what the lists have in common.

Every registered model recommends with its default settings, the chosen one with the visitor's.
They run one after another, so that the page stays responsive. If the visitor has pinned a list, it
is compared with the current one instead. Must not know widgets.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd
from traitlets import HasTraits, Tuple, Unicode

from recsys import models
from recsys.charts import Chart, rank_lines
from recsys.dashboard.state import State
from recsys.dashboard.state.fitting import recommend
from recsys.dashboard.state.training import TrainingResult
from recsys.jobs.job import Failed, Finished, running_loop
from recsys.models import Recommender
from recsys.storage.store import with_values_of

log = logging.getLogger(__name__)

NAME = "comparison"  # the panel's name in links
LENGTH = 10  # courses in each compared list
SHORT = 5  # courses in each list of the overview of all models
MOST_LISTS = 3  # side by side
STATUS_DELAY = 0.1  # seconds before the status says which model is running


def _empty_list() -> pd.DataFrame:
    return pd.DataFrame(columns=["course_id", "title", "score", "rank"])


@dataclass(frozen=True, eq=False)
class ModelList:
    """A model's recommendations for the picked courses.

    Attributes
    ----------
    key, name : the model's key and name
    table : `course_id, title, score, rank`, best first
    why_empty : why the table is empty, in words; "" if it is not empty
    settings : which settings the model used, in words; "" if the page need not say so
    """

    key: str
    name: str
    table: pd.DataFrame = field(default_factory=_empty_list)
    why_empty: str = ""
    settings: str = ""


@dataclass(frozen=True)
class Overlap:
    """The overlap of several lists.

    Attributes
    ----------
    common : ids of the courses in all lists, in the order of the first
    most : the largest possible overlap: the length of the shortest list
    different : how many different courses the lists contain together
    """

    common: tuple[str, ...]
    most: int
    different: int

    @property
    def jaccard(self) -> float:
        """The common courses as a share of the different ones; 0 if there are none."""
        return len(self.common) / self.different if self.different else 0.0


def overlap(model_lists: Sequence[ModelList]) -> Overlap:
    """The overlap of one or more lists."""
    lists = [one.table["course_id"] for one in model_lists]
    common = [course for course in lists[0] if all(course in set(one) for one in lists)]
    return Overlap(tuple(common), min(map(len, lists)), len(set().union(*lists)))


def unique_courses(model_lists: Sequence[ModelList]) -> list[pd.DataFrame]:
    """For each list, the rows whose course is in no other list."""
    counts = list_counts(model_lists)
    return [one.table[one.table["course_id"].map(counts) == 1] for one in model_lists]


def list_counts(model_lists: Iterable[ModelList], length: int = LENGTH) -> pd.Series:
    """How many lists have each course among their first `length`: a Series by course id,
    sorted from the largest count to the smallest.
    """
    tops = [one.table.head(length)["course_id"] for one in model_lists]
    counts: pd.Series = pd.concat([pd.Series(dtype=object), *tops]).value_counts()
    return counts


class Comparison(HasTraits):
    """The lists of all registered models, updated with the state while the panel is open.

    Parameters
    ----------
    state : the state whose picked courses are used
    """

    model_lists = Tuple(help="a `ModelList` for each registered model, in the order shown")
    missing = Tuple(help="the models that must be trained before they can recommend")
    status = Unicode(help="which model is running, if it takes long; in words")

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._fitted: dict[type[Recommender], Recommender] = {}  # with default settings
        self._failures: dict[type[Recommender], str] = {}  # why the last training failed
        self._fitted_on = state.selection.dataset
        self._remaining: list[type[Recommender]] = []
        self._results: list[tuple[ModelList, Recommender | None]] = []
        self._running = False
        self._started_at = 0.0
        state.view.add_openable(NAME)
        state.training.observe(self._on_training_ended, "ended")
        for subject, names in (  # whatever can change a list
            (state.view, ["opened"]),
            (state.selection, ["dataset", "revision"]),
            (state.choice, ["offered", "chosen"]),
            (state.fitting, ["answer", "fitted", "outdated", "pinned"]),
            (state.training, ["ended"]),
        ):
            subject.observe(lambda _: self.refresh(), names)

    @property
    def noun(self) -> str:
        """What the data set calls an item, such as "course"."""
        return self._state.selection.dataset.noun

    @property
    def picked(self) -> tuple[str, ...]:
        """Keys of the models to compare; by default the chosen one and the first other one."""
        chosen = self._state.choice.chosen.key
        others = [one.key() for one in models.registry() if one.key() != chosen]
        return self._state.view.compared or (chosen, *others[:1])

    def pick(self, keys: Iterable[str]) -> None:
        """Compare these models: the first three different keys."""
        self._state.view.compared = tuple(dict.fromkeys(filter(None, keys)))[:MOST_LISTS]

    def train_missing(self) -> None:
        """Fit the missing models in the background, one after another."""
        self._state.training.train_all(self.missing)

    @property
    def pinned(self) -> list[ModelList]:
        """The pinned list and the current one; empty if none is pinned."""
        fitting = self._state.fitting
        pinned, answer = fitting.pinned, fitting.answer
        if pinned is None or answer.model is None:
            return []
        return [
            ModelList("pinned", f"Pinned: {pinned.name}", pinned.table.head(LENGTH)),
            ModelList("now", answer.heading, answer.table.head(LENGTH), answer.why_empty),
        ]

    @property
    def compared(self) -> list[ModelList]:
        """The lists to compare: the pinned one and the current one, or else those of the picked
        models, as far as they are computed.
        """
        if self.pinned:
            return self.pinned
        known = {one.key: one for one in self.model_lists}
        return [known[key] for key in self.picked if key in known]

    @property
    def chart(self) -> Chart | None:
        """A chart of the compared lists; None if there are fewer than two lists."""
        lists = {one.name: one.table for one in self.compared if len(one.table)}
        return rank_lines(lists, self.finding, self.noun) if len(lists) > 1 else None

    @property
    def finding(self) -> str:
        """A sentence on what the compared lists have in common; "" with fewer than two."""
        lists = [one for one in self.compared if len(one.table)]
        noun = self.noun
        if len(lists) < 2:
            return ""
        found = overlap(lists)
        shared = f"{len(found.common)} of {found.most} {noun}s" if found.common else f"no {noun}"
        if len(lists) == 2:
            return f"{lists[0].name} and {lists[1].name} agree on {shared}"
        pairs = itertools.combinations(lists, 2)
        near = max(pairs, key=lambda pair: len(overlap(pair).common))
        count = len(overlap(near).common) or "none"
        return f"All three agree on {shared}, {near[0].name} and {near[1].name} on {count}"

    # Running the models

    def refresh(self) -> None:
        """Compute all lists again, if the panel is open."""
        if NAME not in self._state.view.opened:
            return
        if not self.model_lists:
            self.status = "Running the models …"
        self._remaining, self._results = list(models.registry()), []
        self._started_at = time.monotonic()
        if self._running:
            return
        self._running = True
        loop = running_loop()
        if loop is None:
            while self._running:
                self._run_next()
        else:
            loop.call_soon(self._run_next)

    def _run_next(self) -> None:
        """Run one model; schedule the next behind the events that are waiting."""
        kind = self._remaining.pop(0)
        if time.monotonic() - self._started_at > STATUS_DELAY:
            self.status = f"Running {kind.name} …"
        self._results.append(self._run(kind))
        loop = running_loop()
        if not self._remaining:
            self._publish()
        elif loop is not None:
            loop.call_soon(self._run_next)

    def _publish(self) -> None:
        self._running = False
        try:
            with self.hold_trait_notifications():
                self.status = ""
                self.model_lists = tuple(one for one, _ in self._results)
                self.missing = tuple(model for _, model in self._results if model is not None)
        except Exception as problem:  # in an observer; nothing else would report it
            self._state.messages.report(problem, "comparing models")

    def _run(self, kind: type[Recommender]) -> tuple[ModelList, Recommender | None]:
        """A model's list; and the model to train, if it must be trained first."""
        choice, name = self._state.choice, label(kind)
        try:
            model = self._model(kind)
            if model is None:
                wanted = choice.chosen.unfitted() if kind is choice.model else kind()
                failure = self._failures.get(kind)
                why_empty = f"Could not be trained: {failure}" if failure else "Not trained yet."
                return ModelList(kind.key(), name, why_empty=why_empty), wanted
            table, why_empty = recommend(model, self._state.selection, LENGTH)
            settings = self._settings(kind, model)
            return ModelList(kind.key(), name, table, why_empty, settings), None
        except Exception as problem:  # an error in one model must not hide the others
            log.exception("%s could not recommend", name)
            words = f"This model failed: {problem or type(problem).__name__}."
            return ModelList(kind.key(), name, why_empty=words), None

    def _settings(self, kind: type[Recommender], model: Recommender) -> str:
        """Which settings a model used, in words; "" unless the visitor has changed them."""
        choice = self._state.choice
        if kind is not choice.model or choice.values == kind().values():
            return ""
        return "at its default settings" if self._state.fitting.outdated else "with your settings"

    def _model(self, kind: type[Recommender]) -> Recommender | None:
        """The fitted model of this class; None if it must be trained first."""
        selection, fitting = self._state.selection, self._state.fitting
        if kind is self._state.choice.model and not fitting.outdated:
            fitted_as_chosen: Recommender | None = fitting.fitted
            return fitted_as_chosen
        fitted = self._defaults()
        if kind not in fitted:
            stored = selection.store.get(kind(), selection.dataset)
            if stored is None and kind().fits_within_a_click(selection.dataset):
                stored = selection.store.fitted(kind(), selection.dataset)
            if stored is not None:
                fitted[kind] = stored
        return fitted.get(kind)

    def _on_training_ended(self, change: dict[str, TrainingResult]) -> None:
        """Keep why a training failed, or else its model, if it was trained with its defaults: the
        store may not store its class.
        """
        event, fitted = change["new"].event, self._defaults()
        kind = type(change["new"].requested)
        self._failures.pop(kind, None)
        if isinstance(event, Failed):
            self._failures[kind] = event.reason
        elif isinstance(event, Finished):
            model, default = event.result, kind()
            if model.values(refit_only=True) == default.values(refit_only=True):
                fitted[kind] = with_values_of(default, model)

    def _defaults(self) -> dict[type[Recommender], Recommender]:
        """The models with default settings that are fitted on the current data set, by class."""
        dataset = self._state.selection.dataset
        if self._fitted_on is not dataset:
            self._fitted, self._failures, self._fitted_on = {}, {}, dataset
        return self._fitted


def label(kind: type[Recommender]) -> str:
    """A model's name, followed by its key if another model has the same name."""
    same = [one for one in models.registry() if one.name == kind.name]
    return kind.name if len(same) == 1 else f"{kind.name} ({kind.key()})"
