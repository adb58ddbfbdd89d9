"""RecTools: EASE, PureSVD, and implicit's ALS, BPR and BM25 behind its own interface.

A model answers for users of the data set it is given when it recommends. EASE and BM25, which learn
about items alone, are fitted without the queries and given them then; the others keep factors per
user, so they are trained on the queries too.

EASE ranks by the query times the transposed weights. “EASE, transposed back” is the same fit with
the query times the weights, as in the paper.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from implicit.als import AlternatingLeastSquares
from implicit.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import BM25Recommender
from protocol import Recommend, Task, padded, serve
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import (
    EASEModel,
    ImplicitALSWrapperModel,
    ImplicitBPRWrapperModel,
    ImplicitItemKNNWrapperModel,
    PureSVDModel,
)
from scipy.sparse import csr_matrix


def ease(task: Task, **params: float) -> Recommend:
    model = EASEModel(recommend_n_threads=1, **params).fit(dataset(task.train))
    return lambda: lists(model, task)


def ease_transposed_back(task: Task, **params: float) -> Recommend:
    model = EASEModel(recommend_n_threads=1, **params).fit(dataset(task.train))
    model.weight = np.ascontiguousarray(model.weight.T)
    return lambda: lists(model, task)


def bm25(task: Task, **params: float) -> Recommend:
    model = ImplicitItemKNNWrapperModel(BM25Recommender(num_threads=1, **params))
    model.fit(dataset(task.train))
    return lambda: lists(model, task)


def pure_svd(task: Task, **params: float) -> Recommend:
    model = PureSVDModel(random_state=0, recommend_n_threads=1, **params).fit(with_queries(task))
    return lambda: lists(model, task)


def als(task: Task, **params: float) -> Recommend:
    inner = AlternatingLeastSquares(**{"random_state": 0, "num_threads": 1, **params})
    model = ImplicitALSWrapperModel(inner, recommend_n_threads=1).fit(with_queries(task))
    return lambda: lists(model, task)


def bpr(task: Task, **params: float) -> Recommend:
    inner = BayesianPersonalizedRanking(random_state=0, num_threads=1, **params)
    model = ImplicitBPRWrapperModel(inner, recommend_n_threads=1).fit(with_queries(task))
    return lambda: lists(model, task)


def dataset(likes: csr_matrix) -> Dataset:
    users, items = likes.nonzero()
    table = {Columns.User: users, Columns.Item: items, Columns.Weight: 1.0}
    return Dataset.construct(pd.DataFrame(table | {Columns.Datetime: "2020-01-01"}))


def with_queries(task: Task) -> Dataset:
    """The training users' likes first, so that items are numbered as without the queries."""
    return dataset(task.with_queries)


def lists(model: object, task: Task) -> np.ndarray:
    data = with_queries(task)
    asked = task.test_users[np.isin(task.test_users, data.user_id_map.external_ids)]
    table = model.recommend(asked, data, task.k, filter_viewed=True)
    items = dict(iter(table.groupby(Columns.User)[Columns.Item]))
    return padded([items[u].to_numpy() if u in items else [] for u in task.test_users], task)


if __name__ == "__main__":
    models = {
        "EASE": ease,
        "EASE, transposed back": ease_transposed_back,
        "BM25": bm25,
        "PureSVD": pure_svd,
        "ALS": als,
        "BPR": bpr,
    }
    serve(models, ["rectools", "pm-implicit"])
