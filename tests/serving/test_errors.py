"""The box in the place of a cell that failed."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from recsys.serving import errors

TRACEBACK = [
    "\x1b[31m-----\x1b[39m",
    'Cell In[1], line 2\n      1 a = 3\n----> 2 open("/srv/<b>.csv")',
    "File /opt/lib/io.py:7, in open(name)",
]


def cell(source: str, *outputs: dict[str, Any], kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "source": source} | ({"outputs": outputs} if kind == "code" else {})


def error(name: str, message: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": TRACEBACK}


def lacks(name: str) -> dict[str, Any]:
    return error("NameError", f"name '{name}' is not defined")


def test_in_full_it_has_the_line_and_the_traceback_folded() -> None:
    failed = cell('a = 3\n  open("/srv/<b>.csv")  \n', found := error("OSError", "No '/srv/<b>'"))
    box = errors.box(found, failed, {"cells": [failed]}, in_full=True)
    assert box.startswith('<div class="cell-error" role="alert">')
    assert "<code>OSError</code>: No &#x27;/srv/&lt;b&gt;&#x27;" in box
    assert "Line 2: <code>open(&quot;/srv/&lt;b&gt;.csv&quot;)</code>" in box
    folded = box[box.index("<details>") :]
    assert "File /opt/lib/io.py:7" in folded
    assert "\x1b" not in box
    assert "<b>" not in box


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("division by zero", "division by zero"),
        ("No such file: '/home/a b/my courses.csv'", "No such file: …"),
        ('No such file: "~/a.csv", sorry', "No such file: …, sorry"),
        (r"C:\Users\ann\a.csv is missing", "… is missing"),
        ("cannot open ../data/a.csv: isn't there", "cannot open … isn&#x27;t there"),
        ("<script>alert(1)<//script>", "…"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("invalid syntax (1686855921.py, line 1)", "invalid syntax"),
        ("two\nlines of\n/a/b", "two\nlines of\n…"),
        ("", ""),
    ],
)
def test_elsewhere_it_has_no_code_and_no_paths(message: str, shown: str) -> None:
    failed = cell("open(secret)", found := error("<i>Error", message))
    box = errors.box(found, failed, {"cells": [failed]})
    assert box == (
        '<div class="cell-error" role="alert"><p><strong>This cell failed.</strong></p>'
        f"<p><code>&lt;i&gt;Error</code>{': ' if shown else ''}{shown}</p></div>"
    )


@pytest.mark.parametrize(
    ("source", "created"),
    [
        ("model, _ = 1 / 0", "model"),
        ("import model", "model"),
        ("from a import b as model", "model"),
        ("def model():\n    inner = 1\n1 / 0", "model"),
        ("class model: pass\n1 / 0", "model"),
        ("for model in 1 / 0: pass", "model"),
        ("with open('x') as model: pass", "model"),
        ("%matplotlib inline\nmodel = !ls\n1 / 0", "model"),
        ("model = = 3", "model"),
    ],
)
def test_a_cell_that_needs_what_the_failed_one_creates_says_so(source: str, created: str) -> None:
    failed = cell(source, error("ZeroDivisionError", "division by zero"))
    needs = cell(f"other = {created} + 1", found := lacks(created))
    cells = [cell("text", kind="markdown"), cell("1"), failed, needs]
    for in_full in (True, False):
        told = errors.box(found, needs, {"cells": cells}, in_full)
        assert f"needs <code>{created}</code>, which a failed cell should have created" in told
        assert "details" not in told
        assert told.count("<p>") == 1
    after = cell("other", found := lacks("other"))
    told = errors.box(found, after, {"cells": [*cells, after]})
    assert "needs <code>other</code>" in told, "and so on"


@pytest.mark.parametrize(
    "earlier",
    [
        cell("model = 1"),  # it has not failed
        cell("model + 1", lacks("model")),  # it lacks the name itself
        cell("def f():\n    model = 1\n1 / 0", error("ZeroDivisionError", "")),  # inside only
    ],
)
def test_a_name_that_is_nowhere_created_is_an_error_like_others(earlier: dict[str, Any]) -> None:
    needs = cell("model", found := lacks("model"))
    later = cell("model = 1 / 0", error("ZeroDivisionError", "division by zero"))
    box = errors.box(found, needs, {"cells": [earlier, needs, later]})
    assert "This cell failed" in box


def test_the_log_has_all_of_it(caplog: pytest.LogCaptureFixture) -> None:
    failed = cell("open(secret)", found := error("OSError", "/a/b"))
    with caplog.at_level(logging.ERROR):
        errors.box(found, failed, {"cells": [failed]})
    assert "open(secret)" in caplog.text
    assert "File /opt/lib/io.py:7" in caplog.text
