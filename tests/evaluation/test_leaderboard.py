"""The leaderboard ranks models whose quality is known beforehand."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset
from recsys.evaluation import (
    answer,
    catalogue_mask,
    compare,
    difference,
    evaluate,
    leaderboard,
    rating_table,
    split,
)
from recsys.models import EASE, KNN, CourseSimilarity, Popularity, Recommender, UserProfile


@pytest.fixture
def dataset():
    """Twenty users who each took the same five of eight courses; one more course is unrated."""
    courses = pd.DataFrame({"id": list("ABCDEFGH"), "title": list("ABCDEFGH")})
    courses["Python"] = [1, 0] * 4
    ratings = pd.DataFrame(
        [(user, item, 3.0) for user in range(20) for item in "ABCDE"]
        + [(99, item, 3.0) for item in "FG"],
        columns=["user", "item", "rating"],
    )
    return Dataset.from_tables("Test", courses, ratings)


@pytest.fixture
def groups():
    """Three groups of users, each with eight courses of its own, told apart by topic and words."""
    topics = ["Python", "Cloud", "Data"]
    ids = [(topic, f"{topic}{i}") for topic in topics for i in range(8)]
    courses = pd.DataFrame(
        [
            (one, f"{topic} course", *(int(topic == other) for other in topics))
            for topic, one in ids
        ],
        columns=["id", "title", *topics],
    )
    rng = np.random.default_rng(5)
    taken = [
        (user, f"{topics[user % 3]}{i}", 3.0)
        for user in range(90)
        for i in rng.choice(8, 6, replace=False)
    ]
    ratings = pd.DataFrame(taken, columns=["user", "item", "rating"])
    return Dataset.from_tables("Groups", courses, ratings)


@dataclass(eq=False)
class Fixed(Recommender):
    """Scores courses by a fixed order, whatever the history."""

    name: ClassVar[str] = "Fixed"
    summary: ClassVar[str] = ""
    score_label: ClassVar[str] = ""
    order: str = "ABCDEFGH"

    def _fit(self, dataset, progress):
        self.scores_ = np.array([-self.order.index(i) for i in dataset.courses["id"]], float)

    def _score(self, histories):
        return np.tile(self.scores_, (histories.shape[0], 1))


class Mute(Fixed):
    name: ClassVar[str] = "Mute"

    def _score(self, histories):
        return np.full(histories.shape, np.nan)


def test_a_perfect_model_leads_and_a_mute_one_is_last(dataset):
    table = evaluate([Mute(), Fixed("FGHABCDE"), Fixed()], dataset, k=3)
    assert table["model"].tolist() == ["Fixed", "Fixed", "Mute"]
    best, middle, last = table.to_dict("records")
    assert best["ndcg"] == best["recall"] == best["mrr"] == best["hit_rate"] == 1
    assert best["ndcg_low"] == best["ndcg_high"] == 1
    assert middle["mrr"] == pytest.approx(1 / 3)  # behind F and G; H is not rated
    assert last["ndcg"] == 0
    assert last["unanswered"] == 1


def test_models_are_left_as_they_are(dataset):
    model = Fixed()
    evaluate([model], dataset)
    assert not model.fitted()


def test_queries_are_never_recommended(dataset):
    division = split(dataset, seed=0)
    answers = answer(Fixed(), division, {"all": catalogue_mask(dataset, "all")}, k=8)
    for query, ranked in zip(division.queries, answers.ranked["all"], strict=True):
        assert not set(query.indices) & set(ranked)


class Indifferent(Fixed):
    def _score(self, histories):
        return np.zeros(histories.shape)


def test_a_model_that_cannot_tell_courses_apart_does_not_profit_from_the_catalogues_order():
    ids = [f"C{i:02}" for i in range(60)]
    ratings = [(user, item, 3.0) for user in range(20) for item in ids]  # all equally popular
    courses = pd.DataFrame({"id": ids, "title": ids})
    table = pd.DataFrame(ratings, columns=["user", "item", "rating"])
    dataset = Dataset.from_tables("Alike", courses, table)
    division = split(dataset, seed=0)
    candidates = {"rated": catalogue_mask(dataset, "rated")}
    model = Indifferent(order=ids)
    ranked = answer(model, division, candidates, k=10).ranked["rated"]
    assert 15 < ranked.mean() < 45


class Counting(Fixed):
    fits: ClassVar[int] = 0

    def _fit(self, dataset, progress):
        type(self).fits += 1
        super()._fit(dataset, progress)


def test_one_fit_serves_all_lengths_and_catalogues_as_each_alone_would(dataset):
    models = [Counting("FGHABCDE"), Fixed()]
    results = compare(
        models, dataset, ks=(1, 3, 25), seeds=(0, 1), catalogues=("rated", "all"), protocol="weak"
    )
    assert Counting.fits == 2  # one per seed
    assert len(results) == 2 * 2 * 3 * 2
    for catalogue, k, seed in (("rated", 3, 0), ("all", 1, 1), ("all", 25, 0)):
        part = [r for r in results if (r.catalogue, r.k, r.seed) == (catalogue, k, seed)]
        alone = evaluate(models, dataset, "weak", k, seed, catalogue)
        times = ["fit_seconds", "score_seconds"]
        pd.testing.assert_frame_equal(
            leaderboard(part).drop(columns=["catalogue", "k", *times]), alone.drop(columns=times)
        )


def test_differences_are_paired_over_the_users_of_all_seeds(groups):
    ours, ease = Popularity(), EASE()
    results = compare([ours, ease], groups, ks=(3,), seeds=range(3))
    row = leaderboard(results).set_index("model").loc["Popularity"]
    by_model = {
        model: np.concatenate([r.accuracy["ndcg"] for r in results if r.model is model])
        for model in (ours, ease)
    }
    users = np.concatenate([r.users for r in results if r.model is ours])
    assert len(np.unique(users)) < len(users)  # some are tested twice
    expected = difference(by_model[ours], by_model[ease], users)
    found = row[["ndcg_over_ease", "ndcg_over_ease_low", "ndcg_over_ease_high"]]
    assert tuple(found) == expected
    assert expected.high < 0
    means = [r.accuracy["ndcg"].mean() for r in results if r.model is ours]
    assert row["ndcg_spread"] == pytest.approx(np.std(means, ddof=1))


def test_only_content_finds_courses_that_nobody_has_rated(groups):
    """On the cold protocol a collaborative model has nothing to say, or not the right thing."""
    content, collaborative = [UserProfile(), CourseSimilarity()], [KNN(), EASE(), Popularity()]
    models = content + collaborative
    cold = evaluate(models, groups, "cold", k=5, catalogue="cold").set_index("model")
    for model in collaborative:
        assert cold.loc[model.name, "unanswered"] == 1
    among_all = evaluate(models, groups, "cold", k=5, catalogue="all").set_index("model")
    for board in (cold, among_all):
        worst = min(board.loc[model.name, "recall"] for model in content)
        assert worst > max(board.loc[model.name, "recall"] for model in collaborative) == 0


class Clairvoyant(Fixed):
    """Predicts the one rating of each course."""

    name: ClassVar[str] = "Clairvoyant"

    def _fit(self, dataset, progress):
        super()._fit(dataset, progress)
        self.ratings_ = np.full(dataset.n_courses, 3.0)
        self.ratings_[::2] = 2.0

    def predict_rating(self, histories):
        return np.tile(self.ratings_, (histories.shape[0], 1))


def test_predicted_ratings_stand_beside_those_of_predictors_that_look_at_nobody():
    courses = pd.DataFrame({"id": list("ABCDEFGH"), "title": list("ABCDEFGH")})
    ratings = [(u, i, 3.0 - (n % 2 == 0)) for u in range(30) for n, i in enumerate("ABCDEFGH")]
    dataset = Dataset.from_tables(
        "Test", courses, pd.DataFrame(ratings, columns=["user", "item", "rating"])
    )
    table = rating_table(compare([Fixed(), Clairvoyant()], dataset, ks=(3,), seeds=(0, 1)))
    model, constant, majority = table.to_dict("records")
    assert model["predictor"] == "Clairvoyant"
    assert model["rmse"] == 0
    assert model["f1_2"] == model["f1_3"] == model["macro_f1"] == 1
    assert constant["rmse"] == pytest.approx(0.5)
    assert majority["f1_3"] == 0 < majority["f1_2"] < 1  # of two that tie, the lower one
