"""9 · Classification with Embedding Features: not taken, audited or completed?

A forest of decision trees gets the same features of a user and a course as model 8 and predicts a
class: the course is not taken (0), or it is taken, with one of the ratings. The score is the
expected rating:

    score(u, j) = Σ rating · P(rating | u, j)

At each node, a tree chooses the best of randomly sampled thresholds, one per feature. So the trees
make different errors, and the forest's probability is the mean over its trees. Unlike a regression,
a tree can represent "only if". The trees are fitted on users the network was not trained on. Of the
courses that these users have not taken, the likely ones are sampled most often; weights correct for
this, so that the probabilities stay unbiased.

Breiman, "Random forests", Machine Learning 2001; the random thresholds, with which an equally good
forest grows in a fraction of the time: Geurts, Ernst & Wehenkel, "Extremely randomized trees",
Machine Learning 2006.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Progress, part_of
from recsys.models.hyperparameters import hyperparameter
from recsys.models.neural_network import NeuralNetwork
from recsys.models.pairs import (
    HELD_BACK,
    pair_features,
    pair_user_share,
    pair_users,
    sample_pairs,
)

MIN_LEAF = 100  # pairs; the probabilities of smaller leaves are too uncertain
MAX_RATINGS = 3  # classes besides "not taken"
BLOCK = 20_000  # pairs scored at a time


@dataclass(eq=False)
class EmbeddingClassification(NeuralNetwork):
    """A forest of randomised trees on products of embeddings.

    Fitted attributes
    -----------------
    those of `NeuralNetwork`, and
    ratings_ : (n_classes,) the rating of each class; 0 is "not taken"
    feature_ : (trees, n_nodes) the feature of `pair_features` that a node tests
    threshold_ : (trees, n_nodes) pairs with at most this value go to the left child
    child_ : (trees, n_nodes, 2) the left and the right child of a node; a leaf is its own child
    probability_ : (trees, n_nodes, n_classes) the share of each class among the pairs of a node
    depth_ : the length of the longest path from a root to a leaf
    """

    name: ClassVar[str] = "Classification with Embedding Features"
    short: ClassVar[str] = "Forest"
    summary: ClassVar[str] = (
        "Lets a forest of decision trees vote on how you would rate a course, based on the neural "
        "network's embeddings."
    )
    score_label: ClassVar[str] = "Expected rating, 0 if not taken"
    score_sentence: ClassVar[str] = (
        "The score is the expected rating: each possible rating times its probability, added up; "
        "not taking the course counts as 0."
    )
    loss_sentence: ClassVar[str] = f"{NeuralNetwork.loss_sentence} {HELD_BACK}"

    trees: int = hyperparameter(
        40, label="Trees", low=1, high=200, help="The number of decision trees that vote."
    )
    depth: int = hyperparameter(
        10, label="Depth", low=1, high=20, help="A tree may ask this many questions in a row."
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        held_back = pair_user_share(dataset)
        self._train_network(dataset, held_back, part_of(progress, 0.0, 0.6))
        if not self.popularity_.any():
            self._store_trees(np.zeros(1), [])
            return
        progress(0.6, "Growing the forest")
        others = pair_users(dataset, held_back, self.seed)
        pairs = sample_pairs(others, self, np.random.default_rng(self.seed))
        features = pair_features(self, self.embed(pairs.seen), pairs.user, pairs.course)
        ratings = np.array([0, *_levels(dataset.rating_counts)])
        nearest = np.abs(pairs.rating[:, None] - ratings[1:]).argmin(axis=1) + 1
        classes = np.where(pairs.rating > 0, nearest, 0)
        forest = self._forest()
        forest.fit(features, classes, sample_weight=pairs.weight)
        self._store_trees(ratings[forest.classes_], [one.tree_ for one in forest.estimators_])

    def _forest(self) -> Any:
        from sklearn.ensemble import ExtraTreesClassifier

        return ExtraTreesClassifier(
            self.trees,
            max_depth=self.depth,
            min_samples_leaf=MIN_LEAF,
            max_features=None,
            n_jobs=-1,
            random_state=self.seed,
        )

    def _store_trees(self, ratings: np.ndarray, trees: list[Any]) -> None:
        """Store the trees as arrays of the same shape, so that scikit-learn is not needed later."""
        self.ratings_ = ratings
        self.depth_ = max((tree.max_depth for tree in trees), default=0)
        shape = (len(trees), max((tree.node_count for tree in trees), default=0))
        self.feature_ = np.zeros(shape, np.int32)
        self.threshold_ = np.zeros(shape)
        own_index = np.arange(shape[1], dtype=np.int32)
        self.child_ = np.tile(own_index[:, None], (shape[0], 1, 2))
        self.probability_ = np.zeros((*shape, len(ratings)))
        for row, tree in enumerate(trees):
            inner = np.flatnonzero(tree.children_left >= 0)
            self.feature_[row, inner] = tree.feature[inner]
            self.threshold_[row, inner] = tree.threshold[inner]
            self.child_[row, inner, 0] = tree.children_left[inner]
            self.child_[row, inner, 1] = tree.children_right[inner]
            counts = tree.value[:, 0]
            self.probability_[row, : len(counts)] = counts / counts.sum(axis=1, keepdims=True)

    def class_probabilities(self, features: np.ndarray) -> np.ndarray:
        """(n_pairs, n_classes) the probabilities of the classes for rows of `pair_features`."""
        values = features.astype(np.float32).ravel()  # scikit-learn chose the thresholds in float32
        first = np.arange(len(features)) * features.shape[1]
        total = np.zeros((len(features), len(self.ratings_)))
        forest = zip(self.feature_, self.threshold_, self.child_, strict=True)
        for tree, (feature, threshold, child) in enumerate(forest):
            node = np.zeros(len(features), np.int32)
            for _ in range(self.depth_):
                right = values.take(first + feature.take(node)) > threshold.take(node)
                node = child.take(2 * node + right)
            total += self.probability_[tree].take(node, axis=0)
        return np.asarray(total / max(len(self.feature_), 1))

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return np.asarray(self._rating_probabilities(histories) @ self.ratings_)

    def predict_rating(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) the expected rating of a course by someone who takes it.

        The probability of "not taken" is left out. NaN for courses that nobody rated.
        """
        probabilities = self._rating_probabilities(histories)
        taken = probabilities[:, :, self.ratings_ > 0].sum(axis=2)
        total = probabilities @ self.ratings_
        expected = np.full_like(taken, np.nan)
        return np.asarray(np.divide(total, taken, out=expected, where=taken > 0))

    def _rating_probabilities(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses, n_classes) the probabilities of the classes; NaN if nobody rated it."""
        users = self.embed(histories)
        rated = np.flatnonzero(self.popularity_)
        probabilities = np.full((*histories.shape, len(self.ratings_)), np.nan)
        per_block = max(1, BLOCK // max(len(rated), 1))
        for start in range(0, len(users), per_block):
            block = users[start : start + per_block]
            user = np.repeat(np.arange(len(block)), len(rated))
            features = pair_features(self, block, user, np.tile(rated, len(block)))
            shape = (len(block), len(rated), len(self.ratings_))
            of_block = self.class_probabilities(features).reshape(shape)
            probabilities[start : start + per_block, rated] = of_block
        return probabilities


def _levels(counts: Mapping[float, int]) -> np.ndarray:
    """The ratings that become classes: all of them, or `MAX_RATINGS` quantiles if there are more.

    Parameters
    ----------
    counts : rating -> how often it occurs
    """
    ratings = np.array(list(counts))
    if len(ratings) <= MAX_RATINGS:
        return ratings
    share = np.cumsum(list(counts.values())) / sum(counts.values())
    return np.unique(ratings[np.searchsorted(share, (np.arange(MAX_RATINGS) + 0.5) / MAX_RATINGS)])
