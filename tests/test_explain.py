"""Explanations are true: they add up where they say so, and the main reason matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys import models
from recsys.dataset import Dataset, UnknownCourseError
from recsys.explanation import explain, explain_all, readable
from recsys.models import Progress, Recommender


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Two camps: Python and data against web and databases; nobody has rated the last course."""
    titles = {
        "PY1": "Python basics",
        "PY2": "Python in practice",
        "DA1": "Data analysis with Python",
        "DA2": "Data visualisation with Python",
        "WE1": "Web pages from scratch",
        "WE2": "Web servers in practice",
        "DB1": "Databases and SQL",
        "DB2": "Databases in the cloud",
        "NEW": "Quantum web pages",
    }
    courses = pd.DataFrame({"id": list(titles), "title": list(titles.values())})
    courses["description"] = courses["title"] + ", step by step."
    for topic, start in {"Python": "PY", "Data": "DA", "Web": "WE", "Database": "DB"}.items():
        courses[topic] = courses["id"].str.startswith(start).astype(int)
    random = np.random.default_rng(0)
    camps = [["PY1", "PY2", "DA1", "DA2"], ["WE1", "WE2", "DB1", "DB2"]]
    ratings = [
        (user, item, int(random.choice([2, 3])))
        for user in range(200)
        for item in [
            *random.choice(camps[user % 2], 3, replace=False),
            *random.choice(camps[1 - user % 2], int(user % 3 == 0), replace=False),
        ]
    ]
    table = pd.DataFrame(ratings, columns=["user", "item", "rating"])
    return Dataset.from_tables("two camps", courses, table)


HISTORY = {"PY1": 3, "PY2": 3, "WE1": 2}


def without(history: dict[str, float], course: str) -> dict[str, float]:
    return {key: rating for key, rating in history.items() if key != course}


def score(model: Recommender, history: dict[str, float], course: str) -> float:
    return float(model.score_one(history)[list(model.course_ids_).index(course)])


@dataclass(eq=False)
class Additive(Recommender):
    """Each PY course adds 0.5, each WE course takes 0.1, per star."""

    name: ClassVar[str] = "Additive"
    summary: ClassVar[str] = ""
    score_label: ClassVar[str] = ""

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        starts = dataset.courses["id"].str[:2]
        self.weights_ = starts.map({"PY": 0.5, "WE": -0.1}).fillna(0.0).to_numpy()

    def _score(self, histories: csr_matrix) -> np.ndarray:
        total = histories @ self.weights_
        return np.repeat(total[:, None], histories.shape[1], axis=1)


class Saturating(Additive):
    """The same, squashed: the parts no longer add up."""

    name: ClassVar[str] = "Saturating"

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.tanh(super()._score(histories))


class Noisy(Additive):
    """1 for everybody, but for what PY1 adds or takes: a rounding error, or a little more."""

    name: ClassVar[str] = "Noisy"
    adds: ClassVar[float]

    def _score(self, histories: csr_matrix) -> np.ndarray:
        has_py1 = np.asarray(histories.sign().toarray()[:, list(self.course_ids_).index("PY1")])
        return np.repeat((1 + self.adds * has_py1)[:, None], histories.shape[1], axis=1)


class Everybody(Additive):
    """The same score for everybody, visitors without a history included."""

    name: ClassVar[str] = "Everybody"
    scores_empty_history: ClassVar[bool] = True

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.ones(histories.shape)


def test_contributions_of_an_additive_model_are_its_terms(dataset: Dataset) -> None:
    why = explain(Additive().fit(dataset), {"PY1": 3, "WE1": 2, "PY2": 2}, "DA1")
    assert why.title == "Data analysis with Python"
    assert why.score == pytest.approx(2.3)
    assert list(why.contributions["course_id"]) == ["PY1", "PY2", "WE1"]
    assert why.contributions["contribution"].tolist() == pytest.approx([1.5, 1.0, -0.2])
    assert why.exact
    assert why.main_reason == "PY1"
    assert "“Python basics”: it adds 1.5 to the score of 2.3" in why.words
    assert "“Web pages from scratch” lowers the score" in why.words


def test_elsewhere_a_contribution_is_what_the_score_loses_without_the_course(
    dataset: Dataset,
) -> None:
    model = Saturating().fit(dataset)
    why = explain(model, HISTORY, "DA1")
    for course, adds in why.contributions.set_index("course_id")["contribution"].items():
        lost = score(model, HISTORY, "DA1") - score(model, without(HISTORY, course), "DA1")
        assert adds == pytest.approx(lost)
    assert not why.exact
    assert "leaving out each pick" in why.words


def test_the_only_course_of_a_history_answers_for_the_whole_score(dataset: Dataset) -> None:
    why = explain(models.KNN().fit(dataset), {"PY1": 3}, "PY2")
    assert why.contributions["contribution"].tolist() == [why.score]
    assert "comes from “Python basics”" in why.words


def test_no_course_is_named_where_none_matters(dataset: Dataset) -> None:
    why = explain(Everybody().fit(dataset), HISTORY, "DA1")
    assert (why.contributions["contribution"] == 0).all()
    assert why.main_reason is None
    assert "No single pick of yours raises this score" in why.words


@pytest.mark.parametrize("noise", [2e-7, -2e-7])
def test_a_rounding_error_is_no_reason(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, noise: float
) -> None:
    monkeypatch.setattr(Noisy, "adds", noise, raising=False)
    why = explain(Noisy().fit(dataset), HISTORY, "DA1")
    assert (why.contributions["contribution"] == 0).all()
    assert why.main_reason is None
    assert "No single pick of yours raises this score" in why.words


def test_a_small_contribution_is_a_reason(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Noisy, "adds", 1e-5, raising=False)
    why = explain(Noisy().fit(dataset), HISTORY, "DA1")
    assert why.main_reason == "PY1"
    assert why.contributions["contribution"][0] == pytest.approx(1e-5, rel=0.01)


def test_an_empty_history_is_explained_too(dataset: Dataset) -> None:
    why = explain(Everybody().fit(dataset), {}, "DA1")
    assert why.contributions.empty
    assert "before you have picked anything" in why.words


def test_a_course_without_a_score_has_no_reasons(dataset: Dataset) -> None:
    why = explain(models.KNN().fit(dataset), HISTORY, "NEW")
    assert np.isnan(why.score)
    assert why.main_reason is None
    assert "no score for “Quantum web pages”: nobody has rated it yet" in why.words


def test_an_unknown_course_is_named(dataset: Dataset) -> None:
    model = models.KNN().fit(dataset)
    with pytest.raises(UnknownCourseError, match="DA9"):
        explain(model, HISTORY, "DA9")
    with pytest.raises(UnknownCourseError, match="PY9"):
        explain(model, {"PY9": 3}, "DA1")


def test_several_courses_are_explained_as_one_by_one(dataset: Dataset) -> None:
    model = models.KNN().fit(dataset)
    together = explain_all(model, HISTORY, ["DA1", "DB1", "DA1"])
    assert [why.words for why in together] == [
        explain(model, HISTORY, course).words for course in ("DA1", "DB1", "DA1")
    ]


def test_knn_adds_up_and_shows_the_neighbours(dataset: Dataset) -> None:
    model = models.KNN().fit(dataset)
    why = explain(model, HISTORY, "DA1")
    assert why.exact
    assert why.contributions["contribution"].sum() == pytest.approx(why.score)
    assert why.evidence is not None
    assert why.evidence.table["adds"].sum() == pytest.approx(why.score)
    likes = dataset.likes.toarray().T
    target, picked = (likes[list(dataset.courses["id"]).index(c)] for c in ("DA1", "PY1"))
    cosine = target @ picked / np.linalg.norm(target) / np.linalg.norm(picked)
    shown = why.evidence.table.set_index("course_id")["similarity"]
    assert shown["PY1"] == pytest.approx(cosine)
    assert shown.is_monotonic_decreasing


def test_shared_words_add_up_to_the_cosine(dataset: Dataset) -> None:
    for combine in ("closest", "sum"):
        why = explain(models.CourseSimilarity(combine=combine).fit(dataset), HISTORY, "DA1")
        assert why.evidence is not None
        assert "python" in why.evidence.table["word"].tolist()
        assert why.evidence.table["adds"].sum() == pytest.approx(why.score)


def test_shared_topics_add_up_to_the_profile_score(dataset: Dataset) -> None:
    model = models.UserProfile(topic_weight="alike").fit(dataset)
    why = explain(model, {"PY1": 3, "PY2": 2, "WE1": 2}, "PY2")
    assert why.evidence is not None
    assert why.evidence.table.to_dict("list") == {"topic": ["Python"], "adds": [5.0]}
    assert why.score == 5
    assert why.exact

    why = explain(models.UserProfile().fit(dataset), {"PY1": 3, "WE1": 2}, "PY2")
    assert why.evidence is not None
    assert why.evidence.table["adds"].sum() == pytest.approx(why.score)
    assert why.exact


def test_a_cluster_is_shown_with_its_favourites(dataset: Dataset) -> None:
    model = models.Clustering(n_clusters=2, membership="nearest").fit(dataset)
    why = explain(model, {"PY1": 3, "DA1": 3}, "DA2")
    assert why.evidence is not None
    shown = why.evidence.table.set_index("course_id")
    assert shown["share"].is_monotonic_decreasing
    assert shown.loc["DA2", "share"] == pytest.approx(why.score)
    assert "nearest to cluster" in why.evidence.caption


def test_components_are_named_by_their_courses_and_add_up(dataset: Dataset) -> None:
    model = models.NMF(n_components=2).fit(dataset)
    why = explain(model, {"PY1": 3, "DA1": 3}, "PY2")
    assert why.evidence is not None
    table = why.evidence.table
    assert table["adds"].sum() == pytest.approx(why.score)
    assert "Python" in table["strongest"][0]
    assert "Web" not in table["strongest"][0]


@pytest.mark.parametrize("cls", [*models.registry(), *models.baselines()], ids=lambda c: c.key())
def test_without_its_main_reason_a_recommendation_falls(
    cls: type[Recommender], dataset: Dataset
) -> None:
    model = cls().fit(dataset)
    for course in model.recommend(HISTORY, k=3)["course_id"]:
        why = explain(model, HISTORY, course)
        assert why.course_id == course
        assert why.words
        if why.exact:
            assert why.contributions["contribution"].sum() == pytest.approx(why.score, rel=1e-4)
        if why.main_reason is not None:
            after = score(model, without(HISTORY, why.main_reason), course)
            assert np.isnan(after) or after < why.score
        if why.evidence is not None:
            assert why.evidence.caption
            assert len(why.evidence.table)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (1.1534, "1.15"), (-0.25, "−0.25"), (12345.6, "12,346"), (100, "100"),
        (0.00001234, "0.0000123"), (999.7, "1000"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_do(number: float, text: str) -> None:
    assert readable(number) == text
