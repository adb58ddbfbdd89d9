"""What must hold for every registered model on any data, beyond the contract in tests/models."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from stage import LONG, Stage

from recsys.dataset import Dataset
from recsys.jobs.job import Finished
from recsys.models import (
    EASE,
    KNN,
    CourseSimilarity,
    Popularity,
    Recommender,
    UserProfile,
    baselines,
    registry,
)
from recsys.storage import load, save

EVERY = [*registry(), *baselines()]
NETWORKS = ("neural-network", "embedding-regression", "embedding-classification")
QUICK = [kind for kind in EVERY if kind.key() not in NETWORKS]  # the networks fit for seconds
WORDS = "python sql charts tables loops data".split()


@some.composite
def data_sets(draw: some.DrawFn) -> Dataset:
    """Up to seven courses on two topics, and up to eight users."""
    n_courses = draw(some.integers(1, 7))
    flags = some.lists(some.sampled_from([0, 1]), min_size=2, max_size=2)
    titles = some.lists(some.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
    courses = pd.DataFrame(
        [(f"C{i}", draw(titles), *draw(flags)) for i in range(n_courses)],
        columns=["id", "title", "Python", "Data"],
    )
    pairs = some.tuples(some.integers(0, 7), some.integers(0, n_courses - 1))
    rated = draw(some.dictionaries(pairs, some.sampled_from([0.5, 1.0, 2.0, 3.0, 5.0])))
    ratings = pd.DataFrame(
        [(user, f"C{item}", rating) for (user, item), rating in rated.items()],
        columns=["user", "item", "rating"],
    )
    return Dataset.from_tables(
        "Any", courses, ratings, like_threshold=draw(some.sampled_from([0, 2]))
    )


def turned(dataset: Dataset) -> Dataset:
    """The same data set, its ratings in the opposite order."""
    return Dataset.from_tables(
        dataset.name,
        dataset.courses,
        dataset.ratings[::-1],
        like_threshold=dataset.like_threshold,
    )


@pytest.mark.parametrize("kind", QUICK, ids=lambda kind: kind.key())
@settings(deadline=None, max_examples=settings.default.max_examples // 5)
@given(dataset=data_sets(), draw=some.data())
def test_on_any_data(kind: type[Recommender], dataset: Dataset, draw: some.DataObject) -> None:
    ids = dataset.courses["id"].tolist()
    model = kind().fit(dataset)
    picked = draw.draw(some.lists(some.sampled_from(ids), unique=True), label="picked")
    history = dict.fromkeys(picked, dataset.typical_rating)
    whole = model.recommend(history, k=100)
    assert not set(whole["course_id"]) & set(picked)
    assert whole["course_id"].is_unique
    assert whole["score"].is_monotonic_decreasing
    assert np.isfinite(whole["score"]).all()
    assert len(whole) or model.why_empty(history)

    k = draw.draw(some.integers(1, 8), label="k")
    pd.testing.assert_frame_equal(model.recommend(history, k=k), whole[:k])
    pd.testing.assert_frame_equal(
        model.recommend(dict(reversed(history.items())), k=100), whole, rtol=1e-6
    )
    if len(whole):
        threshold = float(whole["score"].median())
        kept = model.recommend(history, k=100, threshold=threshold)
        pd.testing.assert_frame_equal(kept, whole[whole["score"] >= threshold])

    scores = model.score(dataset.histories([history]))
    np.testing.assert_allclose(
        kind().fit(turned(dataset)).score(dataset.histories([history])), scores, 1e-5, 1e-7
    )
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder) / "model")
        again = load(Path(folder) / "model", kind)
    np.testing.assert_array_equal(again.score(dataset.histories([history])), scores)


@given(dataset=data_sets())
def test_the_order_of_the_ratings_does_not_reach_the_models(dataset: Dataset) -> None:
    """No model can depend on what a data set does not keep."""
    other = turned(dataset)
    assert other.fingerprint == dataset.fingerprint
    assert (other.interactions != dataset.interactions).nnz == 0
    assert other.users.tolist() == dataset.users.tolist()


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.key())
def test_a_training_in_the_child_gives_what_a_fit_here_gives(
    kind: type[Recommender], stage: Stage
) -> None:
    """Although the ratings have come in another order here."""
    here = kind().fit(turned(stage.dataset))
    asked = kind()
    asked.instant = False  # type: ignore[misc]  # so that it is trained in the child
    last = stage.job(asked).wait(LONG)
    assert isinstance(last, Finished)
    histories = stage.dataset.histories([{"PY1": 3}, {"DB1": 2, "DA1": 3}, {}])
    np.testing.assert_array_equal(last.result.score(histories), here.score(histories))


@pytest.mark.parametrize(
    "make",
    [CourseSimilarity, lambda: UserProfile(topic_weight="alike"), KNN, EASE],
    ids=["course-similarity", "user-profile", "knn", "ease"],
)
def test_users_without_a_course_in_common_change_nothing(
    make: Callable[[], Recommender], tiny: Dataset
) -> None:
    """NEW1 is rated by nobody of the data set; those who rate nothing else have no say."""
    strangers = pd.DataFrame([(f"stranger{i}", "NEW1", 3.0) for i in range(9)])
    ratings = pd.concat([tiny.ratings, strangers.set_axis(tiny.ratings.columns, axis=1)])
    larger = Dataset.from_tables("Larger", tiny.courses, ratings)
    histories = tiny.histories([{"PY1": 3}, {"DB1": 2, "DA1": 3}])
    others = (tiny.courses["id"] != "NEW1").to_numpy()
    np.testing.assert_allclose(
        make().fit(larger).score(histories)[:, others],
        make().fit(tiny).score(histories)[:, others],
        rtol=1e-9,
    )


def test_more_of_a_topic_never_lowers_the_user_profile(tiny: Dataset) -> None:
    model = UserProfile().fit(tiny)
    less, more = model.score(tiny.histories([{"PY1": 2, "DB1": 2}, {"PY1": 3, "DB1": 2}]))
    assert (more >= less).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: KNN(weighting="similarity", neighbours=None),
        lambda: CourseSimilarity(combine="sum"),
        lambda: CourseSimilarity(combine="closest"),
    ],
    ids=["knn", "sum", "closest"],
)
def test_another_pick_never_lowers_what_is_similar(
    make: Callable[[], Recommender], tiny: Dataset
) -> None:
    model = make().fit(tiny)
    less, more = model.score(tiny.histories([{"PY1": 3}, {"PY1": 3, "DB1": 3}]))
    assert (np.nan_to_num(more) >= np.nan_to_num(less)).all()


def test_another_like_never_lowers_a_course_among_the_popular(tiny: Dataset) -> None:
    extra = pd.DataFrame([("fay", "DB2", 3.0)], columns=tiny.ratings.columns)
    larger = Dataset.from_tables("Larger", tiny.courses, pd.concat([tiny.ratings, extra]))
    ranks = [
        Popularity().fit(one).recommend({}).set_index("course_id")["rank"]["DB2"]
        for one in (tiny, larger)
    ]
    assert ranks[1] <= ranks[0]
