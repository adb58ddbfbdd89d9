"""The bundled open course set: its figures, its texts, and the tastes in it.

The models here are a few lines of NumPy of their own, so that the data is judged alone.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

from recsys.text import bag_of_words

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "data" / "bundled"
FACTS = ROOT.parent / "shared" / "data" / "ibm-courses" / "published_facts.json"
TEXTS = ["COURSE_ID", "TITLE", "DESCRIPTION"]
K = 10


@pytest.fixture(scope="module")
def courses() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "courses.csv")


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "ratings.csv.gz")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sentences(description: str) -> list[str]:
    return re.split(r"(?<=[.?!])\s+", description)


def test_the_whole_folder_stays_small() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < 3_000_000


def test_there_are_307_courses_on_14_topics(courses: pd.DataFrame) -> None:
    assert len(courses) == 307
    assert courses[TEXTS].notna().all(axis=None)
    assert courses["COURSE_ID"].is_unique
    topics = courses.drop(columns=TEXTS)
    assert topics.shape[1] == 14
    assert topics.isin([0, 1]).all(axis=None)
    assert (topics.sum() >= 4).all()
    assert topics.sum(axis=1).value_counts().idxmax() == 1
    assert (topics.sum(axis=1) == 0).any()


def test_every_course_has_words_of_its_own(courses: pd.DataFrame) -> None:
    assert courses["TITLE"].is_unique
    parts = courses["DESCRIPTION"].map(sentences)
    assert parts.map(len).between(1, 3).all()
    assert parts.explode().is_unique


def test_most_courses_have_a_relative_by_their_words(courses: pd.DataFrame) -> None:
    counts = bag_of_words(courses["TITLE"] + " " + courses["DESCRIPTION"]).counts.toarray()
    unit = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, 0)
    nearest = cosine.max(axis=1)
    assert (nearest >= 0.3).mean() > 0.8
    assert (nearest >= 0.5).mean() > 0.2
    assert nearest.max() < 0.9


def test_ratings_follow_the_published_figures(
    ratings: pd.DataFrame, courses: pd.DataFrame, generator: ModuleType
) -> None:
    assert list(ratings.columns) == ["user", "item", "rating"]
    assert len(ratings) == 233_306
    assert not ratings.duplicated(["user", "item"]).any()
    assert ratings["user"].nunique() == 33_901
    assert ratings["item"].nunique() == 126
    assert ratings["item"].isin(courses["COURSE_ID"]).all()
    assert ratings["rating"].value_counts().to_dict() == {3: 222_330, 2: 10_976}

    courses_per_user = ratings.groupby("user").size()
    assert courses_per_user.value_counts().to_dict() == generator.USERS_BY_COURSES

    users_per_course = ratings["item"].value_counts()
    assert users_per_course.min() == 1
    assert users_per_course[:20].sum() / len(ratings) == pytest.approx(0.63, abs=0.01)
    wanted = pd.Series(generator.COUNTS)
    difference = (users_per_course[wanted.index] - wanted).abs()
    assert (difference <= 0.07 * wanted + 3).all()


def test_some_users_look_without_finishing(ratings: pd.DataFrame) -> None:
    users = ratings.groupby("user")["rating"].agg(["mean", "size"])
    assert (users.loc[users["size"] < 5, "mean"] == 2).all()
    regular = users[users["size"] >= 5]
    assert (regular["mean"] == 3).mean() > 0.9
    assert (regular["mean"] == 2).sum() >= 10


def test_the_generator_quotes_its_source_correctly(generator: ModuleType) -> None:
    if not FACTS.exists():
        pytest.skip("the published figures of the IBM set are not on this machine")
    facts = json.loads(FACTS.read_text())["ratings_csv"]
    users = {int(n): count for n, count in facts["users_by_number_of_enrolments"].items()}
    assert users == generator.USERS_BY_COURSES
    assert facts["rating_counts"]["2.0"] == generator.AUDITS
    assert sum(generator.COUNTS.values()) == facts["rows"]
    published = facts["item_counts_published"] | {"ML0101EN": 7644}  # ML0101ENv3 there
    top = list(generator.COUNTS)[:20]
    assert {course: generator.COUNTS[course] for course in top} == {
        course: published[course] for course in top
    }


def test_generating_again_gives_the_same_ratings(generator: ModuleType) -> None:
    again = generator.as_csv(*generator.generate())
    kept = gzip.decompress((FOLDER / "ratings.csv.gz").read_bytes())
    assert hashlib.sha256(again).hexdigest() == hashlib.sha256(kept).hexdigest()


def test_users_have_tastes_that_better_models_find(
    ratings: pd.DataFrame, courses: pd.DataFrame
) -> None:
    """NDCG on unseen users: popularity < clustering < KNN < EASE, by steps like the real set's."""
    train, query, holdout, items = strong_split(ratings)
    topics = courses.set_index("COURSE_ID").loc[items].drop(columns=TEXTS[1:]).to_numpy(float)
    score = {
        "popularity": np.tile(train.sum(axis=0), (len(query), 1)),
        "clustering": cluster_popularity(train, query, topics),
        "knn": query @ cosine_similarity(train),
        "ease": query @ ease_weights(train, regularisation=200),
    }
    ndcg = {name: mean_ndcg(scores, query, holdout) for name, scores in score.items()}
    share = {name: value / ndcg["ease"] for name, value in ndcg.items()}
    # The shares measured on the IBM courses with inferred ratings, by these same lines.
    assert share["popularity"] == pytest.approx(0.65, abs=0.06)
    assert share["clustering"] == pytest.approx(0.75, abs=0.06)
    assert share["knn"] == pytest.approx(0.93, abs=0.06)
    assert share["popularity"] + 0.05 < share["clustering"] < share["knn"] - 0.05
    assert share["knn"] < 0.96


def strong_split(ratings: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Who took what (1) as (users, rated courses): training users; query and holdout of others.

    A fifth of the users with five courses or more is held out, and a fifth of their courses.
    """
    rng = np.random.default_rng(0)
    users, _ = pd.factorize(ratings["user"])
    columns, items = pd.factorize(ratings["item"], sort=True)
    taken = np.zeros((users.max() + 1, len(items)))
    taken[users, columns] = 1
    eligible = np.flatnonzero(taken.sum(axis=1) >= 5)
    test = rng.choice(eligible, len(eligible) // 5, replace=False)
    holdout = np.zeros((len(test), len(items)))
    for row, user in enumerate(test):
        history = np.flatnonzero(taken[user])
        holdout[row, rng.choice(history, max(1, round(len(history) / 5)), replace=False)] = 1
    return np.delete(taken, test, axis=0), taken[test] - holdout, holdout, list(items)


def cluster_popularity(train: np.ndarray, query: np.ndarray, topics: np.ndarray) -> np.ndarray:
    """How popular each course is in the user's cluster of standardised topic profiles."""
    profiles = train @ topics
    mean, spread = profiles.mean(axis=0), profiles.std(axis=0)
    kmeans = KMeans(11, n_init=2, random_state=0).fit((profiles - mean) / spread)
    shares = np.stack([train[kmeans.labels_ == cluster].mean(axis=0) for cluster in range(11)])
    return shares[kmeans.predict((query @ topics - mean) / spread)]


def cosine_similarity(train: np.ndarray) -> np.ndarray:
    common = train.T @ train
    length = np.sqrt(np.maximum(np.diag(common), 1))
    similarity = common / np.outer(length, length)
    np.fill_diagonal(similarity, 0)
    return similarity


def ease_weights(train: np.ndarray, regularisation: float) -> np.ndarray:
    inverse = np.linalg.inv(train.T @ train + regularisation * np.eye(train.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def mean_ndcg(scores: np.ndarray, query: np.ndarray, holdout: np.ndarray) -> float:
    ranked = np.argsort(-np.where(query > 0, -np.inf, scores), axis=1, kind="stable")[:, :K]
    discount = 1 / np.log2(np.arange(2, K + 2))
    gained = np.take_along_axis(holdout, ranked, axis=1) @ discount
    ideal = np.cumsum(discount)[np.minimum(holdout.sum(axis=1).astype(int), K) - 1]
    return float((gained / ideal).mean())
