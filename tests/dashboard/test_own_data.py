"""A visitor's own data: it works like any other data set, and is neither shared nor left behind."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys import models
from recsys.dashboard.own_data import OwnData, remove_abandoned
from recsys.dashboard.state import OWN, State
from recsys.dashboard.state.leaderboard import Leaderboard
from recsys.dashboard.takeaway import as_code
from recsys.models import Recommender
from recsys.sources.upload import (
    TEMPLATE_COURSES,
    TEMPLATE_RATINGS,
    Pair,
    load_pair,
    read_courses,
    read_pair,
)

KEEPER = """
import sys
from test_own_data import a_pair
from recsys.dashboard.own_data import OwnData
own = OwnData()
own.keep(a_pair())
print(own.folder.parent, flush=True)
sys.stdin.read()
"""


def a_pair(title: str = "Reading charts") -> Pair:
    courses = TEMPLATE_COURSES.replace("Reading charts", title)
    return read_pair(
        read_courses("mine.csv", courses.encode()), "took.csv", TEMPLATE_RATINGS.encode()
    )


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This test's own folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def own_folders(temporary: Path) -> list[Path]:
    return list(temporary.glob("recsys-own-*"))


def test_it_becomes_the_data_set_and_can_be_left_and_chosen_again(state: State) -> None:
    state.selection.add(["a"])
    state.open_own(a_pair())
    assert (state.selection.source, state.selection.dataset.name, state.messages.error) == (
        OWN,
        "mine",
        "",
    )
    state.selection.add(["PY1"])
    state.choose_source("one")
    assert state.selection.dataset.name == "Set one"
    state.choose_source(OWN)
    assert state.selection.history.ids == ("PY1",)


def test_a_later_one_replaces_it(state: State) -> None:
    state.open_own(a_pair())
    state.open_own(a_pair("Charts anew"))
    assert "Charts anew" in state.selection.dataset.courses["title"].tolist()


def test_without_any_there_is_none_to_choose(state: State) -> None:
    state.choose_source(OWN)
    assert "There is no data set" in state.messages.error
    assert state.selection.source == "one"


def test_models_of_it_stay_out_of_the_shared_store(
    state: State, temporary: Path, tmp_path: Path
) -> None:
    state.open_own(a_pair())
    state.choice.choose_model("knn")
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    assert state.fitting.fitted is not None
    assert not list(tmp_path.glob("*.model"))
    assert not (tmp_path / "cache").exists()
    assert len(list(temporary.rglob("*.model"))) == 1
    state.choose_source("one")
    assert state.selection.store.folder == tmp_path


@pytest.mark.parametrize("kind", models.registry(), ids=lambda kind: kind.key())
def test_every_model_trains_on_it_in_another_process(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch, kind: type[Recommender]
) -> None:
    monkeypatch.setattr(models, "_MODELS", [kind])
    monkeypatch.setattr(kind, "instant", False)
    state = new_state()
    state.open_own(a_pair())
    state.selection.add(["PY1"])
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(120) is not None
    assert state.messages.error == ""
    assert type(state.fitting.answer.model) is kind


def test_the_leaderboard_reads_it_too(state: State) -> None:
    state.open_own(a_pair())
    board = Leaderboard(state)
    board.refresh()
    assert board.wait(120)
    assert "There is no data set" not in state.messages.error


def test_its_code_reads_the_visitors_files(state: State, tmp_path: Path) -> None:
    state.open_own(a_pair().liked_from(3))
    state.choice.choose_model("knn")
    state.selection.add(["PY1"])
    state.fitting.train()
    assert state.training.job is not None
    state.training.job.wait(30)
    (tmp_path / "mine.csv").write_text(TEMPLATE_COURSES)
    (tmp_path / "took.csv").write_text(TEMPLATE_RATINGS)
    code = as_code(state.selection, state.fitting.answer, state.choice.top_n)
    assert "load_pair('mine.csv', 'took.csv', like_threshold=3)" in code
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    read = load_pair(tmp_path / "mine.csv", tmp_path / "took.csv", like_threshold=3)
    assert read.fingerprint == state.selection.dataset.fingerprint


# The folder


def test_the_folder_is_private_and_goes_with_its_owner(temporary: Path) -> None:
    own = OwnData()
    assert own_folders(temporary) == []
    own.keep(a_pair())
    [folder] = own_folders(temporary)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    del own
    assert own_folders(temporary) == []


@pytest.mark.parametrize("end", ["exit", "kill"])
def test_what_a_process_leaves_is_removed(temporary: Path, end: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    folder = Path(process.stdout.readline().strip())
    remove_abandoned()
    assert (folder / "data").is_dir()  # its process is alive
    if end == "kill":
        process.send_signal(signal.SIGKILL)
    process.communicate()
    assert folder.exists() == (end == "kill")
    remove_abandoned()
    assert own_folders(temporary) == []


def test_foreign_folders_and_links_are_left_alone(temporary: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "in-use").touch()
    (temporary / "recsys-own-link").symlink_to(precious)
    (temporary / "recsys-own-new").mkdir()
    remove_abandoned()
    assert (precious / "in-use").exists()
    assert (temporary / "recsys-own-new").exists()


def test_a_full_or_closed_disk_is_reported(temporary: Path, state: State) -> None:
    temporary.rmdir()  # missing: root could write into any folder that exists
    state.open_own(a_pair())
    assert "The server has no room for your data" in state.messages.error
    assert state.selection.source == "one"
