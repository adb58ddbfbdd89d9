"""Faults, bad input and intruders, each tried on the real thing; docs/reliability.md lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings
from serving import ROOT

PROMISES = ROOT / "docs" / "reliability.md"

settings.register_profile("soak", max_examples=3000, print_blob=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-last-run",
        action="store_true",
        help="write what came of it into docs/reliability.md",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.getoption("write_last_run", False):  # unknown where this folder is not asked for
        kinds = ("passed", "failed", "error")
        reports = [one for kind in kinds for one in terminalreporter.stats.get(kind, [])]
        PROMISES.write_text(with_last_run(PROMISES.read_text("utf-8"), reports), "utf-8")


def with_last_run(page: str, reports: Iterable[pytest.TestReport]) -> str:
    """The page with the last column of each promise told by its tests, where one of them has run.

    A test adds a figure by `record_property("figure", …)`.
    """
    reports = list(reports)
    lines = []
    for line in page.splitlines():
        names = re.findall(r"`(test_\w+)`", line)
        own = [one for one in reports if re.split(r"\W", one.nodeid.split("::")[-1])[0] in names]
        if own:
            failed = sum(one.failed for one in own)
            said = [f"{date.today()}: {len(own) - failed} passed"]
            said += [f"{failed} failed"] if failed else []
            said += [
                str(is_) for one in own for name, is_ in one.user_properties if name == "figure"
            ]
            line = f"{line.rsplit(' | ', 1)[0]} | {'; '.join(said)} |"
        lines.append(line)
    return "\n".join(lines) + "\n"
