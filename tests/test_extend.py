"""docs/extend.md, followed to the letter, works: in a copy of the repository, by its own commands.

tests/browser/test_extended_page.py opens the dashboard of such a copy.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from extending import changed, commands, extended, files

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extended(tmp_path_factory.mktemp("extend"))


def test_the_page_adds_a_model_a_data_set_and_a_chart_with_a_line_each() -> None:
    """One new module of the package for each, one line in the list of its kind, and its import."""
    written = [path for path, kind, _ in files() if kind == "python" and path.startswith("recsys/")]
    lines = {path: diff for path, kind, diff in files() if kind == "diff"}
    assert [Path(path).parent.name for path in written] == ["models", "sources", "charts"]
    for path in written:
        diff = lines[str(Path(path).with_name("__init__.py"))]
        added = [line for line in diff.splitlines() if line.startswith("+")]
        assert len([one for one in added if "import" not in one]) <= 1
        assert len([one for one in added if "import" in one]) == 1


@pytest.mark.parametrize("command", commands())
def test_what_the_page_says_to_run_succeeds(copy: Path, command: str) -> None:
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [program.replace(".venv/bin", str(BIN)), *arguments],
        capture_output=True,
        text=True,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "RECSYS_STORE": str(copy / ".recsys")},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_change_is_found_by_the_lines_around_it() -> None:
    text = "a\nb = 1\nlast\n"
    assert changed(text, " b…\n+c\n last\n+end\n") == "a\nb = 1\nc\nlast\nend\n"
    assert changed(text, "-b…\n+c\n") == "a\nc\nlast\n"
