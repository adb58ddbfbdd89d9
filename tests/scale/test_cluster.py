"""Fits on two worker processes: the same models as here, whatever happens to the workers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest
from distributed import Client
from stage import of_fewer_users

from recsys.blocks import Users
from recsys.dataset import DataError, Dataset, TrainingSet
from recsys.models import KNN, NMF, Clustering, NeuralNetwork, Recommender, baselines, registry
from recsys.scale import ClusterError, cluster, for_fitting
from recsys.scale.cluster import OnCluster, connected
from recsys.sources.partitions import PartitionedDataset, open_partitions, write
from recsys.storage import Store

NEURAL = ["neural-network", "embedding-regression", "embedding-classification"]
EXACT = [kind for kind in (*registry(), *baselines()) if kind.key() not in NEURAL]
pytestmark = pytest.mark.slow  # it starts processes


@pytest.fixture(scope="module")
def bundled(bundled: Dataset) -> Dataset:
    return of_fewer_users(bundled)


@pytest.fixture(scope="module")
def parts(bundled: Dataset, tmp_path_factory: pytest.TempPathFactory) -> PartitionedDataset:
    return write(bundled, tmp_path_factory.mktemp("partitions") / "bundled", per_part=1700)  # seven


@pytest.fixture
def own_cluster() -> Iterator[Client]:
    """One to spoil."""
    with connected("local", n_workers=2) as client:
        yield client


def same_scores(one: Recommender, other: Recommender, dataset: Dataset) -> None:
    histories = dataset.interactions[:300]
    np.testing.assert_allclose(one.score(histories), other.score(histories), rtol=0, atol=1e-9)


# Equality


@pytest.mark.parametrize("kind", EXACT, ids=lambda kind: kind.key())
def test_two_workers_fit_the_same_model(
    kind: type[Recommender], bundled: Dataset, parts: PartitionedDataset, client: Client
) -> None:
    here, there = kind().fit(bundled), kind().fit(OnCluster(parts, client))
    same_scores(here, there, bundled)
    if isinstance(here, KNN):
        assert (here.similarity_ != there.similarity_).nnz == 0  # to the last bit
    if isinstance(here, Clustering):
        np.testing.assert_array_equal(here.assign(bundled.likes), there.assign(bundled.likes))


def test_a_network_is_trained_on_blocks_from_the_workers(
    bundled: Dataset, parts: PartitionedDataset, client: Client
) -> None:
    """The same blocks in the same order as from disk, so that the network is the same too."""
    on_disk = NeuralNetwork(epochs=1).fit(parts)
    same_scores(on_disk, NeuralNetwork(epochs=1).fit(OnCluster(parts, client)), bundled)


def test_what_is_in_memory_can_be_fitted_on_a_cluster_too(bundled: Dataset, client: Client) -> None:
    address = client.scheduler.address
    with for_fitting(bundled, address) as at_hand:
        assert isinstance(at_hand, OnCluster)
        same_scores(KNN().fit(at_hand), KNN().fit(bundled), bundled)


def test_what_belongs_to_blocks_does_not_fill_a_worker(client: Client) -> None:
    lengths = [500_000] * 20  # numbers, 4 MB a block
    blocks = cluster.ClusterBlocks(client, lengths).map(np.full, 1.0)
    assert blocks.sum(np.sum) == sum(lengths)
    held = client.run(
        lambda dask_worker: sum(
            value.nbytes
            for value in dask_worker.data.memory.values()
            if isinstance(value, np.ndarray)
        )
    )
    assert max(held.values()) <= cluster.KEPT
    assert blocks.sum(np.sum) == sum(lengths)  # from the disk


def test_progress_tells_where_to_watch(parts: PartitionedDataset, client: Client) -> None:
    told = []
    NMF().fit(OnCluster(parts, client), lambda done, message, **_: told.append(message))
    assert f"on 2 workers, see {client.dashboard_link}" in told[0]
    assert any(message.startswith("Pass 2 of at most") for message in told)


def test_the_address_may_be_in_the_environment(
    bundled: Dataset, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with for_fitting(bundled) as at_hand:
        assert at_hand is bundled  # nobody asked for a cluster, and nothing needs one
    monkeypatch.setenv("RECSYS_SCHEDULER", client.scheduler.address)
    with for_fitting(bundled) as at_hand:
        assert isinstance(at_hand, OnCluster)
        assert at_hand.client.scheduler.address == client.scheduler.address


def test_nobody_at_the_address(bundled: Dataset) -> None:
    with (
        pytest.raises(ClusterError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"),
        for_fitting(bundled, "tcp://127.0.0.1:9"),
    ):
        pass


# Faults


@pytest.mark.parametrize(
    ("model", "moment"),
    [
        (NMF(), "Factorising"),
        (NMF(), "Pass 3"),
        (Clustering(), "Grouping"),
        (Clustering(), "Counting"),
        (NeuralNetwork(epochs=1), "Epoch 1"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_killed_worker_costs_nothing_but_time(
    model: Recommender,
    moment: str,
    bundled: Dataset,
    parts: PartitionedDataset,
    own_cluster: Client,
    tmp_path: Path,
) -> None:
    victims = list(own_cluster.run(os.getpid).values())

    def kill(done: float, message: str, **_: float) -> None:
        if message.startswith(moment) and victims:
            os.kill(victims.pop(), signal.SIGKILL)
            victims.clear()

    store = Store(tmp_path)
    fitted = store.fitted(model, OnCluster(parts, own_cluster), kill)
    assert not victims
    same_scores(fitted, type(model)(**model.values()).fit(parts), bundled)
    assert store.get(model, parts) is not None


def test_a_worker_that_stands_still_is_done_without(
    bundled: Dataset, parts: PartitionedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WORKER_SILENCE", "5s")
    with connected("local", n_workers=2) as client:
        slow = psutil.Process(next(iter(client.run(os.getpid).values())))
        slow.suspend()
        try:
            same_scores(KNN().fit(OnCluster(parts, client)), KNN().fit(bundled), bundled)
        finally:
            with suppress(psutil.NoSuchProcess):  # it was replaced
                slow.resume()


@dataclass(eq=False)
class Glutton(KNN):
    """Asks for more memory than a worker may have."""

    def _fit(self, dataset: TrainingSet, progress: Any) -> None:
        dataset.blocks.sum(_eat)


def _eat(users: Users) -> float:
    hoard = [np.ones(2_000_000) for _ in range(200)]  # 3.2 GB, bit by bit
    return float(sum(one.sum() for one in hoard))


def test_a_fit_that_needs_too_much_memory_ends_with_a_clear_error(
    parts: PartitionedDataset, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    with (
        connected("local", n_workers=2, memory_limit="600MB") as client,
        pytest.raises(ClusterError, match="lack of memory"),
    ):
        store.fitted(Glutton(), OnCluster(parts, client))
    assert not list(tmp_path.glob("*.model"))


def test_a_broken_part_is_named_by_the_cluster(
    parts: PartitionedDataset, client: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(Path(parts.parts[0].file).parents[1], folder)
    broken = folder / "ratings" / "00002.parquet"
    broken.write_bytes(broken.read_bytes()[:500])
    store = Store(tmp_path / "store")
    with pytest.raises(DataError, match=r"00002\.parquet"):
        store.fitted(NMF(), OnCluster(open_partitions(folder), client))
    assert not list((tmp_path / "store").glob("*.model"))


def test_a_scheduler_that_goes_away_is_told_and_a_new_one_takes_over(
    bundled: Dataset, parts: PartitionedDataset, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    with ExitStack() as processes:
        begin = _starter(processes, tmp_path)
        scheduler, address = begin()

        def kill(done: float, message: str, **_: float) -> None:
            if message.startswith("Pass 2"):
                scheduler.kill()

        with (
            pytest.raises(ClusterError, match="Start it again"),
            for_fitting(parts, address) as at_hand,
        ):
            store.fitted(NMF(), at_hand, kill)
        assert not list((tmp_path / "store").glob("*.model"))

        _, address = begin()
        with for_fitting(parts, address) as at_hand:
            same_scores(store.fitted(NMF(), at_hand), NMF().fit(parts), bundled)


def test_a_task_that_nobody_is_left_to_do_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dask's client never says that it is done: the scheduler or all workers are lost."""
    monkeypatch.setattr(cluster, "LOST", 0)
    deserted = SimpleNamespace(status="running", scheduler_info=lambda n_workers: {"workers": {}})
    future = SimpleNamespace(key="sum", add_done_callback=lambda call: None)
    for client in (SimpleNamespace(status="connecting"), deserted):
        with pytest.raises(ClusterError, match="lost its scheduler or its last worker"):
            cluster.ClusterBlocks(client, [])._result(future)


def _starter(
    processes: ExitStack, folder: Path
) -> Callable[[], tuple[subprocess.Popen[bytes], str]]:
    """A function that starts a scheduler with a worker by Dask's own commands."""

    def run(*command: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-m", "dask", *command], stderr=subprocess.DEVNULL, cwd=folder
        )
        processes.callback(child.wait)
        processes.callback(child.kill)
        return child

    def begin() -> tuple[subprocess.Popen[bytes], str]:
        note = folder / "scheduler.json"
        note.unlink(missing_ok=True)
        file = ["--scheduler-file", str(note)]
        scheduler = run("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *file)
        run("worker", "--nthreads", "1", "--no-nanny", *file)
        while not note.exists():  # for which a client would wait for ever
            assert scheduler.poll() is None, "the scheduler has ended"
            sleep(0.05)
        with Client(scheduler_file=str(note), timeout=60) as client:
            client.wait_for_workers(1, timeout=60)
            return scheduler, client.scheduler.address

    return begin
