"""Which model is best, honestly: splits, metrics, certainty, and the leaderboard they make."""

from recsys.evaluation.certainty import Interval, difference, interval
from recsys.evaluation.leaderboard import Result, assess, evaluate
from recsys.evaluation.split import Split, catalogue_mask, split

__all__ = [
    "Interval",
    "Result",
    "Split",
    "assess",
    "catalogue_mask",
    "difference",
    "evaluate",
    "interval",
    "split",
]
