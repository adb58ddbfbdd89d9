"""A small cluster of real processes, and a data set in partitions."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from recsys.dataset import Dataset
from recsys.sources import load_dataset
from recsys.sources.partitions import PartitionedDataset, write

if TYPE_CHECKING:
    from distributed import Client

if find_spec("distributed") is None:  # `make test` brings the packages of requirements-scale.lock
    collect_ignore_glob = ["test_*.py"]

PER_PART = 5000  # of the bundled set's 33,901 users: seven parts


@pytest.fixture(scope="session")
def bundled() -> Dataset:
    return load_dataset("bundled")


@pytest.fixture(scope="session")
def parts(bundled: Dataset, tmp_path_factory: pytest.TempPathFactory) -> PartitionedDataset:
    return write(bundled, tmp_path_factory.mktemp("partitions") / "bundled", PER_PART)


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    from recsys.scale.cluster import connected

    with connected("local", n_workers=2) as client:
        yield client
