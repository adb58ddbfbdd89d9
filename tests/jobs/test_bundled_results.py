"""The results that come with the bundled data set: current, exact, and otherwise not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys.dataset import Dataset
from recsys.evaluation import evaluate, leaderboard
from recsys.jobs import bundled_results
from recsys.jobs.standings import bundled as read
from recsys.jobs.standings import models_to_evaluate
from recsys.models import KNN, Popularity, Random
from recsys.storage import Store

COMMAND = "python -m recsys evaluate --bundle"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_bundled_results_are_those_of_the_code(bundled: Dataset, store: Store) -> None:
    """After a change of models, evaluation or data, the command writes them anew."""
    models = models_to_evaluate()
    known = {one.model for one in read(models, bundled, store)}
    outdated = [one.name for one in models if one not in known]
    assert not outdated, f"{bundled_results.FILE} is not current: run `{COMMAND}`."


def test_they_are_those_of_evaluate_to_the_last_bit(bundled: Dataset, store: Store) -> None:
    models = [Popularity(), Random()]
    times = ["fit_seconds", "score_seconds"]
    table = leaderboard(read(models, bundled, store)).drop(columns=["catalogue", "k", *times])
    expected = evaluate(models, bundled).drop(columns=times)
    pd.testing.assert_frame_equal(table, expected, check_exact=True)


def test_other_settings_data_and_code_have_none(
    bundled: Dataset, active: Dataset, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not read([KNN(shrinkage=5)], bundled, store)
    assert not read([KNN()], active, store)
    assert not read([KNN()], bundled, store, seed=1)
    monkeypatch.setattr(bundled_results, "_evaluation_code", lambda: "edited")
    assert not read([KNN()], bundled, store)


def test_a_damaged_file_counts_as_absent(
    bundled: Dataset, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "results.npz"
    monkeypatch.setattr(bundled_results, "_path", lambda: damaged)
    assert not read([KNN()], bundled, store)
    damaged.write_bytes(b"PK not an archive")
    assert not read([KNN()], bundled, store)


def test_the_file_is_small() -> None:
    path = bundled_results._path()
    assert path.stat().st_size < 100_000
    with np.load(path, allow_pickle=False) as arrays:
        assert len(arrays.files) == 2 * len(models_to_evaluate()), "nothing of former code is left"
