"""What a command says: answers on standard output, notes and progress on standard error.

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
    print(as_json(value))


def as_json(value: Any) -> str:
    return json.dumps(_without_nan(value), ensure_ascii=False, indent=2)


def _without_nan(value: Any) -> Any:
    """JSON knows no NaN; what does not exist is null."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def print_table(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    table = [[harmless(str(cell)) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


@contextmanager
def shown_progress(label: str) -> Iterator[Progress]:
    """A `Progress` that rewrites one line of a terminal, and says nothing into a file."""
    shown = sys.stderr.isatty()
    width = shutil.get_terminal_size().columns - 1

    def tell(done: float, message: str, **figures: float) -> None:
        if shown:
            line = f"{label}: {done:.0%} {message}"
            print(f"\r\x1b[K{line[:width]}", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def note(text: str) -> None:
    print(harmless(text), file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    """The text without characters that would steer a terminal: titles come from anywhere."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)


def write_page(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    note(f"The results are in {file}.")
