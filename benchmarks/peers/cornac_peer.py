"""Cornac: EASE and BPR.

Cornac's models answer for the users of their training set only. What EASE learns is about items
alone, so the test users' queries take the place of the training users after its fit; BPR is
trained on the queries too.
"""

from __future__ import annotations

import numpy as np
from cornac.data import Dataset
from cornac.models import BPR, EASE
from protocol import Recommend, Task, best, serve
from scipy.sparse import csr_matrix


def ease(task: Task, **params: float) -> Recommend:
    model = EASE(verbose=False, **params)
    data = fitted(model, task.train)
    model.U = queries = known_queries(task, data)
    return lambda: ranked(model, data, np.arange(queries.shape[0]), task)


def bpr(task: Task, **params: float) -> Recommend:
    model = BPR(seed=0, **params)
    data = fitted(model, task.with_queries)
    users = np.array([data.uid_map[user] for user in task.test_users.tolist()])
    return lambda: ranked(model, data, users, task)


def fitted(model: EASE | BPR, likes: csr_matrix) -> Dataset:
    """Fit the model; returns the data as Cornac numbers it."""
    users, items = likes.nonzero()
    rows = zip(users.tolist(), items.tolist(), np.ones(len(users)).tolist(), strict=True)
    data = Dataset.from_uir(list(rows), seed=0)
    model.fit(data)
    return data


def known_queries(task: Task, data: Dataset) -> csr_matrix:
    """The queries, with the items numbered as Cornac does."""
    return csr_matrix(task.queries[:, list(data.iid_map)], dtype=np.float64)


def ranked(model: EASE | BPR, data: Dataset, users: np.ndarray, task: Task) -> np.ndarray:
    model.num_users = max(model.num_users, len(users))  # those put in after the fit are known too
    items = list(data.iid_map)
    scores = np.empty(task.queries.shape)
    scores[:, items] = [np.ravel(model.score(user)) for user in users]
    return best(scores, task)


if __name__ == "__main__":
    serve({"EASE": ease, "BPR": bpr}, ["cornac"])
