"""Neural network: NumPy scores as Keras does, visitors placed near their like, training shown."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from taste_groups import N_GROUPS, assert_finds_the_group, own_courses, taste_groups

from recsys.dataset import Dataset
from recsys.models import NeuralNetwork, neural_network
from recsys.models.neural_network import (
    HIDDEN_SHARE,
    PASSES,
    _compiled,
    _hide_courses,
    _network,
    _normalised,
)


@pytest.fixture(scope="module")
def model() -> NeuralNetwork:
    return NeuralNetwork().fit(taste_groups())


def test_scores_equal_the_softmax_of_the_keras_model() -> None:
    dataset = taste_groups()
    built = []
    build = neural_network._network

    def remember(*arguments):
        built.append(build(*arguments))
        return built[0]

    with patch.object(neural_network, "_network", remember):
        model = NeuralNetwork(embedding_size=5, epochs=1).fit(dataset)
    import keras

    histories = dataset.interactions[:50]
    logits = built[0].predict(_normalised(histories).toarray(), verbose=0)
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(model.score(histories), expected, rtol=1e-4, atol=1e-6)


def test_probabilities_add_up_to_one_over_the_rated_courses(tiny: Dataset) -> None:
    scores = NeuralNetwork(epochs=1).fit(tiny).score(tiny.histories([{"PY1": 3}, {"DB2": 2}]))
    np.testing.assert_allclose(np.nansum(scores, axis=1), 1, rtol=1e-5)


def test_finds_the_group(model: NeuralNetwork) -> None:
    assert_finds_the_group(model)


def test_a_new_visitor_is_placed_near_their_like(model: NeuralNetwork) -> None:
    """Two visitors without a course in common are close if the courses are of one group."""
    halves = [own_courses(group)[i : i + 4] for group in range(N_GROUPS) for i in (0, 4)]
    histories = taste_groups().histories([dict.fromkeys(half, 3.0) for half in halves])
    users = model.embed(histories)
    distance = np.linalg.norm(users[:, None] - users[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_array_equal(distance.argmin(axis=1), [1, 0, 3, 2, 5, 4])


def test_what_is_to_be_predicted_is_hidden_from_the_input() -> None:
    likes = taste_groups().likes.sign()
    seen, hidden = _hide_courses(likes, np.random.default_rng(0))
    np.testing.assert_array_equal(seen + hidden, likes.toarray())
    assert not (seen * hidden).any()
    assert hidden.sum() / likes.nnz == pytest.approx(HIDDEN_SHARE, rel=0.1)


def test_the_loss_is_that_of_keras_over_the_courses_that_are_not_seen() -> None:
    """−log of each hidden course's share of the probability of all courses but the seen ones."""
    import keras

    likes = taste_groups().likes.sign().astype(np.float32)
    network = _network(taste_groups().popularity, embedding_size=5, seed=0)
    _, loss_of = _compiled(network, n_users=1, n_steps=1)
    seen, hidden = _hide_courses(likes[:100], np.random.default_rng(0))
    logits = network.predict(_normalised(csr_matrix(seen)).toarray(), verbose=0)
    logits[seen > 0] = -np.inf
    user, course = np.nonzero(hidden)
    expected = keras.losses.sparse_categorical_crossentropy(course, logits[user], from_logits=True)
    loss, n_hidden = loss_of(seen, hidden)
    assert float(n_hidden) == len(course)
    assert float(loss) == pytest.approx(float(np.sum(expected)), rel=1e-4)


def test_training_is_reported_all_along_and_gets_better() -> None:
    reports = []
    model = NeuralNetwork(epochs=3).fit(
        taste_groups(), lambda done, message, **figures: reports.append((done, message, figures))
    )
    assert len(reports) > 3 * PASSES
    epochs = [f"Epoch {epoch} of 3" for epoch in (1, 2, 3)]
    assert list(dict.fromkeys(message for _, message, _ in reports)) == [
        "Starting TensorFlow",
        *epochs,
        "Done",
    ]
    measured = [report for report in reports if report[2]]
    assert [message for _, message, _ in measured] == epochs
    shown = [(figures["loss"], figures["validation_loss"]) for _, _, figures in measured]
    np.testing.assert_array_equal(model.training_curve_, shown)
    loss, validation_loss = model.training_curve_.T
    assert loss[-1] < loss[0]
    assert validation_loss[-1] < np.log(taste_groups().n_courses)  # what guessing blindly costs


def test_another_seed_gives_another_model(model: NeuralNetwork) -> None:
    other = NeuralNetwork(seed=1).fit(taste_groups())
    assert (other.course_embeddings_ != model.course_embeddings_).any()
