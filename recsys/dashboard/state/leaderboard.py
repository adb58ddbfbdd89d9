"""The leaderboard: the known results, and the evaluation that computes the missing ones, or all.

Must not know widgets, nor where a model is evaluated.
"""

from __future__ import annotations

import pandas as pd
from traitlets import Bool, Enum, Instance, Tuple, Unicode

from recsys.dashboard.state import State
from recsys.dashboard.state.background import BackgroundTask
from recsys.dataset import Dataset
from recsys.evaluation import compare
from recsys.evaluation import leaderboard as ranked
from recsys.evaluation.report import PROTOCOLS
from recsys.jobs.job import Event, Failed, Finished, Job, Progressed
from recsys.jobs.standings import (
    EvaluationJob,
    already_evaluated,
    bundled,
    cached_answers,
    for_evaluation,
    models_to_evaluate,
)
from recsys.models import Recommender
from recsys.storage import Store

SEED = 0
LENGTH = 10

# The columns that the table can be sorted by -> the order in which the best is first. For coverage,
# diversity and novelty, more is not always better.
BEST_FIRST = {
    "ndcg": "descending",
    "recall": "descending",
    "coverage": "descending",
    "novelty": "descending",
    "diversity": "descending",
    "fit_seconds": "ascending",
    "model": "ascending",
}

_Results = tuple[pd.DataFrame, list[Recommender], str]


class Leaderboard(BackgroundTask):
    """The standings of all models, with default settings, on the state's data set.

    When the data set or the registered models change, the table is emptied and read again. While an
    evaluation runs, each model's row appears when it is measured.

    Parameters
    ----------
    state : the state whose data set is used
    """

    table = Instance(
        pd.DataFrame, (), help="as `standings` returns it; empty if there are no results"
    )
    missing = Tuple(help="names of the models without results, those that failed among them")
    failed = Tuple(help="(name, why, in words) of each model that could not be evaluated")
    about = Unicode(help="data set, protocol and seed, in words")
    chosen = Unicode(help="name of the chosen model")
    sort_by = Enum(tuple(BEST_FIRST), "ndcg", help="the column that the table is sorted by")
    reading = Bool(False, help="whether the store is being read")

    def __init__(self, state: State) -> None:
        super().__init__(state.messages)
        self._state = state
        self._reader: Job | None = None
        self._failures: dict[type[Recommender], str] = {}
        self._opened = False
        self._afresh = False  # whether the running evaluation replaces known results
        self._n_read = 0  # how many models of the running evaluation were done at the last reading
        self._follow_choice()
        state.choice.observe(lambda _: self._follow_choice(), "chosen")
        state.selection.observe(lambda _: self._start_over(), "dataset")
        state.choice.observe(lambda _: self._read_again(), "offered")

    def show(self) -> None:
        """Read the stored results, in the background."""
        self._opened = True
        self._read_store(before="")

    @property
    def complete(self) -> bool:
        """Whether every model has a result."""
        return not (self.table.empty or self.missing)

    def in_order(self) -> pd.DataFrame:
        """The table, sorted by `sort_by`, the best first."""
        if self.table.empty:
            return self.table
        descending = BEST_FIRST[self.sort_by] == "descending"
        return self.table.sort_values(self.sort_by, ascending=not descending, kind="stable")

    def refresh(self) -> None:
        """Evaluate the models without results in the background; if there are none, all models."""
        if self.running:
            return
        self._afresh, self._n_read = self.complete, 0
        selection = self._state.selection
        job = EvaluationJob(
            models_to_evaluate(),
            selection.dataset,
            selection.load_key,
            selection.store,
            self._state.training.job_queue,
            self._afresh,
        )
        self._failures = job.failures
        self._begin("Starting the evaluation", job)
        if self._afresh:
            self.table = pd.DataFrame()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs in the background; for scripts.

        Parameters
        ----------
        timeout : the longest wait for each job, in seconds; None for no limit

        Returns False if a wait reached the limit.
        """
        while super().wait(timeout):
            reader = self._reader
            if reader is None:
                return True
            if reader.wait(timeout) is None:
                return False
        return False

    def _on_event(self, job: Job, event: Event) -> None:
        super()._on_event(job, event)
        if job is self._job and isinstance(event, Progressed) and self.running:
            self._show_new_rows()

    def _show_new_rows(self) -> None:
        """Read again if a model is done; during a reading, the next report of progress does it."""
        n_done = len(self._evaluated())
        if n_done > self._n_read and self._reader is None:
            self._n_read = n_done
            self._read_store(before=self.status)

    def _evaluated(self) -> set[type[Recommender]]:
        """The models that the last evaluation has done."""
        return set(self._job.evaluated) if isinstance(self._job, EvaluationJob) else set()

    def _shown_models(self) -> list[Recommender]:
        """All models; while known results are being replaced, those that were replaced already."""
        models = models_to_evaluate()
        if not (self.running and self._afresh):
            return models
        done = self._evaluated()
        return [one for one in models if type(one) in done]

    def _follow_choice(self) -> None:
        self.chosen = self._state.choice.model.name

    def _ended(self) -> None:
        self._read_store(before=self.status)

    def _read_store(self, before: str) -> None:
        """Read the stored results; the status starts with the text `before`."""
        self.reading, self.status = True, before or "Reading the results"
        selection = self._state.selection
        self._reader = reader = _Reading(selection.store, selection.dataset, self._shown_models())
        reader.start(lambda event: self._on_store_read(reader, before, event))

    def _on_store_read(self, reader: Job, before: str, event: Event) -> None:
        if reader is not self._reader:
            return  # a newer reader has been started
        try:
            self._show_results(before, event)
        finally:
            if self._reader is reader:
                self._reader = None  # last, since `wait` on another thread returns then

    def _show_results(self, before: str, event: Event) -> None:
        self.reading = False
        if isinstance(event, Failed):  # such as when there are too few ratings to hold any out
            self.status = "There are no results for this data set."
            self.messages.error = event.reason
        elif isinstance(event, Finished):
            with self.hold_trait_notifications():
                self.table, missing, self.about = event.result
                self.missing = tuple(one.name for one in missing)
                failures = self._failures
                self.failed = tuple(
                    (one.name, failures[type(one)]) for one in missing if type(one) in failures
                )
                if not self.running:
                    self.status = f"{before} {self._what_is_missing()}".strip()

    def _what_is_missing(self) -> str:
        failed = [name for name, _ in self.failed]
        others = [name for name in self.missing if name not in failed]
        sentences = [
            f"Not evaluated yet: {', '.join(others)}." if others else "",
            f"Could not be evaluated: {', '.join(failed)}." if failed else "",
        ]
        return " ".join(filter(None, sentences)) or "All models are evaluated."

    def _start_over(self) -> None:
        self._abandon()
        self._failures = {}
        self._read_again()

    def _read_again(self) -> None:
        self.table, self.missing, self.failed, self.about = pd.DataFrame(), (), (), ""
        if self._opened:
            self._read_store(before=self.status if self.running else "")


class _Reading(Job):
    """Reads the store and measures every stored answer, which takes too long for the page."""

    what = "reading of the results"

    def __init__(self, store: Store, dataset: Dataset, models: list[Recommender]) -> None:
        super().__init__()
        self._store, self._dataset, self._models = store, dataset, models

    def _work(self) -> _Results:
        return _known_results(self._store, self._dataset, self._models)


def _known_results(store: Store, dataset: Dataset, models: list[Recommender]) -> _Results:
    """The standings of the evaluated models, the other models, and what was measured.

    What was measured on this machine is used before the results that come with the data set.
    """
    subset = for_evaluation(dataset)
    stored = already_evaluated(models, subset, store, seed=SEED)
    results = compare(stored, subset, ks=(LENGTH,), seeds=(SEED,), answering=cached_answers(store))
    others = [one for one in models if one not in stored]
    shipped = bundled(others, subset, store, SEED)
    table = ranked([*results, *shipped]).drop(columns=["catalogue", "k"], errors="ignore")
    missing = [one for one in others if one not in {result.model for result in shipped}]
    noun = dataset.noun
    about = (
        f"{dataset.name}: {subset.n_courses:,} {noun}s, {subset.n_users:,} users; seed {SEED}. "
        f"{PROTOCOLS['strong'][1].format(noun=noun)}"
    )
    if shipped:
        whose = "All results" if not stored else f"Results of {len(shipped)} models"
        about += f" {whose} came with the data set: their fit times are those of another machine."
    return table, missing, about
