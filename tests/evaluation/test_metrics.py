"""The metrics against ir-measures, scikit-learn, and answers worked out by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import ndcg_score

from recsys.evaluation import metrics
from recsys.ranking import NOTHING, top_k

ir_measures = pytest.importorskip("ir_measures", reason="ir-measures has no build for this machine")
AP, RR, R, Success, nDCG = (
    getattr(ir_measures, name) for name in ("AP", "RR", "R", "Success", "nDCG")
)


@pytest.fixture(params=[1, 5, 10])
def lists(request):
    """Random scores and relevant courses of 60 users among 30 courses, cut at k."""
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(60, 30))
    relevant = rng.random((60, 30)) < 0.1
    relevant[np.arange(60), rng.integers(0, 30, 60)] = True
    return scores, relevant, request.param


def measured(scores, relevant, k):
    ranked = top_k(scores, k, popularity=np.zeros(scores.shape[1]))
    hit = metrics.hits(ranked, csr_matrix(relevant))
    return {name: metric(hit, relevant.sum(axis=1)) for name, metric in metrics.ACCURACY.items()}


def by_ir_measures(scores, relevant, measure):
    qrels = [
        ir_measures.Qrel(str(u), str(i), int(relevant[u, i])) for u, i in np.ndindex(scores.shape)
    ]
    run = [ir_measures.ScoredDoc(str(u), str(i), scores[u, i]) for u, i in np.ndindex(scores.shape)]
    values = {int(m.query_id): m.value for m in measure.iter_calc(qrels, run)}
    return np.array([values[u] for u in range(len(scores))])


def test_accuracy_equals_ir_measures(lists):
    scores, relevant, k = lists
    ours = measured(scores, relevant, k)
    n = relevant.sum(axis=1)
    capped = n / np.minimum(n, k)  # ir-measures divides recall and AP by n, not by min(k, n)
    np.testing.assert_allclose(ours["ndcg"], by_ir_measures(scores, relevant, nDCG @ k))
    np.testing.assert_allclose(ours["recall"], by_ir_measures(scores, relevant, R @ k) * capped)
    np.testing.assert_allclose(ours["map"], by_ir_measures(scores, relevant, AP @ k) * capped)
    np.testing.assert_allclose(ours["mrr"], by_ir_measures(scores, relevant, RR @ k))
    np.testing.assert_allclose(ours["hit_rate"], by_ir_measures(scores, relevant, Success @ k))


def test_ndcg_equals_scikit_learn(lists):
    scores, relevant, k = lists
    by_user = [ndcg_score([r], [s], k=k) for r, s in zip(relevant, scores, strict=True)]
    np.testing.assert_allclose(measured(scores, relevant, k)["ndcg"], by_user)


def test_an_ended_list_hits_nothing():
    hit = metrics.hits(np.array([[NOTHING, 1]]), csr_matrix([[0, 0, 1]]))
    assert not hit.any()


def test_coverage_and_gini_by_hand():
    always_the_same = np.zeros((8, 1), int)
    each_once = np.arange(4).reshape(4, 1)
    assert metrics.coverage(always_the_same, 4) == 0.25
    assert metrics.gini(always_the_same, 4) == pytest.approx(0.75)  # (n − 1) / n
    assert metrics.coverage(each_once, 4) == 1
    assert metrics.gini(each_once, 4) == pytest.approx(0)


def test_novelty_and_popularity_by_hand():
    ranked = np.array([[0, 1], [0, NOTHING]])
    popularity = np.array([8, 2])  # of 8 users: 0 bits and 2 bits
    assert metrics.novelty(ranked, popularity, 8) == pytest.approx((0 + 2 + 0) / 3)
    assert metrics.mean_popularity(ranked, popularity, 8) == pytest.approx((1 + 0.25 + 1) / 3)


def test_diversity_by_hand():
    topics = np.array([[1.0, 0], [1, 0], [0, 1], [0, 0]])
    assert metrics.diversity(np.array([[0, 1]]), topics) == pytest.approx(0)
    assert metrics.diversity(np.array([[0, 2]]), topics) == pytest.approx(1)
    assert metrics.diversity(np.array([[0, 1, 2]]), topics) == pytest.approx(2 / 3)
    assert metrics.diversity(np.array([[0, 3]]), topics) == pytest.approx(1)
    ended = np.array([[0, 1, NOTHING], [0, NOTHING, NOTHING]])
    assert metrics.diversity(ended, topics) == pytest.approx(0)
