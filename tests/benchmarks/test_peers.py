"""What passes between us and the peers, and how their lists are judged. No peer is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset
from recsys.evaluation import answer, catalogue_mask, measure, split
from recsys.models import EASE

PEERS = Path(__file__).resolve().parents[2] / "benchmarks" / "peers"

# A peer without a library: it recommends what most training users like.
POPULAR = """
import numpy as np
from protocol import best, serve

def popular(task, factor):
    popularity = factor * task.train.getnnz(axis=0)
    return lambda: best(np.tile(popularity, (task.queries.shape[0], 1)), task)

serve({"popular": popular}, ["numpy"])
"""


@pytest.fixture(autouse=True)
def _peers_in_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PEERS))


@pytest.fixture
def task():
    from protocol import Task

    train = csr_matrix(np.array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 1, 0, 0]], np.float32))
    queries = csr_matrix(np.array([[0, 1, 0, 0], [1, 0, 0, 0]], np.float32))
    return Task(train, queries, 3)


def test_a_task_arrives_as_it_was_sent(task, tmp_path):
    from protocol import read_task, write_task

    write_task(tmp_path / "task.npz", task)
    arrived = read_task(tmp_path / "task.npz")
    assert (arrived.train != task.train).nnz == 0
    assert (arrived.queries != task.queries).nnz == 0
    assert arrived.k == 3


def test_an_answer_arrives_as_it_was_sent(task, tmp_path):
    from protocol import Answer, read_answer, write_answer

    ranked = np.array([[0, 2, -1], [1, 3, 2]])
    write_answer(tmp_path / "answer.npz", Answer(ranked, 1.5, 0.5, {"numpy": "2.0"}))
    arrived = read_answer(tmp_path / "answer.npz", task)
    assert arrived.ranked.tolist() == ranked.tolist()
    assert (arrived.fit_seconds, arrived.recommend_seconds) == (1.5, 0.5)
    assert arrived.versions == {"numpy": "2.0"}


@pytest.mark.parametrize(
    ("ranked", "complaint"),
    [
        ([[0, 2], [1, 3]], "shape"),
        ([[0, 1, 2], [1, 2, 3]], "of the query"),
        ([[0, 2, 2], [1, 2, 3]], "twice"),
        ([[0, 2, 4], [1, 2, 3]], "beyond"),
        ([[0.0, 2.0, 3.0], [1.0, 2.0, 3.0]], "positions"),
    ],
)
def test_an_answer_that_breaks_the_rules_is_refused(task, tmp_path, ranked, complaint):
    from protocol import Answer, read_answer, write_answer

    write_answer(tmp_path / "answer.npz", Answer(np.array(ranked), 0.0, 0.0, {}))
    with pytest.raises(ValueError, match=complaint):
        read_answer(tmp_path / "answer.npz", task)


def test_a_peer_is_asked_in_a_process_of_its_own(task, tmp_path):
    from run import Peer

    # `protocol` has to lie beside a peer's script, as it does beside ours
    (tmp_path / "protocol.py").write_text((PEERS / "protocol.py").read_text())
    (tmp_path / "popular_peer.py").write_text(POPULAR)
    peer = Peer(Path(sys.executable), tmp_path / "popular_peer.py")
    most, least = peer("popular", [{"factor": 1}, {"factor": -1}], task)
    assert most.ranked.tolist() == [[0, 2, 3], [1, 2, 3]]
    assert least.ranked.tolist() == [[2, 3, 0], [2, 3, 1]]
    assert set(most.versions) == {"numpy", "scipy"}


def test_a_peer_that_fails_says_why(task, tmp_path):
    from run import Peer, PeerError

    (tmp_path / "broken_peer.py").write_text("raise SystemExit('out of luck')")
    peer = Peer(Path(sys.executable), tmp_path / "broken_peer.py")
    with pytest.raises(PeerError, match="out of luck"):
        peer("any", [{}], task)


def test_the_peers_lists_are_judged_as_ours_are(bundled: Dataset):
    """Our own EASE, asked by way of a task, gets the NDCG that `measure` gives it."""
    from protocol import Answer, best
    from run import ndcg_of, ranked_courses, task_of

    division = split(bundled, "strong", seed=3)
    candidates = catalogue_mask(bundled, "rated")
    ours = answer(EASE(), division, {"rated": candidates}, k=10)
    expected = measure(EASE(), ours, division, "rated", candidates, k=10).accuracy["ndcg"]

    task = task_of(division)
    gram = (task.train.T @ task.train).toarray().astype(float)
    precision = np.linalg.inv(gram + EASE().regularisation * np.eye(len(gram)))
    weights = -precision / precision.diagonal()
    np.fill_diagonal(weights, 0)
    lists = best(task.queries @ weights, task)
    found = ndcg_of(ranked_courses(Answer(lists, 0.0, 0.0, {}), division), division)
    np.testing.assert_allclose(found.mean(), expected.mean(), atol=1e-4)


def test_every_model_has_the_same_budget():
    from contenders import BUDGET, LIBRARIES, REGULARISATIONS

    assert len(REGULARISATIONS) == BUDGET
    for library in LIBRARIES:
        for one in library.contenders:
            assert len(list(one.settings())) == BUDGET, (library.name, one.model)


def test_every_library_has_a_script_and_pinned_requirements():
    from contenders import LIBRARIES

    for library in LIBRARIES:
        script = PEERS / f"{library.key}_peer.py"
        compile(script.read_text("utf-8"), str(script), "exec")
        pins = (PEERS / "requirements" / f"{library.key}.txt").read_text().split()
        assert all("==" in pin for pin in pins)
        assert pins[0].split("==")[0] == library.key
