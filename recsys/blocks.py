"""Users in blocks, and the three operations that a fit consists of.

A model never asks for all users at once: it applies a function to each block of users, and may add
up the results. The same code then runs on one block on a laptop and on ten thousand blocks on a
cluster. This module must not know what the functions compute, nor about clusters (`recsys.scale`).

Dean & Ghemawat, "MapReduce: simplified data processing on large clusters", OSDI 2004.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

PER_BLOCK = 65_536  # users; a block of histories of ten courses is then about 8 MB


class Users(NamedTuple):
    """Consecutive users.

    Attributes
    ----------
    likes : (n, n_courses) those of their ratings that are likes
    first : the index of the first of them among all users
    """

    likes: csr_matrix
    first: int

    @property
    def lengths(self) -> np.ndarray:
        """(n,) the number of courses that each user likes."""
        return np.diff(self.likes.indptr)

    def random_numbers(self, *seed: int) -> np.ndarray:
        """(n,) a uniform random number from [0, 1) per user.

        A user's number depends on the seed and on the user's index among all users, and not on
        how the users are divided into blocks.
        """
        stream = np.random.Philox(np.random.SeedSequence(seed)).advance(self.first)
        return np.random.Generator(stream).random((len(self.lengths), 4))[:, 0]


class UserSample(NamedTuple):
    """A random sample of the users, the same however the users are divided into blocks.

    Attributes
    ----------
    seed : the seed of the users' random numbers
    low, high : the sample holds the users whose number is in [low, high); two samples with the same
        seed and ranges that do not overlap have no user in common
    min_likes : users who like fewer courses are left out
    """

    seed: int
    low: float = 0.0
    high: float = 1.0
    min_likes: int = 0

    def select(self, users: Users) -> csr_matrix:
        """(n, n_courses) the likes of those users of a block who are in the sample."""
        numbers = users.random_numbers(self.seed)
        in_range = (self.low <= numbers) & (numbers < self.high)
        return users.likes[in_range & (users.lengths >= self.min_likes)]

    def gather(self, users: Blocks) -> csr_matrix:
        """(n, n_courses) the likes of all users in the sample, in the memory of this process."""
        return csr_matrix(vstack(users.sum(_selected, self)))


class Blocks(ABC):
    """One value per block of users, in the order of the users.

    Each method calls a function for each block, with the value of the block and then the arguments.
    If an argument is `Blocks` too, the function gets its value for the same block.
    """

    @abstractmethod
    def __len__(self) -> int:
        """The number of blocks."""

    @abstractmethod
    def map(self, function: Callable[..., Any], *arguments: Any) -> Blocks:
        """The results of a function for each block; each result stays where its block is."""

    @abstractmethod
    def sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The sum of the results of a function for each block.

        Results may be numbers, arrays, lists (which are concatenated), or tuples of these.
        """

    @abstractmethod
    def each(
        self, function: Callable[..., Any], *arguments: Any, order: Iterable[int] | None = None
    ) -> Iterator[Any]:
        """The results of a function for each block, one after the other, in this process.

        Parameters
        ----------
        order : indices of the blocks to process, in this order; by default all, in their own order
        """


class Stored(ABC):
    """The value of a block on disk: it is read whenever it is needed, and not kept in memory."""

    @abstractmethod
    def read(self) -> Any:
        """Read the value from disk."""


class LocalBlocks(Blocks):
    """Blocks in the memory of this process, or on its disk."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def map(self, function: Callable[..., Any], *arguments: Any) -> LocalBlocks:
        return LocalBlocks(list(self.each(function, *arguments)))

    def sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return reduce(add, self.each(function, *arguments))

    def each(
        self, function: Callable[..., Any], *arguments: Any, order: Iterable[int] | None = None
    ) -> Iterator[Any]:
        for index in range(len(self)) if order is None else order:
            own = (one._values[index] if isinstance(one, LocalBlocks) else one for one in arguments)
            yield function(load_value(self._values[index]), *map(load_value, own))


def _selected(users: Users, sample: UserSample) -> list[csr_matrix]:
    """What `UserSample.select` returns for a block, in a list."""
    return [sample.select(users)]


def load_value(value: Any) -> Any:
    """The value itself; a `Stored` value is read from disk."""
    return value.read() if isinstance(value, Stored) else value


def split_into_blocks(likes: csr_matrix, per_block: int = PER_BLOCK) -> LocalBlocks:
    """Divide the rows of a matrix into blocks.

    Parameters
    ----------
    likes : (n_users, n_courses)
    per_block : the number of users in each block but the last, which may have fewer

    Returns
    -------
    at least one block, which has no rows if the matrix has none
    """
    n_users = likes.shape[0]
    if n_users <= per_block:
        return LocalBlocks([Users(likes, 0)])
    starts = range(0, n_users, per_block)
    return LocalBlocks([Users(likes[start : start + per_block], start) for start in starts])


def add(one: Any, other: Any) -> Any:
    """The sum of two values as `Blocks.sum` understands it."""
    if isinstance(one, tuple):
        return tuple(map(add, one, other))
    return one + other
