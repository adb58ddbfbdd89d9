"""Pairs of a user and a course as rows of a table: the training data of models 8 and 9.

A row holds the user's rating of the course, 0 if there is none, and features of the pair. The
elementwise products of the two embeddings let a course suit one user better than another; their sum
would rank the courses in the same way for everyone. The user is embedded without the course in
question, and the network was not trained on this user, as it was not trained on a visitor. This
module must not know what is fitted to the table.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from recsys.blocks import Users, UserSample
from recsys.dataset import TrainingSet
from recsys.models.neural_network import NeuralNetwork

PAIR_SHARE = 0.1  # of the users; the network is not trained on them
MIN_PAIR_USERS = 50  # if it would be fewer, all users serve both the network and the pairs
MAX_HISTORIES = 10_000
MAX_ROUNDS = 10  # how often a user may occur, each time with a randomly hidden course
MAX_CELLS = 10_000_000  # histories times courses; limits the memory
UNIFORM_NEGATIVES = 3  # expected number of courses not taken, per history, sampled uniformly
LIKELY_NEGATIVES = 6  # the same, sampled in proportion to the network's probabilities
MIN_PROBABILITY = 1e-9  # avoids the logarithm of zero
# Why the losses of models 8 and 9 differ from those of model 7.
HELD_BACK = (
    f"The network learns from fewer users than {NeuralNetwork.name} alone: up to "
    f"{100 * PAIR_SHARE:.0f} % are kept for the second step. So its losses can differ at equal "
    "settings."
)


class Pairs(NamedTuple):
    """A sample of pairs of a user and a course.

    Attributes
    ----------
    seen : (n_histories, n_courses) histories without the courses to be predicted
    user, course : (n_pairs,) row and column of each pair in `seen`
    rating : (n_pairs,) the rating, 0 if the user has not taken the course
    weight : (n_pairs,) the number of pairs that each represents: 1 for a taken course, and one
        over the sampling probability for a course not taken
    """

    seen: csr_matrix
    user: np.ndarray
    course: np.ndarray
    rating: np.ndarray
    weight: np.ndarray


def pair_user_share(dataset: TrainingSet) -> float:
    """The share of users to hold back from the network for the pairs; 0 if there are few users.

    The network predicts the users it was trained on better than visitors. A model that learned from
    these users would rely on the network too much.
    """
    n_users = dataset.blocks.sum(_n_eligible)
    wanted = min(round(PAIR_SHARE * n_users), MAX_HISTORIES)
    return wanted / n_users if wanted >= MIN_PAIR_USERS else 0.0


def pair_users(dataset: TrainingSet, share: float, seed: int) -> csr_matrix:
    """(n, n_courses) the likes of the users that are held back; of all users if `share` is 0.

    Parameters
    ----------
    share : as `pair_user_share` returns it
    """
    sample = UserSample(seed, high=share, min_likes=2) if share else UserSample(seed)
    return sample.gather(dataset.blocks)


def _n_eligible(users: Users) -> int:
    """The number of users with two courses or more, so that one can be hidden."""
    return int((users.lengths > 1).sum())


def sample_pairs(likes: csr_matrix, network: NeuralNetwork, rng: np.random.Generator) -> Pairs:
    """Hide one course of each of many histories, and sample courses that are not in them.

    Courses with a high probability in the network are sampled more often, because the order matters
    at the top of a list, and get a smaller weight.

    Parameters
    ----------
    likes : (n_users, n_courses) the likes of the users to make pairs of
    """
    lengths = np.diff(likes.indptr)
    eligible = np.flatnonzero(lengths > 1) if lengths.max() > 1 else np.flatnonzero(lengths)
    n = min(MAX_HISTORIES, MAX_ROUNDS * len(eligible), 1 + MAX_CELLS // likes.shape[1])
    likes = likes[np.resize(rng.permutation(eligible), n)]
    hidden = likes.indptr[:-1] + rng.integers(np.diff(likes.indptr))
    seen = likes.copy()
    seen.data[hidden] = 0
    seen.eliminate_zeros()

    likely = LIKELY_NEGATIVES * network.probabilities(network.embed(seen))
    rate = likely + UNIFORM_NEGATIVES / (network.popularity_ > 0).sum()
    rate[:, network.popularity_ == 0] = 0
    rate[likes.nonzero()] = 0
    user, course = np.nonzero(rng.random(rate.shape, np.float32) < rate)
    return Pairs(
        seen,
        np.concatenate([np.arange(n), user]),
        np.concatenate([likes.indices[hidden], course]),
        np.concatenate([likes.data[hidden], np.zeros(len(user), np.float32)]),
        np.concatenate([np.ones(n), 1 / np.minimum(rate[user, course], 1)]),
    )


def pair_features(
    network: NeuralNetwork, users: np.ndarray, user: np.ndarray, course: np.ndarray
) -> np.ndarray:
    """(n_pairs, embedding_size + 3) the features of pairs.

    They are the elementwise product of the two embeddings, the course's bias in the network, the
    network's probability for the pair, and its logarithm.

    Parameters
    ----------
    users : (n_users, embedding_size) the users' embeddings
    user, course : (n_pairs,) row of `users` and position of the course of each pair
    """
    probability = network.probabilities(users)[user, course]
    return np.column_stack(
        [
            users[user] * network.course_embeddings_[course],
            network.course_bias_[course],
            probability,
            np.log(np.maximum(probability, MIN_PROBABILITY)),
        ]
    )
