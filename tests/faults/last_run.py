"""The last column of docs/reliability.md: what came of each promise's tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

import pytest


def with_last_run(page: str, reports: Iterable[pytest.TestReport]) -> str:
    """The page with the last column of each promise told by its tests, where one of them has run.

    A test adds a figure by `record_property("figure", …)`.
    """
    reports = list(reports)
    lines = []
    for line in page.splitlines():
        names = re.findall(r"`(test_\w+)`", line) if line.startswith("| ") else []
        own = [one for one in reports if re.split(r"\W", one.nodeid.split("::")[-1])[0] in names]
        if own:
            came = Counter(one.outcome for one in own)
            # What was skipped has not been tried here, and the page must not look as if it had.
            said = [
                f"{came[kind]} {kind}" for kind in ("passed", "failed", "skipped") if came[kind]
            ]
            said += [
                str(is_) for one in own for name, is_ in one.user_properties if name == "figure"
            ]
            line = f"{line.rsplit(' | ', 1)[0]} | {date.today()}: {'; '.join(said)} |"
        lines.append(line)
    return "\n".join(lines) + "\n"
