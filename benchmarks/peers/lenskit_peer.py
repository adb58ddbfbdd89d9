"""LensKit: EASE, SLIM, item neighbours, ALS, and BPR (FlexMF).

All score a user nobody knows from the history in the query. BPR's own way to do that, the mean of
the history's item factors, is not what it was trained for, so it is trained on the queries too.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from lenskit.als import ImplicitMFScorer
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.flexmf import FlexMFImplicitScorer
from lenskit.knn import EASEScorer, ItemKNNScorer, SLIMScorer
from lenskit.logging import LoggingConfig
from lenskit.training import TrainingOptions
from protocol import Recommend, Task, best, serve
from scipy.sparse import csr_matrix


def ease(task: Task, **params: float) -> Recommend:
    return from_history(EASEScorer(**params), task)


def slim(task: Task, **params: float) -> Recommend:
    return from_history(SLIMScorer(**params), task)


def item_knn(task: Task, **params: float) -> Recommend:
    return from_history(ItemKNNScorer(feedback="implicit", **params), task)


def als(task: Task, **params: float) -> Recommend:
    return from_history(ImplicitMFScorer(**params), task)


def bpr(task: Task, **params: float) -> Recommend:
    scorer = FlexMFImplicitScorer(preset="bpr", **params)
    train(scorer, task.with_queries)
    queries = [RecQuery(user_id=user) for user in task.test_users.tolist()]
    return lambda: ranked(scorer, queries, task)


def from_history(scorer: object, task: Task) -> Recommend:
    train(scorer, task.train)
    rows = np.split(task.queries.indices, task.queries.indptr[1:-1])
    queries = [RecQuery(history_items=ItemList(item_ids=row)) for row in rows]
    return lambda: ranked(scorer, queries, task)


def train(scorer: object, likes: csr_matrix) -> None:
    users, items = likes.nonzero()
    data = from_interactions_df(pd.DataFrame({"user_id": users, "item_id": items}))
    scorer.train(data, TrainingOptions(rng=0))


def ranked(scorer: object, queries: list[RecQuery], task: Task) -> np.ndarray:
    items = ItemList(item_ids=np.arange(task.queries.shape[1]))
    return best(np.stack([scorer(query, items).scores() for query in queries]), task)


if __name__ == "__main__":
    config = LoggingConfig()
    config.set_verbose(False)
    config.apply()
    logging.disable(logging.INFO)
    models = {"EASE": ease, "SLIM": slim, "ItemKNN": item_knn, "ALS": als, "BPR": bpr}
    serve(models, ["lenskit", "torch"])
