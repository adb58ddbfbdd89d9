"""The comparison of cluster counts: whether it is running, and its result.

It runs in the background, so that the page stays responsive. Must not know widgets.
"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from traitlets import Instance

from recsys.dashboard.state import State
from recsys.dashboard.state.background import BackgroundTask
from recsys.jobs.cluster_counts import ClusterCountsJob
from recsys.models.clustering import Clustering

_EMPTY = pd.DataFrame()


class ClusterComparison(BackgroundTask):
    """How well each number of clusters fits, for the clustering model in use.

    The result depends on the data set and on the model's other hyperparameters. When these change,
    the table is empty until they have been compared.

    Parameters
    ----------
    state : whose model and data set are used
    """

    table = Instance(pd.DataFrame, (), help="from `compare_counts`; empty if there is no result")

    def __init__(self, state: State) -> None:
        super().__init__(state.messages)
        self._state = state
        self._results: dict[Any, pd.DataFrame] = {}
        self._subject: Any = None  # the class and the other hyperparameters that are compared
        state.selection.observe(lambda _: self._results.clear(), "dataset")
        state.fitting.observe(lambda _: self._update(), "answer")
        self._update()

    def start(self) -> None:
        """Fit the model with each number of clusters, in the background."""
        model, selection = self._state.fitting.answer.model, self._state.selection
        if self.running or not isinstance(model, Clustering):
            return
        self._begin(
            "Starting",
            ClusterCountsJob(
                model,
                selection.dataset,
                selection.load_key,
                selection.store,
                self._state.training.job_queue,
            ),
        )

    def _finished(self, result: pd.DataFrame) -> None:
        self._results[self._subject] = result
        self._update()

    def _update(self) -> None:
        """Show the result for the model in use, if there is one."""
        model = self._state.fitting.answer.model
        subject = None
        if isinstance(model, Clustering):  # by the class, since it may be edited in the notebook
            values = {**model.values(refit_only=True), "n_clusters": None}
            subject = type(model), json.dumps(values)
        if subject != self._subject:
            self._abandon()
            self._subject = subject
        known = self._results.get(subject, _EMPTY)
        if known is not self.table:
            self.table = known
