"""What the file of a notebook says before the notebook runs: its title, which version it is, and
whether it imports other packages than the dashboard does.

Must not know Voilà, nor what is on the page.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
OURS = {"recsys", "ipywidgets", "IPython", *sys.stdlib_module_names}
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class NotebookError(ValueError):
    """A file is no notebook. The message says why."""


def read(path: Path) -> dict[str, Any]:
    """A notebook, in the current version of the format.

    Raises
    ------
    NotebookError : if there is no such file, or it is no notebook
    """
    import nbformat

    read_file: Any = nbformat.read  # it has no type annotations
    if not path.exists():
        raise NotebookError(f"{path} does not exist.")
    if not path.is_file() or path.suffix.lower() != ".ipynb":
        raise NotebookError(f"{path} is not a notebook (a file whose name ends in .ipynb).")
    try:
        notebook: dict[str, Any] = read_file(path, as_version=4)
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path} cannot be read as a notebook: {error}") from None
    return notebook


def title(notebook: Mapping[str, Any], name: str) -> str:
    """The title of a notebook: the one in its metadata, else the first heading of its first
    Markdown cell, else its name.

    Parameters
    ----------
    notebook : in version 4 of the format
    name : the name of its file
    """
    told = str(notebook["metadata"].get("title", "")).strip()
    return told or _first_heading(notebook) or name


def version(path: Path) -> frozenset[tuple[str, int, int]]:
    """What changes when a notebook is edited, or a module beside it that it may import.

    Returns
    -------
    Name, time of the last change, and size of each file that there is.
    """
    found = set()
    for file in (path, *path.parent.glob("*.py")):
        with suppress(FileNotFoundError):  # an editor may be replacing it
            status = file.stat()
            found.add((file.name, status.st_mtime_ns, status.st_size))
    return frozenset(found)


def imports_only_ours(path: Path) -> bool:
    """Whether the code cells of a notebook import nothing but `recsys`, ipywidgets, IPython and the
    standard library. A cell that is not valid Python may import anything.
    """
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        return all(name in OURS for code in codes for name in _imported(code))
    except (OSError, ValueError, KeyError, TypeError, SyntaxError):
        return False


def _imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (one.name.split(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def _first_heading(notebook: Mapping[str, Any]) -> str:
    texts = (cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    found = HEADING.search(next(texts, ""))
    return re.sub(r"[*`]", "", LINK.sub(r"\1", found[1])).strip() if found else ""
