"""The conversion of ratings in any number of files, in any order, to partitions.

A cluster reads, checks and shuffles them, so that all ratings of a user are in one file.

    FOLDER/courses.csv   id, title, and the other columns of courses, as for one machine
    FOLDER/ratings/      CSV or Parquet files of user, item (a course's id), rating

Must not know what the ratings are used for.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from dask.bytes import read_bytes
from distributed import Client, as_completed

from recsys.dataset import RATING_COLUMNS, DataError, Dataset, are_ratings
from recsys.models import Progress, silent
from recsys.sources.partitions import PartitionedDataset, Written, finish, prepare, write_part

PIECE = 32_000_000  # bytes of a CSV file that are read at a time


def convert(
    source: Path,
    folder: Path,
    client: Client,
    per_part: int,
    like_threshold: float = 0.0,
    progress: Progress = silent,
) -> PartitionedDataset:
    """Write the ratings of a folder as partitions.

    Parameters
    ----------
    source : the folder of courses.csv and ratings/
    folder : a new or empty folder for the partitions
    client : of the Dask cluster that does the work
    per_part : about how many users to put into a partition
    like_threshold : a rating of at least this much is a like

    Raises
    ------
    DataError : if a rating is invalid (it names the file), or a user has rated a course twice
    OSError : if `folder` cannot be written
    """
    prepare(folder)
    courses = Dataset.from_tables(
        source.name, pd.read_csv(source / "courses.csv"), pd.DataFrame(columns=[*RATING_COLUMNS])
    ).courses
    known = client.submit(pd.Series, range(len(courses)), courses["id"].to_numpy(), pure=False)
    files = [*sorted((source / "ratings").glob("*.csv"))]
    files += sorted((source / "ratings").glob("*.parquet"))
    if not files:
        raise DataError("contains no CSV or Parquet files of ratings.", str(source / "ratings"))
    users = _type_of_users(files[0])
    pieces = [
        dask.delayed(_checked)(rows, where, known, users)
        for file in files
        for rows, where in (_from_csv(file) if file.suffix == ".csv" else _from_parquet(file))
    ]
    empty = pd.DataFrame({name: [] for name in RATING_COLUMNS})
    table = dd.from_delayed(pieces, meta=_checked(empty, "", pd.Series(dtype=int), users))

    progress(0.0, f"Counting the users in {len(pieces):,} pieces")
    n_users = int(client.compute(table["user"].nunique_approx()).result())
    n_parts = max(1, -(-n_users // per_part))
    progress(0.2, f"Shuffling the ratings of about {n_users:,} users")
    with dask.config.set({"dataframe.shuffle.method": "p2p" if n_parts > 1 else "tasks"}):
        shuffled = table.shuffle(on="user", npartitions=n_parts)
    jobs = [
        dask.delayed(_written)(part, str(folder), number, len(courses), like_threshold)
        for number, part in enumerate(shuffled.to_delayed())
    ]
    futures = client.compute(jobs)
    for done, future in enumerate(as_completed(futures)):
        future.result()
        progress(0.3 + 0.7 * (done + 1) / n_parts, f"Wrote {done + 1:,} of {n_parts:,} parts")
    about = {"name": source.name, "noun": "course", "like_threshold": like_threshold}
    return finish(folder, courses, client.gather(futures), about)


def _from_csv(file: Path) -> Iterator[tuple[Any, str]]:
    """The pieces of a file: a delayed table of each, and its name for errors."""
    try:
        header = pd.read_csv(file, nrows=0).columns.tolist()
    except ValueError as error:
        raise DataError(f"cannot be read as CSV ({error}).", str(file)) from None
    _, (blocks,) = read_bytes(str(file), delimiter=b"\n", blocksize=PIECE, sample=False)
    for number, block in enumerate(blocks):
        where = f"{file} (piece {number + 1} of {len(blocks)})"
        yield dask.delayed(_parsed)(block, header, number == 0, where), where


def _from_parquet(file: Path) -> Iterator[tuple[Any, str]]:
    try:
        n_groups = pq.ParquetFile(file).num_row_groups
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"cannot be read as Parquet ({error}).", str(file)) from None
    for group in range(n_groups):
        where = f"{file} (row group {group + 1} of {n_groups})"
        yield dask.delayed(_row_group)(str(file), group, where), where


def _type_of_users(file: Path) -> type:
    """The type of the users' ids, int or str, judged by the first ones."""
    if file.suffix == ".csv":
        users = pd.read_csv(file, nrows=1000).get("user", pd.Series(dtype=str))
        return int if pd.api.types.is_integer_dtype(users) else str
    schema = pq.ParquetFile(file).schema_arrow
    whole = "user" in schema.names and pa.types.is_integer(schema.field("user").type)
    return int if whole else str


# What the workers run


def _parsed(block: bytes, header: list[str], first: bool, where: str) -> pd.DataFrame:
    try:
        text = {"user": str, "item": str}
        skipped = 1 if first else 0
        return pd.read_csv(
            BytesIO(block), names=header, skiprows=skipped, dtype=text, keep_default_na=False
        )
    except ValueError as error:
        raise DataError(f"cannot be read as CSV ({error}).", where) from None


def _row_group(file: str, group: int, where: str) -> pd.DataFrame:
    try:
        table: pd.DataFrame = pq.ParquetFile(file).read_row_group(group).to_pandas()
        return table
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"cannot be read as Parquet ({error}).", where) from None


def _checked(rows: pd.DataFrame, where: str, known: pd.Series, users: type) -> pd.DataFrame:
    """The columns user, item (the index of the course) and rating, after all checks.

    Parameters
    ----------
    known : course id -> index of the course
    users : the type of the users' ids
    """
    missing = [name for name in RATING_COLUMNS if name not in rows]
    if missing:
        raise DataError(f"lacks the column “{missing[0]}”.", where)
    item = rows["item"].astype(str)
    index = known.index.get_indexer(pd.Index(item))
    _refuse(index < 0, item, "is not the id of a course in courses.csv", where, "item")
    rating = pd.to_numeric(rows["rating"], errors="coerce").to_numpy(np.float64)
    _refuse(~are_ratings(rating), rows["rating"], "must be a number above 0", where, "rating")
    named = rows["user"].astype(str)
    _refuse((named.str.strip() == "").to_numpy(), named, "is empty", where, "user")
    user = named.to_numpy(object)
    if users is int:
        number = pd.to_numeric(rows["user"], errors="coerce")
        broken = number.isna() | (number != number.round())
        _refuse(
            broken.to_numpy(), named, "is not a whole number, unlike other users", where, "user"
        )
        user = number.to_numpy()
    return pd.DataFrame(
        {
            "user": pd.Series(user).astype(users),
            "item": index.astype(np.int32),
            "rating": rating.astype(np.float32),
        }
    )


def _refuse(broken: np.ndarray, values: pd.Series, problem: str, where: str, column: str) -> None:
    if broken.any():
        value = str(values.iloc[int(broken.argmax())])[:40]
        raise DataError(f"“{value}” {problem}.", where, column=column)


def _written(
    rows: pd.DataFrame, folder: str, number: int, n_courses: int, like_threshold: float
) -> Written:
    rows = rows.sort_values(["user", "item"], kind="stable", ignore_index=True)
    twice = rows.duplicated(["user", "item"])
    if twice.any():
        user = rows["user"][int(twice.to_numpy().argmax())]
        raise DataError(f"User “{user}” has rated a course twice; each may be rated once.")
    user = rows["user"].to_numpy()
    columns = (user, rows["item"].to_numpy(), rows["rating"].to_numpy())
    return write_part(Path(folder), number, columns, n_courses, like_threshold)
