"""A data set with a known answer: users of a group take its courses, and everyone the hits."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.models import Recommender

N_GROUPS, N_OWN, N_HITS = 3, 8, 4
HITS = [f"hit{i}" for i in range(N_HITS)]


def own_courses(group: int) -> list[str]:
    return [f"g{group}c{i}" for i in range(N_OWN)]


@cache
def taste_groups() -> Dataset:
    """900 users with three courses of their group each, and two hits that say nothing of it."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(900):
        taken = [*rng.choice(own_courses(user % N_GROUPS), 3, replace=False)]
        taken += [*rng.choice(HITS, 2, replace=False)]
        rows += [(user, item, rng.choice([2, 3])) for item in taken]
    ids = [*HITS, *(course for group in range(N_GROUPS) for course in own_courses(group))]
    courses = pd.DataFrame({"id": ids, "title": ids})
    return Dataset.from_tables(
        "Groups", courses, pd.DataFrame(rows, columns=["user", "item", "rating"])
    )


def assert_finds_the_group(model: Recommender) -> None:
    """Beyond the hits, everyone is offered their own group's courses, unlike by popularity.

    All hits are picked, so that a list by popularity can only hold courses of any group.
    """
    for group in range(N_GROUPS):
        picked = [*own_courses(group)[:3], *HITS]
        offered = model.recommend(dict.fromkeys(picked, 3.0), k=N_OWN - 3)
        assert set(offered["course_id"]) == set(own_courses(group)[3:]), group
