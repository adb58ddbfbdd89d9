"""The chosen model, its hyperparameters, and how many recommendations to show.

Must not know data sets, fitted models, nor widgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traitlets import HasTraits, Instance, Int

from recsys import models
from recsys.dashboard.link import MOST_RECOMMENDATIONS, Link
from recsys.dashboard.state.messages import Messages, guarded
from recsys.models import Recommender


@dataclass(frozen=True, eq=False)
class Chosen:
    """A model and its hyperparameters.

    No two of these are equal: to choose the same again counts, since a model's class may have
    been edited and registered anew in the notebook.

    Attributes
    ----------
    key : the model's key in the registry
    values : the hyperparameters' values, by their names; not to be changed
    """

    key: str
    values: Mapping[str, Any]

    @property
    def model(self) -> type[Recommender]:
        """The model's class, as it is registered now."""
        return models.find(self.key)

    def unfitted(self) -> Recommender:
        """A new model with these hyperparameters."""
        return self.model(**self.values)


class Choice(HasTraits):
    """What the visitor wants to be answered by; at first the first registered model.

    Parameters
    ----------
    messages : where an error is reported
    """

    chosen = Instance(Chosen, help="the model and its hyperparameters")
    top_n = Int(Link.top_n, help="how many recommendations to show at the most")

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.messages = messages
        self._last: dict[str, Chosen] = {}  # what each model was left with, by its key
        self.begin_with(models.registry()[0].key())

    @property
    def model(self) -> type[Recommender]:
        """The chosen model's class."""
        return self.chosen.model

    @property
    def values(self) -> Mapping[str, Any]:
        """The chosen model's hyperparameters."""
        return self.chosen.values

    @property
    def changed_values(self) -> dict[str, Any]:
        """Those of the hyperparameters that are not at their defaults."""
        defaults = self.model().values()
        return {name: one for name, one in self.values.items() if one != defaults[name]}

    @guarded("choosing the model")
    def choose_model(self, key: str) -> None:
        """Choose a model, with the hyperparameters it had when it was last chosen."""
        last = self._last.get(key)
        self._last[self.chosen.key] = self.chosen
        self.chosen = Chosen(key, last.values if last else models.find(key)().values())

    @guarded("changing a setting")
    def set_value(self, name: str, value: Any) -> None:
        """Set one hyperparameter of the chosen model."""
        wanted = self.model(**{**self.values, name: value})
        self.chosen = Chosen(self.chosen.key, wanted.values())

    @guarded("changing the number of recommendations")
    def set_top_n(self, number: int) -> None:
        """Set how many recommendations to show."""
        self.top_n = min(max(number, 1), MOST_RECOMMENDATIONS)

    def begin_with(
        self, key: str, values: Mapping[str, Any] | None = None, top_n: int = Link.top_n
    ) -> None:
        """Choose all of it anew; what other models were left with is forgotten.

        Parameters
        ----------
        key : of the model
        values : those of its hyperparameters that are not to be at their defaults
        top_n : how many recommendations to show
        """
        self._last.clear()
        with self.hold_trait_notifications():
            self.chosen = Chosen(key, models.find(key)(**(values or {})).values())
            self.top_n = top_n
