"""How sure a mean over users is: bootstrap intervals, for one model and for a difference.

Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993. Knows arrays only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

RESAMPLES = 1000


class Interval(NamedTuple):
    """A mean and the 95 % percentile interval around it."""

    mean: float
    low: float
    high: float


def interval(values: np.ndarray, seed: int = 0) -> Interval:
    """The mean of one number per user, with its interval over resampled users."""
    counts = _resamples(len(values), seed)
    low, high = np.percentile(counts @ values / len(values), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def difference(ours: np.ndarray, theirs: np.ndarray, seed: int = 0) -> Interval:
    """The mean of `ours − theirs` over the same users: clear of zero means a real difference.

    Raises
    ------
    ValueError : if the two are not of the same users
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"A paired difference needs the same users: {ours.shape}, {theirs.shape}.")
    return interval(ours - theirs, seed)


@lru_cache(maxsize=1)
def _resamples(n_users: int, seed: int) -> np.ndarray:
    """(RESAMPLES, n_users) how often each user is drawn in each resample."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n_users, np.full(n_users, 1 / n_users), size=RESAMPLES)
    return counts.astype(np.float32)
