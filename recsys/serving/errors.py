"""The box that a page shows in the place of a cell that failed, as HTML.

The page's template calls `box` as a filter, for each error among the outputs of a cell; voila.json
and jupyter_config.json name it. The cells after the failed one run as well (`allow_errors` there).

Must not know who may see code and paths: the server decides that when it starts.
"""

from __future__ import annotations

import logging
import re
import symtable
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from recsys.serving import upstream

# A text in quotes, or a word, with a slash or a backslash in it.
PATH = re.compile(r"""(?<!\w)(['"])(?:(?!\1).)*?[/\\](?:(?!\1).)*\1(?!\w)|\S*[/\\]\S*""")

log = logging.getLogger(__name__)


def box(
    error: Mapping[str, Any],
    cell: Mapping[str, Any],
    notebook: Mapping[str, Any],
    in_full: bool = False,
) -> str:
    """What the page shows of an error; all of it is written to the log.

    A cell that lacks a name which a failed cell should have created has only this one line.

    Parameters
    ----------
    error : the output, with `ename`, `evalue` and `traceback`
    cell : the cell that it is an output of
    notebook : has the cells that have run before, with their outputs
    in_full : whether code and paths may be shown: the line that failed, and the traceback
    """
    traceback = upstream.plain_text(error["traceback"])
    log.error("A cell of the notebook failed:\n\n%s\n\n%s\n", cell["source"], traceback)
    lacking = _lacking(error, cell, notebook)
    if lacking:
        told = f"needs <code>{escape(lacking)}</code>, which a failed cell should have created"
        return f'<div class="cell-needs"><p>This cell {told}.</p></div>'
    message = upstream.without_file_of_cell(error["evalue"])
    if not in_full:
        message = PATH.sub("…", message)
    parts = [
        "<p><strong>This cell failed.</strong></p>",
        f"<p><code>{escape(error['ename'])}</code>{': ' if message else ''}{escape(message)}</p>",
    ]
    if in_full:
        parts += _place(cell["source"].splitlines(), upstream.line_of_error(traceback))
        parts += ["<details><summary>Traceback</summary>", f"<pre>{escape(traceback)}</pre>"]
        parts += ["</details>"]
    return f'<div class="cell-error" role="alert">{"".join(parts)}</div>'


def _place(lines: list[str], number: int | None) -> Iterator[str]:
    if number is not None and number <= len(lines):
        code = escape(lines[number - 1].strip())
        yield f"<p>Line {number}: <code>{code}</code></p>"


def _lacking(error: Mapping[str, Any], cell: Mapping[str, Any], notebook: Mapping[str, Any]) -> str:
    """The name that a cell needs and an earlier cell, which failed, should have created, or ""."""
    missing = re.fullmatch(r"name '(\w+)' is not defined.*", error["evalue"], re.DOTALL)
    if error["ename"] != "NameError" or not missing:
        return ""
    for earlier in notebook["cells"]:
        if earlier is cell:
            break
        outputs = earlier.get("outputs", ())
        failed = any(output["output_type"] == "error" for output in outputs)
        if failed and missing[1] in _created(earlier["source"]):
            return missing[1]
    return ""


def _created(source: str) -> set[str]:
    """The names that a cell creates: variables, functions, classes and imports. If it is no valid
    Python, all words in it."""
    from IPython.core import inputtransformer2

    manager: Any = inputtransformer2.TransformerManager  # it has no type annotations
    try:
        python = manager().transform_cell(source)  # IPython's own commands made Python
        names = symtable.symtable(python, "cell", "exec").get_symbols()
    except (SyntaxError, ValueError):
        return set(re.findall(r"\w+", source))
    return {name.get_name() for name in names if name.is_assigned() or name.is_imported()}
