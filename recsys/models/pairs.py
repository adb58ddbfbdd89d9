"""Pairs of a user and a course as rows of a table: what models 8 and 9 learn from.

A row says how the user rated the course, 0 if they did not. Its features let a course matter more
to one user than to another: the products of their embeddings, number by number (the user's and
the course's added up would rank the courses alike for everyone). The user is embedded without the
course in question, and is none the network was trained on, as a visitor is. Must not know what is
fitted to the table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, vstack

from recsys.blocks import Draw, Users
from recsys.dataset import TrainingSet
from recsys.models.base import Progress
from recsys.models.neural_network import NeuralNetwork

PAIR_SHARE = 0.1  # of the users, kept from the network
MIN_PAIR_USERS = 50  # fewer say too little, and are used twice instead
MAX_HISTORIES = 10_000
MAX_ROUNDS = 10  # of hiding a course of the same user
MAX_CELLS = 10_000_000  # histories times courses, for the sake of memory
EASY, HARD = 3, 6  # courses not taken, per history: drawn alike, and by the network's chances
SMALLEST = 1e-9  # chance; the logarithm of zero is no feature


class Pairs(NamedTuple):
    """A sample of pairs.

    Attributes
    ----------
    seen : (n_histories, n_courses) histories without the courses that are to be predicted
    user, course : (n_pairs,) row and column of each pair
    rating : (n_pairs,) 0 where the user has not taken the course
    weight : (n_pairs,) how many pairs each stands for; negatives are a sample
    """

    seen: csr_matrix
    user: np.ndarray
    course: np.ndarray
    rating: np.ndarray
    weight: np.ndarray


def share_aside(dataset: TrainingSet) -> float:
    """The share of users to keep from the network and to make pairs of; 0 where users are few.

    The network knows the users it was trained on better than it will know a visitor, and whoever
    learned from them would trust it too much.
    """
    n_users = dataset.blocks.sum(_n_eligible)
    wanted = min(round(PAIR_SHARE * n_users), MAX_HISTORIES)
    return wanted / n_users if wanted >= MIN_PAIR_USERS else 0.0


def users_aside(dataset: TrainingSet, share: float, seed: int) -> csr_matrix:
    """(n, n_courses) the likes of these users; of all where there is no such share."""
    draw = Draw(seed, high=share, least=2) if share else Draw(seed)
    return csr_matrix(vstack(dataset.blocks.sum(_likes, draw)))


def _n_eligible(users: Users) -> int:
    return int((users.lengths > 1).sum())


def _likes(users: Users, draw: Draw) -> list[csr_matrix]:
    return [draw.of(users)]


def sample_pairs(likes: csr_matrix, network: NeuralNetwork, rng: np.random.Generator) -> Pairs:
    """Hide one course from each of many histories, and draw courses that are not in them.

    A course not taken is drawn the more often the likelier the network thinks it, and weighs the
    less: the head of a list is where the order matters.
    """
    lengths = np.diff(likes.indptr)
    eligible = np.flatnonzero(lengths > 1) if lengths.max() > 1 else np.flatnonzero(lengths)
    most = min(MAX_HISTORIES, MAX_ROUNDS * len(eligible), 1 + MAX_CELLS // likes.shape[1])
    likes = likes[np.resize(rng.permutation(eligible), most)]
    hidden = likes.indptr[:-1] + rng.integers(np.diff(likes.indptr))
    seen = likes.copy()
    seen.data[hidden] = 0
    seen.eliminate_zeros()

    drawn = HARD * network.chances(network.embed(seen)) + EASY / (network.popularity_ > 0).sum()
    drawn[:, network.popularity_ == 0] = 0
    drawn[likes.nonzero()] = 0
    user, course = np.nonzero(rng.random(drawn.shape, np.float32) < drawn)
    return Pairs(
        seen,
        np.concatenate([np.arange(most), user]),
        np.concatenate([likes.indices[hidden], course]),
        np.concatenate([likes.data[hidden], np.zeros(len(user), np.float32)]),
        np.concatenate([np.ones(most), 1 / np.minimum(drawn[user, course], 1)]),
    )


def pair_features(
    network: NeuralNetwork, users: np.ndarray, user: np.ndarray, course: np.ndarray
) -> np.ndarray:
    """(n_pairs, embedding_size + 3) the features of pairs.

    They are the products of the two embeddings, the course's bias in the network, and the
    network's own chance for the pair, plain and as a logarithm.

    Parameters
    ----------
    users : (n_users, embedding_size) embedded users
    user, course : (n_pairs,) row of `users` and position of the course of each pair
    """
    chance = network.chances(users)[user, course]
    return np.column_stack(
        [
            users[user] * network.course_embeddings_[course],
            network.course_bias_[course],
            chance,
            np.log(np.maximum(chance, SMALLEST)),
        ]
    )


def first_part(progress: Progress, share: float) -> Progress:
    """The progress of a step that is the first `share` of the whole."""

    def part(done: float, message: str, **figures: float) -> None:
        progress(share * done, message, **figures)

    return part
