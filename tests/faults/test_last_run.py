"""What `make soak` writes into docs/reliability.md."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from last_run import with_last_run

PAGE = """# Reliability
As `test_one` shows.
| promise | held by | tried with | last run |
|---|---|---|---|
| Holds | `test_one`, `test_other` | | |
| Is not tried | `test_one_more` | twice | 2020-01-01: 1 passed |
"""


def report(
    name: str, outcome: Literal["passed", "failed", "skipped"], **figures: str
) -> pytest.TestReport:
    properties = list(figures.items())
    return pytest.TestReport(
        f"tests/faults/test_file.py::{name}", ("", 0, ""), {}, outcome, None, "call",
        user_properties=properties,
    )  # fmt: skip


def test_each_promise_is_told_what_came_of_its_tests() -> None:
    reports = [
        report("test_one[a-b]", "passed", figure="8 visits"),
        report("test_one[c]", "failed"),
        report("test_other", "skipped"),
    ]
    once = with_last_run(PAGE, reports)
    told = f"{date.today()}: 1 passed; 1 failed; 1 skipped; 8 visits"
    assert once == PAGE.replace("| | |", f"| | {told} |")
    assert with_last_run(once, reports) == once
    assert with_last_run(once, reports[:1]) == once.replace("; 1 failed; 1 skipped", "")
    assert with_last_run(once, []) == once
