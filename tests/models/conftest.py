"""What the tests of several models share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recsys.dataset import TrainingSet
from recsys.models import NeuralNetwork
from recsys.models.base import Progress

TRAINED: dict[tuple[Any, ...], dict[str, Any]] = {}


@pytest.fixture(scope="module")
def one_network() -> Iterator[None]:
    """Models on embeddings of the same users, size and seed are built on one trained network.

    For tests of what stands on a network, not of the network: it is trained without a report.
    """
    train = NeuralNetwork._train_network

    def learn(
        self: NeuralNetwork, dataset: TrainingSet, held_back: float, progress: Progress
    ) -> None:
        key = (dataset, held_back, self.embedding_size, self.epochs, self.seed)
        if key not in TRAINED:
            before = set(vars(self))
            train(self, dataset, held_back, progress)
            TRAINED[key] = {name: vars(self)[name] for name in vars(self).keys() - before}
        vars(self).update(TRAINED[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NeuralNetwork, "_train_network", learn)
        yield
