"""Data sets that the tests share. Those that need files skip where the files are absent."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# One thread per process, read when NumPy is imported: `make test` runs two groups of tests on two
# cores, and the threads of one matrix product that wait for each other keep a busy core spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from stage import Stage

from recsys.dataset import DataError, Dataset
from recsys.jobs import warm
from recsys.sources import load_dataset

ROOT = Path(__file__).resolve().parents[1]

# A deadline for each example would be a noisy clock on a busy machine.
settings.register_profile("default", deadline=None)
settings.load_profile("default")

# What `make check` leaves to `make test`: tests that start processes or servers, read whole data
# sets, or train networks.
SLOW_FILES = {
    "test_bundled.py", "test_cli.py", "test_embedding_classification.py",
    "test_embedding_regression.py", "test_extend.py", "test_fetch.py", "test_interrupted_work.py",
    "test_long_work.py", "test_neural_network.py", "test_peers.py", "test_training.py",
}  # fmt: skip
SLOW_FIXTURES = {"bundled", "ibm", "ibm_folder", "movielens", "movielens_folder"}
SLOW_NAMES = (
    "neural-network", "embedding-regression", "embedding-classification",
    "test_scoring_needs_neither", "test_the_python_runs", "test_the_reference_builds",
    "in_another_process", "test_what_a_process_leaves", "test_its_code_reads",
    "test_a_lock_excludes_other_processes", "test_imports_stay_light",
    "test_ratings_are_refused_by_file_line_and_column[long]",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        reads_much = SLOW_FIXTURES & {*getattr(item, "fixturenames", ())}
        is_named = any(name in item.name for name in SLOW_NAMES)
        if reads_much or is_named or item.path.name in SLOW_FILES:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_warm_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is fitted live is shared with nobody, by a folder in which no warm process listens."""
    monkeypatch.setenv(warm.FOLDER, str(tmp_path))


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """Six courses on three topics, five users; `NEW1` is rated by nobody.

    The Python and the database courses are taken by different people, but for `dora`, who takes
    nearly everything.
    """
    courses = pd.DataFrame(
        [
            ("PY1", "Python basics", "Variables, loops and functions in Python.", 1, 0, 0),
            ("PY2", "Python for data", "Tables and charts in Python with pandas.", 1, 1, 0),
            ("DA1", "Reading charts", "What charts of data show, and what they hide.", 0, 1, 0),
            ("DB1", "SQL basics", "Tables, keys and joins in SQL.", 0, 0, 1),
            ("DB2", "Databases at scale", "Indexes and sharding beyond SQL basics.", 0, 0, 1),
            ("NEW1", "Charts from SQL", "From SQL tables to charts.", 0, 1, 1),
        ],
        columns=["id", "title", "description", "Python", "Analysis", "Database"],
    )
    taken = {
        "anna": {"PY1": 3, "PY2": 3},
        "ben": {"PY1": 3, "PY2": 2, "DA1": 3},
        "cleo": {"DB1": 3, "DB2": 3},
        "dora": {"PY1": 3, "PY2": 3, "DA1": 2, "DB1": 3},
        "emil": {"DB1": 2},
    }
    ratings = pd.DataFrame(
        [(user, item, rating) for user, items in taken.items() for item, rating in items.items()],
        columns=["user", "item", "rating"],
    )
    return Dataset.from_tables("Tiny", courses, ratings)


@pytest.fixture(scope="session")
def active() -> Dataset:
    """A data set whose users have enough courses to hold some out."""
    rng = np.random.default_rng(2)
    ids = [f"C{i}" for i in range(20)]
    taken = [
        (user, item, 3.0)
        for user in range(50)
        for item in rng.choice(ids, rng.integers(1, 12), replace=False)
    ]
    courses = pd.DataFrame({"id": ids, "title": ids, "Python": 1, "SQL": [0, 1] * 10})
    ratings = pd.DataFrame(taken, columns=["user", "item", "rating"])
    return Dataset.from_tables("Active", courses, ratings)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The open course set that comes with the project."""
    return _loaded("bundled", tmp_path_factory)


@pytest.fixture(scope="session")
def ibm_folder() -> Path:
    """The folder of IBM's course files."""
    return _folder("ibm-courses", "ratings.csv")


@pytest.fixture(scope="session")
def movielens_folder() -> Path:
    """The folder of MovieLens' small set."""
    return _folder("movielens-latest-small", "movies.csv")


@pytest.fixture(scope="session")
def ibm(ibm_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return _loaded(str(ibm_folder), tmp_path_factory)


@pytest.fixture(scope="session")
def movielens(movielens_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return _loaded(str(movielens_folder), tmp_path_factory)


@pytest.fixture
def stage(tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A place where trainings of `training_models` run in real child processes."""
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("RECSYS_TEST_PIPE", str(tmp_path / "pipe"))
    monkeypatch.setenv("RECSYS_TEST_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    one = Stage(tmp_path, tiny)
    monkeypatch.setattr(tempfile, "tempdir", str(one.scratch))
    return one


def _folder(name: str, file: str) -> Path:
    places = [ROOT / "data" / name, ROOT.parent / "shared" / "data" / name]
    for place in places:
        if (place / file).is_file():
            return place
    pytest.skip(f"{name} is neither in data/ nor in ../shared/data/")


def _loaded(source: str, temporary: pytest.TempPathFactory) -> Dataset:
    """Read afresh, so that no test passes on what an earlier version of the code has cached."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("RECSYS_DATA", raising=False)
        environment.setenv("RECSYS_HOME", str(temporary.mktemp("home")))
        environment.setenv("XDG_CACHE_HOME", str(temporary.mktemp("cache")))
        try:
            return load_dataset(source)
        except DataError as error:
            if source == "bundled" and not (ROOT / "data" / "bundled" / "courses.csv").exists():
                pytest.skip(str(error))
            raise
