"""Course Similarity: cosines as published, the closest or the sum, and courses without words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset
from recsys.models import CourseSimilarity
from recsys.models.course_similarity import cosines
from recsys.text import unit_rows


def test_cosines_equal_the_published_ones(ibm_folder: Path) -> None:
    bags = pd.read_csv(ibm_folder / "courses_bows.csv")
    published = pd.read_csv(ibm_folder / "sim.csv").to_numpy()
    tokens, token = np.unique(bags["token"].astype(str), return_inverse=True)
    counts = csr_matrix(
        (bags["bow"].to_numpy(np.float64), (bags["doc_index"], token)),
        shape=(len(published), len(tokens)),
    )

    similarity = cosines(unit_rows(counts), np.arange(len(published)))

    np.testing.assert_allclose(similarity, published, rtol=0, atol=1e-12)


@pytest.fixture(scope="module")
def four_courses() -> Dataset:
    """The words of A and B overlap by half, those of C with neither; D has none."""
    courses = pd.DataFrame(
        [("A", "red green"), ("B", "green blue"), ("C", "black black"), ("D", "the")],
        columns=["id", "title"],
    )
    ratings = pd.DataFrame([("u", "A", 3)], columns=["user", "item", "rating"])
    return Dataset.from_tables("Colours", courses, ratings)


def test_scores_by_the_closest_course(four_courses: Dataset) -> None:
    model = CourseSimilarity(features="bag of words", combine="closest").fit(four_courses)
    scores = model.score(four_courses.histories([{"A": 3}, {"A": 3, "B": 2}, {"C": 1, "D": 3}]))
    nan = np.nan
    expected = [[1, 0.5, 0, nan], [1, 1, 0, nan], [0, 0, 1, nan]]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


def test_scores_by_the_sum(four_courses: Dataset) -> None:
    model = CourseSimilarity(features="bag of words").fit(four_courses)
    scores = model.score(four_courses.histories([{"A": 3, "B": 2}]))
    np.testing.assert_allclose(scores, [[1.5, 1.5, 0, np.nan]], rtol=1e-12)


def test_rare_words_weigh_more_with_tf_idf(tiny: Dataset) -> None:
    counted = CourseSimilarity(features="bag of words").fit(tiny)
    weighed = CourseSimilarity(features="TF-IDF").fit(tiny)
    course = tiny.course_index["DB1"]

    def shares(model: CourseSimilarity) -> np.ndarray:
        words = list(model.vocabulary_)
        rare = "joins" if "joins" in words else "join"  # TF-IDF folds plurals
        at = [words.index("sql"), words.index(rare)]
        return model.word_vectors_[course].toarray().ravel()[at]

    assert shares(weighed)[1] / shares(weighed)[0] > shares(counted)[1] / shares(counted)[0]


def test_recommends_a_course_that_nobody_rated(tiny: Dataset) -> None:
    recommended = CourseSimilarity(threshold=0).fit(tiny).recommend({"DB1": 3})
    assert "NEW1" in set(recommended["course_id"])


def test_threshold_is_a_percentage(four_courses: Dataset) -> None:
    model = CourseSimilarity(threshold=50, features="bag of words").fit(four_courses)
    assert list(model.recommend({"A": 3})["course_id"]) == ["B"]
    stricter = replace(model, threshold=51).fit(four_courses)
    assert stricter.recommend({"A": 3}).empty
    assert "Lower the threshold" in stricter.why_empty({"A": 3})


def test_says_that_a_course_has_no_words(four_courses: Dataset) -> None:
    model = CourseSimilarity().fit(four_courses)
    assert model.recommend({"D": 3}, threshold=0).empty
    assert "no words" in model.why_empty({"D": 3})


def test_many_courses_need_no_square_matrix() -> None:
    """What is kept of 10,000 courses grows with their words, and a visitor is scored from that."""
    n = 10_000
    courses = pd.DataFrame({"id": [f"C{i}" for i in range(n)]})
    courses["title"] = [f"word{i % 500} word{i % 7}" for i in range(n)]
    ratings = pd.DataFrame([("u", "C0", 3)], columns=["user", "item", "rating"])
    dataset = Dataset.from_tables("Many", courses, ratings)
    model = CourseSimilarity().fit(dataset)

    assert model.word_vectors_.nnz <= 2 * n
    best = model.recommend({"C1": 3}, k=3)
    assert list(best["course_id"][:2]) == ["C3501", "C7001"]  # the same two words as C1
    np.testing.assert_allclose(best["score"], [1, 1, 0.5**0.5])


def test_the_sentence_allows_for_scores_above_1() -> None:
    courses = pd.DataFrame({"id": ["A", "B", "C"], "title": "Ink"})
    ratings = pd.DataFrame({"user": [1], "item": ["A"], "rating": [3]})
    same = Dataset.from_tables("Same", courses, ratings)
    (score,) = CourseSimilarity().fit(same).recommend({"A": 3, "B": 3})["score"]
    assert score == pytest.approx(2)
    assert "the score can be above 1" in CourseSimilarity.score_sentence
    assert "Cosine" not in CourseSimilarity.score_label  # a cosine is at most 1
