"""What every recommender promises, as tests to inherit.

class TestMyModel(RecommenderContract):
    @pytest.fixture
    def kind(self):
        return MyModel
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset, UnknownCourseError
from recsys.models import HyperparameterError, NotFittedError, Recommender
from recsys.models.hyperparameters import Hyperparameter
from recsys.storage import load, save

HISTORIES = [
    {"PY1": 3},
    {"PY1": 3, "DB1": 2},
    {"DB2": 3},
    {"NEW1": 3},
    {"NEW1": 2, "DA1": 3, "PY2": 3},
    {},
]
N_USERS = 1201  # a prime, so that no other size is a multiple of it
GROUP = 6


@cache
def fitted(kind: type[Recommender], dataset: Dataset) -> Recommender:
    """The model at its defaults, fitted once for all tests that only look at it."""
    return kind().fit(dataset)


class Fit(NamedTuple):
    """A model, what its `fit` returned, the data set it was given, and what was reported."""

    model: Recommender
    returned: Recommender
    dataset: Dataset
    reports: list[tuple[float, str]]


@cache
def fitted_again(kind: type[Recommender], dataset: Dataset) -> Fit:
    """Another fit at the defaults, of a copy, for all tests of what a fit does."""
    model, reports = kind(), []
    own = Dataset.from_tables("Own", dataset.courses.copy(), dataset.ratings.copy())
    returned = model.fit(own, lambda done, message, **_: reports.append((done, message)))
    return Fit(model, returned, own, reports)


@cache
def checkerboard() -> Dataset:
    """Two groups of courses, and users who take half of one group and nothing of the other."""
    rng = np.random.default_rng(0)
    subjects = {"red": ["rose", "ruby", "brick"], "blue": ["sky", "sea", "ink"]}
    courses = pd.DataFrame(
        [
            (f"{colour}{i}", f"{colour.title()} {nouns[i % 3]} {nouns[(i + 1) % 3]}")
            for colour, nouns in subjects.items()
            for i in range(GROUP)
        ],
        columns=["id", "title"],
    )
    for colour in subjects:
        courses[colour] = courses["id"].str.startswith(colour).astype(int)
    ratings = pd.DataFrame(
        [
            (user, f"{colour}{i}", rng.choice([2, 3]))
            for user in range(N_USERS)
            for colour in [list(subjects)[user % 2]]
            for i in rng.choice(GROUP, GROUP // 2, replace=False)
        ],
        columns=["user", "item", "rating"],
    )
    return Dataset.from_tables("Checkerboard", courses, ratings)


def poor(lack: str) -> Dataset:
    """A data set without ratings, topics, words, or all courses but one."""
    courses = pd.DataFrame(
        [("A", "Red sky", 1), ("B", "Red sea", 1), ("C", "Ink", 0)], columns=["id", "title", "Red"]
    )
    ratings = pd.DataFrame([("u", "A", 3), ("u", "B", 3)], columns=["user", "item", "rating"])
    if lack == "ratings":
        ratings = ratings[:0]
    elif lack == "topics":
        courses = courses.drop(columns="Red")
    elif lack == "words":
        courses = courses.assign(title="The")
    else:
        courses, ratings = courses[:1], ratings[:1]
    return Dataset.from_tables(f"Without {lack}", courses, ratings)


def draws_lots(kind: type[Recommender]) -> bool:
    """Whether the fit draws random numbers by position, so that another order gives others."""
    return any(one.name == "seed" for one in kind.hyperparameters())


def corners(kind: type[Recommender]) -> Iterator[dict[str, Any]]:
    """Hyperparameters all at their lowest, all at their highest, and every choice once."""
    options = {one.name: _options(one) for one in kind.hyperparameters()}
    for i in range(max(map(len, options.values()), default=1)):
        yield {name: values[min(i, len(values) - 1)] for name, values in options.items()}


def _options(one: Hyperparameter) -> tuple[Any, ...]:
    if one.choices:
        return one.choices
    if one.kind is bool:
        return (False, True)
    return (one.low, one.high, None) if one.none else (one.low, one.high)


class RecommenderContract:
    """The promises. `kind` is the class under test."""

    @pytest.fixture
    def kind(self) -> type[Recommender]:
        raise NotImplementedError("Give the class to test.")

    @pytest.fixture
    def model(self, kind: type[Recommender], tiny: Dataset) -> Recommender:
        return fitted(kind, tiny)

    # Before and while fitting

    def test_says_what_it_is(self, kind: type[Recommender]) -> None:
        for text in (kind.name, kind.summary, kind.score_label, kind.score_sentence):
            assert text.strip()
        assert kind.summary.endswith(".")
        assert kind.score_sentence.endswith(".")

    def test_cannot_score_before_it_is_fitted(self, kind: type[Recommender], tiny: Dataset) -> None:
        with pytest.raises(NotFittedError, match=kind.__name__):
            kind().score(tiny.histories([{"PY1": 3}]))
        with pytest.raises(NotFittedError):
            kind().recommend({"PY1": 3})

    @pytest.fixture
    def again(self, kind: type[Recommender], tiny: Dataset) -> Fit:
        return fitted_again(kind, tiny)

    def test_fit_returns_the_model_and_reports_progress(self, again: Fit) -> None:
        assert again.returned is again.model
        done = [fraction for fraction, _ in again.reports]
        assert done == sorted(done)
        assert done[0] >= 0
        assert done[-1] == 1
        assert all(message for _, message in again.reports)

    def test_fit_leaves_the_data_set_as_it_was(self, again: Fit, tiny: Dataset) -> None:
        own = again.dataset
        pd.testing.assert_frame_equal(own.courses, tiny.courses)
        for name in ("interactions", "likes"):
            now, before = getattr(own, name), getattr(tiny, name)
            np.testing.assert_array_equal(now.toarray(), before.toarray())
        for name in ("popularity", "profiles", "topic_matrix"):
            np.testing.assert_array_equal(getattr(own, name), getattr(tiny, name))

    def test_fitting_again_gives_the_same_model(
        self, again: Fit, model: Recommender, tiny: Dataset
    ) -> None:
        histories = tiny.histories(HISTORIES)
        np.testing.assert_array_equal(
            again.model.score(histories), model.score(histories), strict=True
        )

    def test_keeps_nothing_per_user(self, kind: type[Recommender]) -> None:
        for name, value in fitted(kind, checkerboard()).fitted().items():
            assert N_USERS not in np.shape(value), name

    # Hyperparameters

    def test_works_at_both_ends_of_every_hyperparameter(
        self, kind: type[Recommender], tiny: Dataset
    ) -> None:
        for values in corners(kind):
            scores = kind(**values).fit(tiny).score(tiny.histories(HISTORIES))
            assert not np.isinf(scores).any(), values
            assert np.isfinite(scores[1]).any(), values

    def test_refuses_hyperparameters_out_of_range(self, kind: type[Recommender]) -> None:
        for one in kind.hyperparameters():
            beyond = [] if one.low is None or one.high is None else [one.low - 1, one.high + 1]
            for value in (*beyond, "no such thing", float("nan")):
                with pytest.raises(HyperparameterError, match=one.name):
                    kind(**{one.name: value})

    # Scores

    def test_a_batch_scores_like_its_rows_one_by_one(
        self, model: Recommender, tiny: Dataset
    ) -> None:
        histories = tiny.histories(HISTORIES)
        scores = model.score(histories)
        assert scores.shape == histories.shape
        for row, alone in zip(scores, histories, strict=True):
            np.testing.assert_allclose(model.score(alone)[0], row, rtol=1e-5, atol=1e-7)

    def test_order_within_a_history_does_not_matter(self, model: Recommender) -> None:
        history = {"PY1": 3.0, "DB1": 2.0, "DA1": 3.0}
        turned = dict(reversed(history.items()))
        np.testing.assert_allclose(
            model.score_one(turned), model.score_one(history), rtol=1e-5, atol=1e-7
        )

    def test_scoring_leaves_the_histories_as_they_were(
        self, model: Recommender, tiny: Dataset
    ) -> None:
        histories = tiny.histories(HISTORIES)
        before = histories.toarray()
        model.score(histories)
        np.testing.assert_array_equal(histories.toarray(), before)

    def test_order_of_ratings_does_not_matter(
        self, kind: type[Recommender], model: Recommender, tiny: Dataset
    ) -> None:
        other = Dataset.from_tables("Turned", tiny.courses, tiny.ratings[::-1])
        histories = tiny.histories(HISTORIES)
        np.testing.assert_allclose(
            kind().fit(other).score(histories), model.score(histories), rtol=1e-5, atol=1e-7
        )

    def test_order_of_users_does_not_matter(
        self, kind: type[Recommender], model: Recommender, tiny: Dataset
    ) -> None:
        if draws_lots(kind):
            pytest.skip("Draws random numbers by position.")
        users = list(tiny.users)
        names = dict(zip(users, reversed(users), strict=True))
        renamed = tiny.ratings.assign(user=tiny.ratings["user"].map(names))
        other = Dataset.from_tables("Renamed", tiny.courses, renamed)
        histories = tiny.histories(HISTORIES)
        np.testing.assert_allclose(
            kind().fit(other).score(histories), model.score(histories), rtol=1e-5, atol=1e-7
        )

    def test_order_of_courses_does_not_matter(
        self, kind: type[Recommender], model: Recommender, tiny: Dataset
    ) -> None:
        if draws_lots(kind):
            pytest.skip("Draws random numbers by position.")
        order = [3, 0, 5, 1, 4, 2]
        other = Dataset.from_tables("Permuted", tiny.courses.iloc[order], tiny.ratings)
        np.testing.assert_allclose(
            kind().fit(other).score(other.histories(HISTORIES)),
            model.score(tiny.histories(HISTORIES))[:, order],
            rtol=1e-5,
            atol=1e-7,
        )

    def test_histories_of_another_data_set_are_refused(self, model: Recommender) -> None:
        with pytest.raises(ValueError, match="same data set"):
            model.score(checkerboard().histories([{"red1": 3}]))

    def test_it_says_whether_ratings_matter(self, kind: type[Recommender], active: Dataset) -> None:
        taken = {"C0": 3.0, "C1": 3.0, "C3": 3.0}
        histories = active.histories([taken, {**taken, "C1": 2.0}])
        completed, audited = fitted(kind, active).score(histories)
        alike = np.allclose(completed, audited, rtol=1e-6, atol=1e-9, equal_nan=True)
        assert alike != kind.weighs_ratings

    # Recommendations

    @pytest.mark.parametrize("history", HISTORIES, ids=lambda history: "+".join(history) or "none")
    @pytest.mark.parametrize("k", [1, 3, 100])
    def test_recommends_the_best_of_the_rest(
        self, model: Recommender, history: dict[str, float], k: int
    ) -> None:
        table = model.recommend(history, k=k)
        assert list(table.columns) == ["course_id", "title", "score", "rank"]
        assert len(table) <= k
        assert np.isfinite(table["score"]).all()
        assert all(higher >= lower for higher, lower in pairwise(table["score"]))
        assert list(table["rank"]) == list(range(1, len(table) + 1))
        assert table["course_id"].is_unique
        assert not set(table["course_id"]) & set(history)

    def test_what_is_not_wanted_makes_room_for_the_next(self, model: Recommender) -> None:
        everything = list(model.recommend({"PY1": 3}, k=100, threshold=-np.inf)["course_id"])
        first, *rest = everything
        for wanted in (
            model.recommend({"PY1": 3}, k=2, threshold=-np.inf, without=[first]),
            model.recommend({"PY1": 3}, k=2, threshold=-np.inf, among=rest),
            model.recommend({"PY1": 3}, k=2, threshold=-np.inf, among=everything, without=[first]),
        ):
            assert list(wanted["course_id"]) == rest[:2]
        assert model.recommend({"PY1": 3}, among=[]).empty
        with pytest.raises(UnknownCourseError):
            model.recommend({"PY1": 3}, without=["PY11"])

    def test_a_threshold_cuts_the_list(self, model: Recommender) -> None:
        everything = model.recommend({"PY1": 3}, k=100, threshold=-np.inf)
        middle = everything["score"].median()
        table = model.recommend({"PY1": 3}, k=100, threshold=middle)
        expected = everything[everything["score"] >= middle]
        pd.testing.assert_frame_equal(table, expected.reset_index(drop=True))
        assert model.recommend({"PY1": 3}, threshold=np.inf).empty
        assert "threshold" in model.why_empty({"PY1": 3}, threshold=1e9)

    def test_says_what_to_do_where_nothing_is_picked(
        self, kind: type[Recommender], model: Recommender
    ) -> None:
        if kind.scores_empty_history:
            assert not model.recommend({}).empty
        else:
            assert model.recommend({}).empty
            assert "Pick something first" in model.why_empty({})

    def test_says_that_nothing_is_left(self, model: Recommender, tiny: Dataset) -> None:
        everything = dict.fromkeys(tiny.courses["id"], 3.0)
        assert model.recommend(everything).empty
        assert "picked everything" in model.why_empty(everything)

    def test_says_why_a_list_is_short(self, model: Recommender, tiny: Dataset) -> None:
        """The reasons add up: what is listed, picked, without a score and below the threshold."""
        history = {"PY1": 3, "DB1": 3}
        scores = model.recommend(history, k=100, threshold=-np.inf)["score"]
        for threshold in (None, -np.inf, scores.median()):
            n = len(model.recommend(history, k=100, threshold=threshold))
            words = model.why_short(history, 100, threshold)
            assert words.startswith(f"The list has {n} of the 100 asked for. Of 6 courses, ")
            others = [int(one) for one in re.findall(r"(?:picked|;|courses,) (\d+)", words)]
            assert n + sum(others) == tiny.n_courses, words
            assert model.why_short(history, n, threshold) == ""
        assert model.why_short(history, 100, np.inf) == ""  # `why_empty` has the reason

    def test_a_course_nobody_rated(self, kind: type[Recommender], model: Recommender) -> None:
        lowest = -np.inf
        offered = set(model.recommend({"DB1": 3}, k=100, threshold=lowest)["course_id"])
        assert ("NEW1" in offered) == (not kind.collaborative)
        table = model.recommend({"NEW1": 3}, threshold=lowest)
        if kind.collaborative and not kind.scores_empty_history:
            assert table.empty
            assert "Nobody has rated" in model.why_empty({"NEW1": 3})
        else:
            assert not table.empty

    def test_refuses_an_unknown_course(self, model: Recommender) -> None:
        with pytest.raises(UnknownCourseError, match="PY1"):
            model.recommend({"PY11": 3})

    def test_tells_two_groups_apart(self, kind: type[Recommender]) -> None:
        """A known answer: who takes red courses gets the other red ones before any blue one."""
        if kind.scores_empty_history:
            pytest.skip("Gives everyone the same, whatever they picked.")
        model = fitted(kind, checkerboard())
        for colour in ("red", "blue"):
            for picked in ([0], [5], [1, 4], [0, 2, 3]):
                history = {f"{colour}{i}": 3.0 for i in picked}
                best = model.recommend(history, k=GROUP - len(picked), threshold=-np.inf)
                expected = {f"{colour}{i}" for i in range(GROUP)} - set(history)
                assert set(best["course_id"]) == expected, history

    @pytest.mark.parametrize("lack", ["ratings", "topics", "words", "other courses"])
    def test_a_data_set_that_lacks_something(self, kind: type[Recommender], lack: str) -> None:
        dataset = poor(lack)
        model = kind().fit(dataset)
        table = model.recommend({"A": 3})
        assert not table.empty or model.why_empty({"A": 3}).endswith(".")
        nobody = lack == "ratings" and kind.collaborative
        assert not (nobody and len(table))

    # On disk

    def test_is_the_same_once_saved_and_loaded(
        self, kind: type[Recommender], model: Recommender, tiny: Dataset, tmp_path: Path
    ) -> None:
        save(model, tmp_path / "model")
        again = load(tmp_path / "model", kind)
        assert type(again) is kind
        assert again.values() == model.values()
        histories = tiny.histories(HISTORIES)
        np.testing.assert_array_equal(again.score(histories), model.score(histories), strict=True)
