"""implicit: ALS, BPR, and item-item neighbours by cosine and BM25.

ALS folds a test user in by solving for their factors, neighbours by the items they like. BPR can
do neither, so it is trained on the queries too.
"""

from __future__ import annotations

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
from protocol import NOTHING, Recommend, Task, padded, serve

# Where implicit has too little to recommend it fills up with what it was told to leave out: items
# of the query itself, or any with the lowest float as their score.
FILTERED = -1e38


def als(task: Task, **params: float) -> Recommend:
    model = AlternatingLeastSquares(**{"random_state": 0, "num_threads": 1, **params})
    model.fit(task.train, show_progress=False)
    users = np.arange(task.queries.shape[0])
    return lambda: lists(model, task, users, recalculate_user=True)


def bpr(task: Task, **params: float) -> Recommend:
    model = BayesianPersonalizedRanking(random_state=0, num_threads=1, **params)
    model.fit(task.with_queries, show_progress=False)
    return lambda: lists(model, task, task.test_users)


def cosine(task: Task, **params: float) -> Recommend:
    return neighbours(CosineRecommender(num_threads=1, **params), task)


def bm25(task: Task, **params: float) -> Recommend:
    return neighbours(BM25Recommender(num_threads=1, **params), task)


def neighbours(model: CosineRecommender | BM25Recommender, task: Task) -> Recommend:
    model.fit(task.train.astype(np.float64), show_progress=False)
    users = np.arange(task.queries.shape[0])
    return lambda: lists(model, task, users)


def lists(model: object, task: Task, users: np.ndarray, **options: bool) -> np.ndarray:
    ids, scores = model.recommend(users, task.queries, N=task.k, **options)
    known = task.queries.astype(bool).toarray()
    left_out = (scores <= FILTERED) | np.take_along_axis(known, ids, axis=1)
    return padded(np.where(left_out, NOTHING, ids), task)


if __name__ == "__main__":
    serve({"ALS": als, "BPR": bpr, "cosine": cosine, "BM25": bm25}, ["implicit"])
