"""7 · Neural Network: users and courses as points, learned by guessing hidden courses.

A history is encoded into the user's embedding, and every course has an embedding of its own:

    u = tanh(Σ eᵢ / √n + b) over the n courses i of the history,    chance(j) = softmaxⱼ(u·cⱼ + aⱼ)

Part of each user's courses is hidden, and the network learns to guess them from the rest. The
softmax sets every hidden course against all others, so that what a user has not taken counts as a
no. There is no table of users: a visitor's courses are encoded like anybody else's.

Liang, Krishnan, Hoffman & Jebara, "Variational autoencoders for collaborative filtering", WWW 2018
(the multinomial likelihood); Covington, Adams & Sargin, "Deep neural networks for YouTube
recommendations", RecSys 2016 (the history as input, the softmax over items).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix, diags

from recsys.dataset import Dataset
from recsys.models.base import Progress, Recommender
from recsys.models.hyperparameters import hyperparameter

HIDDEN_SHARE = 0.2  # of a user's courses, hidden anew in each epoch
LEARNING_RATE = 0.03  # at first; falls to zero along a cosine
BATCH_SIZE = 256
MIN_BATCHES = 50  # in an epoch, so that few users do not mean few steps
VALIDATION_SHARE = 0.05
MAX_VALIDATION_USERS = 2000


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

    embedding_size: int = hyperparameter(
        16, label="Embedding size", low=1, high=30, help="Numbers that describe a user or course."
    )
    epochs: int = hyperparameter(
        5, label="Epochs", low=1, high=10, help="How often the training sees every user."
    )
    seed: int = hyperparameter(0, label="Seed", low=0, high=1000)

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        rated = self.popularity_ > 0
        likes = dataset.likes[:, rated].sign()
        likes = likes[likes.getnnz(axis=1) > 0]
        shape = (dataset.n_courses, self.embedding_size)
        self.input_embeddings_ = np.zeros(shape, np.float32)
        self.input_bias_ = np.zeros(self.embedding_size, np.float32)
        self.course_embeddings_ = np.zeros(shape, np.float32)
        self.course_bias_ = np.zeros(dataset.n_courses, np.float32)
        self.training_curve_ = np.zeros((0, 2))
        if likes.shape[1] < 2:
            return  # there is nothing to tell apart
        progress(0.0, "Starting TensorFlow")
        network = _network(likes, self.embedding_size, self.seed)
        self.training_curve_ = _train(network, likes, self.epochs, self.seed, progress)
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
        return np.divide(chances, total, out=chances, where=total > 0)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self.chances(self.embed(histories))


def _hide(liked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, n_courses) a random `HIDDEN_SHARE` of each row's courses, but at least one."""
    draw = np.where(liked, rng.random(liked.shape), np.inf)
    first = draw == draw.min(axis=1, keepdims=True)
    return liked & ((draw < HIDDEN_SHARE) | first)


def _normalised(histories: csr_matrix) -> csr_matrix:
    """The histories as 0 and 1 over the square root of their lengths: an n-course history is as
    long a vector as a one-course history.
    """
    lengths = np.maximum(np.asarray(histories.getnnz(axis=1)), 1)
    return csr_matrix(diags(lengths**-0.5) @ histories.sign(), dtype=np.float32)


def _network(likes: csr_matrix, embedding_size: int, seed: int) -> Any:
    """The untrained Keras model; its output bias starts at the courses' popularity."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its rounding differs by machine load
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    popularity = np.asarray(likes.sum(axis=0)).ravel()
    uniform = keras.initializers.GlorotUniform
    history = keras.Input((likes.shape[1],), name="history")
    user = keras.layers.Dense(
        embedding_size, "tanh", kernel_initializer=uniform(2 * seed), name="user"
    )(history)
    evidence = keras.layers.Dense(
        likes.shape[1], kernel_initializer=uniform(2 * seed + 1), name="courses"
    )(user)
    network = keras.Model(history, evidence)
    network.get_layer("courses").bias.assign(np.log(popularity / popularity.sum()))
    return network


def _train(
    network: Any, likes: csr_matrix, epochs: int, seed: int, progress: Progress
) -> np.ndarray:
    """Train the network in place; the training curve."""
    import keras

    rng = np.random.default_rng(seed)
    n_users = likes.shape[0]
    users = rng.permutation(n_users)
    n_validation = min(max(1, round(VALIDATION_SHARE * n_users)), MAX_VALIDATION_USERS)
    validation = _guessing_task(likes[users[:n_validation]], rng)
    trained = users[n_validation:] if n_users > 1 else users
    batch_size = int(np.clip(len(trained) // MIN_BATCHES, 1, BATCH_SIZE))
    starts = range(0, len(trained), batch_size)
    network.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * len(starts))
        ),
        keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    curve = np.zeros((epochs, 2))
    for epoch in range(epochs):
        order = rng.permutation(trained)
        batches = [order[start : start + batch_size] for start in starts]
        losses = [network.train_on_batch(*_guessing_task(likes[batch], rng)) for batch in batches]
        loss = np.average(losses, weights=[len(batch) for batch in batches])
        validation_loss = network.test_on_batch(*validation)
        curve[epoch] = loss, validation_loss
        progress(
            (epoch + 1) / epochs,
            f"Epoch {epoch + 1} of {epochs}",
            epoch=epoch + 1,
            loss=float(loss),
            validation_loss=float(validation_loss),
        )
    return curve


def _guessing_task(likes: csr_matrix, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees of some histories, and the hidden rest as a distribution."""
    liked = likes.toarray() > 0
    hidden = _hide(liked, rng)
    seen = _normalised(csr_matrix(liked & ~hidden, dtype=np.float32)).toarray()
    return seen, (hidden / hidden.sum(axis=1, keepdims=True)).astype(np.float32)
