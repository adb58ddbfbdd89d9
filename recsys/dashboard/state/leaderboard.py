"""The leaderboard: the known results, and the evaluation that computes the missing ones.

Must not know widgets, nor where a model is evaluated.
"""

from __future__ import annotations

import pandas as pd
from traitlets import Bool, Instance, Tuple, Unicode

from recsys.dashboard.state import State
from recsys.dashboard.state.background import BackgroundTask
from recsys.dataset import Dataset
from recsys.evaluation.report import PROTOCOLS
from recsys.jobs.job import Event, Failed, Finished, Job
from recsys.jobs.standings import (
    EvaluationJob,
    already_evaluated,
    for_evaluation,
    models_to_evaluate,
    standings,
)
from recsys.models import Recommender
from recsys.storage import Store

SEED = 0
LENGTH = 10

_Results = tuple[pd.DataFrame, list[Recommender], str]


class Leaderboard(BackgroundTask):
    """The standings of all models, with default settings, on the state's data set.

    When the data set or the registered models change, the table is emptied and read again.

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
    reading = Bool(False, help="whether the store is being read")

    def __init__(self, state: State) -> None:
        super().__init__(state.messages)
        self._state = state
        self._reader: Job | None = None
        self._failures: dict[type[Recommender], str] = {}
        self._opened = False
        state.selection.observe(lambda _: self._start_over(), "dataset")
        state.choice.observe(lambda _: self._read_again(), "offered")

    def show(self) -> None:
        """Read the stored results, in the background."""
        self._opened = True
        self._read_store(before="")

    def refresh(self) -> None:
        """Evaluate the models without stored results, in the background."""
        if self.running:
            return
        selection = self._state.selection
        job = EvaluationJob(
            models_to_evaluate(),
            selection.dataset,
            selection.load_key,
            selection.store,
            self._state.training.job_queue,
        )
        self._failures = job.failures
        self._begin("Starting the evaluation", job)

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

    def _ended(self) -> None:
        self._read_store(before=self.status)

    def _read_store(self, before: str) -> None:
        """Read the stored results; the status starts with the text `before`."""
        self.reading, self.status = True, before or "Reading the results"
        selection = self._state.selection
        self._reader = reader = _Reading(selection.store, selection.dataset)
        reader.start(lambda event: self._on_store_read(reader, before, event))

    def _on_store_read(self, reader: Job, before: str, event: Event) -> None:
        if reader is not self._reader:
            return  # a newer reader has been started
        try:
            self._show_results(before, event)
        finally:
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

    def __init__(self, store: Store, dataset: Dataset) -> None:
        super().__init__()
        self._store, self._dataset = store, dataset

    def _work(self) -> _Results:
        return _stored_results(self._store, self._dataset)


def _stored_results(store: Store, dataset: Dataset) -> _Results:
    """The standings of the evaluated models, the other models, and what was measured."""
    subset = for_evaluation(dataset)
    models = models_to_evaluate()
    known = already_evaluated(models, subset, store, seed=SEED)
    table = standings(known, subset, store, k=LENGTH, seed=SEED) if known else pd.DataFrame()
    missing = [one for one in models if one not in known]
    noun = dataset.noun
    about = (
        f"{dataset.name}: {subset.n_courses:,} {noun}s, {subset.n_users:,} users; seed {SEED}. "
        f"{PROTOCOLS['strong'][1].format(noun=noun)}"
    )
    return table, missing, about
