"""Comparing numbers of clusters, against scikit-learn and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from stage import Stage, write_folder

from recsys import models
from recsys.dataset import Dataset
from recsys.jobs.cluster_counts import ClusterCountsJob, compare_counts, silhouette
from recsys.jobs.job import Finished
from recsys.jobs.queue import JobQueue
from recsys.sources import load_dataset
from recsys.storage import Store


def between(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points, axis=2)


def test_the_silhouette_is_scikit_learns() -> None:
    from sklearn.metrics import silhouette_score

    random = np.random.default_rng(0)
    points, clusters = random.normal(size=(60, 3)), random.integers(0, 5, 60)
    clusters[0] = 7  # alone in its cluster
    mine = silhouette(between(points), clusters)
    assert mine == pytest.approx(silhouette_score(points, clusters))


def test_the_silhouette_by_hand() -> None:
    points = np.array([[0.0], [2.0], [10.0]])
    # a = 2, b = 10 and 8; the third is alone and counts as 0.
    expected = (8 / 10 + 6 / 8 + 0) / 3
    assert silhouette(between(points), np.array([0, 0, 1])) == pytest.approx(expected)
    assert np.isnan(silhouette(between(points), np.zeros(3)))


@pytest.fixture
def two_camps() -> Dataset:
    """Half the users take Python alone, the other half SQL alone, two courses each."""
    courses = pd.DataFrame(
        {"id": list("abcd"), "title": list("abcd"), "Python": [1, 1, 0, 0], "SQL": [0, 0, 1, 1]}
    )
    pairs = [(user, one) for user in range(20) for one in ("ab" if user % 2 else "cd")]
    ratings = pd.DataFrame(pairs, columns=["user", "item"]).assign(rating=1)
    return Dataset.from_tables("two camps", courses, ratings)


def test_two_camps_leave_nothing_to_a_third_cluster(two_camps: Dataset, tmp_path: Path) -> None:
    store, heard = Store(tmp_path), []
    model = models.Clustering(n_clusters=5, lift=True)
    table = compare_counts(model, two_camps, store, lambda done, message: heard.append(message))
    assert table["clusters"].tolist() == list(range(1, 31))
    # The users are at (1, 0) and (0, 1), half a unit² from the middle, and count once each.
    assert table["inertia"][0] == pytest.approx(20 * 0.5)
    assert table["inertia"][1:].abs().max() == pytest.approx(0)
    assert np.isnan(table["silhouette"][0])
    assert table["silhouette"][1] == pytest.approx(1)
    fits = dict.fromkeys(one.partition(":")[0] for one in heard)
    assert list(fits)[:2] == ["Fitting 1 cluster", "Fitting 2 clusters"]
    assert store.get(models.Clustering(n_clusters=17), two_camps) is not None


@pytest.mark.slow
def test_the_table_comes_from_a_child_process(stage: Stage, active: Dataset) -> None:
    folder = write_folder(active, stage.scratch / "active")
    store, model = stage.store, models.ClusteringPCA()
    job = ClusterCountsJob(model, load_dataset(folder), str(folder), store, JobQueue(store))
    job.start(lambda event: None)
    outcome = job.wait(120)
    assert isinstance(outcome, Finished)
    assert outcome.result.columns.tolist() == ["clusters", "inertia", "silhouette"]
    inertia = outcome.result["inertia"].tolist()
    assert len(inertia) == 30
    assert inertia[0] > inertia[4] > inertia[19]
