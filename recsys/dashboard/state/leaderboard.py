"""The leaderboard's state: what is known of it at once, and the evaluation that fills it.

The evaluation runs in a child process, which only fills the store; this process reads what is
there. Must not know widgets.
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
from recsys.storage import Store

SEED = 0
LENGTH = 10

_Known = tuple[pd.DataFrame, tuple[str, ...], str]


class Leaderboard(BackgroundTask):
    """The standings of all models at their defaults on the state's data set.

    Parameters
    ----------
    state : whose data set is meant; another one empties the table
    """

    table = Instance(pd.DataFrame, (), help="as `standings` makes it; empty while none is known")
    missing = Tuple(help="the names of the models that are not evaluated yet")
    about = Unicode(help="data set, protocol and seed, in words")
    reading = Bool(False, help="whether the store is being read")

    def __init__(self, state: State) -> None:
        super().__init__(state.messages)
        self._state = state
        self._reader: Job | None = None
        self._wanted = False
        state.selection.observe(lambda _: self._start_over(), "dataset")

    def show(self) -> None:
        """Read what the store knows, in the background."""
        self._wanted = True
        self._read_store(before="")

    def refresh(self) -> None:
        """Evaluate the models whose answers are not known."""
        if self.running:
            return
        selection, queue = self._state.selection, self._state.training.job_queue
        self._begin(
            "Starting the evaluation",
            EvaluationJob(models_to_evaluate(), selection.load_key, selection.store, queue),
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for what goes on in the background; whether it came to its end. For scripts."""
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
        """Read what the store knows; `before` stays in front of what is said of it."""
        self.reading, self.status = True, before or "Reading the results"
        selection = self._state.selection
        self._reader = reader = _Reading(selection.store, selection.dataset)
        reader.start(lambda event: self._hear_of_store(reader, before, event))

    def _hear_of_store(self, reader: Job, before: str, event: Event) -> None:
        if reader is not self._reader:
            return  # another one was started since
        self._reader, self.reading = None, False
        if isinstance(event, Failed):  # such as too few ratings to hold any out
            self.status = "There are no results for this data set."
            self.messages.error = event.reason
        elif isinstance(event, Finished):
            with self.hold_trait_notifications():
                self.table, self.missing, self.about = event.result
                if not self.running:
                    left = ", ".join(self.missing)
                    now = f"Not evaluated yet: {left}." if left else "All are evaluated."
                    self.status = f"{before} {now}".strip()

    def _start_over(self) -> None:
        self._abandon()
        self.table, self.missing, self.about = pd.DataFrame(), (), ""
        if self._wanted:
            self.show()


class _Reading(Job):
    """Reading the store: every answer to a split is read and measured, which takes a moment."""

    what = "reading of the results"

    def __init__(self, store: Store, dataset: Dataset) -> None:
        super().__init__()
        self._store, self._dataset = store, dataset

    def _work(self) -> _Known:
        return _known(self._store, self._dataset)


def _known(store: Store, dataset: Dataset) -> _Known:
    """The standings of the models whose answers are stored, the names of the others, and what
    the figures are of.
    """
    judged = for_evaluation(dataset)
    models = models_to_evaluate()
    known = already_evaluated(models, judged, store, seed=SEED)
    table = standings(known, judged, store, k=LENGTH, seed=SEED) if known else pd.DataFrame()
    missing = tuple(one.name for one in models if one not in known)
    noun = dataset.noun
    about = (
        f"{dataset.name}: {judged.n_courses:,} {noun}s, {judged.n_users:,} users; seed {SEED}. "
        f"{PROTOCOLS['strong'][1].format(noun=noun)}"
    )
    return table, missing, about
