"""User Profile: ratings add up per topic, and courses score by the topics they share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset
from recsys.models import UserProfile


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    courses = pd.DataFrame(
        [
            ("PY", "Python", 1, 0, 0),
            ("PD", "Python for data", 1, 1, 0),
            ("WE", "Web", 0, 0, 1),
            ("NO", "On nothing", 0, 0, 0),
        ],
        columns=["id", "title", "Python", "Data", "Web"],
    )
    ratings = pd.DataFrame([("u", "PY", 3)], columns=["user", "item", "rating"])
    return Dataset.from_tables("Topics", courses, ratings)


def test_profile_adds_up_the_ratings_per_topic(dataset: Dataset) -> None:
    model = UserProfile().fit(dataset)
    assert list(model.topics_) == ["Python", "Data", "Web"]
    histories = dataset.histories([{"PY": 3, "PD": 2}, {"WE": 3}])
    np.testing.assert_array_equal(model.profile(histories), [[5, 2, 0], [0, 0, 3]])


def test_profiles_equal_the_published_ones(ibm: Dataset, ibm_folder: Path) -> None:
    published = pd.read_csv(ibm_folder / "user_profile.csv", index_col="user")
    model = UserProfile().fit(ibm)
    profiles = pd.DataFrame(model.profile(ibm.interactions), ibm.users, list(model.topics_))
    common = published.index.intersection(profiles.index)
    assert len(common) > 30_000
    np.testing.assert_array_equal(
        profiles.loc[common, published.columns], published.loc[common].to_numpy()
    )


def test_plain_score_is_the_profile_on_the_topics_of_the_course(dataset: Dataset) -> None:
    scores = (
        UserProfile(topic_weight="alike")
        .fit(dataset)
        .score(dataset.histories([{"PY": 3, "PD": 2}]))
    )
    np.testing.assert_array_equal(scores, [[5, 7, 0, np.nan]])


def test_rare_topics_count_for_more() -> None:
    courses = pd.DataFrame({"id": list("ABCD"), "title": "A course"})
    courses["Common"], courses["Rare"] = [1, 1, 1, 0], [0, 0, 1, 1]
    ratings = pd.DataFrame([("u", item, 3) for item in "ABC"], columns=["user", "item", "rating"])
    dataset = Dataset.from_tables("Rarity", courses, ratings)

    scores = UserProfile().fit(dataset).score(dataset.histories([{"C": 2}]))

    common, rare = np.log(4 / 3), np.log(4 / 1)  # of the three courses that are taken
    both = (2 * common**2 + 2 * rare**2) / (common + rare)
    np.testing.assert_allclose(scores, [[2 * common, 2 * common, both, 2 * rare]])


def test_prior_draws_towards_what_many_took() -> None:
    courses = pd.DataFrame({"id": list("ABC"), "title": "A course", "Topic": 1})
    taken = [(user, "C", 3) for user in range(9)] + [(0, "A", 3)]
    ratings = pd.DataFrame(taken, columns=["user", "item", "rating"])
    dataset = Dataset.from_tables("Prior", courses, ratings)
    alike = UserProfile().fit(dataset).recommend({"B": 3})
    drawn = UserProfile(popularity_prior=50, threshold=0).fit(dataset).recommend({"B": 3})
    assert alike["score"].nunique() == 1
    assert list(alike["course_id"]) == list(drawn["course_id"]) == ["C", "A"]
    assert drawn["score"][1] / drawn["score"][0] == pytest.approx((2 / 10) ** 0.5)


def test_threshold_leaves_out_courses_without_a_common_topic(dataset: Dataset) -> None:
    assert list(UserProfile().fit(dataset).recommend({"PY": 3})["course_id"]) == ["PD"]
    everything = UserProfile(threshold=0).fit(dataset).recommend({"PY": 3})
    assert list(everything["course_id"]) == ["PD", "WE"]


def test_says_that_the_courses_have_no_topics(dataset: Dataset) -> None:
    model = UserProfile().fit(dataset)
    assert model.recommend({"NO": 3}, threshold=0).empty
    assert "have no topics" in model.why_empty({"NO": 3})
    assert "threshold" in model.why_empty({"WE": 3, "NO": 3})
