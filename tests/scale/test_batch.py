"""Recommendations for everybody: each user's are those that `recommend` gives, and a run that was
cut off goes on.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from distributed import Client

from recsys.dataset import DataError, Dataset
from recsys.models import KNN, UserProfile
from recsys.scale.batch import recommend_all
from recsys.sources.partitions import PartitionedDataset

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("model", [KNN(), UserProfile(threshold=5)], ids=lambda model: model.key())
def test_everybody_gets_what_they_would_be_recommended(
    model: KNN, bundled: Dataset, parts: PartitionedDataset, client: Client, tmp_path: Path
) -> None:
    model.fit(bundled)
    assert recommend_all(model, parts, tmp_path, client, k=7) == bundled.n_users
    found = pd.read_parquet(tmp_path)
    assert found["user"].is_monotonic_increasing
    histories = bundled.ratings.groupby("user")
    by_user = dict(iter(found.groupby("user")))
    for user in bundled.users[::1500]:
        taken = histories.get_group(user)
        wanted = model.recommend(dict(zip(taken["item"], taken["rating"], strict=True)), k=7)
        if wanted.empty:
            assert user not in by_user
            continue
        assert by_user[user]["item"].tolist() == wanted["course_id"].tolist()
        assert by_user[user]["rank"].tolist() == wanted["rank"].tolist()
        assert by_user[user]["score"].to_numpy() == pytest.approx(wanted["score"].to_numpy())


def test_a_run_that_was_cut_off_goes_on(
    bundled: Dataset, parts: PartitionedDataset, client: Client, tmp_path: Path
) -> None:
    model = KNN().fit(bundled)
    recommend_all(model, parts, tmp_path, client)
    complete = pd.read_parquet(tmp_path)
    missing = tmp_path / "00003.parquet"
    missing.unlink()
    killed = "99999999.1"  # no process has this number
    (tmp_path / f"00003.parquet.{killed}.tmp").write_bytes(b"half of a file")
    kept = {file: file.stat().st_mtime_ns for file in tmp_path.glob("*.parquet")}
    assert recommend_all(model, parts, tmp_path, client) == parts.parts[3].n_users
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path), complete)
    assert recommend_all(model, parts, tmp_path, client) == 0


def test_another_model_needs_another_folder(
    bundled: Dataset, parts: PartitionedDataset, client: Client, tmp_path: Path
) -> None:
    recommend_all(KNN().fit(bundled), parts, tmp_path, client)
    with pytest.raises(DataError, match="another model"):
        recommend_all(KNN(neighbours=3).fit(bundled), parts, tmp_path, client)
