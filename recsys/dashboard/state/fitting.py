"""Which fitted model answers, its answer, and whether that is the model that was chosen.

Must not know widgets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from traitlets import Bool, HasTraits, Instance, Unicode

from recsys.dashboard.state.choice import Choice
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.selection import Selection
from recsys.dashboard.state.training import Training, TrainingResult
from recsys.jobs.job import Cancelled, Failed, Finished
from recsys.models import Recommender


@dataclass(frozen=True, eq=False)
class Answer:
    """A list of recommendations and where it comes from.

    Attributes
    ----------
    table : `course_id, title, score, rank`, best first
    model : the fitted model that made it; None while there is none
    why_empty : why the table is empty, in words; "" where it is not
    """

    table: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["course_id", "title", "score", "rank"])
    )
    model: Recommender | None = None
    why_empty: str = ""


class Fitting(HasTraits):
    """The answer to the selection by the chosen model, as far as that is fitted.

    A model that is fitted already answers a new choice at once. Any other choice leaves the last
    answer standing and sets `outdated`, until `train` has been called.

    Parameters
    ----------
    selection : the data set and the history that are answered
    choice : the model that should answer
    training : where models are fitted
    messages : where the visitor is told
    """

    fitted = Instance("recsys.models.Recommender", allow_none=True, help="the model that answers")
    outdated = Bool(True, help="whether that is another model than the chosen one")
    superseded = Bool(False, help="whether something else is wanted now than what is trained")
    advice = Unicode(help="what to do to see the chosen model's answer; empty where it is shown")
    answer = Instance(Answer, ())

    def __init__(
        self, selection: Selection, choice: Choice, training: Training, messages: Messages
    ) -> None:
        super().__init__()
        self._selection, self._choice, self._training = selection, choice, training
        self.messages = messages
        selection.observe(self._start_over, "dataset")
        selection.observe(self._answer_anew, "history")
        choice.observe(self._follow_choice, "chosen")
        choice.observe(self._answer_anew, "top_n")
        training.observe(self._take_up, "ended")
        training.observe(lambda _: self._compare(), ["model", "running"])
        self._find_fitted()

    # What panels call

    @guarded("training")
    def train(self) -> None:
        """Fit the chosen model with the chosen hyperparameters, in the background; a fit of
        anything else that is under way ends.
        """
        if not self._training.running or self.superseded:
            self._training.start(self._choice.chosen.unfitted())

    @guarded("recommending")
    def recommend(self) -> None:
        """Answer anew, and fit the chosen model first where that is needed."""
        if self.outdated:
            self.train()
        else:
            self._answer()
            self.messages.status = "The list is up to date."

    def fit_if_instant(self) -> None:
        """Fit the chosen model if there would be no answer at all, and it takes no time."""
        model, dataset = self._choice.chosen.unfitted(), self._selection.dataset
        if self.fitted is None and model.fits_within_a_click(dataset):
            self.fitted = self._selection.store.fitted(model, dataset)
            self._find_fitted()

    # What follows from a change elsewhere

    @guarded("opening the data set", asked=False)
    def _start_over(self, _: Any) -> None:
        self.fitted, self.answer = None, Answer()
        self._find_fitted()

    @guarded("recommending", asked=False)
    def _answer_anew(self, _: Any) -> None:
        self._answer()

    @guarded("choosing the model", asked=False)
    def _follow_choice(self, _: Any) -> None:
        self._find_fitted()

    @guarded("training", asked=False)
    def _take_up(self, change: Any) -> None:
        """Take up a model that was trained, if it is the chosen one; tell how it ended."""
        ending: TrainingResult = change["new"]
        asked, event = ending.asked, ending.event
        if isinstance(event, Finished):
            took = f" in {event.seconds:.1f} s" if event.seconds >= 0.1 else ""
            self.messages.status = f"{asked.name} is trained{took}."
            if self.outdated and type(event.result) is self._choice.model:
                self.fitted = event.result
        elif isinstance(event, Cancelled):
            still = f" {self.fitted.name} stays in use." if self.fitted else ""
            self.messages.status = f"The training of {asked.name} was cancelled.{still}"
        elif isinstance(event, Failed):
            self.messages.status = f"{asked.name} could not be trained."
            self.messages.error = event.reason
        if type(asked) is self._choice.model:
            self._find_fitted()

    # Rules

    def _suits(self, model: Recommender | None) -> bool:
        """Whether a model is the chosen one, fitted as chosen."""
        wanted = self._choice.chosen.unfitted()
        return type(model) is type(wanted) and (
            model.values(refit_only=True) == wanted.values(refit_only=True)
        )

    def _find_fitted(self) -> None:
        """Answer with the chosen model if it is fitted already; else mark the answer outdated."""
        if not self._suits(self.fitted):
            stored = self._selection.store.get(
                self._choice.chosen.unfitted(), self._selection.dataset
            )
            if stored is not None:
                self.fitted = stored
        self.outdated = not self._suits(self.fitted)
        self._compare()
        self._answer()

    def _compare(self) -> None:
        """Compare what is wanted with what answers and with what is being trained."""
        trained = self._training.model
        self.superseded = trained is not None and self.outdated and not self._suits(trained)
        self.advice = self._advise(trained) if self.outdated else ""

    def _advise(self, trained: Recommender | None) -> str:
        chosen = self._choice.model
        todo = f"Press Train to fit {chosen.name} with these settings."
        if self.superseded and trained is not None:
            todo = f"{trained.name} is being trained as asked before. {todo[:-1]} instead."
        elif self._training.running:
            todo = f"{chosen.name} is being trained."
        if self.fitted is None:
            return todo
        settings = " with other settings" if type(self.fitted) is chosen else ""
        return f"This list is from {self.fitted.name}{settings}. {todo}"

    def _answer(self) -> None:
        model, history = self.fitted, self._selection.history
        if model is None:
            return
        if type(model) is self._choice.model:  # what acts when scoring needs no new fit
            for one in model.hyperparameters():
                if not one.refit:
                    setattr(model, one.name, self._choice.values[one.name])
        table = model.recommend(history, k=self._choice.top_n)
        why_empty = "" if len(table) else model.why_empty(history)
        self.answer = Answer(table, model, why_empty)
