"""Words and numbers as charts show them."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence

import numpy as np

from recsys.explanation import readable


def aligned(numbers: Iterable[float]) -> list[str]:
    """Numbers for a column: all with the same decimals, three digits that count in the largest."""
    values = np.asarray(list(numbers), float)
    top = np.abs(values[np.isfinite(values)]).max(initial=0)
    decimals = int(np.clip(2 - np.floor(np.log10(top)), 0, 6)) if top > 0 else 0
    return [f"{value:,.{decimals}f}".replace("-", "−") for value in values]


def plain(text: str) -> str:
    """Text that Plotly shows as it is, tags included."""
    return html.escape(text, quote=False)


def tick(label: str) -> str:
    """A label in two short lines at most, for the side of a bar."""
    lines = textwrap.wrap(label, 24, max_lines=2, placeholder="…")
    return "<br>".join(map(plain, lines))


def short(label: str) -> str:
    """A label in one short line."""
    return plain(label if len(label) <= 24 else f"{label[:23].rstrip()}…")


def hover(label: str) -> str:
    return "<br>".join(map(plain, textwrap.wrap(label, 40)))


def percent(share: float) -> str:
    return f"{readable(100 * share)} %"


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c; a, b and 3 more."""
    if len(words) > 3:
        return f"{', '.join(words[:2])} and {len(words) - 2} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
