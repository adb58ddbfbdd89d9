"""Which charts an answer has, which of them the visitor has opened, and what they may look at.

A model declares its charts, and `recsys.charts` draws them. Must not know any particular model or
chart but that of the losses, nor widgets.
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

LOSS = "loss"  # the chart of a model with a training curve, and of a training that reports losses
OPEN_AT_FIRST = 2  # so many of a model's charts; every one that is open costs time at each click


class ModelCharts(HasTraits):
    """The charts on offer for a state's answer, and those that are open.

    What a visitor opens or closes stays so when the model changes, so that the same chart can be
    compared between models.
    """

    offered = Tuple(help="the answering model's charts, as `charts.Kind`, in order")
    opened = Tuple(help="keys of those that are shown")
    version = Int(help="changes whenever one of the charts, or the choice among them, may have")

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.comparison = ClusterComparison(state)
        state.fitting.observe(lambda _: self._update(), "answer")
        state.training.observe(lambda _: self._update(), "measured")
        state.view.observe(lambda _: self._update(), ["opened", "closed"])
        self.comparison.observe(lambda _: self._update(), "table")
        self._update()

    def open(self, key: str, shown: bool = True) -> None:
        """Show a chart from now on, or show it no longer."""
        self.state.view.set_open(key, shown, open_by_default=True)

    def chart(self, key: str) -> Chart:
        """Draw one of the charts on offer."""
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
        """(epochs so far, 2) of the training under way; None if there is none that tells them."""
        training = self.state.training
        told = [one for one in training.measured if "loss" in one] if training.running else []
        if not told:
            return None
        return np.array([(one["loss"], one.get("validation_loss", np.nan)) for one in told])

    def _update(self) -> None:
        offered = tuple(self._declared())
        first = {kind.key for kind in offered[:OPEN_AT_FIRST]}
        if self._losses is not None:
            first.add(LOSS)
        self.state.view.offer(*(kind.key for kind in charts.registered()))
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
        """The charts that the model declares, and that of the losses wherever there are any."""
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
            except UnknownChartError as problem:  # the other charts are shown nevertheless
                self.state.messages.error = f"{type(answer.model).__name__}.charts: {problem}"
