"""Write the state of the page as a link's query, and read it: `data=bundled&courses=A,B&model=knn`.

A link leaves out what is at its default, so that links stay short. Hyperparameters have the names
of their declarations, which also check them. Must not know the state, nor widgets.
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
ORDERS = ("popularity",)  # of the list, besides the usual one
MOST_NAMED = 3  # names in a note; a link may contain thousands

_PARAMETERS = (
    "data",
    "courses",
    "audited",
    "without",
    "topic",
    "model",
    "top",
    "sort",
    "open",
    "close",
    "compare",
    "why",
    "hide",
    "present",
)
# How the parameters begin that are not for the dashboard: Voilà's and Jupyter's own, and those that
# mail programs, social networks and search engines add to links.
_FOREIGN = (
    *("voila-", "token", "utm_", "fbclid", "gclid", "dclid", "wbraid", "gbraid", "gad_", "msclkid"),
    *("yclid", "twclid", "ttclid", "igsh", "li_fat_id", "mc_cid", "mc_eid", "_ga", "_gl", "_hs"),
)


@dataclass(frozen=True)
class Link:
    """The content of a link.

    Attributes
    ----------
    source : name of the data set; None for the one the page starts with
    courses : ids of the picked courses; None for those of the first example
    audited : ids of the picked courses with the lower of two ratings; see `Dataset.levels`
    excluded : ids of the courses that are left out of the list
    topic : the only topic of the list; "" for all topics
    model : key of the chosen model; None for the one the page starts with
    values : the model's hyperparameters that differ from their defaults, by name
    top_n : the largest number of recommendations to show
    order : the order of the list; "" for the best first
    opened : names of the panels and charts that the visitor has opened
    closed : names of those that are open by default and that the visitor has closed
    compared : keys of the models that are compared
    explained : ids of the recommended courses whose explanation is open
    hidden : names of the panels that are hidden
    step : number of the step that is presented, from 1; 0 outside the presenter mode
    """

    source: str | None = None
    courses: tuple[str, ...] | None = None
    audited: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    topic: str = ""
    model: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    top_n: int = 10
    order: str = ""
    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    compared: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    step: int = 0


def write(link: Link) -> str:
    """The query of a link, without the question mark; "" if everything is at its default."""
    parameters: dict[str, str] = {}
    if link.source is not None:
        parameters["data"] = link.source
    if link.courses is not None:
        parameters["courses"] = _joined(link.courses)
    for word, ids in {"audited": link.audited, "without": link.excluded}.items():
        if ids:
            parameters[word] = _joined(ids)
    if link.topic:
        parameters["topic"] = link.topic
    if link.model is not None:
        parameters["model"] = link.model
        declared = {one.name: one for one in models.find(link.model).hyperparameters()}
        parameters |= {name: _as_text(declared[name], value) for name, value in link.values.items()}
    if link.top_n != Link.top_n:
        parameters["top"] = str(link.top_n)
    if link.order:
        parameters["sort"] = link.order
    lists = {
        "open": link.opened,
        "close": link.closed,
        "compare": link.compared,
        "why": link.explained,
        "hide": link.hidden,
    }
    for word, names in lists.items():
        if names:
            parameters[word] = _joined(names)
    if link.step:
        parameters["present"] = str(link.step)
    return "&".join(f"{quote(name)}={quote(value, safe=',')}" for name, value in parameters.items())


def read(
    query: str,
    *,
    sources: Collection[str],
    openable: Collection[str] = (),
    hideable: Collection[str] = (),
) -> tuple[Link, list[str]]:
    """The valid parts of a query, and a sentence about each part that is ignored.

    Never raises. It does not check the course ids and the topic, since it does not know the data
    set.

    Parameters
    ----------
    query : with or without its question mark
    sources : names of the installed data sets
    openable : names of the panels and charts that can be opened and closed
    hideable : names of the panels that can be hidden
    """
    notes: list[str] = []
    parameters: dict[str, str] = {}
    for name, text in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if name.startswith(_FOREIGN):
            continue
        if parameters.setdefault(name, text) != text:
            notes.append(f"“{_shown(name)}” appears twice; the first one counts.")

    source = _one_of(parameters.get("data"), sources, "data set", notes)
    keys = [one.key() for one in models.registry()]
    model = _one_of(parameters.get("model"), keys, "model", notes)
    declared = models.find(model).hyperparameters() if model else ()
    settings = {one.name: parameters[one.name] for one in declared if one.name in parameters}
    unknown = [one for one in parameters if one not in (*_PARAMETERS, *settings)]
    if unknown:
        are = "is not a setting" if len(unknown) == 1 else "are not settings"
        notes.append(f"{_named(unknown)} {are} here.")
    link = Link(
        source=source,
        courses=_ids(parameters["courses"]) if "courses" in parameters else None,
        audited=_ids(parameters.get("audited", "")),
        excluded=_ids(parameters.get("without", "")),
        topic=parameters.get("topic", ""),
        model=model,
        values=_values(declared, settings, models.find(model).name, notes) if model else {},
        top_n=_number(parameters, "top", 1, MOST_RECOMMENDATIONS, Link.top_n, notes),
        order=_one_of(parameters.get("sort"), ORDERS, "order", notes) or "",
        opened=_known(parameters.get("open", ""), openable, "opened", notes),
        closed=_known(parameters.get("close", ""), openable, "closed", notes),
        compared=_known(parameters.get("compare", ""), keys, "compared", notes),
        explained=_ids(parameters.get("why", "")),
        hidden=_known(parameters.get("hide", ""), hideable, "hidden", notes),
        step=_number(parameters, "present", 0, MOST_STEPS, Link.step, notes),
    )
    return link, list(dict.fromkeys(notes))


def missing_courses(ids: Collection[str], noun: str) -> str:
    """A sentence about the courses of a link that the data set does not have.

    Parameters
    ----------
    ids : the course ids
    noun : what the data set calls a course
    """
    return f"This data set has no {noun}{'' if len(ids) == 1 else 's'} {_named(ids)}."


def missing_topic(topic: str) -> str:
    """A sentence about the topic of a link that the data set does not have."""
    return f"This data set has no topic “{_shown(topic)}”."


# Lists: a comma inside a name is escaped in addition to the escaping of the query.


def _joined(names: Iterable[str]) -> str:
    return ",".join(one.replace("%", "%25").replace(",", "%2C") for one in names)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unquote(one) for one in text.split(",") if one))


def _known(text: str, names: Collection[str], action: str, notes: list[str]) -> tuple[str, ...]:
    wanted = _ids(text)
    unknown = [one for one in wanted if one not in names]
    if unknown:
        notes.append(f"{_named(unknown)} cannot be {action} here.")
    return tuple(one for one in wanted if one in names)


# Values


def _as_text(one: Hyperparameter, value: Any) -> str:
    if value is None:
        return str(one.none)
    return str(value).lower() if one.kind is bool else str(value)


def _values(
    declared: Iterable[Hyperparameter], settings: Mapping[str, str], owner: str, notes: list[str]
) -> dict[str, Any]:
    """The settings that are valid and not at their defaults."""
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
                "it stays at its default."
            )
            continue
        if value != one.default:
            values[one.name] = value
    return values


def _number(
    parameters: Mapping[str, str], word: str, low: int, high: int, otherwise: int, notes: list[str]
) -> int:
    if word not in parameters:
        return otherwise
    text = parameters[word]
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
    """A part of a link as a note quotes it: short, and without control characters."""
    plain = "".join(one for one in text if one.isprintable())
    return plain if len(plain) <= 40 else f"{plain[:39]}…"


def _named(names: Collection[str]) -> str:
    listed = [f"“{_shown(one)}”" for one in names][:MOST_NAMED]
    more = len(names) - len(listed)
    if more:
        listed.append(f"{more} more")
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1])))
