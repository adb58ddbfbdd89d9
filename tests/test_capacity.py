"""docs/capacity.md says what benchmarks/visitors.py has measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "capacity.md").read_text("utf-8")


def test_the_figures_are_those_that_were_measured() -> None:
    heads = [*re.finditer(r"^\| measured \|(.+)\|$", PAGE, flags=re.MULTILINE)]
    assert len(heads) == 2
    for head in heads:
        files = re.findall(r"benchmarks/results/(\S+\.json)", head[1])
        assert files
        results = [
            json.loads((ROOT / "benchmarks" / "results" / name).read_text())["class"]
            for name in files
        ]
        for row in PAGE[head.end() :].split("\n\n")[0].splitlines()[2:]:
            what, *cells = (cell.strip() for cell in row.strip("|").split("|"))
            figures = [result.get(what, "–") for result in results]
            assert cells == [
                f"{one:.2f}" if isinstance(one, float) else str(one) for one in figures
            ]
