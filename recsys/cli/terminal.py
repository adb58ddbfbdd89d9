"""The output of commands: results to standard output, notes and progress to standard error.

Must not know what the commands do.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys.models import Progress


def print_json(value: Any) -> None:
    """Print a value as JSON, in the form of `as_json`."""
    print(as_json(value))


def as_json(value: Any) -> str:
    """A value of JSON's types as readable JSON, with null for NaN."""
    return json.dumps(_without_nan(value), ensure_ascii=False, indent=2)


def _without_nan(value: Any) -> Any:
    """The value with None in place of NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def print_table(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows in aligned columns, below a header."""
    table = [[harmless(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


@contextmanager
def shown_progress(label: str) -> Iterator[Progress]:
    """Give a `Progress` that updates one line of a terminal; it prints nothing into a file."""
    shown = sys.stderr.isatty()
    width = shutil.get_terminal_size().columns - 1

    def show(done: float, message: str, **figures: float) -> None:
        if shown:
            line = f"{label}: {done:.0%} {message}"
            print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Print a line to standard error."""
    print(harmless(text), file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    """The text without control characters, which in a title could control the terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)


def write_page(file: Path, text: str) -> None:
    """Write a page into a file, in a folder that is created if necessary, and note its path."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    note(f"The results are in {file}.")
