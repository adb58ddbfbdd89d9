"""Training on a folder of partitions from the page and the command line: both go to a cluster, and
the same store serves what comes of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client

from recsys.cli import main
from recsys.dashboard.panels.frame import paragraph, with_links
from recsys.jobs.job import Event, Finished, Progressed
from recsys.jobs.training import TrainingJob
from recsys.models import KNN, NMF
from recsys.sources import load_dataset
from recsys.sources.partitions import PartitionedDataset
from recsys.storage import Store

pytestmark = pytest.mark.slow

IMPORTED_FOR_KERNELS = """
import os, sys
from recsys.serving.forkserver import import_all
import_all()
print("pyarrow" in sys.modules, len(os.listdir("/proc/self/task")))
import pyarrow
print(pyarrow.table({"title": ["Python basics"]}).to_pandas()["title"].dtype)
"""


@pytest.fixture
def folder(parts: PartitionedDataset) -> Path:
    return Path(parts.parts[0].file).parents[1]


@pytest.mark.parametrize("model", [KNN(), NMF()], ids=lambda model: model.key())
def test_a_training_of_the_page_runs_on_the_cluster_that_is_named(
    model: KNN, folder: Path, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even an instant model: nobody has all its ratings at hand."""
    monkeypatch.setenv("RECSYS_SCHEDULER", client.scheduler.address)
    sample = load_dataset(folder)
    store = Store(tmp_path)
    events: list[Event] = []
    outcome = TrainingJob(model, sample, str(folder), store).start(events.append).wait(120)
    assert isinstance(outcome, Finished)
    assert outcome.result.popularity_.sum() == sample.full.popularity.sum()
    assert store.get(model, sample) is not None
    told = [event.message for event in events if isinstance(event, Progressed)]
    assert any(f"on 2 workers, see {client.dashboard_link}" in message for message in told)


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_kernels_are_forked_from_a_process_that_leaves_pyarrow_out() -> None:
    """Importing it starts a thread, which a fork would lose; a kernel can still import it."""
    told = subprocess.run(
        [sys.executable, "-c", IMPORTED_FOR_KERNELS],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    assert told.split() == ["False", "1", "str"]


def test_the_page_links_to_where_the_workers_are_seen() -> None:
    html = with_links(paragraph("Pass 2, on 2 workers, see http://127.0.0.1:8787/status."))
    link = '<a href="http://127.0.0.1:8787/status" target="_blank" rel="noopener">'
    assert link in html
    assert html.endswith("status</a>.</p>")
    assert with_links(paragraph('http://"><b>')) == paragraph('http://"><b>')


def test_the_command_line_from_files_to_recommendations(
    tiny, client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("RECSYS_STORE", str(tmp_path / "store"))
    source = tmp_path / "in"
    (source / "ratings").mkdir(parents=True)
    tiny.courses.to_csv(source / "courses.csv", index=False)
    tiny.ratings.to_csv(source / "ratings" / "all.csv", index=False)
    parts, answers = str(tmp_path / "parts"), str(tmp_path / "answers")
    on = ["--scheduler", client.scheduler.address]

    assert main(["data", "convert", str(source), parts, *on, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["users"], made["ratings"]) == (tiny.n_users, tiny.interactions.nnz)
    assert main(["train", "--data", parts, "--model", "knn", "nmf", *on]) == 0
    assert "Both models are ready on in." in capsys.readouterr().out
    assert main(["recommend", "PY1", "--data", parts, "--model", "knn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recommendations"][0]["course_id"] == "PY2"
    assert main(["recommend-all", answers, "--data", parts, "--k", "2", *on, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["users"] == tiny.n_users
    assert main(["data", "convert", str(source), parts, *on]) == 1
    assert "already contains a data set" in capsys.readouterr().err
