"""Pairs of a user and a course as rows of a table: what models 8 and 9 learn from.

A row says how the user rated the course, 0 if they did not. Its features let a course matter more
to one user than to another: the products of their embeddings, number by number (the user's and
the course's added up would rank the courses alike for everyone). The user is embedded without the
course in question, as a visitor is. Must not know what is fitted to the table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from recsys.models.base import Progress
from recsys.models.neural_network import NeuralNetwork

MAX_HISTORIES = 10_000
MAX_ROUNDS = 10  # of hiding a course of the same user
NEGATIVES = 10  # courses a user has not taken, per course they have


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


def sample_pairs(likes: csr_matrix, rng: np.random.Generator) -> Pairs:
    """Hide one course from each of many histories, and draw courses that are not in them."""
    lengths = np.diff(likes.indptr)
    eligible = np.flatnonzero(lengths > 1) if lengths.max() > 1 else np.flatnonzero(lengths)
    n_histories = min(MAX_HISTORIES, MAX_ROUNDS * len(eligible))
    likes = likes[np.resize(rng.permutation(eligible), n_histories)]
    lengths = np.diff(likes.indptr)
    hidden = likes.indptr[:-1] + rng.integers(lengths)
    seen = likes.copy()
    seen.data[hidden] = 0
    seen.eliminate_zeros()

    rated = np.unique(likes.indices)
    user = np.repeat(np.arange(n_histories), NEGATIVES)
    course = rng.choice(rated, len(user))
    untaken = np.asarray(likes[user, course]).ravel() == 0
    user, course = user[untaken], course[untaken]
    drawn = np.bincount(user, minlength=n_histories)
    each_stands_for = (len(rated) - lengths) / np.maximum(drawn, 1)
    return Pairs(
        seen,
        np.concatenate([np.arange(n_histories), user]),
        np.concatenate([likes.indices[hidden], course]),
        np.concatenate([likes.data[hidden], np.zeros(len(user), np.float32)]),
        np.concatenate([np.ones(n_histories), each_stands_for[user]]),
    )


def pair_features(
    network: NeuralNetwork, users: np.ndarray, user: np.ndarray, course: np.ndarray
) -> np.ndarray:
    """(n_pairs, 2·embedding_size + 2) the features of pairs.

    They are the products of the two embeddings, the course's embedding, its bias in the network,
    and the network's own chance for the pair.

    Parameters
    ----------
    users : (n_users, embedding_size) embedded users
    user, course : (n_pairs,) row of `users` and position of the course of each pair
    """
    courses = network.course_embeddings_[course]
    return np.column_stack(
        [
            users[user] * courses,
            courses,
            network.course_bias_[course],
            network.chances(users)[user, course],
        ]
    )


def first_part(progress: Progress, share: float) -> Progress:
    """The progress of a step that is the first `share` of the whole."""

    def part(done: float, message: str, **figures: float) -> None:
        progress(share * done, message, **figures)

    return part
