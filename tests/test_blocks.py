"""Blocks of users: samples of users and fitted models do not depend on how users are divided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array, vstack
from stage import of_fewer_users

from recsys import evaluate
from recsys.blocks import Blocks, LocalBlocks, Stored, Users, UserSample, split_into_blocks
from recsys.dataset import Dataset
from recsys.models import Recommender, baselines, find, registry
from recsys.models.clustering import Clustering

NEURAL = ["neural-network", "embedding-regression", "embedding-classification"]
QUICK = {"embedding-classification": {"trees": 10}}  # most of the time is the forest's vote
EXACT = [kind for kind in (*registry(), *baselines()) if kind.key() not in NEURAL]
PER_BLOCK = 1425  # of 11,300 users


class InBlocks(Dataset):
    """The same data set in smaller blocks."""

    @property
    def blocks(self) -> Blocks:
        return split_into_blocks(self.likes, PER_BLOCK)


@pytest.fixture(scope="module")
def whole(bundled: Dataset) -> Dataset:
    return of_fewer_users(bundled)


@pytest.fixture(scope="module")
def in_blocks(whole: Dataset) -> Dataset:
    return InBlocks(
        whole.name, whole.courses, whole.topics, whole.users, whole.interactions,
        whole.like_threshold, whole.noun,
    )  # fmt: skip


@pytest.fixture
def likes() -> csr_matrix:
    rng = np.random.default_rng(0)
    return csr_matrix(random_array((1000, 12), density=0.2, rng=rng), dtype=np.float32)


def likes_of(users: Users, sample: UserSample) -> list[csr_matrix]:
    return [sample.select(users)]


@pytest.mark.parametrize("per_block", [1, 7, 999, 1000, 5000])
def test_the_same_users_are_sampled_from_blocks_of_any_size(
    likes: csr_matrix, per_block: int
) -> None:
    sample = UserSample(seed=3, low=0.2, high=0.5, min_likes=2)
    (whole,) = split_into_blocks(likes).sum(likes_of, sample)
    assert whole.shape[0] == pytest.approx(0.3 * (likes.getnnz(axis=1) > 1).sum(), rel=0.2)
    assert (vstack(split_into_blocks(likes, per_block).sum(likes_of, sample)) != whole).nnz == 0


def test_samples_that_do_not_overlap_share_nobody_and_miss_nobody(likes: csr_matrix) -> None:
    users = Users(likes, 0)
    samples = [UserSample(1, low, low + 0.25) for low in (0.0, 0.25, 0.5, 0.75)]
    parts = [sample.select(users).shape[0] for sample in samples]
    assert sum(parts) == 1000
    assert min(parts) > 200


def test_another_seed_samples_others(likes: csr_matrix) -> None:
    users = Users(likes, 0)
    numbers, others = users.random_numbers(1), users.random_numbers(2)
    assert np.corrcoef(numbers, others)[0, 1] == pytest.approx(0, abs=0.1)


def test_arguments_that_are_blocks_are_given_block_by_block() -> None:
    letters, numbers = LocalBlocks(["a", "b", "c"]), LocalBlocks([1, 2, 3])
    repeated = letters.map(lambda letter, number, mark: letter * number + mark, numbers, "!")
    assert list(repeated.each(str)) == ["a!", "bb!", "ccc!"]
    assert list(repeated.each(str, order=[2, 0])) == ["ccc!", "a!"]
    assert letters.sum(lambda letter, number: (number, [letter]), numbers) == (6, ["a", "b", "c"])


def test_what_is_stored_is_read_when_it_is_needed() -> None:
    reads = []

    @dataclass
    class Letter(Stored):
        letter: str

        def read(self) -> str:
            reads.append(self.letter)
            return self.letter

    blocks = LocalBlocks([Letter("a"), Letter("b")])
    assert not reads
    assert blocks.sum(str) == "ab"
    assert next(blocks.each(str, order=[1])) == "b"
    assert reads == ["a", "b", "b"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXACT, ids=lambda kind: kind.key())
def test_fits_in_blocks_are_fits(
    kind: type[Recommender], whole: Dataset, in_blocks: Dataset
) -> None:
    assert len(in_blocks.blocks) == 8
    one, many = kind().fit(whole), kind().fit(in_blocks)
    histories = whole.interactions[:300]
    np.testing.assert_allclose(many.score(histories), one.score(histories), rtol=0, atol=1e-9)
    if isinstance(one, Clustering):
        np.testing.assert_array_equal(one.cluster_sizes_, many.cluster_sizes_)


@pytest.mark.slow
@pytest.mark.parametrize("key", NEURAL)
def test_networks_trained_on_blocks_are_as_good(
    key: str, whole: Dataset, in_blocks: Dataset
) -> None:
    """They see the users in another order, so that they are not the same."""
    model = find(key)(epochs=2, **QUICK.get(key, {}))
    rows = [evaluate([model], data, protocol="strong", k=10, seed=0) for data in (whole, in_blocks)]
    one, many = (float(row["ndcg"].iloc[0]) for row in rows)
    assert many == pytest.approx(one, abs=0.005)
