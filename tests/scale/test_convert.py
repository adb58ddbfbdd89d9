"""Conversion of many files on a cluster: the ratings come out as one machine would have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from distributed import Client
from scipy.sparse import vstack

from recsys.dataset import DataError, Dataset
from recsys.scale import convert as module
from recsys.scale.convert import convert

pytestmark = pytest.mark.slow


@pytest.fixture
def source(bundled: Dataset, tmp_path: Path) -> Path:
    """The bundled set as two CSV files and a Parquet file of shuffled ratings."""
    folder = tmp_path / "shuffled"
    (folder / "ratings").mkdir(parents=True)
    bundled.courses.to_csv(folder / "courses.csv", index=False)
    ratings = bundled.ratings.sample(frac=1, random_state=0)
    first, second, third = (ratings[start::3] for start in range(3))
    first.to_csv(folder / "ratings" / "a.csv", index=False)
    second[["rating", "item", "user"]].to_csv(folder / "ratings" / "b.csv", index=False)
    third.to_parquet(folder / "ratings" / "c.parquet", row_group_size=20_000)
    return folder


def test_all_ratings_of_a_user_come_to_lie_together(
    bundled: Dataset,
    source: Path,
    client: Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PIECE", 300_000)  # of the 1.5 MB of a file
    made = convert(source, tmp_path / "made", client, per_part=6000)
    assert 5 <= len(made.parts) <= 7
    assert made.n_ratings == bundled.interactions.nnz
    users = np.concatenate([part.ratings()[0] for part in made.parts])
    likes = vstack([part.ratings()[1] for part in made.parts])
    order = np.argsort(users)
    np.testing.assert_array_equal(users[order], bundled.users)
    assert (likes[order] != bundled.likes).nnz == 0
    np.testing.assert_array_equal(made.popularity, bundled.popularity)


def test_users_with_names_and_a_threshold(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "named"
    (folder / "ratings").mkdir(parents=True)
    pd.DataFrame({"id": ["A", "B"], "title": ["a", "b"]}).to_csv(folder / "courses.csv")
    (folder / "ratings" / "x.csv").write_text("user,item,rating\nzoë,A,3\nann,B,2\nann,A,3\n")
    made = convert(folder, tmp_path / "made", client, per_part=100, like_threshold=3.0)
    (part,) = made.parts
    users, likes = part.ratings()
    assert users.tolist() == ["ann", "zoë"]
    assert made.n_ratings == 3
    assert likes.sum() == 6


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("b.csv", "user,item,rating\n7,NOPE,3\n", r"b\.csv \(piece 1 of 1\).*“NOPE” is not the id"),
        ("b.csv", "user,item,rating\n7,ML0101EN,lots\n", r"b\.csv.*“lots” must be a number"),
        ("b.csv", "user,item,rating\n7,ML0101EN,inf\n", r"b\.csv.*“inf” must be a number above 0"),
        ("b.csv", "user,item\n7,ML0101EN\n", r"b\.csv.*lacks the column “rating”"),
        ("b.csv", "user,item,rating\nx7,ML0101EN,3\n", r"b\.csv.*“x7” is not a whole number"),
        ("b.csv", "user,item,rating\n7,ML0101EN,3\n7,ML0101EN,2\n", r"User “7” .* twice"),
        ("b.csv", "user,item,rating\n7,ML0101EN,3,9,9\n", r"b\.csv"),
        ("c.parquet", "no Parquet at all", r"c\.parquet.*cannot be read as Parquet"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named(
    name: str, text: str, told: str, source: Path, client: Client, tmp_path: Path
) -> None:
    (source / "ratings" / name).write_text(text)
    with pytest.raises(DataError, match=told):
        convert(source, tmp_path / "made", client, per_part=6000)
    assert not (tmp_path / "made" / "about.json").exists()


def test_no_ratings_at_all(client: Client, tmp_path: Path) -> None:
    (tmp_path / "in" / "ratings").mkdir(parents=True)
    (tmp_path / "in" / "courses.csv").write_text("id,title\nA,a\n")
    with pytest.raises(DataError, match="contains no CSV or Parquet files"):
        convert(tmp_path / "in", tmp_path / "made", client, per_part=10)
