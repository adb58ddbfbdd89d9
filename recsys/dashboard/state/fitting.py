"""The fitted model in use, its recommendations, and whether it is the chosen model.

Must not know widgets.
"""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from traitlets import Bool, HasTraits, Instance, Unicode

from recsys.charts import aligned
from recsys.dashboard.state.choice import Choice, Chosen
from recsys.dashboard.state.live import Live
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.selection import Selection
from recsys.dashboard.state.training import Training, TrainingResult
from recsys.dashboard.state.undo import GESTURE
from recsys.dataset import History
from recsys.jobs.job import Cancelled, Failed, Finished
from recsys.models import Recommender


@dataclass(frozen=True, eq=False)
class Answer:
    """A list of recommendations, and the model that made it.

    Attributes
    ----------
    table : `course_id, title, score, rank`, best first
    model : the fitted model; None if there is none yet
    why_empty : why the table is empty, in words; "" if it is not empty
    remarks : what to know about the list: why it is short, and how ties are broken; may be ""
    before : ids of the list before the last change, best first; empty if there was none
    heading : the model and its settings, as in "KNN, 40 neighbours"; "" without a model
    """

    table: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["course_id", "title", "score", "rank"])
    )
    model: Recommender | None = None
    why_empty: str = ""
    remarks: str = ""
    before: tuple[str, ...] = ()
    heading: str = ""

    @property
    def moves(self) -> dict[str, int | None]:
        """How many places each course has risen since the last change; None for one that is new.

        Without the courses that stand where they stood; empty if there was no list before.
        """
        if not self.before:
            return {}
        ranks = {one: rank for rank, one in enumerate(self.before, 1)}
        now = zip(self.table["course_id"], self.table["rank"], strict=True)
        moved = {one: ranks[one] - int(rank) if one in ranks else None for one, rank in now}
        return {one: places for one, places in moved.items() if places != 0}

    @property
    def what_moved(self) -> str:
        """What has changed since the list before, in a sentence; "" if nothing has."""
        moves = self.moves
        if not moves:
            return ""
        titles = dict(zip(self.table["course_id"], self.table["title"], strict=True))
        came = [titles[one] for one, places in moves.items() if places is None]
        if not came:
            return f"{len(moves)} of {len(titles)} changed their places."
        more = f" and {len(came) - 1} more" if len(came) > 1 else ""
        return f"{len(moves)} of {len(titles)} changed: “{came[0]}”{more} came in."

    @property
    def effect(self) -> str:
        """The model, its settings and how many courses moved: "KNN, 40 neighbours: 3 changed"."""
        if not self.heading:
            return ""
        moved = f"{len(self.moves)} of {len(self.table)} changed" if self.moves else "nothing moved"
        return f"{self.heading}: {moved if self.before else f'{len(self.table)} listed'}"


@dataclass(frozen=True)
class Preview:
    """What the list would be without one of the picked courses.

    Attributes
    ----------
    title : the title of the picked course
    leaving : ids of the courses that would leave the list
    coming : the courses that would come in, in words, best first: their titles, "it" for the pick
    moving : how many others would change their places
    """

    title: str
    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    moving: int

    @property
    def words(self) -> str:
        """The preview in a short sentence."""
        without = f"Without “{textwrap.shorten(self.title, 36, placeholder=' …')}”"
        if not self.leaving and not self.coming:
            moving = f"{self.moving} would change places" if self.moving else "the same list"
            return f"{without}: {moving}."
        more = f" and {len(self.coming) - 1} more" if len(self.coming) > 1 else ""
        coming = f"{self.coming[0]}{more}" if self.coming else "nothing"
        leaving = f"{len(self.leaving)} would leave"
        return f"{without}: {leaving}, {coming} would come in."


@dataclass(frozen=True, eq=False)
class Pinned:
    """A list that the visitor keeps, to compare the next ones with it.

    Attributes
    ----------
    name : the model and its settings, in words
    table : `course_id, title, score, rank`, best first
    """

    name: str
    table: pd.DataFrame


SLOW = 0.1  # seconds of the processor: no previews of a model that needs more to recommend


def recommend(
    model: Recommender, selection: Selection, k: int, history: History | None = None
) -> tuple[pd.DataFrame, str]:
    """A fitted model's list for the picked courses, and why it is empty, in words; "" if it is not.

    Parameters
    ----------
    k : the length of the list, at most
    history : other courses in the place of the picked ones
    """
    history = selection.history if history is None else history
    noun = selection.dataset.noun
    table = model.recommend(history, k, without=selection.excluded, among=selection.on_topic)
    if len(table):
        return table, ""
    if model.recommend(history, k=1).empty:
        return table, model.why_empty(history)
    if selection.topic:
        why = f"No {noun} on {selection.topic} is left to recommend. Choose another topic."
        return table, why
    return table, f"You have left out every {noun} that could be recommended. Bring some back."


class Fitting(HasTraits):
    """The recommendations for the picked courses by the chosen model, once it is fitted.

    If the chosen model is already fitted, it recommends at once. If its fit takes less than a
    second, it is fitted at once (`Live`). Otherwise the last list stays and `outdated` is True,
    until the model has been trained.

    Parameters
    ----------
    selection : the data set and the picked courses
    choice : the chosen model
    training : fits models in the background
    messages : where status and errors are reported
    """

    fitted = Instance("recsys.models.Recommender", allow_none=True, help="the model in use")
    outdated = Bool(True, help="whether the model in use differs from the choice")
    superseded = Bool(False, help="whether the choice differs from the model in training")
    updating = Bool(False, help="whether the list is about to change by itself")
    to_train = Bool(False, help="whether the visitor has to start a training, to get the list")
    advice = Unicode(help="how to get the chosen model's list; empty if it is shown")
    answer = Instance(Answer, (), help="the list that the page shows")
    preview = Instance(Preview, allow_none=True, help="the list without a pick, if wanted")
    pinned = Instance(Pinned, allow_none=True, help="the list to compare it with, if there is one")

    def __init__(
        self, selection: Selection, choice: Choice, training: Training, messages: Messages
    ) -> None:
        super().__init__()
        self._selection, self._choice, self._training = selection, choice, training
        self.messages = messages
        self._live = Live(selection, self._on_live_fit, self._on_live_failure)
        self._refused: Chosen | None = None  # its live fit has failed
        self._begun = False
        self._before: tuple[str, ...] = ()  # the list before the last change
        self._last_change = 0.0
        self._opening = False  # whether the list that a page opens with is still to come
        self._seconds = 0.0  # of the processor that the model took to recommend
        selection.observe(self._on_dataset_changed, "dataset")
        # Not "history": the picked courses are shown before the list is computed.
        selection.observe(self._on_input_changed, "revision")
        choice.observe(self._on_choice_changed, "chosen")
        choice.observe(self._on_input_changed, "top_n")
        training.observe(self._on_training_ended, "ended")
        training.observe(lambda _: self._update_advice(), ["model", "running"])
        self._find_fitted()

    # Actions of the visitor

    @guarded("training")
    def train(self) -> None:
        """Fit the chosen model with the chosen hyperparameters, in the background.

        A training of another model is cancelled.
        """
        if not self._training.running or self.superseded:
            self._training.start(self._choice.chosen.unfitted())

    @guarded("recommending", asked=False)
    def begin(self) -> None:
        """Fit the chosen model now if that takes less than a second, and from now on always."""
        self._begun = True
        self._find_fitted()

    def forget_moves(self) -> None:
        """Show the list without what has moved: a page that opens with a link has no change yet."""
        self._before, self._last_change, self._opening = (), time.monotonic(), self.updating
        if self.answer.before:
            self.answer = replace(self.answer, before=())

    @guarded("previewing the list", asked=False)
    def show_preview(self, without: str) -> None:
        """Preview the list without a picked course; "" to end the preview."""
        history, table = self._selection.history, self.answer.table
        if without not in history or self.fitted is None or self._seconds > SLOW:
            self.preview = None
            return
        shorter = history.without([without])
        after, _ = recommend(self.fitted, self._selection, self._choice.top_n, shorter)
        leaving = table["course_id"][~table["course_id"].isin(after["course_id"])]
        new = after[~after["course_id"].isin(table["course_id"])]
        both = table.merge(after, on="course_id")
        self.preview = Preview(
            self._selection.dataset.title(without),
            tuple(leaving),
            tuple(
                "it" if one == without else f"“{title}”"
                for one, title in zip(new["course_id"], new["title"], strict=True)
            ),
            int((both["rank_x"] != both["rank_y"]).sum()),
        )

    def pin(self) -> None:
        """Keep the list as it is, in the place of one that was pinned before."""
        if self.answer.model is not None and len(self.answer.table):
            self.pinned = Pinned(self.answer.heading, self.answer.table)

    def unpin(self) -> None:
        """Forget the list that was pinned."""
        self.pinned = None

    @property
    def seconds(self) -> float | None:
        """How long the last fit of the chosen model took; None if that is not known."""
        return self._live.seconds(self._choice.chosen.unfitted())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no live fit is running; for scripts. Returns False after `timeout` seconds."""
        return self._live.wait(timeout)

    # Reactions to changes of the other models

    @guarded("opening the data set", asked=False)
    def _on_dataset_changed(self, _: Any) -> None:
        self.fitted, self.answer, self._before, self.pinned = None, Answer(), (), None
        self._find_fitted()

    @guarded("recommending", asked=False)
    def _on_input_changed(self, _: Any) -> None:
        self._answer()

    @guarded("choosing the model", asked=False)
    def _on_choice_changed(self, _: Any) -> None:
        self._find_fitted()

    @guarded("recommending", asked=False)
    def _on_live_fit(self, model: Recommender) -> None:
        """Use a model that was fitted live: with older settings too, while a slider is dragged."""
        if type(model) is self._choice.model:
            self.fitted = model
        self._find_fitted()

    @guarded("recommending", asked=False)
    def _on_live_failure(self, model: Recommender, reason: str) -> None:
        if reason:
            self._refused = self._choice.chosen
            self.messages.error = reason
        self._find_fitted()

    @guarded("training", asked=False)
    def _on_training_ended(self, change: Any) -> None:
        """Use the trained model if it is the chosen one, and report how the training ended."""
        result: TrainingResult = change["new"]
        requested, event = result.requested, result.event
        if isinstance(event, Finished):
            took = f" in {event.seconds:.1f} s" if event.seconds >= 0.1 else ""
            self.messages.status = f"{requested.name} is trained{took}."
            if self.outdated and type(event.result) is self._choice.model:
                self.fitted = event.result
        elif isinstance(event, Cancelled):
            still = f" {self.fitted.name} stays in use." if self.fitted else ""
            self.messages.status = f"The training of {requested.name} was cancelled.{still}"
            if self.fitted is not None and type(self.fitted) is self._choice.model:
                self._choice.go_back_to(self.fitted.values())
        elif isinstance(event, Failed):
            self.messages.status = f"{requested.name} could not be trained."
            self.messages.error = event.reason
        if type(requested) is self._choice.model:
            self._find_fitted()

    # Rules

    def _is_as_chosen(self, model: Recommender | None) -> bool:
        """Whether a model is the chosen one, fitted with the chosen settings."""
        wanted = self._choice.chosen.unfitted()
        return type(model) is type(wanted) and (
            model.values(refit_only=True) == wanted.values(refit_only=True)
        )

    def _find_fitted(self) -> None:
        """Use the chosen model if it is fitted, or fit it; otherwise mark the list as outdated."""
        if not self._is_as_chosen(self.fitted):
            self.fitted = self._found() or self.fitted
        self.outdated = not self._is_as_chosen(self.fitted)
        if self.outdated and self._is_live():
            self._live.fit(self._choice.chosen.unfitted())
        self._update_advice()
        # Until the chosen model is fitted, the list stays: making it again would hold up the fit.
        if not self.outdated or self.fitted is not self.answer.model or self._scores_otherwise():
            self._answer()

    def _scores_otherwise(self) -> bool:
        """Whether a setting that needs no new fit has changed since the last list."""
        model, values = self.fitted, self._choice.values
        return type(model) is self._choice.model and any(
            getattr(model, one.name) != values[one.name]
            for one in self._choice.model.hyperparameters()
            if not one.refit
        )

    def _found(self) -> Recommender | None:
        """The chosen model, fitted; None if it still has to be fitted."""
        wanted, chosen = self._choice.chosen.unfitted(), self._selection
        first = self._begun and self.fitted is None  # a page begins with a list
        if first and wanted.fits_within_a_click(chosen.dataset):
            return chosen.store.fitted(wanted, chosen.dataset)
        return chosen.store.get(wanted, chosen.dataset) or self._live.get(wanted)

    def _is_live(self) -> bool:
        """Whether the chosen model is fitted without being asked to."""
        chosen = self._choice.chosen
        return (
            self._begun
            and chosen is not self._refused
            and not self._is_as_chosen(self._training.model)
            and self._live.suits(chosen.unfitted())
        )

    def _update_advice(self) -> None:
        """Compare the choice with the model in use and with the model in training."""
        in_training = self._training.model
        waits = in_training is not None and self.outdated
        live = self.outdated and self._is_live()
        with self.hold_trait_notifications():
            self.superseded = waits and not self._is_as_chosen(in_training)
            self.updating = live
            self.to_train = self.outdated and not live and (self.superseded or not waits)
            self.advice = self._advise(in_training) if self.outdated and not live else ""

    def _advise(self, in_training: Recommender | None) -> str:
        chosen = self._choice.model
        todo = f"Train {chosen.name} to see its list."
        if self.superseded and in_training is not None:
            now = f"{in_training.name} is still being trained with the earlier settings."
            todo = f"{now} Train {chosen.name} instead to see its list."
        elif self._training.running:
            todo = f"{chosen.name} is being trained."
        if self.fitted is None:
            return todo
        difference = ""
        if type(self.fitted) is chosen:
            difference = " with other settings"
        elif self.fitted.key() == chosen.key():
            difference = " before its cell was run again"
        return f"This list is from {self.fitted.name}{difference}. {todo}"

    def _answer(self) -> None:
        model = self.fitted
        if model is None:
            return
        if type(model) is self._choice.model:  # settings that only affect scoring need no new fit
            for one in model.hyperparameters():
                if not one.refit:
                    setattr(model, one.name, self._choice.values[one.name])
        began = time.thread_time()  # a busy machine stretches the time of the clock
        table, why_empty = recommend(model, self._selection, self._choice.top_n)
        self._seconds = time.thread_time() - began
        listed = tuple(self.answer.table["course_id"])
        if listed != tuple(table["course_id"]):
            now, same = time.monotonic(), type(model) is type(self.answer.model)
            if not same or now - self._last_change > GESTURE:
                self._before = () if self._opening else listed
            # Another model is a change of its own: a drag that follows begins with its list.
            self._last_change = now if same else 0.0
        self._opening = self._opening and self.outdated
        asked, worded = self._choice.top_n, self._selection.dataset.worded
        short = model.why_short(self._selection.history, k=asked) if len(table) < asked else ""
        remarks = worded(" ".join(filter(None, [short, ties_in_words(table["score"])])))
        heading = model.name + worded(model.said().removeprefix(model.name))
        self.preview = None
        self.answer = Answer(table, model, why_empty, remarks, self._before, heading)


def ties_in_words(scores: pd.Series) -> str:
    """A sentence on equal scores in a list, and how `recsys.ranking` orders them; "" without."""
    counts = scores.value_counts()
    shared = counts[counts > 1]
    if shared.empty:
        return ""
    score, number = shared.index[0], int(shared.iloc[0])
    shown = aligned(scores)[int((scores == score).to_numpy().argmax())]
    others = " (other scores are shared too)" if len(shared) > 1 else ""
    return (
        f"{number} courses share the score {shown}{others}: among equals, the course that more "
        "users like comes first, then the one that the data set lists first."
    )
