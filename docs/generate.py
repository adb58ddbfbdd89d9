"""Write the pages of docs/ that follow from the code: `python docs/generate.py`.

`cli.md` is what `--help` prints; the diagram in `architecture.md` is drawn from the real imports.
A test holds the committed pages to what this writes.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path

from recsys.cli import parser

DOCS = Path(__file__).resolve().parent
BEGIN, END = "<!-- drawn by docs/generate.py -->", "<!-- end of the drawing -->"


def pages() -> dict[Path, str]:
    """The generated files and what belongs into them."""
    architecture = DOCS / "architecture.md"
    drawing = f"{BEGIN}\n```mermaid\n{diagram()}\n```\n{END}"
    around = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", flags=re.DOTALL)
    return {
        DOCS / "cli.md": command_line(),
        architecture: around.sub(lambda _: drawing, architecture.read_text("utf-8")),
    }


def command_line() -> str:
    """A page with the help of every command."""
    os.environ["COLUMNS"] = "100"  # argparse would wrap at the width of the terminal
    parts = ["# The command line", "Written by `make docs` from what `--help` prints."]
    parts.append(
        "In a terminal, `. .venv/bin/activate` comes first: it says which Python is meant."
    )
    parts.append(
        "Answers go to standard output, progress and problems to standard error. Exit codes: 0 "
        "done, 1 a problem, told in a line, 2 wrong usage, 130 interrupted."
    )
    for name, one in _commands(parser()):
        parts.append(f"## {name}\n\n```text\n{one.format_help().rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def _commands(one: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield one.prog, one
    for action in one._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _commands(each)


def diagram() -> str:
    """The parts of the package, each with the parts it imports that no other part brings along."""
    import grimp

    graph = grimp.build_graph("recsys", exclude_type_checking_imports=True)
    parts = sorted(one.removeprefix("recsys.") for one in graph.find_children("recsys"))
    parts.remove("__main__")
    for one in parts:
        graph.squash_module(f"recsys.{one}")
    imports = {
        one: {
            other.removeprefix("recsys.")
            for other in graph.find_modules_directly_imported_by(f"recsys.{one}")
            if other.startswith("recsys.")
        }
        - {one}
        for one in parts
    }
    lines = ["graph TD", "  notebook([dashboard.ipynb]) --> dashboard"]
    for one in parts:
        for other in sorted(imports[one]):
            between = imports[one] - {other}
            if not any(_reaches(imports, middle, other) for middle in between):
                lines.append(f"  {one} --> {other}")
    return "\n".join(lines)


def _reaches(imports: dict[str, set[str]], one: str, other: str) -> bool:
    return one == other or any(_reaches(imports, each, other) for each in imports[one])


def main() -> None:
    for file, text in pages().items():
        file.write_text(text, "utf-8")
        print(f"docs/{file.name} is up to date.")


if __name__ == "__main__":
    main()
