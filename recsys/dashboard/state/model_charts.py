"""The charts of the current list: which there are, which are open, and what they draw.

A model declares its charts, and `recsys.charts` draws them. Must not know widgets, nor any
particular model or chart except the chart of losses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from traitlets import HasTraits, Int, Tuple

from recsys import charts
from recsys.charts import Chart, Kind, UnknownChartError, View
from recsys.dashboard.state import State
from recsys.dashboard.state.cluster_comparison import ClusterComparison
from recsys.jobs.cluster_counts import sample_of_users
from recsys.jobs.job import running_loop

LOSS = "loss"  # the chart of a model with a training curve, and of a training that reports losses
SCORES = "scores"  # the list shows these too
OPEN_AT_FIRST = 1  # charts per model; each open chart makes every click slower


class ModelCharts(HasTraits):
    """The available charts for a state's answer, and those that are open.

    A chart that the visitor opens or closes stays so when the model changes, so that it can be
    compared between models.

    Parameters
    ----------
    state : the state whose answer is drawn
    """

    offered = Tuple(help="the answering model's charts, as `charts.Kind`, in order")
    opened = Tuple(help="keys of those that are shown")
    version = Int(help="increases when a chart, or the list of open charts, may have changed")

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.comparison = ClusterComparison(state)
        self._due = False  # whether `_update` is about to be called
        state.fitting.observe(lambda _: self._update_after_the_list(), "answer")
        state.training.observe(lambda _: self._update(), "measured")
        state.view.observe(lambda _: self._update(), ["opened", "closed"])
        self.comparison.observe(lambda _: self._update(), "table")
        self._update()

    def open(self, key: str, shown: bool = True) -> None:
        """Show or hide a chart.

        Parameters
        ----------
        key : the chart's key
        shown : True to show it, False to hide it
        """
        self.state.view.set_open(key, shown, open_by_default=True)

    def button(self, key: str) -> str:
        """The text on the button of a chart, in the words of the data set."""
        return self.state.selection.dataset.worded(charts.find(key).name)

    def chart(self, key: str) -> Chart:
        """Draw the chart with this key.

        Raises
        ------
        UnknownChartError : if no such chart is registered
        """
        return charts.find(key).draw(self._view())

    def _view(self) -> View:
        selection, answer = self.state.selection, self.state.fitting.answer
        counts = self.comparison.table
        return View(
            model=answer.model,
            dataset=selection.dataset,
            history=selection.history,
            recommendations=answer.table,
            losses=self._losses,
            in_training=self.state.training.model,
            cluster_counts=counts,
            silhouette_users=0 if counts.empty else sample_of_users(selection.dataset).shape[0],
        )

    @property
    def _losses(self) -> np.ndarray | None:
        """(epochs so far, 2) losses of the current training; None if it does not report any."""
        training = self.state.training
        reported = [one for one in training.measured if "loss" in one] if training.running else []
        if not reported:
            return None
        return np.array([(one["loss"], one.get("validation_loss", np.nan)) for one in reported])

    def _update_after_the_list(self) -> None:
        """Update when the list has been sent to the page: a visitor looks at it first."""
        loop = running_loop()
        if loop is None or not self.offered:  # a page begins with its charts
            self._update()
        elif not self._due:
            self._due = True
            loop.call_soon(self._update)

    def _update(self) -> None:
        self._due = False
        offered = tuple(self._declared())
        others = [kind.key for kind in offered if kind.key != SCORES]
        first = set(others[:OPEN_AT_FIRST])
        if self._losses is not None:
            first.add(LOSS)
        self.state.view.add_openable(*(kind.key for kind in charts.registered()))
        with self.hold_trait_notifications():
            self.offered = offered
            self.opened = tuple(
                kind.key
                for kind in offered
                if kind.key in self.state.view.opened
                or (kind.key in first and kind.key not in self.state.view.closed)
            )
            self.version += 1

    def _declared(self) -> Iterator[Kind]:
        """The charts that the model declares, and the chart of losses if there are any."""
        answer = self.state.fitting.answer
        keys = list(answer.model.charts) if answer.model and len(answer.table) else []
        curve = getattr(answer.model, "training_curve_", ()) if keys else ()
        if len(curve) == 0 and self._losses is None:
            keys = [key for key in keys if key != LOSS]
        elif LOSS not in keys:
            keys.insert(-1, LOSS)  # the last chart is the most general
        for key in keys:
            try:
                yield charts.find(key)
            except UnknownChartError as problem:  # the other charts are still shown
                self.state.messages.error = f"{type(answer.model).__name__}.charts: {problem}"
