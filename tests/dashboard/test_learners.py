"""Example learners, for data sets with and without the known course ids."""

from __future__ import annotations

import random

import pandas as pd

from recsys.dashboard.learners import examples, surprise
from recsys.dataset import Dataset


def films() -> Dataset:
    """Ten films; the first of each genre has the most viewers, the last has none."""
    table = pd.DataFrame(
        {
            "id": [f"f{n}" for n in range(10)],
            "title": [f"Film {n}" for n in range(10)],
            "Drama": [1, 1, 1, 1, 0, 0, 0, 0, 0, 1],
            "War": [0, 0, 0, 1, 1, 1, 0, 0, 0, 0],
        }
    )
    seen = [(user, f"f{film}", 4) for film in range(9) for user in range(10 - film)]
    return Dataset.from_tables(
        "Films", table, pd.DataFrame(seen, columns=["user", "item", "rating"])
    )


def test_the_open_set_has_the_known_learners(bundled: Dataset) -> None:
    learners = examples(bundled)
    assert [one.name for one in learners] == ["Data beginner", "Cloud engineer", "AI enthusiast"]
    assert all(len(one.courses) == 3 for one in learners)
    assert set(learners[0].courses) <= set(bundled.courses["id"])


def test_other_sets_have_fans_of_what_most_ratings_are_about() -> None:
    drama, war = examples(films())
    assert (drama.name, drama.courses) == ("Drama fan", ("f0", "f1", "f2"))
    assert (war.name, war.courses) == ("War fan", ("f3", "f4", "f5"))


def test_a_surprise_is_a_few_courses_of_one_topic_that_somebody_took() -> None:
    dataset = films()
    for seed in range(20):
        ids = surprise(dataset, random.Random(seed))
        assert len(set(ids)) == 3
        assert "f9" not in ids
        assert dataset.topic_matrix[dataset.positions(ids)].all(axis=0).any()
