"""The command line as a person meets it: what it prints, and its exit codes."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from recsys import models
from recsys.cli import main
from recsys.dataset import Dataset
from recsys.evaluation import GRIDS, compare, leaderboard
from recsys.sources import load_dataset

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, tiny: Dataset) -> Run:
    """Runs a command line where `tiny` is a folder named courses, with a store of its own."""
    folder = tmp_path / "courses"
    folder.mkdir()
    names = {"id": "COURSE_ID", "title": "TITLE", "description": "DESCRIPTION"}
    tiny.courses.rename(columns=names).to_csv(folder / "courses.csv", index=False)
    tiny.ratings.to_csv(folder / "ratings.csv", index=False)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        """In a fork of this process, which has imported what most commands need."""
        told = [tmp_path / "stdout", tmp_path / "stderr"]
        child = os.fork()
        if not child:
            try:
                _become(arguments, tmp_path, *told)
            finally:
                os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return subprocess.CompletedProcess(arguments, code, *(file.read_text() for file in told))

    return run


def _become(arguments: tuple[str, ...], folder: Path, stdout: Path, stderr: Path) -> None:
    """Be `python -m recsys` with these arguments; ends the process."""
    os.chdir(folder)
    os.environ.pop("RECSYS_DATA", None)
    os.environ["RECSYS_HOME"] = str(folder)
    os.environ["RECSYS_STORE"] = str(folder / "store")
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    sys.argv[1:] = arguments
    sys.stdout, sys.stderr = stdout.open("w"), stderr.open("w")
    os.dup2(sys.stdout.fileno(), 1)
    os.dup2(sys.stderr.fileno(), 2)
    logging.root.handlers.clear()  # pytest's
    try:
        code = main()
    except SystemExit as wrong_usage:
        code = int(str(wrong_usage.code or 0))
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["data"],
        ["data", "list"],
        ["data", "fetch"],
        ["train"],
        ["recommend"],
        ["evaluate"],
        ["tune"],
        ["serve"],
        ["doctor"],
    ],
)
def test_every_command_explains_itself(run: Run, command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m recsys")
    assert done.stderr == ""


def test_help_costs_no_import_of_numpy() -> None:
    code = "import sys; from recsys.cli import main\ntry: main(['--help'])\nfinally: "
    code += "assert not {'numpy', 'pandas', 'scipy'} & sys.modules.keys()"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["frobnicate"], "frobnicate"),
        (["recommend"], "COURSE"),
        (["recommend", "PY1", "--model", "knm"], "there are course-similarity"),
        (["recommend", "PY1", "--set", "neighbors=3"], "neighbours=…"),
        (["recommend", "PY1", "--set", "neighbours=1000"], "from 1 to 100"),
        (["recommend", "PY1", "--k", "0"], "above 0"),
        (["serve", "--port", "70000"], "65535"),
        (["data", "fetch", "netflix"], "ibm"),
        (["data", "fetch", "ibm", "--time-budget", "-5"], "seconds above 0"),
        (["train", "--all", "--model", "knn"], "not allowed with"),
        (["tune", "--model", "popularity"], "has no grid"),
    ],
)
def test_wrong_usage_is_code_2(run: Run, command: list[str], told: str) -> None:
    done = run(*command)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["recommend", "PY0", "--data", "courses"], "Did you mean “PY"),
        (["recommend", "PY1", "--data", "nowhere"], "There is no data set “nowhere”"),
        (["train", "--data", "nowhere"], "There is no data set “nowhere”"),
    ],
)
def test_a_problem_is_code_1_in_a_line(run: Run, command: list[str], told: str) -> None:
    done = run(*command)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_recommend_prints_what_the_model_recommends(run: Run, tiny: Dataset) -> None:
    command = ["recommend", "PY1", "--data", "courses", "--set", "neighbours=all", "--k", "2"]
    expected = models.KNN().fit(tiny).recommend({"PY1": 3}, k=2)
    table = run(*command)
    assert table.returncode == 0
    lines = table.stdout.splitlines()
    assert lines[0].split() == ["rank", "score", "course", "title"]
    assert [line.split()[2] for line in lines[1:3]] == list(expected["course_id"])

    answer = json.loads(run(*command, "--json").stdout)
    assert answer["recommendations"] == expected.to_dict("records")
    assert answer["hyperparameters"]["neighbours"] is None


def test_ids_and_models_may_be_typed_in_small_or_capital_letters(run: Run) -> None:
    command = ["recommend", "--data", "courses", "--model"]
    small, capital = run(*command, "knn", "py1"), run(*command, "KNN", "PY1")
    assert (small.returncode, small.stdout) == (0, capital.stdout)


def test_recommend_says_why_it_has_nothing(run: Run) -> None:
    done = run("recommend", "NEW1", "--data", "courses")
    assert done.returncode == 0
    assert "Nobody has rated your pick yet" in done.stdout


def test_train_fits_what_is_missing_and_no_more(run: Run, tmp_path: Path) -> None:
    command = ["train", "--data", "courses", "--model", "knn", "user-profile"]
    first = run(*command)
    assert (first.returncode, first.stdout) == (0, "Both models are ready on courses.\n")
    assert "KNN fitted in" in first.stderr
    stored = {file: file.stat().st_mtime_ns for file in (tmp_path / "store").glob("*.model")}
    assert len(stored) == 2

    second = run(*command)
    assert (second.stdout, second.stderr) == (first.stdout, "")
    assert {file: file.stat().st_mtime_ns for file in stored} == stored

    assert "KNN fitted in" in run(*command, "--force").stderr
    assert all(file.stat().st_mtime_ns > before for file, before in stored.items())


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        (["knn"], "The model is ready on courses.\n"),
        (["knn", "user-profile"], "Both models are ready on courses.\n"),
        (["knn", "user-profile", "popularity"], "All three models are ready on courses.\n"),
    ],
    ids=["one", "two", "three"],
)
def test_train_says_how_many_models_are_ready(keys: list[str], told: str, run: Run) -> None:
    assert run("train", "--data", "courses", "--model", *keys).stdout == told


def test_train_tells_what_is_ready_and_fails_if_anything_is_not(run: Run, tmp_path: Path) -> None:
    command = ["train", "--data", "courses", "--model", "knn", "user-profile", "knn", "--json"]
    ready = [{"data": "courses", "model": key, "ready": True} for key in ("knn", "user-profile")]
    done = run(*command)
    assert (done.returncode, json.loads(done.stdout)) == (0, ready)

    shutil.rmtree(tmp_path / "store")
    (tmp_path / "store").write_text("not a folder")
    done = run(*command)
    assert (done.returncode, json.loads(done.stdout)) == (
        1,
        [one | {"ready": False} for one in ready],
    )
    assert "KNN is fitted but not stored" in done.stderr


def test_finding_all_models_stored_imports_no_learning_library(
    run: Run, tiny: Dataset, tmp_path: Path
) -> None:
    run("train", "--data", "courses", "--model", "knn", "nmf")
    code = f"""
import os, sys
os.environ["RECSYS_STORE"] = {str(tmp_path / "store")!r}
os.environ["RECSYS_HOME"] = {str(tmp_path)!r}
from recsys.cli import main
code = main(["train", "--data", {str(tmp_path / "courses")!r}, "--model", "knn", "nmf"])
assert code == 0
assert not {{"sklearn", "tensorflow", "keras"}} & sys.modules.keys()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "fitted in" not in done.stderr


@pytest.fixture
def busy(tmp_path: Path, run: Run) -> Path:
    """The folder `courses` with users of histories long enough to be tested."""
    items = ("PY1", "PY2", "DA1", "DB1", "NEW1"), ("PY1", "DA1", "DB1", "DB2", "NEW1")
    lines = [f"{user},{item},3" for user in range(40) for item in items[user % 2]]
    folder = tmp_path / "courses"
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating", *lines]))
    return folder


def test_evaluate_ranks_the_models(run: Run, busy: Path) -> None:
    command = ["evaluate", "--data", "courses", "--model", "knn", "--k", "2", "--json"]
    done = run(*command)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["leaderboard"]
    assert (row["model"], row["protocol"], row["catalogue"]) == ("KNN", "strong", "rated")
    assert 0 <= row["ndcg_low"] <= row["ndcg"] <= row["ndcg_high"] <= 1


def test_evaluate_writes_a_page_whose_figures_are_those_of_evaluate(
    run: Run, busy: Path, tmp_path: Path
) -> None:
    command = "evaluate --data courses --model knn --baselines --protocol strong cold --seeds 2"
    command += " --k 1 2 --table out/courses.md --json"
    done = run(*command.split())
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "courses.md").read_text("utf-8")
    assert f"python -m recsys {command}\n" in page
    assert "## Strong generalisation" in page
    assert "## Cold start" in page

    dataset = load_dataset(busy)
    kinds = [models.KNN, *models.baselines()]
    results = compare([kind() for kind in kinds], dataset, ks=(2,), seeds=(0, 1))
    table = page.split("lists of 2\n\n")[1].split("\n\n")[0].splitlines()[2:]
    written = {line.split(" | ")[0].strip("| *"): line.split(" | ")[1] for line in table}
    board = leaderboard(results)
    assert written == {
        row.model: f"{row.ndcg:.3f} [{row.ndcg_low:.3f}, {row.ndcg_high:.3f}]"
        for row in board.itertuples()
    }
    stored = json.loads((tmp_path / "out" / "courses.json").read_text("utf-8"))
    rows = [
        row
        for row in stored["leaderboard"]
        if (row["protocol"], row["catalogue"], row["k"]) == ("strong", "rated", 2)
    ]
    assert [row["ndcg_over_ease"] for row in rows] == board["ndcg_over_ease"].tolist()


def test_tune_tries_the_published_grid(run: Run, busy: Path, tmp_path: Path) -> None:
    command = ["tune", "--data", "courses", "--model", "ease", "--k", "2"]
    tried = json.loads(run(*command, "--json").stdout)["EASE"]
    assert {row["regularisation"] for row in tried} >= set(GRIDS["ease"]["regularisation"])
    assert run(*command, "--table", "tried.md").returncode == 0
    page = (tmp_path / "tried.md").read_text("utf-8")
    assert all(f"| {value} |" in page for value in GRIDS["ease"]["regularisation"])


def test_data_fetch_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("recsys.sources.fetch_ibm", lambda **_: Path("data") / "ibm")
    main(["data", "fetch", "ibm", "--json"])
    assert json.loads(capsys.readouterr().out) == {"data": "ibm", "folder": "data/ibm"}


def test_data_list_and_doctor_speak_json(run: Run, tmp_path: Path) -> None:
    assert isinstance(json.loads(run("data", "list", "--json").stdout), list)
    findings = json.loads(run("doctor", "--json").stdout)
    assert findings["packages"]["numpy"]
    assert str(tmp_path / "store") in findings["fitted models"]
    assert run("doctor").stdout.startswith("machine:")


def test_a_taken_port_is_told_with_the_way_out(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("serve", "--no-browser", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert "PORT=" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("how", "form"), [(signal.SIGINT, []), (signal.SIGTERM, ["--json"])])
def test_serve_answers_and_leaves_nothing_behind(how: signal.Signals, form: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "recsys", "serve", "--no-browser", "--port", str(port)]
    with subprocess.Popen([*command, *form], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            told = server.stdout.readline()
            assert f"http://localhost:{port}" in (json.loads(told)["address"] if form else told)
            # The notebook's folder is not for visitors.
            for path in ("voila/files/recsys/serving/server.py", "voila/files/dashboard.ipynb"):
                with pytest.raises(urllib.error.HTTPError, match="403"):
                    urllib.request.urlopen(f"http://localhost:{port}/{path}")
            urllib.request.urlopen(f"http://localhost:{port}/").read()  # starts a kernel
            kernels = [child.pid for child in psutil.Process(server.pid).children(recursive=True)]
            assert kernels
        finally:
            server.send_signal(how)
        assert server.wait() == 0
    assert not any(psutil.pid_exists(pid) for pid in kernels)
