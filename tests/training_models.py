"""Models whose training misbehaves on request, in a file of their own so that a child process can
import them. The environment says where they meet the test.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import Dataset, TrainingSet
from recsys.models import Clustering, Progress, Recommender, hyperparameter


@dataclass(eq=False)
class Patient(Recommender):
    """Notes each fit in RECSYS_TEST_LOG, then waits until the pipe RECSYS_TEST_PIPE is written."""

    name: ClassVar[str] = "Patient"
    summary: ClassVar[str] = "Waits."
    score_label: ClassVar[str] = "Popularity"

    size: int = hyperparameter(1, label="Size", low=1, high=9)
    floor: float = hyperparameter(0.0, label="Floor", low=0.0, high=1.0, refit=False)

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        with Path(os.environ["RECSYS_TEST_LOG"]).open("a") as log:
            log.write("fit\n")
        print("a library's chatter")
        progress(0.5, "Waiting", pid=os.getpid(), loss=float("nan"))
        Path(os.environ["RECSYS_TEST_PIPE"]).read_bytes()

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.tile(self.popularity_, (histories.shape[0], 1))


@dataclass(eq=False)
class Quick(Patient):
    """Does not wait."""

    name: ClassVar[str] = "Quick"

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        pass


@dataclass(eq=False)
class Clumsy(Patient):
    """Fails in the way its hyperparameter says."""

    name: ClassVar[str] = "Clumsy"

    way: str = hyperparameter("error", label="Way", choices=("error", "memory", "exit"))

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        if self.way == "memory":
            raise MemoryError
        if self.way == "exit":
            print("last words", file=sys.stderr, flush=True)
            os._exit(3)
        raise ValueError("The numbers do not add up.")


@dataclass(eq=False)
class Greedy(Patient):
    """Asks for more memory until it is refused."""

    name: ClassVar[str] = "Greedy"

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        super()._fit(dataset, progress)
        hoard = []
        while True:
            hoard.append(np.ones(2**20))


@dataclass(eq=False)
class PatientClustering(Clustering):
    """Waits as `Patient` does before it forms a single cluster."""

    name: ClassVar[str] = "Patient clustering"

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        if self.n_clusters == 1:
            progress(0.5, "Waiting", pid=os.getpid())
            Path(os.environ["RECSYS_TEST_PIPE"]).read_bytes()
        super()._fit(dataset, progress)
