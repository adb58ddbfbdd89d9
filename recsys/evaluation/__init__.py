"""Which model is best: splits, metrics, confidence intervals, and the leaderboard."""

from recsys.evaluation.certainty import Interval, difference, interval
from recsys.evaluation.leaderboard import (
    Answers,
    Result,
    answer,
    compare,
    evaluate,
    leaderboard,
    measure,
    rating_table,
)
from recsys.evaluation.split import CATALOGUES, Split, catalogue_mask, k_core, split
from recsys.evaluation.tuning import GRIDS, tune

__all__ = [
    "CATALOGUES",
    "GRIDS",
    "Answers",
    "Interval",
    "Result",
    "Split",
    "answer",
    "catalogue_mask",
    "compare",
    "difference",
    "evaluate",
    "interval",
    "k_core",
    "leaderboard",
    "measure",
    "rating_table",
    "split",
    "tune",
]
