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


def interval(values: np.ndarray, users: np.ndarray | None = None, seed: int = 0) -> Interval:
    """The mean of some values, with its interval over resampled users.

    Parameters
    ----------
    values : (n,) one per user
    users : (n,) whose value each is, where a user may have several, such as one per split: a user
        who is drawn brings all of theirs, since they are not independent
    """
    index = np.arange(len(values)) if users is None else np.unique(users, return_inverse=True)[1]
    totals = np.column_stack([np.bincount(index, values), np.bincount(index)])
    drawn = _resamples(len(totals), seed) @ totals.astype(np.float32)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def difference(
    ours: np.ndarray, theirs: np.ndarray, users: np.ndarray | None = None, seed: int = 0
) -> Interval:
    """The mean of `ours − theirs` over the same users: clear of zero means a real difference.

    Raises
    ------
    ValueError : if the two are not of the same users
    """
    if ours.shape != theirs.shape:
        raise ValueError(f"A paired difference needs the same users: {ours.shape}, {theirs.shape}.")
    return interval(ours - theirs, users, seed)


@lru_cache(maxsize=1)
def _resamples(n_users: int, seed: int) -> np.ndarray:
    """(RESAMPLES, n_users) how often each user is drawn in each resample."""
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(n_users, size=n_users) for _ in range(RESAMPLES))
    return np.stack([np.bincount(one, minlength=n_users).astype(np.float32) for one in drawn])
