"""Users in blocks, and the three operations that a fit is made of.

A model never asks for all users at once: it maps a function over blocks of users, or adds up what
a function makes of each. One block on a laptop and ten thousand on a cluster then run the same
lines. Must not know what the functions compute; `recsys.scale` has the blocks that lie elsewhere.

Dean & Ghemawat, "MapReduce: simplified data processing on large clusters", OSDI 2004.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

PER_BLOCK = 65_536  # users; a block of histories of ten courses is then about 8 MB


class Users(NamedTuple):
    """Some users that follow each other.

    Attributes
    ----------
    likes : (n, n_courses) their ratings that count as likes
    first : the position of the first of them among all users
    """

    likes: csr_matrix
    first: int

    @property
    def lengths(self) -> np.ndarray:
        """(n,) how many courses each likes."""
        return np.diff(self.likes.indptr)

    def lots(self, *seed: int) -> np.ndarray:
        """(n,) a number from [0, 1) for each user, the same however the users are cut in blocks."""
        stream = np.random.Philox(np.random.SeedSequence(seed)).advance(self.first)
        return np.random.Generator(stream).random((len(self.lengths), 4))[:, 0]


class Draw(NamedTuple):
    """Which users take part in something.

    Attributes
    ----------
    seed : of their lots
    low, high : theirs are in [low, high); two draws of one seed that do not overlap share nobody
    least : how many courses they must like
    """

    seed: int
    low: float = 0.0
    high: float = 1.0
    least: int = 0

    def of(self, users: Users) -> csr_matrix:
        """The likes of those of a block."""
        lots = users.lots(self.seed)
        return users.likes[(self.low <= lots) & (lots < self.high) & (users.lengths >= self.least)]


class Blocks(ABC):
    """Values that belong to blocks of users, in the order of the users.

    The functions given to its methods get a block's value first, and then the arguments; of an
    argument that is `Blocks` itself, its value for the same block.
    """

    @abstractmethod
    def __len__(self) -> int:
        """How many blocks there are."""

    @abstractmethod
    def map(self, function: Callable[..., Any], *arguments: Any) -> Blocks:
        """What a function makes of each block; it stays where the block is."""

    @abstractmethod
    def sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function makes of each block, added up: numbers, arrays, lists (put one after the
        other), or tuples of these.
        """

    @abstractmethod
    def each(
        self, function: Callable[..., Any], *arguments: Any, order: Iterable[int] | None = None
    ) -> Iterator[Any]:
        """What a function makes of each block, brought here one after the other."""


class Stored(ABC):
    """A block's value that lies on a disk: read whenever it is needed, and not kept."""

    @abstractmethod
    def read(self) -> Any: ...


class LocalBlocks(Blocks):
    """Blocks in the memory of this process, or on a disk that it reads."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def map(self, function: Callable[..., Any], *arguments: Any) -> LocalBlocks:
        return LocalBlocks(list(self.each(function, *arguments)))

    def sum(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return reduce(added, self.each(function, *arguments))

    def each(
        self, function: Callable[..., Any], *arguments: Any, order: Iterable[int] | None = None
    ) -> Iterator[Any]:
        for place in range(len(self)) if order is None else order:
            own = (one._values[place] if isinstance(one, LocalBlocks) else one for one in arguments)
            yield function(present(self._values[place]), *map(present, own))


def present(value: Any) -> Any:
    """The value itself, read if it is on a disk."""
    return value.read() if isinstance(value, Stored) else value


def cut(likes: csr_matrix, per_block: int = PER_BLOCK) -> LocalBlocks:
    """Blocks of the rows of a matrix; at least one block, though it may have no rows."""
    n_users = likes.shape[0]
    if n_users <= per_block:
        return LocalBlocks([Users(likes, 0)])
    starts = range(0, n_users, per_block)
    return LocalBlocks([Users(likes[start : start + per_block], start) for start in starts])


def added(one: Any, other: Any) -> Any:
    """The sum of two values as `Blocks.sum` understands it."""
    if isinstance(one, tuple):
        return tuple(map(added, one, other))
    return one + other
