"""A state of the page as the query of a link, and back: `data=bundled&courses=A,B&model=knn&…`.

What a link leaves out is as it was in the beginning, so that links stay short. Hyperparameters go
by their own names and are checked by their own declarations. Must not know the state, nor widgets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from recsys import models
from recsys.models import Hyperparameter, HyperparameterError

MOST_RECOMMENDATIONS = 100
MOST_STEPS = 99
MOST_NAMED = 3  # of what a note lists; a link may hold thousands

_WORDS = ("data", "courses", "model", "top", "open", "close", "compare", "why", "hide", "present")
_NOT_OURS = ("voila-", "token")  # Voilà's and Jupyter's own parameters


@dataclass(frozen=True)
class Link:
    """What a link says.

    Attributes
    ----------
    source : name of the data set; None for that of the beginning
    courses : ids of the picked courses; None for those of the first example
    model : key of the chosen model; None for that of the beginning
    values : those of its hyperparameters that are not at their defaults
    top_n : how many recommendations to show at the most
    opened : names of the panels and charts that are open
    closed : names of those that would be open if nobody had closed them
    compared : keys of the models that are compared
    explained : ids of the recommended courses whose explanation is open
    hidden : names of the panels that are not shown
    step : which step is presented, from 1; 0 outside the presenter's mode
    """

    source: str | None = None
    courses: tuple[str, ...] | None = None
    model: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    top_n: int = 10
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    step: int = 0


def write(link: Link) -> str:
    """The query of a link, without the question mark; "" for what a page shows without one."""
    said: dict[str, str] = {}
    if link.source is not None:
        said["data"] = link.source
    if link.courses is not None:
        said["courses"] = _listed(link.courses)
    if link.model is not None:
        said["model"] = link.model
        declared = {one.name: one for one in models.find(link.model).hyperparameters()}
        said |= {name: _as_text(declared[name], value) for name, value in link.values.items()}
    if link.top_n != Link.top_n:
        said["top"] = str(link.top_n)
    lists = {
        "open": link.opened,
        "close": link.closed,
        "compare": link.compared,
        "why": link.explained,
        "hide": link.hidden,
    }
    for word, names in lists.items():
        if names:
            said[word] = _listed(names)
    if link.step:
        said["present"] = str(link.step)
    return "&".join(f"{quote(name)}={quote(value, safe=',')}" for name, value in said.items())


def read(
    query: str,
    *,
    sources: Collection[str],
    openable: Collection[str] = (),
    hideable: Collection[str] = (),
) -> tuple[Link, list[str]]:
    """What a query says, as far as it makes sense here; and a sentence on each part that does not.

    Never raises. Whether the courses exist is for the data set to say.

    Parameters
    ----------
    query : with or without its question mark
    sources : names of the data sets that are present
    openable, hideable : names of what can be opened and closed, and of what can be hidden
    """
    notes: list[str] = []
    said: dict[str, str] = {}
    for name, text in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if said.setdefault(name, text) != text:
            notes.append(f"“{_shown(name)}” is said twice; the first counts.")

    source = _one_of(said.get("data"), sources, "data set", notes)
    keys = [one.key() for one in models.registry()]
    model = _one_of(said.get("model"), keys, "model", notes)
    declared = models.find(model).hyperparameters() if model else ()
    settings = {one.name: said[one.name] for one in declared if one.name in said}
    unknown = [one for one in said if one not in (*_WORDS, *settings)]
    unknown = [one for one in unknown if not one.startswith(_NOT_OURS)]
    if unknown:
        notes.append(f"{_named(unknown)} {_are(unknown)} no setting here.")
    link = Link(
        source=source,
        courses=_ids(said["courses"]) if "courses" in said else None,
        model=model,
        values=_values(declared, settings, models.find(model).name, notes) if model else {},
        top_n=_number(said, "top", 1, MOST_RECOMMENDATIONS, Link.top_n, notes),
        opened=_known(said.get("open", ""), openable, "panel that can be opened", notes),
        closed=_known(said.get("close", ""), openable, "panel that can be closed", notes),
        compared=_known(said.get("compare", ""), keys, "model here", notes),
        explained=_ids(said.get("why", "")),
        hidden=_known(said.get("hide", ""), hideable, "panel that can be hidden", notes),
        step=_number(said, "present", 0, MOST_STEPS, Link.step, notes),
    )
    return link, list(dict.fromkeys(notes))


def left_out(ids: Collection[str], noun: str) -> str:
    """A sentence on courses of a link that a data set does not have."""
    return f"{_named(ids)} {_are(ids)} no {noun} of this data set."


# Lists: a comma within a name is escaped once more than the query's own escapes.


def _listed(names: Iterable[str]) -> str:
    return ",".join(one.replace("%", "%25").replace(",", "%2C") for one in names)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unquote(one) for one in text.split(",") if one))


def _known(text: str, names: Collection[str], what: str, notes: list[str]) -> tuple[str, ...]:
    wanted = _ids(text)
    unknown = [one for one in wanted if one not in names]
    if unknown:
        notes.append(f"{_named(unknown)} {_are(unknown)} no {what}.")
    return tuple(one for one in wanted if one in names)


# Values


def _as_text(one: Hyperparameter, value: Any) -> str:
    if value is None:
        return str(one.none)
    return str(value).lower() if one.kind is bool else str(value)


def _values(
    declared: Iterable[Hyperparameter], settings: Mapping[str, str], owner: str, notes: list[str]
) -> dict[str, Any]:
    """The settings that are in their declared ranges, without those at their defaults."""
    values: dict[str, Any] = {}
    for one in declared:
        if one.name not in settings:
            continue
        text = settings[one.name]
        named: dict[str, Any] = {"true": True, "false": False} if one.kind is bool else {}
        if one.none:
            named[one.none] = None
        try:
            value = one.checked(named.get(text, text), owner)
        except HyperparameterError:
            notes.append(
                f"“{_shown(text)}” is not a value that {owner} takes for “{one.label}”; "
                "it is at its default."
            )
            continue
        if value != one.default:
            values[one.name] = value
    return values


def _number(
    said: Mapping[str, str], word: str, low: int, high: int, otherwise: int, notes: list[str]
) -> int:
    if word not in said:
        return otherwise
    text = said[word]
    if text.isascii() and text.isdigit() and len(text) < 4 and low <= int(text) <= high:
        return int(text)
    notes.append(f"“{word}” takes a whole number from {low} to {high}, not “{_shown(text)}”.")
    return otherwise


def _one_of(text: str | None, known: Collection[str], what: str, notes: list[str]) -> str | None:
    if text is None or text in known:
        return text
    notes.append(f"There is no {what} “{_shown(text)}” here.")
    return None


# Words


def _shown(text: str) -> str:
    """A piece of a link as a note may quote it: short, and with nothing that acts on a screen."""
    plain = "".join(one for one in text if one.isprintable())
    return plain if len(plain) <= 40 else f"{plain[:39]}…"


def _named(names: Collection[str]) -> str:
    listed = [f"“{_shown(one)}”" for one in names][:MOST_NAMED]
    more = len(names) - len(listed)
    if more:
        listed.append(f"{more} more")
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))


def _are(names: Collection[str]) -> str:
    return "is" if len(names) == 1 else "are"
