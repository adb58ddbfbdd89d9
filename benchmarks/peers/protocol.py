"""What passes between us and a peer: a task in one `.npz`, ranked lists in others.

    peer.py task.npz answers --model ALS --params '{"factors": 16}' '{"factors": 48}'

The peer fits its model with each of the settings, and writes answers/0.npz, answers/1.npz.

A task holds likes of training users and queries of test users; what was held out of the queries is
not in it. Both sides import this file, so it knows NumPy and SciPy only.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, vstack

NOTHING = -1


@dataclass(frozen=True, eq=False)
class Task:
    """What a peer is asked: to recommend to each test user what is not in their query.

    There are no items but those that some training user likes, so each may be recommended.

    Attributes
    ----------
    train : (n_users, n_items) 1 where a training user likes an item
    queries : (n_test_users, n_items) 1 where a test user is known to like an item
    k : how many items to recommend to each test user
    """

    train: csr_matrix
    queries: csr_matrix
    k: int

    @property
    def with_queries(self) -> csr_matrix:
        """(n_users + n_test_users, n_items) all likes, for models that know no other users than
        those they are trained on.
        """
        return csr_matrix(vstack([self.train, self.queries]))

    @property
    def test_users(self) -> np.ndarray:
        """The rows of the test users in `with_queries`."""
        return self.train.shape[0] + np.arange(self.queries.shape[0])


@dataclass(frozen=True, eq=False)
class Answer:
    """What a peer answers.

    Attributes
    ----------
    ranked : (n_test_users, k) positions of items, best first, `NOTHING` where there is none
    fit_seconds, recommend_seconds : wall time, without imports and files
    versions : package -> version
    """

    ranked: np.ndarray
    fit_seconds: float
    recommend_seconds: float
    versions: dict[str, str]


Recommend = Callable[[], np.ndarray]
Fit = Callable[..., Recommend]  # a task and hyperparameters -> what recommends to its test users


def write_task(path: Path, task: Task) -> None:
    np.savez_compressed(
        path,
        k=task.k,
        **_parts("train", task.train),
        **_parts("queries", task.queries),
    )


def read_task(path: Path) -> Task:
    with np.load(path, allow_pickle=False) as arrays:
        return Task(_matrix("train", arrays), _matrix("queries", arrays), int(arrays["k"]))


def write_answer(path: Path, answer: Answer) -> None:
    seconds = np.array([answer.fit_seconds, answer.recommend_seconds])
    versions = np.array([list(pair) for pair in answer.versions.items()], str)
    np.savez_compressed(path, ranked=answer.ranked, seconds=seconds, versions=versions)


def read_answer(path: Path, task: Task) -> Answer:
    """A peer's answer, if it keeps to the task.

    Raises
    ------
    ValueError : says which rule the lists break
    """
    with np.load(path, allow_pickle=False) as arrays:
        ranked, seconds = arrays["ranked"], arrays["seconds"]
        versions = dict(arrays["versions"].tolist())
    shape = (task.queries.shape[0], task.k)
    if ranked.shape != shape:
        raise ValueError(f"The lists have the shape {ranked.shape}, not {shape}.")
    if not np.issubdtype(ranked.dtype, np.integer):
        raise ValueError(f"The lists hold {ranked.dtype}, not positions of items.")
    if ranked.min() < NOTHING or ranked.max() >= task.queries.shape[1]:
        raise ValueError("The lists hold positions beyond the items.")
    known = task.queries.astype(bool).toarray()
    if (np.take_along_axis(known, ranked, axis=1) & (ranked != NOTHING)).any():
        raise ValueError("The lists hold items of the query itself.")
    ordered = np.sort(ranked, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != NOTHING)).any():
        raise ValueError("The lists hold an item twice.")
    return Answer(ranked, float(seconds[0]), float(seconds[1]), versions)


def serve(models: Mapping[str, Fit], packages: Sequence[str]) -> None:
    """The main function of a peer: read the task; fit, recommend and answer with each setting."""
    parser = argparse.ArgumentParser()
    parser.add_argument("task", type=Path)
    parser.add_argument("answers", type=Path, help="a folder that is there")
    parser.add_argument("--model", required=True, choices=models)
    parser.add_argument("--params", type=json.loads, nargs="+", help="hyperparameters, as JSON")
    given = parser.parse_args()
    task = read_task(given.task)
    versions = {package: version(package) for package in (*packages, "numpy", "scipy")}
    for place, params in enumerate(given.params):
        start = time.perf_counter()
        recommend = models[given.model](task, **params)
        fitted = time.perf_counter()
        ranked = recommend()
        done = time.perf_counter()
        answer = Answer(ranked, fitted - start, done - fitted, versions)
        write_answer(given.answers / f"{place}.npz", answer)


def best(scores: np.ndarray, task: Task) -> np.ndarray:
    """(n_test_users, k) the best items outside the queries, by (n_test_users, n_items) scores;
    NaN is never recommended.
    """
    known = task.queries.astype(bool).toarray()
    key = np.where(known | np.isnan(scores), np.inf, -scores)
    ranked = np.argsort(key, axis=1, kind="stable")[:, : task.k]
    ranked[np.isinf(np.take_along_axis(key, ranked, axis=1))] = NOTHING
    return padded(ranked, task)


def padded(lists: np.ndarray | Sequence[Sequence[int]], task: Task) -> np.ndarray:
    """(n_test_users, k) lists cut to k, and filled up with `NOTHING`."""
    ranked = np.full((task.queries.shape[0], task.k), NOTHING)
    for row, items in zip(ranked, lists, strict=True):
        row[: len(items)] = items[: task.k]
    return ranked


def _parts(name: str, matrix: csr_matrix) -> dict[str, np.ndarray]:
    parts = {"indptr": matrix.indptr, "indices": matrix.indices, "data": matrix.data}
    return {f"{name}_{part}": array for part, array in parts.items()} | {
        f"{name}_shape": np.array(matrix.shape)
    }


def _matrix(name: str, arrays: Mapping[str, np.ndarray]) -> csr_matrix:
    parts = tuple(arrays[f"{name}_{part}"] for part in ("data", "indices", "indptr"))
    return csr_matrix(parts, shape=tuple(arrays[f"{name}_shape"]))
