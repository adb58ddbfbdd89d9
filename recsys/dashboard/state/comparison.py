"""Several models' answers to the same choice: who recommends what, and what they agree on.

The models are those of the registry at their default settings; the chosen one answers with the
visitor's. They are asked one at a time, so that the page stays alive. Must not know widgets.
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
from recsys.jobs.job import running_loop
from recsys.models import Recommender
from recsys.storage.store import with_values_of

log = logging.getLogger(__name__)

NAME = "comparison"  # in links
LENGTH = 10  # of the lists that are compared
SHORT = 5  # of the lists of all models
MOST_LISTS = 3  # lists side by side
STATUS_DELAY = 0.1  # seconds that an answer may take without a word


def _no_list() -> pd.DataFrame:
    return pd.DataFrame(columns=["course_id", "title", "score", "rank"])


@dataclass(frozen=True, eq=False)
class ModelList:
    """A model's list for the visitor's choice.

    Attributes
    ----------
    key, name : the model's
    table : `course_id, title, score, rank`, best first
    why_empty : why the table is empty, in words; "" where it is not
    settings : which settings it answers with, in words; "" where that goes without saying
    """

    key: str
    name: str
    table: pd.DataFrame = field(default_factory=_no_list)
    why_empty: str = ""
    settings: str = ""


@dataclass(frozen=True)
class Overlap:
    """What lists have in common.

    Attributes
    ----------
    common : the courses in all of them, in the order of the first
    most : as many as there could be: the length of the shortest list
    different : how many different courses they hold together
    """

    common: tuple[str, ...]
    most: int
    different: int

    @property
    def jaccard(self) -> float:
        """The courses in common as a share of the different ones; 0 where there are none."""
        return len(self.common) / self.different if self.different else 0.0


def overlap(model_lists: Sequence[ModelList]) -> Overlap:
    """What the lists of at least one opinion have in common."""
    lists = [one.table["course_id"] for one in model_lists]
    common = [course for course in lists[0] if all(course in set(one) for one in lists)]
    return Overlap(tuple(common), min(map(len, lists)), len(set().union(*lists)))


def unique_courses(model_lists: Sequence[ModelList]) -> list[pd.DataFrame]:
    """For each opinion the part of its list that no other list has."""
    votes = list_counts(model_lists)
    return [one.table[one.table["course_id"].map(votes) == 1] for one in model_lists]


def list_counts(model_lists: Iterable[ModelList], length: int = LENGTH) -> pd.Series:
    """How many of the lists, cut to this length, hold each of their courses; by course id."""
    tops = [one.table.head(length)["course_id"] for one in model_lists]
    counts: pd.Series = pd.concat([pd.Series(dtype=object), *tops]).value_counts()
    return counts


class Comparison(HasTraits):
    """The model_lists of all registered models, which follow the state while `NAME` is open in it.

    Parameters
    ----------
    state : whose choice is answered
    """

    model_lists = Tuple(help="one per registered model, in the order shown")
    missing = Tuple(help="the models that have to be trained before they can answer")
    status = Unicode(help="which model is being asked, if that takes its time")

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._fitted: dict[type[Recommender], Recommender] = {}  # at their defaults
        self._fitted_on = state.selection.dataset
        self._left: list[type[Recommender]] = []
        self._said: list[tuple[ModelList, Recommender | None]] = []
        self._asking = False
        self._begun = 0.0
        state.view.offer(NAME)
        state.training.observe(self._keep, "trained")
        for subject, names in (  # what may change an opinion
            (state.view, ["opened"]),
            (state.selection, ["dataset", "history"]),
            (state.choice, ["chosen"]),
            (state.fitting, ["answer", "fitted", "outdated"]),
            (state.training, ["trained"]),
        ):
            subject.observe(lambda _: self.refresh(), names)

    @property
    def noun(self) -> str:
        """What one recommended item is called."""
        return self._state.selection.dataset.noun

    @property
    def picked(self) -> tuple[str, ...]:
        """Keys of the models to compare: at first the chosen one and the first of the others."""
        chosen = self._state.choice.chosen.key
        others = [one.key() for one in models.registry() if one.key() != chosen]
        return self._state.view.compared or (chosen, *others[:1])

    def pick(self, keys: Iterable[str]) -> None:
        """Choose what to compare: the first three of these models, each once."""
        self._state.view.compared = tuple(dict.fromkeys(filter(None, keys)))[:MOST_LISTS]

    def train_missing(self) -> None:
        """Fit the models that are missing, one after another."""
        self._state.training.train_all(self.missing)

    @property
    def compared(self) -> list[ModelList]:
        """The model_lists of the picked models, as far as they are there."""
        known = {one.key: one for one in self.model_lists}
        return [known[key] for key in self.picked if key in known]

    @property
    def chart(self) -> Chart | None:
        """The lists of the picked models; None while there are not two of them."""
        lists = {one.name: one.table for one in self.compared if len(one.table)}
        return rank_lines(lists, self.finding, self.noun) if len(lists) > 1 else None

    @property
    def finding(self) -> str:
        """What the lists of the picked models have in common, in a line."""
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

    # Asking

    def refresh(self) -> None:
        """Ask every model anew, if anybody wants to know."""
        if NAME not in self._state.view.opened:
            return
        if not self.model_lists:
            self.status = "Asking the models …"
        self._left, self._said = list(models.registry()), []
        self._begun = time.monotonic()
        if self._asking:
            return
        self._asking = True
        loop = running_loop()
        if loop is None:
            while self._asking:
                self._ask_next()
        else:
            loop.call_soon(self._ask_next)

    def _ask_next(self) -> None:
        """Ask one model; the others have their turn after what else there is to do."""
        kind = self._left.pop(0)
        if time.monotonic() - self._begun > STATUS_DELAY:
            self.status = f"Asking {kind.name} …"
        self._said.append(self._ask(kind))
        loop = running_loop()
        if not self._left:
            self._publish()
        elif loop is not None:
            loop.call_soon(self._ask_next)

    def _publish(self) -> None:
        self._asking = False
        try:
            with self.hold_trait_notifications():
                self.status = ""
                self.model_lists = tuple(opinion for opinion, _ in self._said)
                self.missing = tuple(model for _, model in self._said if model is not None)
        except Exception as problem:  # of whoever shows it; nobody else would hear of it
            self._state.messages.report(problem, "comparing models")

    def _ask(self, kind: type[Recommender]) -> tuple[ModelList, Recommender | None]:
        """A model's opinion; and if it has to be trained for it, the model to train."""
        choice, name = self._state.choice, label(kind)
        try:
            model = self._model(kind)
            if model is None:
                wanted = choice.chosen.unfitted() if kind is choice.model else kind()
                return ModelList(kind.key(), name, why_empty="Not trained yet."), wanted
            history = self._state.selection.history
            table = model.recommend(history, k=LENGTH)
            why_empty = "" if len(table) else model.why_empty(history)
            settings = self._settings(kind, model)
            return ModelList(kind.key(), name, table, why_empty, settings), None
        except Exception as problem:  # a mistake of one model's must not silence the others
            log.exception("%s could not be asked", name)
            words = f"It could not answer: {problem or type(problem).__name__}."
            return ModelList(kind.key(), name, why_empty=words), None

    def _settings(self, kind: type[Recommender], model: Recommender) -> str:
        """Whose settings a model answers with, where those of the visitor are others."""
        choice = self._state.choice
        if kind is not choice.model or choice.values == kind().values():
            return ""
        return "at its default settings" if self._state.fitting.outdated else "with your settings"

    def _model(self, kind: type[Recommender]) -> Recommender | None:
        selection, fitting = self._state.selection, self._state.fitting
        if kind is self._state.choice.model and not fitting.outdated:
            answering: Recommender | None = fitting.fitted
            return answering
        fitted = self._defaults()
        if kind not in fitted:
            stored = selection.store.get(kind(), selection.dataset)
            if stored is None and kind().fits_within_a_click(selection.dataset):
                stored = selection.store.fitted(kind(), selection.dataset)
            if stored is not None:
                fitted[kind] = stored
        return fitted.get(kind)

    def _keep(self, change: dict[str, Recommender]) -> None:
        """Remember a model that was trained at its defaults; the store may not keep its kind."""
        model = change["new"]
        default = type(model)()
        if model.values(refit_only=True) == default.values(refit_only=True):
            self._defaults()[type(model)] = with_values_of(default, model)

    def _defaults(self) -> dict[type[Recommender], Recommender]:
        """The models at their defaults that are at hand, fitted on the state's data set."""
        dataset = self._state.selection.dataset
        if self._fitted_on is not dataset:
            self._fitted, self._fitted_on = {}, dataset
        return self._fitted


def label(kind: type[Recommender]) -> str:
    """A model's name, with its key where another has the same name."""
    same = [one for one in models.registry() if one.name == kind.name]
    return kind.name if len(same) == 1 else f"{kind.name} ({kind.key()})"
