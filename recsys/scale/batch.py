"""Recommendations for all users of a data set, part by part, as Parquet files.

A part is a file that appears whole or not at all, so that a run that was interrupted goes on where
it ended. Must not know which model it is.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client, as_completed
from scipy.sparse import csr_matrix

from recsys.dataset import DataError
from recsys.machine import write_atomically
from recsys.models import Progress, Recommender, silent
from recsys.ranking import NOTHING, top_k
from recsys.scale.cluster import as_cluster_errors
from recsys.sources.partitions import Part, PartitionedDataset

USERS = 1024  # at a time, each of whom takes a number for every course


def recommend_all(
    model: Recommender,
    dataset: PartitionedDataset,
    folder: Path,
    client: Client,
    k: int = 10,
    progress: Progress = silent,
) -> int:
    """Write the best courses of every user that are not in their history.

    Columns `user, rank, item, score`, ordered by user, then by rank; one file for each part of the
    data set, in its order. Users whom the model cannot answer have no rows. Files of an earlier
    run with the same model are kept.

    Returns
    -------
    how many users were answered in this run

    Raises
    ------
    DataError : if the folder holds another run's files; for a part that cannot be read
    OSError : if it cannot be written
    """
    _claim(folder, {"data": dataset.fingerprint, "model": model.key(), "k": k} | model.values())
    todo = [part for part in dataset.parts if not _target(folder, part).exists()]
    fitted = client.submit(_same, model, pure=False)
    futures = client.map(_recommend_part, todo, model=fitted, folder=folder, k=k, pure=False)
    n_users = 0
    with as_cluster_errors():
        for done, future in enumerate(as_completed(futures)):
            n_users += future.result()
            progress((done + 1) / len(todo), f"Answered {n_users:,} users")
    return n_users


def best_courses(
    model: Recommender, histories: csr_matrix, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The k best courses of some histories, as `Recommender.recommend` ranks them.

    Returns
    -------
    (n,) arrays: the row of the history, the position of the course, and its score; in the order of
    the rows, best first
    """
    scores = model.score(histories)
    scores[histories.nonzero()] = np.nan
    floor = model._floor()
    if floor is not None:
        scores[scores < floor] = np.nan
    ranked = top_k(scores, k, model.popularity_)
    row, place = np.nonzero(ranked != NOTHING)
    course = ranked[row, place]
    return row, course, scores[row, course]


def _claim(folder: Path, about: dict[str, object]) -> None:
    """Note what the folder's files are of; refuse if they are of something else."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "_about.json"  # readers of Parquet folders pass it over
    text = json.dumps(about, sort_keys=True, default=str)
    if note.exists() and note.read_text("utf-8") != text:
        raise DataError("holds recommendations of another model; name another folder.", str(folder))
    write_atomically(note, lambda file: file.write(text.encode()))


def _target(folder: Path, part: Part) -> Path:
    return folder / Path(part.file).name


# What the workers run


def _same(model: Recommender) -> Recommender:
    return model


def _recommend_part(part: Part, model: Recommender, folder: Path, k: int) -> int:
    users, likes = part.ratings()
    tables = []
    for start in range(0, len(users), USERS):
        row, course, score = best_courses(model, likes[start : start + USERS], k)
        first = np.searchsorted(row, row)  # where the user's rows begin
        tables.append(
            pa.table(
                {
                    "user": users[start + row],
                    "rank": (np.arange(len(row)) - first + 1).astype(np.int32),
                    "item": model.course_ids_[course],
                    "score": score,
                }
            )
        )
    table = pa.concat_tables(tables) if tables else pa.table({"user": users})
    write_atomically(_target(folder, part), lambda file: pq.write_table(table, file))
    return len(users)
