"""Hyperparameters, each declared once, in its model.

Sliders, checks, the command line, the keys of the store and the documentation all read this
declaration. This module must not know any particular model.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

_METADATA_KEY = "recsys.hyperparameter"


class HyperparameterError(ValueError):
    """A value that is outside the declared range or of the wrong type."""


@dataclass(frozen=True)
class Hyperparameter:
    """The declaration of one argument of a model's constructor.

    Attributes
    ----------
    name : the name of the argument
    default : its default value
    label : the label of its slider
    low, high : its range, including both; None for a choice or a yes/no
    choices : the possible values of a choice
    none : the word for the value None ("all"), if None is allowed
    unit : the unit of the number ("%"), if it has one
    help : one sentence on what it does
    refit : whether a change needs a new fit; False if it acts only when scoring
    """

    name: str
    default: Any
    label: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    none: str | None = None
    unit: str = ""
    help: str = ""
    refit: bool = True

    @property
    def kind(self) -> type:
        """The type of its values: bool, int, float or str."""
        if self.choices:
            return str
        if isinstance(self.default, bool):
            return bool
        whole = all(isinstance(n, int) for n in (self.low, self.high, self.default or 0))
        return int if whole else float

    def said(self, value: Any) -> str:
        """A value in words, as in "40 neighbours" or "shrinkage 150 users"."""
        label = self.label[:1].lower() + self.label[1:]
        if value is None:
            return f"{self.none} {label}"
        if self.kind is bool:
            return label if value else f"not: {label}"
        if self.kind is int and not self.unit and label.endswith("s") and " " not in label:
            return f"{value} {label.removesuffix('s') if value == 1 else label}"
        number = f"{value:g}" if self.kind is float else str(value)
        unit = f" {self.unit}" if self.unit else ""
        return f"{label} {number}{unit}"

    def checked(self, value: Any, owner: str) -> Any:
        """Check a value and convert it to the declared type.

        Parameters
        ----------
        owner : the name of the model, for the message

        Raises
        ------
        HyperparameterError : if the value is not allowed; names the owner, the range, and the value
        """
        if value is None and self.none:
            return None
        if self.choices:
            return self._require(value, value in self.choices, owner, " or ".join(self.choices))
        if self.kind is bool:
            return self._require(value, isinstance(value, bool), owner, "true or false")
        wanted = f"{'a whole' if self.kind is int else 'a'} number from {self.low} to {self.high}"
        if self.none:
            wanted += f", or None for {self.none}"
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        fits = (
            not isinstance(value, bool)
            and self.low is not None
            and self.high is not None
            and self.low <= number <= self.high
            and (self.kind is float or number.is_integer())
        )
        self._require(value, fits, owner, wanted)
        return self.kind(number)

    def _require(self, value: Any, fits: bool, owner: str, wanted: str) -> Any:
        if not fits:
            raise HyperparameterError(f"{owner}: {self.name} must be {wanted}, not {value!r}.")
        return value


def hyperparameter(default: Any, *, label: str, **declared: Any) -> Any:
    """Declare a dataclass field as a hyperparameter; for the arguments see `Hyperparameter`."""
    return dataclasses.field(
        default=default, metadata={_METADATA_KEY: {"label": label, **declared}}
    )


def declared(owner: type) -> tuple[Hyperparameter, ...]:
    """The hyperparameters that a dataclass declares, in the order of their declaration."""
    if not dataclasses.is_dataclass(owner):
        return ()
    return tuple(
        Hyperparameter(name=field.name, default=field.default, **field.metadata[_METADATA_KEY])
        for field in dataclasses.fields(owner)
        if _METADATA_KEY in field.metadata
    )
