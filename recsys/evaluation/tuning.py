"""Choice of hyperparameters on validation users, who are held out from the training users.

The test users of `split` are not used: its training part is split again, and the grids below are
searched there. Nothing outside these grids was tried. This module must not know where a data set
comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from recsys.dataset import Dataset
from recsys.evaluation.leaderboard import Answering, compare, ranking
from recsys.evaluation.split import Catalogue, split
from recsys.models import Progress, Recommender, silent

VALIDATION_SEED = 100  # the first seed for splits of the training users

Grid = Mapping[str, Sequence[Any]]

GRIDS: dict[str, Grid] = {  # model -> hyperparameter -> values
    "course-similarity": {
        "features": ("TF-IDF", "bag of words"),
        "title_weight": (1, 2, 4, 6, 8),
        "combine": ("sum", "closest"),
    },
    "user-profile": {
        "topic_weight": ("rarity", "alike"),
        "popularity_prior": (0, 10, 25, 50, 75, 100),
    },
    "clustering": {
        "n_clusters": (5, 11, 20, 30),
        "scaling": ("normalised", "standardised"),
        "membership": ("shared", "nearest"),
    },
    "clustering-pca": {
        "n_clusters": (11, 20, 30),
        "scaling": ("normalised", "standardised"),
        "variance": (50, 70, 90, 100),
    },
    "knn": {
        "neighbours": (10, 20, 40, 80, None),
        "shrinkage": (0.0, 50.0, 150.0, 500.0),
        "weighting": ("joint", "similarity"),
    },
    "nmf": {
        "n_components": (8, 15, 20, 30),
        "regularisation": (5.0, 10.0, 18.0, 30.0),
        "popularity_discount": (0.0, 0.25, 0.5, 0.75),
    },
    "neural-network": {
        "embedding_size": (8, 16, 30),
        "epochs": (1, 3, 5, 10),
    },
    "embedding-regression": {
        "regression": ("ridge", "lasso"),
        "penalty": (0.0001, 0.001, 0.01),
    },
    "embedding-classification": {
        "trees": (40, 100),
        "depth": (6, 10, 15),
    },
    "ease": {
        "regularisation": (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0),
    },
    "ials": {
        "factors": (16, 24, 32, 64),
        "weight": (1.0, 5.0, 20.0),
        "regularisation": (10.0, 30.0, 100.0, 300.0),
    },
}


def tune(
    kind: type[Recommender],
    dataset: Dataset,
    grid: Grid | None = None,
    k: int = 10,
    seed: int = 0,
    repeats: int = 1,
    catalogue: Catalogue = "rated",
    progress: Progress = silent,
    answering: Answering | None = None,
) -> pd.DataFrame:
    """Try all combinations of a grid, and the default, on validation users.

    Parameters
    ----------
    kind : the class of the model
    grid : hyperparameter -> values; by default the model's grid in `GRIDS`
    k, catalogue : the length of the lists, and the candidates, for NDCG
    seed : the seed of the split whose training part is used; its test users are not
    repeats : how many random splits of the training part to average over
    progress : is called with the progress; an exception from it ends the search
    answering : see `compare`

    Returns
    -------
    A row per combination, best first: the hyperparameters of the grid; `default`, whether these are
    the model's default values; `ndcg` and `ndcg_over_best`, each with `_low` and `_high`;
    `fit_seconds`

    Raises
    ------
    HyperparameterError : for a value that the model does not allow
    KeyError : if the model has no grid
    """
    if grid is None:
        if kind.key() not in GRIDS:
            raise KeyError(f"{kind.name} has no grid; there are grids for {', '.join(GRIDS)}.")
        grid = GRIDS[kind.key()]
    default = kind()
    tried = [kind(**dict(zip(grid, values, strict=True))) for values in product(*grid.values())]
    tried = [one for one in tried if one.values() != default.values()] + [default]
    train = split(dataset, "strong", seed).train
    seeds = range(VALIDATION_SEED, VALIDATION_SEED + repeats)
    results = compare(tried, train, "strong", (k,), seeds, (catalogue,), progress, answering)
    shown = ("ndcg", "ndcg_over_best")
    wanted = [f"{name}{end}" for name in shown for end in ("", "_low", "_high")] + ["fit_seconds"]
    group = {model: [one for one in results if one.model is model] for model in tried}
    ranked = ranking(group)
    values = {
        # dtype object, because pandas would turn None into NaN
        name: pd.Series([getattr(model, name) for model, _ in ranked], dtype=object)
        for name in grid
    }
    figures = {name: [row[name] for _, row in ranked] for name in wanted}
    return pd.DataFrame(values | {"default": [model is default for model, _ in ranked]} | figures)
