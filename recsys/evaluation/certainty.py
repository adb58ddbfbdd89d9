"""Bootstrap confidence intervals for a mean over users, and for a difference of two models.

Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993. This module knows only arrays.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

RESAMPLES = 1000


class Interval(NamedTuple):
    """A mean and its 95 % percentile interval, from `low` to `high`."""

    mean: float
    low: float
    high: float


def interval(values: np.ndarray, users: np.ndarray | None = None, seed: int = 0) -> Interval:
    """The mean of some values, with its bootstrap interval over users.

    Parameters
    ----------
    values : (n,) one per user
    users : (n,) the user of each value, if a user may have several, such as one per split; a user
        is resampled with all their values, since these are not independent
    seed : the seed of the resampling
    """
    index = np.arange(len(values)) if users is None else np.unique(users, return_inverse=True)[1]
    totals = np.column_stack([np.bincount(index, values), np.bincount(index)])
    resampled = _resamples(len(totals), seed) @ totals.astype(np.float32)
    low, high = np.percentile(resampled[:, 0] / resampled[:, 1], [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def difference(
    ours: np.ndarray, theirs: np.ndarray, users: np.ndarray | None = None, seed: int = 0
) -> Interval:
    """The mean of `ours − theirs` over the same users, with its bootstrap interval.

    If the interval does not contain 0, the difference is significant.

    Parameters
    ----------
    ours, theirs : (n,) the values of two models, in the same order of users
    users, seed : see `interval`

    Raises
    ------
    ValueError : if the two have different shapes
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"A paired difference needs the same users: {ours.shape}, {theirs.shape}.")
    return interval(ours - theirs, users, seed)


@lru_cache(maxsize=1)
def _resamples(n_users: int, seed: int) -> np.ndarray:
    """(RESAMPLES, n_users) how often each user occurs in each resample."""
    rng = np.random.default_rng(seed)
    resamples = (rng.integers(n_users, size=n_users) for _ in range(RESAMPLES))
    return np.stack([np.bincount(one, minlength=n_users).astype(np.float32) for one in resamples])
