"""The comparison of the numbers of clusters: asked for, under way, or known.

It runs in a child process, so that the page stays alive and scikit-learn outside. Must not know
widgets.
"""

from __future__ import annotations

import json

import pandas as pd
from traitlets import Instance

from recsys.dashboard.state import State
from recsys.dashboard.state.background import BackgroundTask
from recsys.jobs.cluster_counts import ClusterCountsJob
from recsys.models.clustering import Clustering

_UNKNOWN = pd.DataFrame()


class ClusterComparison(BackgroundTask):
    """How well each number of clusters fits, for the clustering that answers in a state.

    Parameters
    ----------
    state : its other hyperparameters and its data set are meant; other ones make it unknown
    """

    table = Instance(pd.DataFrame, (), help="as `compare_counts` makes it; empty until it is known")

    def __init__(self, state: State) -> None:
        super().__init__(state.messages)
        self._state = state
        self._known: dict[str, pd.DataFrame] = {}
        self._subject = ""
        state.selection.observe(lambda _: self._known.clear(), "dataset")
        state.fitting.observe(lambda _: self._look(), "answer")
        self._look()

    def start(self) -> None:
        """Fit every number of clusters, in the background."""
        model, selection = self._state.fitting.answer.model, self._state.selection
        if self.running or not isinstance(model, Clustering):
            return
        queue = self._state.training.job_queue
        self._begin("Starting", ClusterCountsJob(model, selection.load_key, selection.store, queue))

    def _finished(self, result: pd.DataFrame) -> None:
        self._known[self._subject] = result
        self._look()

    def _look(self) -> None:
        """Show what is known of the model that answers now."""
        model = self._state.fitting.answer.model
        subject = ""
        if isinstance(model, Clustering):
            values = {**model.values(refit_only=True), "n_clusters": None}
            subject = json.dumps([model.key(), values])
        if subject != self._subject:
            self._abandon()
            self._subject = subject
        known = self._known.get(subject, _UNKNOWN)
        if known is not self.table:
            self.table = known
