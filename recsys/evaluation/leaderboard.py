"""Models side by side: fit each on the same training users, test all on the same others.

Must not know where a data set or a model comes from.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.evaluation import metrics
from recsys.evaluation.certainty import interval
from recsys.evaluation.split import Catalogue, Protocol, Split, catalogue_mask, split
from recsys.models import Progress, Recommender, silent

BATCH = 4096


@dataclass(frozen=True, eq=False)
class Result:
    """One model's recommendations for the test users of a split, and how good they are.

    Attributes
    ----------
    model : the fitted model
    ranked : (n_test_users, k) positions of the recommended courses, best first
    accuracy : metric -> (n_test_users,) values
    lists : metric of all lists together -> value
    fit_seconds, score_seconds : wall time; scoring is for all test users
    """

    model: Recommender
    ranked: np.ndarray
    accuracy: dict[str, np.ndarray]
    lists: dict[str, float]
    fit_seconds: float
    score_seconds: float

    def row(self) -> dict[str, float | str]:
        """The result as a row of the leaderboard, with 95 % intervals for the accuracy."""
        row: dict[str, float | str] = {"model": self.model.name}
        for name, values in self.accuracy.items():
            row[name], row[f"{name}_low"], row[f"{name}_high"] = interval(values)
        row |= self.lists
        return row | {"fit_seconds": self.fit_seconds, "score_seconds": self.score_seconds}


def evaluate(
    models: Iterable[Recommender],
    dataset: Dataset,
    protocol: Protocol = "strong",
    k: int = 10,
    seed: int = 0,
    catalogue: Catalogue = "rated",
    progress: Progress = silent,
) -> pd.DataFrame:
    """Rank models by NDCG@k on users held out from them.

    Parameters
    ----------
    models : fitted or not; each is fitted anew on the training part, and left as it is
    protocol, seed : see `split`
    k : the length of the lists
    catalogue : recommend among the courses somebody has rated ("rated"), or among "all"

    Returns
    -------
    A row per model, best first: `model`; `ndcg`, `recall`, `mrr`, `map`, `hit_rate`, each with
    `_low` and `_high` of its 95 % interval over users; `coverage`, `gini`, `novelty` (bits),
    `diversity`, `popularity`; `unanswered`, the share of users left without a recommendation;
    `fit_seconds` and `score_seconds`.
    """
    models = list(models)
    division = split(dataset, protocol, seed)
    candidates = catalogue_mask(dataset, catalogue)
    rows = []
    for place, model in enumerate(models):
        progress(place / len(models), f"Evaluating {model.name}")
        rows.append(assess(model, division, candidates, k).row())
    progress(1.0, "Done")
    table = pd.DataFrame(rows).sort_values("ndcg", ascending=False, kind="stable")
    return table.reset_index(drop=True)


def assess(model: Recommender, division: Split, candidates: np.ndarray, k: int = 10) -> Result:
    """Fit a copy of one model on the training part of a split and test it on the rest."""
    start = time.perf_counter()
    fitted = replace(model).fit(division.train)
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    ranked = recommend_all(fitted, division, candidates, k)
    score_seconds = time.perf_counter() - start
    hit = metrics.hits(ranked, division.holdouts)
    n_relevant = np.asarray(division.holdouts.getnnz(axis=1))
    train = division.train
    accuracy = {name: metric(hit, n_relevant) for name, metric in metrics.ACCURACY.items()}
    n_candidates = int(candidates.sum())
    lists = {
        "coverage": metrics.coverage(ranked, n_candidates),
        "gini": metrics.gini(ranked, n_candidates),
        "novelty": metrics.novelty(ranked, train.popularity, train.n_users),
        "diversity": metrics.diversity(ranked, train.topic_matrix),
        "popularity": metrics.mean_popularity(ranked, train.popularity, train.n_users),
        "unanswered": float((ranked == metrics.NOTHING).all(axis=1).mean()),
    }
    return Result(fitted, ranked, accuracy, lists, fit_seconds, score_seconds)


def recommend_all(
    fitted: Recommender, division: Split, candidates: np.ndarray, k: int
) -> np.ndarray:
    """(n_test_users, k) what the model recommends each test user beyond their query."""
    ranked = np.empty((division.queries.shape[0], k), int)
    for start in range(0, len(ranked), BATCH):
        queries = division.queries[start : start + BATCH]
        allowed = candidates & ~queries.astype(bool).toarray()
        ranked[start : start + BATCH] = metrics.top_k(fitted.score(queries), allowed, k)
    return ranked
