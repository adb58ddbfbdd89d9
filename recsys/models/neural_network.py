"""7 · Neural Network: users and courses as points, learned by guessing hidden courses.

A history is encoded into the user's embedding, and every course has an embedding of its own:

    u = tanh(Σ eᵢ / √n + b) over the n courses i of the history,    chance(j) = softmaxⱼ(u·cⱼ + aⱼ)

A fifth of each user's courses is hidden, and the network learns to guess them from the rest; which
fifth is drawn anew in every pass over the users, so that it never sees quite the same history
twice. The softmax sets every hidden course against all others that are not seen, so that what a
user has not taken counts as a no. There is no table of users: a visitor's courses are encoded like
anybody else's.

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

from recsys.blocks import Blocks, Draw, Users
from recsys.dataset import TrainingSet
from recsys.models.base import Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

PASSES = 16  # over all users, in an epoch
MIN_STEPS = 60  # in an epoch, so that few users do not mean few steps but more passes
MAX_STEPS = 4000  # in an epoch; where users are very many, it sees only some of them
BATCH_SIZE = 256  # users in a step
HIDDEN_SHARE = 0.2  # the chance of each course of a user to be hidden in a pass
LEARNING_RATE = 0.03  # at first, a large one, which keeps weights small; falls steadily to zero
SHRINKAGE = 1.0  # users' worth of pull of all weights towards zero: the fewer users, the more of it
ALREADY_SEEN = 1e3  # taken off the evidence for what need not be guessed
VALIDATION_SHARE = 0.05
MAX_VALIDATION_USERS = 500


@dataclass(eq=False)
class NeuralNetwork(Recommender):
    """A network of history encoder, user embedding and softmax over all courses.

    Fitted attributes
    -----------------
    input_embeddings_ : (n_courses, embedding_size) eᵢ; zero for courses nobody likes, as is cⱼ
    input_bias_ : (embedding_size,) b
    course_embeddings_ : (n_courses, embedding_size) cⱼ
    course_bias_ : (n_courses,) aⱼ
    training_curve_ : (epochs, 2) loss and validation loss, in nats per hidden course
    """

    name: ClassVar[str] = "Neural Network"
    summary: ClassVar[str] = (
        "Learns where people and courses lie in a space of tastes by guessing hidden courses."
    )
    score_label: ClassVar[str] = "Predicted preference"
    score_sentence: ClassVar[str] = (
        "The score is the chance that a course of yours we have not seen is this one; "
        "the chances of all courses add up to 1."
    )
    charts: ClassVar[tuple[str, ...]] = ("scores", "loss", "courses", "popularity")
    loss_label: ClassVar[str] = "Loss (nats per hidden course)"

    embedding_size: int = hyperparameter(
        30, label="Embedding size", low=1, high=30, help="Numbers that describe a user or course."
    )
    epochs: int = hyperparameter(
        5,
        label="Epochs",
        low=1,
        high=10,
        help=f"In an epoch every user is seen {PASSES} times or more, with other courses hidden.",
    )
    seed: int = hyperparameter(0, label="Seed", low=0, high=1000)

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        self._learn(dataset, 0.0, progress)

    def _learn(self, dataset: TrainingSet, aside: float, progress: Progress) -> None:
        """Train the network on all users but those whose lot is below `aside`."""
        rated = np.flatnonzero(self.popularity_)
        shape = (dataset.n_courses, self.embedding_size)
        self.input_embeddings_ = np.zeros(shape, np.float32)
        self.input_bias_ = np.zeros(self.embedding_size, np.float32)
        self.course_embeddings_ = np.zeros(shape, np.float32)
        self.course_bias_ = np.zeros(dataset.n_courses, np.float32)
        self.training_curve_ = np.zeros((0, 2))
        if len(rated) < 2:
            return  # there is nothing to tell apart
        progress(0.0, "Starting TensorFlow")
        network = _network(self.popularity_[rated], self.embedding_size, self.seed)
        users = _TrainingUsers(dataset.blocks, rated, Draw(self.seed, aside))
        self.training_curve_ = _train(network, users, self.epochs, self.seed, progress)
        encoder, output = network.get_layer("user"), network.get_layer("courses")
        input_embeddings, self.input_bias_ = encoder.get_weights()
        course_embeddings, course_bias = output.get_weights()
        self.input_embeddings_[rated] = input_embeddings
        self.course_embeddings_[rated] = course_embeddings.T
        self.course_bias_[rated] = course_bias

    def embed(self, histories: csr_matrix) -> np.ndarray:
        """(n, embedding_size) the users' embeddings, each number between −1 and 1."""
        return np.tanh(_normalised(histories) @ self.input_embeddings_ + self.input_bias_)

    def chances(self, users: np.ndarray) -> np.ndarray:
        """(n, n_courses) the softmax for embedded users; 0 for courses nobody likes."""
        evidence = users @ self.course_embeddings_.T + self.course_bias_
        evidence[:, self.popularity_ == 0] = -np.inf
        chances = np.exp(evidence - evidence.max(axis=1, keepdims=True, initial=-1e30))
        total = chances.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(chances, total, out=chances, where=total > 0))

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self.chances(self.embed(histories))


def _normalised(histories: csr_matrix) -> csr_matrix:
    """The histories as 0 and 1 over the square root of their lengths: an n-course history is as
    long a vector as a one-course history.
    """
    lengths = np.maximum(np.asarray(histories.getnnz(axis=1)), 1)
    return csr_matrix(diags(lengths**-0.5) @ histories.sign(), dtype=np.float32)


class _TrainingUsers:
    """The users that a network learns from, and those on whom it is validated.

    Parameters
    ----------
    blocks : of `Users`
    rated : the positions of the courses that take part
    draw : the users that take part

    Attributes
    ----------
    validation : (n_validation, n_rated) likes as 0 and 1
    sizes : (n_blocks,) how many users of each block it learns from
    """

    def __init__(self, blocks: Blocks, rated: np.ndarray, draw: Draw) -> None:
        self._blocks, self._rated = blocks, rated
        with_courses = blocks.sum(_with_courses, draw)
        # Who likes a single course has nothing to guess it from; let them in only if all are such.
        draw = draw._replace(least=int(np.flatnonzero(with_courses)[-1]))
        n_users = with_courses[draw.least]
        share = min(round(VALIDATION_SHARE * n_users), MAX_VALIDATION_USERS) / n_users
        end = draw.low + share * (draw.high - draw.low)
        validation, self.sizes = blocks.sum(_parted, rated, draw, end)
        self._draw = draw._replace(low=end)
        self.validation = vstack(validation)
        if not self.validation.shape[0]:  # too few to spare any
            self.validation = vstack(blocks.sum(_histories, rated, self._draw))

    def batches(self, rng: np.random.Generator) -> Iterator[csr_matrix]:
        """Likes of up to BATCH_SIZE users as 0 and 1, over and over again, in ever new order."""
        while True:
            order = rng.permutation(len(self._blocks))
            for (likes,) in self._blocks.each(_histories, self._rated, self._draw, order=order):
                users = rng.permutation(likes.shape[0])
                for start in range(0, len(users), BATCH_SIZE):
                    yield likes[users[start : start + BATCH_SIZE]]


def _with_courses(users: Users, draw: Draw) -> np.ndarray:
    """(3,) how many of the drawn users like any number of courses, one at least, two at least."""
    lengths = np.diff(draw.of(users).indptr)
    return np.array([(lengths >= least).sum() for least in range(3)])


def _parted(
    users: Users, rated: np.ndarray, draw: Draw, end: float
) -> tuple[list[csr_matrix], list[int]]:
    """The histories of those of the drawn users whose lots are below `end`, and how many the
    others are.
    """
    validated, others = draw._replace(high=end), draw._replace(low=end)
    return _histories(users, rated, validated), [others.of(users).shape[0]]


def _histories(users: Users, rated: np.ndarray, draw: Draw) -> list[csr_matrix]:
    return [draw.of(users)[:, rated].sign().astype(np.float32)]


def _network(popularity: np.ndarray, embedding_size: int, seed: int) -> Any:
    """The untrained Keras model; its output bias starts at the courses' popularity."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its rounding differs by machine load
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    uniform = keras.initializers.GlorotUniform
    history = keras.Input((len(popularity),), name="history")
    user = keras.layers.Dense(
        embedding_size, "tanh", kernel_initializer=uniform(2 * seed), name="user"
    )(history)
    evidence = keras.layers.Dense(
        len(popularity), kernel_initializer=uniform(2 * seed + 1), name="courses"
    )(user)
    network = keras.Model(history, evidence)
    share = popularity / popularity.sum()
    network.get_layer("courses").bias.assign(np.log(share))
    return network


def _train(
    network: Any, users: _TrainingUsers, epochs: int, seed: int, progress: Progress
) -> np.ndarray:
    """Train the network in place; the training curve."""
    rng = np.random.default_rng(seed)
    validation = _guessing_task(users.validation, rng)
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
            losses.append(step(*_guessing_task(batch, rng)))
        curve[epoch] = _per_course(losses), _per_course([loss_of(*validation)])
        loss, validation_loss = map(float, curve[epoch])
        figures = {"epoch": epoch + 1, "loss": loss, "validation_loss": validation_loss}
        progress((epoch + 1) / epochs, message, **figures)
    return curve


def _guessing_task(likes: csr_matrix, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(n, n_courses) twice, of 0 and 1: what the network sees of some histories, and the rest."""
    hidden = likes.copy()
    hidden.data = (rng.random(likes.nnz) < HIDDEN_SHARE).astype(np.float32)
    return (likes - hidden).toarray(), hidden.toarray()


def _compiled(network: Any, n_users: int, n_steps: int) -> tuple[Any, Any]:
    """Two functions of a guessing task: one also takes a step of training, both return the loss,
    added up over the hidden courses, and how many these are.
    """
    import keras
    import tensorflow as tf

    weights = network.trainable_weights
    optimiser = keras.optimizers.Adam(
        keras.optimizers.schedules.PolynomialDecay(LEARNING_RATE, n_steps, end_learning_rate=0.0)
    )

    def loss_of(seen: Any, hidden: Any) -> tuple[Any, Any]:
        lengths = tf.maximum(tf.reduce_sum(seen, axis=1, keepdims=True), 1.0)
        evidence = network(seen / tf.sqrt(lengths)) - ALREADY_SEEN * seen
        loss = -tf.reduce_sum(hidden * tf.nn.log_softmax(evidence))
        return loss, tf.reduce_sum(hidden)

    def step(seen: Any, hidden: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            loss, n_hidden = loss_of(seen, hidden)
            size = tf.add_n([tf.nn.l2_loss(one) for one in weights if one.name == "kernel"])
            cost = loss / BATCH_SIZE + SHRINKAGE / n_users * size
        optimiser.apply_gradients(zip(tape.gradient(cost, weights), weights, strict=True))
        return loss, n_hidden

    # Without AutoGraph: there is no Python to turn into a graph here, and what it writes to the
    # temporary folder stays there if the training is cancelled.
    graph = partial(tf.function, autograph=False)
    return graph(step, reduce_retracing=True), graph(loss_of)


def _per_course(losses: list[tuple[Any, Any]]) -> float:
    """The mean loss per hidden course, in nats; 0 if none was hidden."""
    loss, n_hidden = np.sum(losses, axis=0)
    return float(loss / max(n_hidden, 1))
