"""docs/extend.md, followed to the letter: what it says to write and to run, and a copy of the
repository in which it has been done.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extend.md"
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".recsys", ".hypothesis", ".pytest_cache", "__pycache__", "test-results",
    "build", ".cache", "ibm-courses", "movielens-*",
)  # fmt: skip


def files() -> list[tuple[str, str, str]]:
    """The blocks under a path: path, kind of block, content."""
    under_a_path = r"^`([^`\n]+)`\n\n```(\w+)\n(.*?)^```$"
    return re.findall(under_a_path, PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """What the page says to run, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def extended(folder: Path) -> Path:
    """A copy of the repository with the model, the data set and the chart of the page."""
    copy = folder / "recsys-extended"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for path, kind, content in files():
        file = copy / path
        if kind == "diff":
            file.write_text(changed(file.read_text("utf-8"), content), "utf-8")
        else:
            assert not file.exists(), f"{path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
    return copy


def changed(text: str, diff: str) -> str:
    """A text after a change that shows some lines around it; “…” stands for the rest of a line."""
    lines, place = text.split("\n"), 0
    for line in diff.splitlines():
        sign, shown = line[:1], line[1:]
        if sign == "+":
            lines.insert(place, shown)
        else:
            begins, rest_is_left_out = shown.removesuffix("…"), shown.endswith("…")
            found = (
                i
                for i, one in enumerate(lines)
                if i >= place and (one.startswith(begins) if rest_is_left_out else one == shown)
            )
            place = next(found, -1)
            assert place >= 0, f"docs/extend.md shows a line that is not in the file: {shown}"
            if sign == "-":
                del lines[place]
                continue
        place += 1
    return "\n".join(lines)
