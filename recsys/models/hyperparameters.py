"""Hyperparameters, declared once where the model is: sliders, checks, CLI, store keys and docs
all read the declaration. Must not know about any particular model.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

_METADATA_KEY = "recsys.hyperparameter"


class HyperparameterError(ValueError):
    """A value outside its declared range, or of the wrong kind."""


@dataclass(frozen=True)
class Hyperparameter:
    """What a model declares about one of its constructor's arguments.

    Attributes
    ----------
    name : the argument's name
    default : its default value
    label : what a slider calls it
    low, high : its range, both included; None for a choice or a yes/no
    choices : the words to choose from, for a choice
    none : what the value None is called ("all"), if None is allowed
    unit : the unit of the number ("%"), if it has one
    help : one line on what it does
    refit : whether changing it asks for a new fit; False if it acts when scoring
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
        """bool, int, float or str."""
        if self.choices:
            return str
        if isinstance(self.default, bool):
            return bool
        whole = all(isinstance(n, int) for n in (self.low, self.high, self.default or 0))
        return int if whole else float

    def checked(self, value: Any, owner: str) -> Any:
        """The value in its own type.

        Raises
        ------
        HyperparameterError : names the owner, the range, and the value
        """
        if value is None and self.none:
            return None
        if self.choices:
            return self._accept(value, value in self.choices, owner, " or ".join(self.choices))
        if self.kind is bool:
            return self._accept(value, isinstance(value, bool), owner, "true or false")
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
        self._accept(value, fits, owner, wanted)
        return self.kind(number)

    def _accept(self, value: Any, fits: bool, owner: str, wanted: str) -> Any:
        if not fits:
            raise HyperparameterError(f"{owner}: {self.name} must be {wanted}, not {value!r}.")
        return value


def hyperparameter(default: Any, *, label: str, **declared: Any) -> Any:
    """Declare a dataclass field as a hyperparameter; the arguments are `Hyperparameter`'s."""
    return dataclasses.field(
        default=default, metadata={_METADATA_KEY: {"label": label, **declared}}
    )


def declared(owner: type) -> tuple[Hyperparameter, ...]:
    """The hyperparameters a dataclass declares, in order."""
    if not dataclasses.is_dataclass(owner):
        return ()
    return tuple(
        Hyperparameter(name=field.name, default=field.default, **field.metadata[_METADATA_KEY])
        for field in dataclasses.fields(owner)
        if _METADATA_KEY in field.metadata
    )
