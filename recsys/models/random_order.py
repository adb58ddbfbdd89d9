"""Baseline · Random: the courses in random order.

It is the lower bound of every comparison. The order differs between histories but not between runs:
the random numbers depend on the seed and on the courses of the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Progress, Recommender
from recsys.models.hyperparameters import hyperparameter


@dataclass(eq=False)
class Random(Recommender):
    """Uniform random scores from 0 to 1, different for each set of picked courses."""

    name: ClassVar[str] = "Random"
    summary: ClassVar[str] = "Recommends randomly sampled courses."
    score_label: ClassVar[str] = "Random number"
    score_sentence: ClassVar[str] = "The score is a random number and means nothing."
    collaborative: ClassVar[bool] = False
    instant: ClassVar[bool] = True
    scores_empty_history: ClassVar[bool] = True

    seed: int = hyperparameter(
        0,
        label="Seed",
        low=0,
        high=1000,
        help="Changes the random numbers.",
        refit=False,
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        pass

    def _score(self, histories: csr_matrix) -> np.ndarray:
        scores = np.empty(histories.shape)
        for row, (start, end) in enumerate(
            zip(histories.indptr, histories.indptr[1:], strict=False)
        ):
            picked = np.sort(histories.indices[start:end])
            scores[row] = np.random.default_rng([self.seed, *picked]).random(histories.shape[1])
        return scores
