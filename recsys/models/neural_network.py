"""7 · Neural Network: users and courses as points, learned by predicting hidden courses.

A history is encoded into the user's embedding, and every course has an embedding of its own:

    u = tanh(Σ eᵢ / √n + b) over the n courses i of the history,    p(j) = softmaxⱼ(u·cⱼ + aⱼ)

A random fifth of each user's courses is hidden, and the network learns to predict them from the
others. Each pass over the users hides other courses, so the network rarely sees the same history
twice. In the softmax, every hidden course competes with all other courses that are not shown, so a
course that the user has not taken counts as a no. There is no table of users: a visitor's courses
are encoded like those of any user.

Liang, Krishnan, Hoffman & Jebara, "Variational autoencoders for collaborative filtering", WWW 2018
(the multinomial likelihood); Covington, Adams & Sargin, "Deep neural networks for YouTube
recommendations", RecSys 2016 (the history as input, the softmax over items).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix, diags, vstack

from recsys.blocks import Blocks, Users, UserSample
from recsys.dataset import TrainingSet
from recsys.models.base import Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

PASSES = 16  # over all users, in an epoch
MIN_STEPS = 60  # in an epoch: if there are few users, there are more passes
MAX_STEPS = 4000  # in an epoch: if there are very many users, an epoch sees only some of them
BATCH_SIZE = 256  # users in a step
HIDDEN_SHARE = 0.2  # the probability that a course of a user is hidden in a pass
LEARNING_RATE = 0.03  # at the start, then falling to zero; a high rate keeps the weights small
SHRINKAGE = 1.0  # the L2 penalty on the weights; it is divided by the number of users
SEEN_PENALTY = 1e3  # is subtracted from the logits of courses that are shown, not to be predicted
VALIDATION_SHARE = 0.05
MAX_VALIDATION_USERS = 500


@dataclass(eq=False)
class NeuralNetwork(Recommender):
    """A network with a history encoder, a user embedding and a softmax over all courses.

    Fitted attributes
    -----------------
    input_embeddings_ : (n_courses, embedding_size) eᵢ; eᵢ and cᵢ are 0 for courses nobody likes
    input_bias_ : (embedding_size,) b
    course_embeddings_ : (n_courses, embedding_size) cⱼ
    course_bias_ : (n_courses,) aⱼ
    training_curve_ : (epochs, 2) loss and validation loss, in nats per hidden course
    """

    name: ClassVar[str] = "Neural Network"
    short: ClassVar[str] = "Network"
    summary: ClassVar[str] = (
        "Learns where people and courses lie in a space of tastes by predicting hidden courses."
    )
    score_label: ClassVar[str] = "Probability to be your next course"
    score_sentence: ClassVar[str] = (
        "The score is the probability that this course is the next one you take; the "
        "probabilities of all courses add up to 1."
    )
    charts: ClassVar[tuple[str, ...]] = ("scores", "loss", "courses", "popularity")
    loss_label: ClassVar[str] = "Loss (nats per hidden course)"
    loss_sentence: ClassVar[str] = (
        "The training loss is the mean over a whole epoch, in which the network improves. The "
        "validation loss is measured at its end, on a small sample of other users, who may be "
        "easier to predict: so it can be the lower one."
    )

    embedding_size: int = hyperparameter(
        30,
        label="Embedding size",
        low=1,
        high=30,
        help="How many numbers describe a user or a course.",
    )
    epochs: int = hyperparameter(
        5,
        label="Epochs",
        low=1,
        high=10,
        help=f"How many rounds the training has. In a round the network usually sees every user "
        f"{PASSES} times, each time with other courses hidden.",
    )
    seed: int = hyperparameter(
        0, label="Seed", low=0, high=1000, help="Changes the random start of the training."
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        self._train_network(dataset, 0.0, progress)

    def _train_network(self, dataset: TrainingSet, held_back: float, progress: Progress) -> None:
        """Train the network on a random sample: all users but the share `held_back`."""
        rated = np.flatnonzero(self.popularity_)
        shape = (dataset.n_courses, self.embedding_size)
        self.input_embeddings_ = np.zeros(shape, np.float32)
        self.input_bias_ = np.zeros(self.embedding_size, np.float32)
        self.course_embeddings_ = np.zeros(shape, np.float32)
        self.course_bias_ = np.zeros(dataset.n_courses, np.float32)
        self.training_curve_ = np.zeros((0, 2))
        if len(rated) < 2:
            return  # one course has no alternative, so there is nothing to learn
        progress(0.0, "Starting TensorFlow")
        network = _network(self.popularity_[rated], self.embedding_size, self.seed)
        users = _TrainingUsers(dataset.blocks, rated, UserSample(self.seed, held_back))
        self.training_curve_ = _train(network, users, self.epochs, self.seed, progress)
        encoder, output = network.get_layer("user"), network.get_layer("courses")
        input_embeddings, self.input_bias_ = encoder.get_weights()
        course_embeddings, course_bias = output.get_weights()
        self.input_embeddings_[rated] = input_embeddings
        self.course_embeddings_[rated] = course_embeddings.T
        self.course_bias_[rated] = course_bias

    def embed(self, histories: csr_matrix) -> np.ndarray:
        """(n, embedding_size) the users' embeddings, with values between −1 and 1."""
        return np.tanh(_normalised(histories) @ self.input_embeddings_ + self.input_bias_)

    def probabilities(self, users: np.ndarray) -> np.ndarray:
        """(n, n_courses) the softmax for users' embeddings; 0 for courses that nobody likes.

        Parameters
        ----------
        users : (n, embedding_size) as `embed` returns them
        """
        logits = users @ self.course_embeddings_.T + self.course_bias_
        logits[:, self.popularity_ == 0] = -np.inf
        exps = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-1e30))
        total = exps.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(exps, total, out=exps, where=total > 0))

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self.probabilities(self.embed(histories))


def _normalised(histories: csr_matrix) -> csr_matrix:
    """The histories as 0 and 1, divided by the square root of the number of courses, so that every
    row has length 1.
    """
    lengths = np.maximum(np.asarray(histories.getnnz(axis=1)), 1)
    return csr_matrix(diags(lengths**-0.5) @ histories.sign(), dtype=np.float32)


class _TrainingUsers:
    """The users that a network is trained on, and those that it is validated on.

    Parameters
    ----------
    blocks : blocks of `Users`
    rated : the positions of the courses that somebody likes
    sample : the users for training and validation

    Attributes
    ----------
    validation : (n_validation, n_rated) likes as 0 and 1
    sizes : (n_blocks,) the number of training users in each block
    """

    def __init__(self, blocks: Blocks, rated: np.ndarray, sample: UserSample) -> None:
        self._blocks, self._rated = blocks, rated
        counts = blocks.sum(_counts_by_min_likes, sample)
        # A single course cannot be predicted from others: ask for two, unless nobody has two.
        sample = sample._replace(min_likes=int(np.flatnonzero(counts)[-1]))
        n_users = counts[sample.min_likes]
        share = min(round(VALIDATION_SHARE * n_users), MAX_VALIDATION_USERS) / n_users
        end = sample.low + share * (sample.high - sample.low)
        validation, self.sizes = blocks.sum(_split_validation, rated, sample, end)
        self._sample = sample._replace(low=end)
        self.validation = vstack(validation)
        if not self.validation.shape[0]:  # too few users: validate on the training users
            self.validation = vstack(blocks.sum(_histories, rated, self._sample))

    def batches(self, rng: np.random.Generator) -> Iterator[csr_matrix]:
        """(BATCH_SIZE or fewer, n_rated) likes as 0 and 1, endlessly; each pass has a new order."""
        while True:
            order = rng.permutation(len(self._blocks))
            for (likes,) in self._blocks.each(_histories, self._rated, self._sample, order=order):
                users = rng.permutation(likes.shape[0])
                for start in range(0, len(users), BATCH_SIZE):
                    yield likes[users[start : start + BATCH_SIZE]]


def _counts_by_min_likes(users: Users, sample: UserSample) -> np.ndarray:
    """(3,) how many users of the sample like at least 0, 1 and 2 courses."""
    lengths = np.diff(sample.select(users).indptr)
    return np.array([(lengths >= min_likes).sum() for min_likes in range(3)])


def _split_validation(
    users: Users, rated: np.ndarray, sample: UserSample, end: float
) -> tuple[list[csr_matrix], list[int]]:
    """The histories of the validation users, whose numbers are below `end`, and the number of
    training users, which are the rest of the sample.
    """
    validation, training = sample._replace(high=end), sample._replace(low=end)
    return _histories(users, rated, validation), [training.select(users).shape[0]]


def _histories(users: Users, rated: np.ndarray, sample: UserSample) -> list[csr_matrix]:
    return [sample.select(users)[:, rated].sign().astype(np.float32)]


def _network(popularity: np.ndarray, embedding_size: int, seed: int) -> Any:
    """The untrained Keras model; its output bias starts at the logarithm of the popularity."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its rounding depends on the machine load
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    uniform = keras.initializers.GlorotUniform
    history = keras.Input((len(popularity),), name="history")
    user = keras.layers.Dense(
        embedding_size, "tanh", kernel_initializer=uniform(2 * seed), name="user"
    )(history)
    logits = keras.layers.Dense(
        len(popularity), kernel_initializer=uniform(2 * seed + 1), name="courses"
    )(user)
    network = keras.Model(history, logits)
    share = popularity / popularity.sum()
    network.get_layer("courses").bias.assign(np.log(share))
    return network


def _train(
    network: Any, users: _TrainingUsers, epochs: int, seed: int, progress: Progress
) -> np.ndarray:
    """Train the network in place and return (epochs, 2) the training curve."""
    rng = np.random.default_rng(seed)
    validation = _hide_courses(users.validation, rng)
    per_pass = sum(-(-size // BATCH_SIZE) for size in users.sizes)
    passes = max(PASSES, -(-MIN_STEPS // per_pass))
    n_steps = min(passes * per_pass, MAX_STEPS)
    step, loss_of = _compiled(network, sum(users.sizes), epochs * n_steps)
    batches = users.batches(rng)
    curve = np.zeros((epochs, 2))
    for epoch in range(epochs):
        message = f"Epoch {epoch + 1} of {epochs}"
        losses = []
        for done, batch in enumerate(islice(batches, n_steps)):
            if done % min(per_pass, n_steps // PASSES) == 0:
                progress((epoch + done / n_steps) / epochs, message)
            losses.append(step(*_hide_courses(batch, rng)))
        curve[epoch] = _per_course(losses), _per_course([loss_of(*validation)])
        loss, validation_loss = map(float, curve[epoch])
        figures = {"epoch": epoch + 1, "loss": loss, "validation_loss": validation_loss}
        progress((epoch + 1) / epochs, message, **figures)
    return curve


def _hide_courses(likes: csr_matrix, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(n, n_courses) twice, as 0 and 1: the courses that the network sees, and the hidden ones."""
    hidden = likes.copy()
    hidden.data = (rng.random(likes.nnz) < HIDDEN_SHARE).astype(np.float32)
    return (likes - hidden).toarray(), hidden.toarray()


def _compiled(network: Any, n_users: int, n_steps: int) -> tuple[Any, Any]:
    """Two functions of the seen and the hidden courses: a training step, and the loss alone.

    Both return the loss, added up over the hidden courses, and the number of hidden courses.
    """
    import keras
    import tensorflow as tf

    weights = network.trainable_weights
    optimiser = keras.optimizers.Adam(
        keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, n_steps, end_learning_rate=0.0)
    )

    def loss_of(seen: Any, hidden: Any) -> tuple[Any, Any]:
        lengths = tf.maximum(tf.reduce_sum(seen, axis=1, keepdims=True), 1.0)
        logits = network(seen / tf.sqrt(lengths)) - SEEN_PENALTY * seen
        loss = -tf.reduce_sum(hidden * tf.nn.log_softmax(logits))
        return loss, tf.reduce_sum(hidden)

    def step(seen: Any, hidden: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            loss, n_hidden = loss_of(seen, hidden)
            size = tf.add_n([tf.nn.l2_loss(one) for one in weights if one.name == "kernel"])
            cost = loss / BATCH_SIZE + SHRINKAGE / n_users * size
        optimiser.apply_gradients(zip(tape.gradient(cost, weights), weights, strict=True))
        return loss, n_hidden

    # Without AutoGraph: there is no Python control flow to convert here, and the temporary files
    # that AutoGraph writes would remain if the training is cancelled.
    graph = partial(tf.function, autograph=False)
    return graph(step, reduce_retracing=True), graph(loss_of)


def _per_course(losses: list[tuple[Any, Any]]) -> float:
    """The mean loss per hidden course, in nats; 0 if no course was hidden."""
    loss, n_hidden = np.sum(losses, axis=0)
    return float(loss / max(n_hidden, 1))
