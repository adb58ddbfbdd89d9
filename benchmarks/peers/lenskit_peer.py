"""LensKit: EASE, SLIM, item neighbours, and ALS. All score an unknown user from their history."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from lenskit.als import ImplicitMFScorer
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer, SLIMScorer
from lenskit.logging import LoggingConfig
from lenskit.training import TrainingOptions
from protocol import Recommend, Task, best, serve


def ease(task: Task, **params: float) -> Recommend:
    return from_history(EASEScorer(**params), task)


def slim(task: Task, **params: float) -> Recommend:
    return from_history(SLIMScorer(**params), task)


def item_knn(task: Task, **params: float) -> Recommend:
    return from_history(ItemKNNScorer(feedback="implicit", **params), task)


def als(task: Task, **params: float) -> Recommend:
    return from_history(ImplicitMFScorer(**params), task)


def from_history(scorer: object, task: Task) -> Recommend:
    users, items = task.train.nonzero()
    data = from_interactions_df(pd.DataFrame({"user_id": users, "item_id": items}))
    scorer.train(data, TrainingOptions(rng=0))
    rows = np.split(task.queries.indices, task.queries.indptr[1:-1])
    queries = [RecQuery(history_items=ItemList(item_ids=row)) for row in rows]
    candidates = ItemList(item_ids=np.arange(task.queries.shape[1]))

    def recommend() -> np.ndarray:
        scores = np.stack([scorer(query, candidates).scores() for query in queries])
        return best(scores, task)

    return recommend


if __name__ == "__main__":
    config = LoggingConfig()
    config.set_verbose(False)
    config.apply()
    logging.disable(logging.INFO)
    models = {"EASE": ease, "SLIM": slim, "ItemKNN": item_knn, "ALS": als}
    serve(models, ["lenskit", "torch"])
