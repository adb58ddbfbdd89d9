"""Bootstrap intervals against scipy's, and what a paired difference is for."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from recsys.evaluation import difference, interval


def test_interval_agrees_with_scipy():
    values = np.random.default_rng(0).exponential(size=400)
    ours = interval(values)
    theirs = bootstrap((values,), np.mean, n_resamples=2000, method="percentile", random_state=1)
    assert ours.mean == pytest.approx(values.mean())
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.1 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.1 * width)


def test_pairing_sees_a_small_difference_that_the_spread_between_users_hides():
    rng = np.random.default_rng(0)
    ours = rng.normal(size=300)
    theirs = ours - 0.05 + rng.normal(scale=0.1, size=300)
    assert interval(ours).low < theirs.mean()
    assert difference(ours, theirs).low > 0


def test_a_difference_needs_the_same_users():
    with pytest.raises(ValueError, match="same users"):
        difference(np.zeros(3), np.zeros(4))


def test_a_user_who_comes_twice_is_resampled_whole():
    values = np.random.default_rng(1).normal(size=200)
    once = interval(values)
    users = np.arange(200)
    twice = interval(np.tile(values, 2), np.tile(users, 2))
    assert twice == pytest.approx(once)  # saying the same twice makes nothing surer
    assert interval(np.tile(values, 2)).high - once.mean < 0.8 * (once.high - once.mean)
