"""Recommendations for all users of a data set, as Parquet files, one for each part.

A file is complete or does not exist, so that a run that was interrupted continues with the missing
files. Must not know any particular model.
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

USERS = 1024  # scored at a time; each takes one number for every course


def recommend_all(
    model: Recommender,
    dataset: PartitionedDataset,
    folder: Path,
    client: Client,
    k: int = 10,
    progress: Progress = silent,
) -> int:
    """Write the best k courses for every user, without those in the user's history.

    There is one file for each part of the data set. Its columns are `user, rank, item, score`, its
    rows are sorted by user, then by rank. Users for whom the model has no recommendation have no
    rows. Files of an earlier run with the same model are kept.

    Parameters
    ----------
    model : a fitted model
    folder : the folder for the files; created if it does not exist
    client : of the Dask cluster that does the work

    Returns
    -------
    The number of users in the files that this run has written.

    Raises
    ------
    DataError : if the folder contains files of another model; if a part cannot be read
    OSError : if the folder cannot be written
    ClusterError : if the cluster cannot do the work
    """
    _claim(folder, {"data": dataset.fingerprint, "model": model.key(), "k": k} | model.values())
    todo = [part for part in dataset.parts if not _target(folder, part).exists()]
    fitted = client.submit(_same, model, pure=False)
    futures = client.map(_recommend_part, todo, model=fitted, folder=folder, k=k, pure=False)
    n_users = 0
    with as_cluster_errors():
        for done, future in enumerate(as_completed(futures)):
            n_users += future.result()
            progress((done + 1) / len(todo), f"Recommended to {n_users:,} users")
    return n_users


def best_courses(
    model: Recommender, histories: csr_matrix, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best k courses for each history, ranked as `Recommender.recommend` does.

    Parameters
    ----------
    histories : (n_histories, n_courses)

    Returns
    -------
    Three (n,) arrays: the index of the history, the index of the course, and the score; sorted by
    history, best first.
    """
    scores = model.score(histories)
    scores[histories.nonzero()] = np.nan
    floor = model._floor()
    if floor is not None:
        scores[scores < floor] = np.nan
    ranked = top_k(scores, k, model.popularity_)
    row, rank = np.nonzero(ranked != NOTHING)
    course = ranked[row, rank]
    return row, course, scores[row, course]


def _claim(folder: Path, about: dict[str, object]) -> None:
    """Write down which model and data the folder is for; raise if it is for others."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "_about.json"  # readers of Parquet folders skip names with an underscore
    text = json.dumps(about, sort_keys=True, default=str)
    if note.exists() and note.read_text("utf-8") != text:
        raise DataError(
            "contains recommendations of another model; name another folder.", str(folder)
        )
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
        first = np.searchsorted(row, row)  # the index of the user's first row
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
