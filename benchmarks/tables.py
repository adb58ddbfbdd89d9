"""Writes tables of figures into the project's pages, so that nobody copies a figure by hand.

A page has a pair of comments around each table, which a reader does not see. Must not know what the
figures are.
"""

from __future__ import annotations

import re
from pathlib import Path


def fill(page: Path, name: str, table: str) -> None:
    """Put a table between the marks of its name, in place of what was there."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", flags=re.DOTALL)
    page.write_text(marks.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page.read_text()))
