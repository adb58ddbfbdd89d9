"""The charts by name: a model declares which of them it has, and the dashboard shows those.

A chart is a function from a `View` to a `Chart`, in a file of `recsys/charts/` or in a cell of a
notebook, with a line above it:

    @chart("topics", "Your topics")
    def topics(view: View) -> Chart: ...

Must not know any chart, model or widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recsys.charts.drawing import Chart
from recsys.dataset import Dataset, History


class UnknownChartError(LookupError):
    """A model declares a chart that is not registered; its text lists those that are."""


@dataclass(frozen=True, eq=False)
class View:
    """What a chart may look at.

    Attributes
    ----------
    model : the fitted model that made the recommendations
    dataset : the data set in use
    history : the visitor's courses and their ratings
    recommendations : as `Recommender.recommend` returns them
    losses : (epochs so far, 2) training and validation loss of the training under way; None if
        there is no training, or if it does not report losses
    in_training : the model in that training
    cluster_counts : columns `clusters`, `inertia` and `silhouette`, a row per number of clusters;
        empty until they have been compared
    silhouette_users : how many users these silhouettes were measured on
    """

    model: Any
    dataset: Dataset
    history: History
    recommendations: pd.DataFrame
    losses: np.ndarray | None = None
    in_training: Any = None
    cluster_counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    silhouette_users: int = 0

    @property
    def picked(self) -> np.ndarray:
        """The indices of the visitor's courses."""
        return self.history.positions

    @property
    def recommended(self) -> np.ndarray:
        """The indices of the recommended courses, best first."""
        return self.dataset.positions(self.recommendations["course_id"])


@dataclass(frozen=True)
class Kind:
    """A registered chart.

    Attributes
    ----------
    key : the name by which models and links know it
    name : the name on its button
    draw : makes it
    """

    key: str
    name: str
    draw: Callable[[View], Chart]


_KINDS: dict[str, Kind] = {}


def chart(key: str, name: str) -> Callable[[Callable[[View], Chart]], Callable[[View], Chart]]:
    """Register the function below as a chart; a second one of the same key replaces the first.

    Parameters
    ----------
    key : the name by which models and links know it
    name : the name on its button
    """

    def register(draw: Callable[[View], Chart]) -> Callable[[View], Chart]:
        _KINDS[key] = Kind(key, name, draw)
        return draw

    return register


def registered() -> tuple[Kind, ...]:
    """All charts, in the order in which they were registered."""
    return tuple(_KINDS.values())


def find(key: str) -> Kind:
    """The chart with this key.

    Raises
    ------
    UnknownChartError : lists the charts there are
    """
    if key not in _KINDS:
        raise UnknownChartError(f"There is no chart “{key}”; there are {', '.join(_KINDS)}.")
    return _KINDS[key]
