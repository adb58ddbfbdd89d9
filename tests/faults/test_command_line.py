"""Any command line ends with code 0, 1 or 2 and words, never with a traceback."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from stage import write_folder

from recsys import cli, machine, sources
from recsys.cli import train
from recsys.dataset import Dataset
from recsys.serving import server as serve

COMMANDS = ["data", "list", "fetch", "ibm", "train", "recommend", "evaluate", "tune", "serve"]
COMMANDS += ["doctor", "frobnicate"]
FLAGS = ["--data", "--model", "--k", "--set", "--json", "--port", "--host", "--time-budget"]
FLAGS += ["--seeds", "--protocol", "--catalogue", "--baselines", "--force", "--help", "--", "-x"]
VALUES = ["courses", "PY1", "DB1", "knn", "popularity", "all", "strong", "cold", "rated", "0", "-1"]
VALUES += ["1", "3", "1e9", "nan", "²", "٣", "neighbours=3", "neighbours=", "=", "shrinkage=nan"]
VALUES += ["neighbours=none", "weighting=joint", "", " ", "..", "/", "/dev/null", "\udcff", "a\nb"]
VALUES += ["9" * 5000, "a\0b", "🎓", "\x1b[2J"]


def run(*arguments: str) -> tuple[int, str]:
    """The exit code, and what was written to standard error."""
    out, errors = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = cli.main(arguments)
        except SystemExit as end:
            code = int(str(end.code or 0))
    return code, errors.getvalue()


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tiny` is the folder courses, and there is no other data; nothing is shared with others."""
    write_folder(tiny, tmp_path / "courses")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(machine, "checkout", lambda: tmp_path)
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    monkeypatch.setenv("RECSYS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RECSYS_DATA", raising=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["recommend", "PY1", "--data", "courses", "--k", "9" * 5000])
@example(["recommend", "PY1", "--data", "a\0b"])
@example(["recommend", "\udcff", "--data", "courses"])
@example(["evaluate", "--data", "courses", "--model", "knn", "--k", "²"])
@example(["data", "fetch", "ibm", "--time-budget", "nan"])
@example(["serve", "--port", "9" * 5000])
@given(
    some.lists(some.sampled_from(COMMANDS), min_size=1, max_size=2).flatmap(
        lambda command: some.lists(
            some.sampled_from(FLAGS) | some.sampled_from(VALUES) | some.text(max_size=8),
            max_size=6,
        ).map(lambda rest: [*command, *rest])
    )
)
def test_any_command_line_ends_in_words(arguments: list[str]) -> None:
    unfit = patch.object(sources, "fetch_ibm", side_effect=sources.FetchError("no network"))
    with patch.object(serve, "serve"), unfit, patch.object(train, "_train_one", return_value=True):
        code, errors = run(*arguments)
    assert code in (0, 1, 2)
    assert "Traceback" not in errors
    assert (code == 0) or errors


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.sampled_from(VALUES) | some.text(max_size=8), min_size=1, max_size=3))
def test_any_courses_and_settings_end_in_words(words: list[str]) -> None:
    pairs = [one for word in words[1:] for one in ("--set", word)]
    code, errors = run("recommend", "--data", "courses", *pairs, "--", words[0])
    assert code in (0, 1, 2)
    assert (code == 0) == (not errors)


def test_a_title_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    courses = tmp_path / "courses" / "courses.csv"
    courses.write_text(courses.read_text().replace("Python for data", "\x1b[2JPython"))
    assert cli.main(["recommend", "PY1", "--data", "courses"]) == 0
    assert "\x1b" not in capsys.readouterr().out
