"""Two small data sets, and a model whose recommendations are easy to predict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dashboard.state import State
from recsys.dataset import Dataset
from recsys.models import Progress, Recommender, hyperparameter


def a_dataset(name: str, ids: str, noun: str = "course") -> Dataset:
    """Courses named by letters; the later in the alphabet, the more users took them."""
    titles = {"a": "Python Basics", "b": "Python for Data", "c": "Containers <b>", "d": "Databases"}
    courses = pd.DataFrame(
        {
            "id": list(ids),
            "title": [titles.get(one, f"Title {one}") for one in ids],
            "description": "",
            "Python": [int(one in "ab") for one in ids],
            "Ops": [int(one in "cd") for one in ids],
        }
    )
    ratings = [(user, one, 3) for user, one in enumerate(ids, 1) for one in ids[user - 1 :]]
    return Dataset.from_tables(
        name, courses, pd.DataFrame(ratings, columns=["user", "item", "rating"]), noun=noun
    )


@dataclass(eq=False)
class Letters(Recommender):
    """Scores a course by its position in the alphabet; counts its fits."""

    name: ClassVar[str] = "Letters"
    summary: ClassVar[str] = "Later letters are better."
    score_label: ClassVar[str] = "Place"
    instant: ClassVar[bool] = True
    fits: ClassVar[int] = 0

    power: int = hyperparameter(1, label="Power", low=1, high=9)
    threshold: int = hyperparameter(0, label="Threshold", low=0, high=100, refit=False)

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        type(self).fits += 1
        progress(0.5, "Reading the alphabet")
        if self.power == 9:
            raise ValueError("nine is too much")
        self.place_ = np.arange(1.0, dataset.n_courses + 1) ** self.power

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.tile(self.place_, (histories.shape[0], 1))

    def _floor(self) -> float:
        return self.threshold


def train(state: State) -> None:
    """Press Train, and wait until the training is over."""
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None


def ids(state: State) -> list[str]:
    """The ids of the recommended courses, best first."""
    return list(state.fitting.answer.table["course_id"])


def until_trained(state: State) -> None:
    """Wait for the current training, and for those that wait."""
    job = None
    while job is not state.training.job:  # a training ends by starting the next one
        job = state.training.job
        assert job is not None
        assert job.wait(30) is not None


SETS = {"one": a_dataset("Set one", "abcdef"), "two": a_dataset("Set two", "bcdxyz", "film")}
