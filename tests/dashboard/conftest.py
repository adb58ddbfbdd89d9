"""A state over two small data sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from letters import SETS, Letters

from recsys import models, sources
from recsys.dashboard.state import State
from recsys.dataset import DataError, Dataset
from recsys.storage import Store


@pytest.fixture
def new_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], State]:
    """Creates states with two small data sets, and one model besides the registered ones."""

    def available() -> tuple[sources.Source, ...]:
        return tuple(sources.Source(key, key, "course", "", tmp_path) for key in SETS)

    def load(key: str) -> Dataset:
        if key not in SETS:
            raise DataError(f"There is no data set “{key}”.")
        return SETS[key]

    monkeypatch.setattr(sources, "available", available)
    monkeypatch.setattr(sources, "load_dataset", load)
    monkeypatch.setattr(models, "_MODELS", [Letters, models.KNN])
    monkeypatch.setattr(Letters, "fits", 0)
    return lambda: State(store=Store(tmp_path))


@pytest.fixture
def state(new_state: Callable[[], State]) -> State:
    return new_state()
