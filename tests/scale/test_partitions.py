"""Partitions: what is written is what is read, and a broken file is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import vstack

from recsys.dataset import DataError, Dataset
from recsys.models import KNN
from recsys.sources import available, load_dataset, load_training_set
from recsys.sources.partitions import PartitionedDataset, open_partitions, write
from recsys.storage import Store


@pytest.fixture
def copy(parts: PartitionedDataset, tmp_path: Path) -> Path:
    """A copy of the partitions to spoil."""
    folder = Path(parts.parts[0].file).parents[1]
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_what_is_written_is_read(bundled: Dataset, parts: PartitionedDataset) -> None:
    assert len(parts.parts) == 7
    blocks = [part.read() for part in parts.parts]
    assert [block.first for block in blocks] == list(range(0, 33_901, 5000))
    assert (vstack([block.likes for block in blocks]) != bundled.likes).nnz == 0
    users = np.concatenate([part.ratings()[0] for part in parts.parts])
    np.testing.assert_array_equal(users, bundled.users)


def test_models_see_the_same_data_set(bundled: Dataset, parts: PartitionedDataset) -> None:
    assert parts.fingerprint == bundled.fingerprint
    assert parts.n_users == bundled.n_users
    assert parts.n_ratings == bundled.interactions.nnz
    assert parts.topics == bundled.topics
    assert parts.rating_counts == bundled.rating_counts
    assert parts.typical_rating == bundled.typical_rating
    np.testing.assert_array_equal(parts.popularity, bundled.popularity)
    pd.testing.assert_frame_equal(parts.courses, bundled.courses, check_dtype=False)


def test_ratings_below_the_threshold_are_kept_but_are_no_likes(
    tiny: Dataset, tmp_path: Path
) -> None:
    picky = Dataset.from_tables("Picky", tiny.courses, tiny.ratings, like_threshold=3.0)
    made = write(picky, tmp_path / "picky", per_part=4)
    assert made.n_ratings == picky.interactions.nnz > picky.likes.nnz
    likes = vstack([part.read().likes for part in made.parts])
    assert (likes != picky.likes).nnz == 0
    assert made.rating_counts == picky.rating_counts
    np.testing.assert_array_equal(made.popularity, picky.popularity)
    sample = made.sample()
    assert sample.interactions.nnz > sample.likes.nnz


def test_users_may_have_names(tmp_path: Path) -> None:
    courses = pd.DataFrame({"id": ["A", "B"], "title": ["A", "B"]})
    ratings = pd.DataFrame(
        [("zoë", "A", 3), ("ann", "B", 2), ("ann", "A", 3)], columns=["user", "item", "rating"]
    )
    dataset = Dataset.from_tables("Named", courses, ratings)
    made = write(dataset, tmp_path / "named", per_part=1)
    assert [part.ratings()[0].tolist() for part in made.parts] == [["ann"], ["zoë"]]
    assert made.sample().users.tolist() == ["ann"]


def test_nobody_at_all(tiny: Dataset, tmp_path: Path) -> None:
    empty = Dataset.from_tables("Empty", tiny.courses, tiny.ratings[:0])
    made = write(empty, tmp_path / "empty")
    assert made.n_users == 0
    assert KNN().fit(made).recommend({"PY1": 3}).empty


def test_a_folder_of_partitions_is_a_data_set_to_look_at(
    parts: PartitionedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(parts.parts[0].file).parents[1]
    sample = load_dataset(folder)
    assert sample.n_users == 5000
    assert "a sample: 5,000 of 33,901 users" in sample.name
    whole = sample.full
    assert whole.n_users == 33_901
    assert load_training_set(folder).fingerprint == whole.fingerprint
    monkeypatch.setenv("RECSYS_DATA", str(folder))
    (source,) = (one for one in available() if one.folder == folder)
    assert load_dataset(source.key).name == sample.name
    assert not KNN().fits_within_a_click(sample)


def test_the_store_fits_the_whole_of_which_it_is_given_a_sample(
    bundled: Dataset, parts: PartitionedDataset, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    fitted = store.fitted(KNN(), parts.sample())
    np.testing.assert_array_equal(fitted.popularity_, bundled.popularity)
    again = store.get(KNN(), bundled)  # they are the same data set
    assert again is not None
    assert (again.weights_ != KNN().fit(bundled).weights_).nnz == 0


def spoil_length(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])


def spoil_items(file: Path) -> None:
    table = pd.read_parquet(file)
    table.loc[5, "item"] = 100_000
    table.to_parquet(file)


def spoil_ratings(file: Path) -> None:
    table = pd.read_parquet(file)
    table.loc[5, "rating"] = np.nan
    table.to_parquet(file)


def spoil_order(file: Path) -> None:
    pd.read_parquet(file)[::-1].to_parquet(file)


def spoil_rows(file: Path) -> None:
    pd.read_parquet(file)[10:].to_parquet(file)


def spoil_columns(file: Path) -> None:
    pd.read_parquet(file).rename(columns={"rating": "stars"}).to_parquet(file)


def spoil_all(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    "spoil",
    [spoil_length, spoil_items, spoil_ratings, spoil_order, spoil_rows, spoil_columns, spoil_all],
)
def test_a_broken_part_is_named(copy: Path, spoil) -> None:
    spoil(copy / "ratings" / "00003.parquet")
    dataset = open_partitions(copy)
    with pytest.raises(DataError, match=r"00003\.parquet.*convert the data again"):
        KNN().fit(dataset)


@pytest.mark.parametrize("about", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "parts": 3}'])
def test_a_broken_description_is_told(copy: Path, about: str) -> None:
    (copy / "about.json").write_text(about)
    with pytest.raises(DataError, match=r"about\.json"):
        open_partitions(copy)


def test_a_model_that_wants_all_likes_at_once_is_told_what_to_ask_for(
    parts: PartitionedDataset,
) -> None:
    with pytest.raises(AttributeError, match=r"not in memory as a whole.*uses `blocks`"):
        parts.likes  # noqa: B018


def test_a_folder_in_use_is_left_alone(bundled: Dataset, copy: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="already contains a data set"):
        write(bundled, copy)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    with pytest.raises(DataError, match="not empty"):
        write(bundled, tmp_path / "thesis")


def test_a_conversion_that_was_cut_off_is_no_data_set_and_can_be_repeated(
    tiny: Dataset, copy: Path
) -> None:
    (copy / "about.json").unlink()
    made = write(tiny, copy, per_part=3)
    assert made.n_users == tiny.n_users
    assert json.loads((copy / "about.json").read_text())["parts"][0]["users"] == 3
