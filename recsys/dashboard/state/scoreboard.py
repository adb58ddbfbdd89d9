"""The leaderboard's state: what is known of it at once, and the evaluation that fills it.

The evaluation runs in a child process, which only fills the store; this process reads what is
there. Must not know widgets.
"""

from __future__ import annotations

import threading
from typing import Any

import pandas as pd
from traitlets import Bool, Instance, Tuple, Unicode

from recsys.dashboard.background import Errand, Tell, in_background
from recsys.dashboard.state import State
from recsys.dataset import Dataset
from recsys.evaluation.report import PROTOCOLS
from recsys.jobs.standings import contestants, for_evaluation, remembered, standings
from recsys.storage import Store

SEED = 0
LENGTH = 10


class Scoreboard(Errand):
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
        super().__init__(state.training.turns)
        self._state = state
        self._reader = threading.Thread()
        self._wanted = False
        state.selection.observe(lambda _: self._start_over(), "dataset")

    def show(self) -> None:
        """Read what the store knows."""
        self._wanted = True
        dataset = self._state.selection.dataset
        self.reading = True
        self.status = "Reading the results"

        def read(tell: Tell) -> None:
            try:
                tell(self._read, dataset, *_known(self._state.selection.store, dataset))
            except Exception as problem:  # such as too few ratings to hold any out
                tell(self._give_up, dataset, problem)

        self._reader = in_background(read)

    def refresh(self) -> None:
        """Evaluate the models whose answers are not known."""
        if self.running:
            return
        selection = self._state.selection
        self._reader = self._send(
            "Starting the evaluation",
            *("recsys.jobs.standings", selection.place, str(selection.store.folder)),
        )

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for what goes on in the background; whether it came to its end. For scripts."""
        while True:
            reader = self._reader
            reader.join(timeout)
            if reader.is_alive() or reader is self._reader:
                return not reader.is_alive()

    def _read(
        self, dataset: Dataset, table: pd.DataFrame, missing: tuple[str, ...], about: str
    ) -> None:
        if dataset is not self._state.selection.dataset:
            return
        with self.hold_trait_notifications():
            self.table, self.missing, self.about, self.reading = table, missing, about, False
            if not self.running:
                left = ", ".join(missing)
                self.status = f"Not evaluated yet: {left}." if missing else "All are evaluated."

    def _give_up(self, dataset: Dataset, problem: Exception) -> None:
        if dataset is self._state.selection.dataset:
            self.reading, self.status = False, "There are no results for this data set."
            self._state.messages.report(problem, "reading the leaderboard")

    def _ended(self, event: dict[str, Any]) -> None:
        if event["event"] == "failed":
            self._state.messages.error = f"The evaluation failed: {event['reason']}"
        self.show()

    def _start_over(self) -> None:
        self._abandon()
        self.table, self.missing, self.about = pd.DataFrame(), (), ""
        if self._wanted:
            self.show()


def _known(store: Store, dataset: Dataset) -> tuple[pd.DataFrame, tuple[str, ...], str]:
    """The standings of the models whose answers are stored, the names of the others, and what
    the figures are of.
    """
    judged = for_evaluation(dataset)
    models = contestants()
    known = remembered(models, judged, store, seed=SEED)
    table = standings(known, judged, store, k=LENGTH, seed=SEED) if known else pd.DataFrame()
    missing = tuple(one.name for one in models if one not in known)
    noun = dataset.noun
    about = (
        f"{dataset.name}: {judged.n_courses:,} {noun}s, {judged.n_users:,} users; seed {SEED}. "
        f"{PROTOCOLS['strong'][1].format(noun=noun)}"
    )
    return table, missing, about
