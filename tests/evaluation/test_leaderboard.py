"""The leaderboard ranks models whose quality is known beforehand."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset
from recsys.evaluation import assess, catalogue_mask, evaluate, split
from recsys.models import Recommender


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
    result = assess(Fixed(), division, catalogue_mask(dataset, "all"), k=8)
    for query, ranked in zip(division.queries, result.ranked, strict=True):
        assert not set(query.indices) & set(ranked)
