"""The chosen model, its hyperparameters, and how many recommendations to show.

Must not know data sets, fitted models, nor widgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from traitlets import HasTraits, Instance, Int, Tuple

from recsys import models
from recsys.dashboard.link import MOST_RECOMMENDATIONS, Link
from recsys.dashboard.state.messages import Messages, guarded
from recsys.dashboard.state.undo import Undo
from recsys.models import HyperparameterError, Recommender


@dataclass(frozen=True, eq=False)
class Chosen:
    """A model and its hyperparameters.

    Two objects are never equal, so that observers are notified when the same model is chosen
    again: its class may have been edited and registered again in the notebook.

    Attributes
    ----------
    key : the model's key in the registry
    values : the hyperparameters' values by name; must not be modified
    """

    key: str
    values: Mapping[str, Any]

    @property
    def model(self) -> type[Recommender]:
        """The model's class that is registered now."""
        return models.find(self.key)

    def unfitted(self) -> Recommender:
        """A new model with these hyperparameters."""
        return self.model(**self.values)


class Choice(HasTraits):
    """The model that the visitor has chosen; initially the first registered one.

    Parameters
    ----------
    undo : where changes are recorded
    messages : where an error is reported
    """

    offered = Tuple(help="the classes of the registered models, in the order shown")
    chosen = Instance(Chosen, help="the model and its hyperparameters")
    top_n = Int(Link.top_n, help="the largest number of recommendations to show")

    def __init__(self, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self.messages, self._undo = messages, undo
        self._last: dict[str, Chosen] = {}  # the last settings of each model, by its key
        self.begin_with(models.registry()[0].key())

    @property
    def model(self) -> type[Recommender]:
        """The chosen model's class."""
        return self.chosen.model

    @property
    def values(self) -> Mapping[str, Any]:
        """The chosen model's hyperparameters, by name."""
        return self.chosen.values

    @property
    def changed_values(self) -> dict[str, Any]:
        """The hyperparameters that differ from their defaults, by name."""
        defaults = self.model().values()
        return {name: one for name, one in self.values.items() if one != defaults[name]}

    @guarded("choosing the model")
    def choose_model(self, key: str) -> None:
        """Choose a model by its key, with the settings it had when it was last chosen."""
        self.offered = models.registry()
        last = self._last.get(key)
        wanted = _with_settings(key, last.values if last else {})
        self._undo.remember(self.chosen, self._restore)
        self._last[self.chosen.key] = self.chosen
        self.chosen = wanted

    @guarded("offering the models", asked=False)
    def update_offered(self) -> None:
        """Offer the models that are registered now: a cell may have defined one, or edited it.

        If the chosen model was edited, it is chosen again. Settings that differ from their defaults
        are kept if the edited class still allows them.
        """
        before = {one.key(): one for one in self.offered}
        self.offered = models.registry()
        edited = before.get(self.chosen.key)
        if self.model in self.offered and self.model is not edited:
            defaults = edited().values() if edited else {}
            kept = {name: one for name, one in self.values.items() if one != defaults.get(name)}
            self.chosen = _with_settings(self.chosen.key, kept)

    @guarded("changing a setting")
    def set_value(self, name: str, value: Any) -> None:
        """Set one hyperparameter of the chosen model."""
        wanted = self.model(**{**self.values, name: value})
        self._undo.remember(self.chosen, self._restore, f"{self.chosen.key}.{name}")
        self.chosen = Chosen(self.chosen.key, wanted.values())

    def go_back_to(self, values: Mapping[str, Any]) -> None:
        """Choose earlier hyperparameters of the chosen model, such as those that are in use."""
        self.chosen = Chosen(self.chosen.key, dict(values))

    @guarded("changing the number of recommendations")
    def set_top_n(self, number: int) -> None:
        """Set how many recommendations to show; values outside the limits are clipped."""
        self._undo.remember(self.top_n, self._restore_top_n, "top_n")
        self.top_n = min(max(number, 1), MOST_RECOMMENDATIONS)

    def begin_with(
        self, key: str, values: Mapping[str, Any] | None = None, top_n: int = Link.top_n
    ) -> None:
        """Choose model, settings and number, and forget the settings of the other models.

        Parameters
        ----------
        key : the model's key
        values : the hyperparameters that differ from their defaults, by name
        top_n : how many recommendations to show
        """
        self._last.clear()
        self.offered = models.registry()
        with self.hold_trait_notifications():
            self.chosen = Chosen(key, models.find(key)(**(values or {})).values())
            self.top_n = top_n

    def _restore(self, chosen: Chosen) -> None:
        self.offered = models.registry()
        self.chosen = _with_settings(chosen.key, chosen.values)

    def _restore_top_n(self, number: int) -> None:
        self.top_n = number


def _with_settings(key: str, values: Mapping[str, Any]) -> Chosen:
    """A model with these settings; its defaults if its class was edited and refuses them."""
    model = models.find(key)
    known = {one.name for one in model.hyperparameters()}
    try:
        unfitted = model(**{name: one for name, one in values.items() if name in known})
    except HyperparameterError:
        unfitted = model()
    return Chosen(key, unfitted.values())
