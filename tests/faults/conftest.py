"""Faults, bad input and intruders, each tried on the real thing; docs/reliability.md lists them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from last_run import with_last_run
from serving import ROOT

PROMISES = ROOT / "docs" / "reliability.md"

settings.register_profile("soak", deadline=None, max_examples=3000, print_blob=True)


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
        kinds = ("passed", "failed", "error", "skipped")
        reports = [one for kind in kinds for one in terminalreporter.stats.get(kind, [])]
        PROMISES.write_text(with_last_run(PROMISES.read_text("utf-8"), reports), "utf-8")
