"""Formatting of texts and numbers for charts."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from recsys.explanation import readable

WIDTH = 24  # characters in a line of a tick's label
_ENDING = re.compile(r" \([^()]+\)$")


def aligned(numbers: Iterable[float]) -> list[str]:
    """Format a column of numbers with equal decimals: three significant digits in the largest."""
    values = np.asarray(list(numbers), float)
    top = np.abs(values[np.isfinite(values)]).max(initial=0)
    decimals = int(np.clip(2 - np.floor(np.log10(top)), 0, 6)) if top > 0 else 0
    return [f"{value:,.{decimals}f}".replace("-", "−") for value in values]


def plain(text: str) -> str:
    """Escape a text, so that Plotly does not read it as HTML."""
    return html.escape(text, quote=False)


def tick(label: str) -> str:
    """A label in at most two short lines, for a tick of an axis; escaped."""
    return "<br>".join(map(plain, in_two_lines(label, WIDTH)))


def in_two_lines(label: str, width: int, indent: str = "") -> list[str]:
    """A label wrapped onto at most two lines. If it is cut, the part in brackets at its end stays:
    a year or an id, which may be all that tells two titles apart.

    Parameters
    ----------
    width : the longest line, in characters
    indent : is put in front of the first line
    """
    lines = textwrap.wrap(label, width, initial_indent=indent)
    if len(lines) <= 2:
        return lines
    ending = _ENDING.search(label)
    kept = ending[0] if ending and len(ending[0]) < width else ""
    first, *rest = textwrap.wrap(label.removesuffix(kept), width, initial_indent=indent)
    (second,) = textwrap.wrap(" ".join(rest), width - len(kept), max_lines=1, placeholder="…")
    return [first, second + kept]


def short(label: str) -> str:
    """A label cut to one short line; escaped."""
    return plain(label if len(label) <= WIDTH else f"{label[: WIDTH - 1].rstrip()}…")


@lru_cache(10_000)  # a chart of all courses shows the same titles after each change
def hover(label: str) -> str:
    """A label wrapped onto several lines, for a hover text; escaped."""
    return "<br>".join(map(plain, textwrap.wrap(label, 40)))


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage: "12.5 %"."""
    return f"{readable(100 * share)} %"


def count(number: int, what: str) -> str:
    """A number with its noun: "1 course", "1,200 courses"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def of_all(some: Sequence[object] | np.ndarray, every: Sequence[object], what: str) -> str:
    """How many of all are shown: "14 topics", or "the strongest 14 of 20 topics"."""
    if len(some) == len(every):
        return count(len(every), what)
    return f"the strongest {len(some)} of {count(len(every), what)}"


def listed(words: Sequence[str]) -> str:
    """Join words: "a", "a and b", "a, b and c", "a, b and 3 more"."""
    if len(words) > 3:
        return f"{', '.join(words[:2])} and {len(words) - 2} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
