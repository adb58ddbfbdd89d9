"""The Dataset: what it derives, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import dataset, models
from recsys.dataset import DataError, Dataset, UnknownCourseError

COURSES = pd.DataFrame({"id": ["A", "B"], "title": ["Ants", "Bees"], "Insects": [1, 1]})
RATINGS = pd.DataFrame({"user": [7, 3], "item": ["A", "B"], "rating": [3, 2]})


def test_ratings_come_back_as_they_were_given(tiny: Dataset) -> None:
    ratings = tiny.ratings
    assert list(ratings.columns) == ["user", "item", "rating"]
    assert len(ratings) == 12
    ben = ratings[ratings["user"] == "ben"].set_index("item")["rating"]
    assert ben.to_dict() == {"PY1": 3, "PY2": 2, "DA1": 3}


def test_profiles_sum_the_ratings_per_topic(tiny: Dataset) -> None:
    assert tiny.topics == ("Python", "Analysis", "Database")
    ben = tiny.users.tolist().index("ben")
    assert tiny.profiles[ben].tolist() == [5, 5, 0]


def test_popularity_counts_the_users_who_like_a_course(tiny: Dataset) -> None:
    assert tiny.popularity.tolist() == [3, 3, 2, 3, 1, 0]
    assert tiny.typical_rating == 3


@pytest.mark.parametrize("ratings", [[2], [2, 3], [1, 2, 5], [1, 2, 4, 4], [3, 1, 1, 2, 5, 5]])
def test_the_typical_rating_is_the_median(ratings: list[float]) -> None:
    table = pd.DataFrame({"user": range(len(ratings)), "item": "A", "rating": ratings})
    dataset = Dataset.from_tables("x", COURSES, table)
    assert dataset.typical_rating == np.median(ratings)


@pytest.mark.parametrize(
    ("ratings", "threshold", "levels"),
    [
        ([2, 3, 3], 0, {"completed": 3, "audited": 2}),
        ([1, 3, 3.5, 4, 4, 5], 3.5, {"liked": 4, "liked less": 3.5}),
        ([3, 3, 5], 0, {"liked": 3}),
        ([], 0, {"liked": 1}),
    ],
)
def test_a_pick_has_the_typical_rating_or_the_next_lower_like(
    ratings: list[float], threshold: float, levels: dict[str, float]
) -> None:
    table = pd.DataFrame({"user": range(len(ratings)), "item": "A", "rating": ratings})
    dataset = Dataset.from_tables("x", COURSES, table, like_threshold=threshold)
    assert dataset.levels == levels


def test_ratings_below_the_threshold_are_no_likes() -> None:
    dataset = Dataset.from_tables("x", COURSES, RATINGS, like_threshold=2.5)
    assert dataset.interactions.nnz == 2
    assert dataset.likes.nnz == 1
    assert dataset.popularity.tolist() == [1, 0]
    assert dataset.profiles[:, 0].tolist() == [0, 3]  # users 3 and 7


def test_bags_hold_title_and_description(tiny: Dataset) -> None:
    counts = dict(zip(tiny.bags.vocabulary, tiny.bags.counts.toarray()[3], strict=True))
    assert counts["sql"] == 2
    assert counts["joins"] == 1
    assert counts["python"] == 0


def test_histories_put_ratings_in_the_courses_columns(tiny: Dataset) -> None:
    histories = tiny.histories([{"DB1": 3, "PY1": 2}, {}])
    assert histories.toarray().tolist() == [[2, 0, 0, 3, 0, 0], [0] * 6]
    assert tiny.histories([]).shape == (0, 6)


def test_an_unknown_course_is_named_with_the_closest_known_one(tiny: Dataset) -> None:
    with pytest.raises(UnknownCourseError, match=r"no course “PY3” in Tiny\. Did you mean “PY"):
        tiny.histories([{"DB1": 3}, {"PY3": 3}])


@pytest.mark.parametrize("rating", [0, -1, float("nan"), float("inf")])
def test_a_history_takes_ratings_above_0_only(tiny: Dataset, rating: float) -> None:
    with pytest.raises(DataError, match="“DB1” must be a number above 0"):
        tiny.histories([{"PY1": 3}, {"DB1": rating}])


def test_the_order_of_the_ratings_does_not_matter() -> None:
    one = Dataset.from_tables("x", COURSES, RATINGS)
    other = Dataset.from_tables("x", COURSES, RATINGS[::-1])
    assert one.users.tolist() == [3, 7]
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("users", [[7, 3], ["seven", "three"]])
def test_the_fingerprint_follows_the_content(users: list) -> None:
    ratings = RATINGS.assign(user=users)
    first = Dataset.from_tables("x", COURSES, ratings).fingerprint
    again = Dataset.from_tables("x", COURSES.copy(), ratings.copy()).fingerprint
    changed = Dataset.from_tables("x", COURSES, ratings.assign(rating=[3, 3])).fingerprint
    renamed = Dataset.from_tables("x", COURSES, ratings.assign(user=users[::-1])).fingerprint
    assert first == again
    assert len({first, changed, renamed}) == 3


def test_ids_may_be_numbers_in_both_tables() -> None:
    courses = COURSES.assign(id=[10, 20])
    dataset = Dataset.from_tables("x", courses, RATINGS.assign(item=[20, 10]))
    assert dataset.histories([{"20": 3}]).toarray().tolist() == [[0, 3]]


def test_shared_arrays_cannot_be_overwritten(tiny: Dataset) -> None:
    with pytest.raises(ValueError, match="read-only"):
        tiny.interactions.data[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        tiny.users[0] = "zoe"


def test_neither_topics_nor_descriptions_nor_ratings_are_needed() -> None:
    dataset = Dataset.from_tables("x", COURSES[["id", "title"]], RATINGS[:0])
    assert dataset.topics == ()
    assert dataset.profiles.shape == (0, 0)
    assert dataset.courses["description"].tolist() == ["", ""]
    assert dataset.popularity.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("courses", "place"),
    [
        (COURSES.drop(columns="title"), "courses: lacks the column “title”"),
        (COURSES[:0], "courses: has no rows"),
        (COURSES.assign(id=["A", "A"]), "courses, line 3, column “id”"),
        (COURSES.assign(id=["A", " "]), "courses, line 3, column “id”: is empty"),
        (COURSES.assign(title=[None, "Bees"]), "courses, line 2, column “title”: is empty"),
        (COURSES.assign(Insects=[1, 2]), "courses, line 3, column “Insects”: must be 0 or 1"),
        (COURSES.assign(Insects=[None, 1]), "courses, line 2, column “Insects”: must be 0 or 1"),
        (COURSES[["id", "title", "Insects", "Insects"]], "column “Insects”: appears twice"),
    ],
)
def test_broken_courses_are_refused(courses: pd.DataFrame, place: str) -> None:
    with pytest.raises(DataError) as caught:
        Dataset.from_tables("x", courses, RATINGS)
    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"rating": [3, 0]}, "ratings, line 3, column “rating”: must be a number above 0"),
        ({"rating": ["three", 3]}, "ratings, line 2, column “rating”"),
        ({"rating": [3, np.inf]}, "ratings, line 3, column “rating”"),
        ({"rating": [3, 1e300]}, "ratings, line 3, column “rating”"),
        ({"rating": [3, None]}, "ratings, line 3, column “rating”"),
        ({"user": ["", "x"]}, "ratings, line 2, column “user”: is empty"),
        ({"user": [None, "x"]}, "ratings, line 2, column “user”: is empty"),
        ({"item": ["A", "C"]}, "ratings, line 3, column “item”: is not the id of any course"),
        ({"item": ["A", "A"], "user": [3, 3]}, "ratings, line 3, column “item”: was rated"),
    ],
)
def test_broken_ratings_are_refused(change: dict, place: str) -> None:
    with pytest.raises(DataError) as caught:
        Dataset.from_tables("x", COURSES, RATINGS.assign(**change))
    assert place in str(caught.value)


def test_courses_with_the_same_title_are_told_apart_by_their_ids() -> None:
    titles = ["Data Analysis", "SQL", "data  analysis"]
    courses = pd.DataFrame({"id": ["A", "B", "C"], "title": titles})
    ratings = pd.DataFrame({"user": [1, 1, 1], "item": ["A", "B", "C"], "rating": 3})
    twins = Dataset.from_tables("Twins", courses, ratings)
    assert list(twins.display_titles) == ["Data Analysis (A)", "SQL", "data  analysis (C)"]
    assert twins.title("C") == "data  analysis (C)"
    listed = models.KNN(shrinkage=0).fit(twins).recommend({"B": 3})
    assert set(listed["title"]) == {"Data Analysis (A)", "data  analysis (C)"}


def test_co_ratings_are_products_of_the_columns(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    likes = tiny.likes.toarray()
    np.testing.assert_array_equal(tiny.co_ratings.dot_products.toarray(), likes.T @ likes)
    binary = (likes > 0).astype(int)
    np.testing.assert_array_equal(tiny.co_ratings.common.toarray(), binary.T @ binary)
    assert tiny.co_ratings is tiny.co_ratings
    monkeypatch.setattr(dataset, "FEW", 1)  # so many that they are not kept
    assert tiny.co_ratings is not tiny.co_ratings
