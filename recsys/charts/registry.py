"""The registry of charts: models declare charts by their keys, and the dashboard shows them.

A chart is a function from a `View` to a `Chart`, in a file of `recsys/charts/` or in a cell of a
notebook, with this decorator:

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
    """No chart with this key is registered; the message lists the registered ones."""


@dataclass(frozen=True, eq=False)
class View:
    """The data that a chart can draw.

    Attributes
    ----------
    model : the fitted model that made the recommendations
    dataset : the data set in use
    history : the visitor's courses and their ratings
    recommendations : the list on the page, as `Recommender.recommend` returns it
    losses : (epochs so far, 2) training and validation loss of the current training; None if
        there is no training, or if it does not report losses
    in_training : the model in that training; None if there is none
    cluster_counts : columns `clusters`, `inertia` and `silhouette`, a row per number of clusters;
        empty until they have been compared
    silhouette_users : how many users the silhouettes were measured on
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
        """(n_picked,) the indices of the visitor's courses."""
        return self.history.positions

    @property
    def recommended(self) -> np.ndarray:
        """(n_recommended,) the indices of the recommended courses, best first."""
        return self.dataset.positions(self.recommendations["course_id"])


@dataclass(frozen=True)
class Kind:
    """A registered chart.

    Attributes
    ----------
    key : its name in models and links
    name : the text on its button
    draw : the function that draws it
    """

    key: str
    name: str
    draw: Callable[[View], Chart]


_KINDS: dict[str, Kind] = {}


def chart(key: str, name: str) -> Callable[[Callable[[View], Chart]], Callable[[View], Chart]]:
    """Decorate a function to register it as a chart; replaces an earlier chart with the same key.

    Parameters
    ----------
    key : its name in models and links
    name : the text on its button
    """

    def register(draw: Callable[[View], Chart]) -> Callable[[View], Chart]:
        _KINDS[key] = Kind(key, name, draw)
        return draw

    return register


def registered() -> tuple[Kind, ...]:
    """All charts, in the order of their registration."""
    return tuple(_KINDS.values())


def find(key: str) -> Kind:
    """The chart with this key.

    Raises
    ------
    UnknownChartError : if there is none; the message lists the registered charts
    """
    if key not in _KINDS:
        raise UnknownChartError(f"There is no chart “{key}”; there are {', '.join(_KINDS)}.")
    return _KINDS[key]
