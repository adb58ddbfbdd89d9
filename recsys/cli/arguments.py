"""The arguments of the command line: options that commands share, and the parsing of models,
hyperparameters, course ids and numbers.

Invalid arguments raise `UsageError`. Must not know what the commands do.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys.dataset import Dataset
    from recsys.models import Hyperparameter, Recommender


PROBLEM, USAGE, INTERRUPTED = 1, 2, 130  # exit codes

Commands = Any  # what `ArgumentParser.add_subparsers` returns; argparse has no public name for it


class UsageError(Exception):
    """An argument of the command line is invalid. The message says which, and why."""


def command(
    within: Commands, run: Callable[[argparse.Namespace], int | None], name: str, text: str
) -> argparse.ArgumentParser:
    """Add a command.

    Parameters
    ----------
    within : the commands to add it to
    run : called with the parsed arguments; returns an exit code, or None for success
    text : the help text

    Returns
    -------
    The parser of the command, to add its options to.
    """
    one: argparse.ArgumentParser = within.add_parser(name, help=text, description=text)
    one.set_defaults(run=run, parser=one)
    return one


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add the option `--data`: one data set."""
    parser.add_argument(
        "--data", default="bundled", metavar="SET", help="data set or folder (default: bundled)"
    )


def add_scheduler(parser: argparse.ArgumentParser) -> None:
    """Add the option `--scheduler`: the address of a Dask cluster."""
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="work on a Dask cluster: its address, such as tcp://10.0.0.5:8786, or “local” for one "
        "of this machine's cores (default: RECSYS_SCHEDULER; without it, local for partitions)",
    )


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the option `--set`: hyperparameters."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a hyperparameter, such as neighbours=40; may be repeated",
    )


def model_class(key: str) -> type[Recommender]:
    """The class of a model; capital letters in the key do not matter.

    Raises
    ------
    UsageError : if there is no such model; it lists those that there are
    """
    from recsys import models

    try:
        return models.find(key.lower())
    except KeyError as error:
        raise UsageError(error.args[0]) from None


def model_classes(keys: Iterable[str] | None) -> list[type[Recommender]]:
    """The classes of models, each once.

    Raises
    ------
    UsageError : as `model_class`
    """
    return list(dict.fromkeys(model_class(key) for key in keys or ()))


def model_with_settings(key: str, settings: Iterable[str]) -> Recommender:
    """A model that is not fitted, with these hyperparameters.

    Parameters
    ----------
    settings : each as `NAME=VALUE`

    Raises
    ------
    UsageError : as `model_class`; if a hyperparameter or its value is invalid
    """
    from recsys.models import HyperparameterError

    kind = model_class(key)
    known = {one.name: one for one in kind.hyperparameters()}
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in known:
            names = ", ".join(f"{one}=…" for one in known) or "none"
            raise UsageError(f"--set {setting}: the hyperparameters of {kind.key()} are {names}.")
        values[name] = _value(known[name], text.strip())
    try:
        return kind(**values)
    except HyperparameterError as error:
        raise UsageError(str(error)) from None


def as_spelled(ids: Iterable[str], dataset: Dataset) -> list[str]:
    """Course ids with the capital letters that they have in the data set; unknown ids unchanged."""
    known = set(dataset.courses["id"])
    spelled = {one.lower(): one for one in known}
    return [one if one in known else spelled.get(one.lower(), one) for one in ids]


def _value(one: Hyperparameter, text: str) -> Any:
    """The value that a text stands for. An invalid text is returned, for the model to refuse."""
    if one.none and text.lower() in (one.none.lower(), "none"):
        return None
    if one.kind is bool:
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    return text


def count(text: str) -> int:
    """Parse a whole number above 0; an `argparse` type."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def whole(text: str) -> int:
    """Parse a whole number, 0 or more; an `argparse` type."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """Parse a number of seconds above 0; an `argparse` type."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, not {text!r}")
    return seconds


def port(text: str) -> int:
    """Parse the number of a port; an `argparse` type."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to 65535, not {text!r}")
    return int(text)
