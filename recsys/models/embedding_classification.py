"""9 · Classification with Embedding Features: not taken, audited or completed?

A forest of decision trees looks at the features that model 8 uses of a user and a course, and
votes for a class: the course is not taken (0), or it is, with one of the ratings. The score weighs
the ratings by their probabilities:

    score(u, j) = Σ rating · P(rating | u, j)

Each tree chooses its questions among thresholds drawn by lot, one per feature, so that it errs in
its own way, and the forest's probability is the mean of its trees'. Unlike a regression, a tree can
say "only if". The trees grow on users the network was not trained on, and of the courses these
have not taken mostly on the likeliest, weighted, so that the probabilities stay true.

Breiman, "Random forests", Machine Learning 2001; the thresholds by lot, which grow as good a
forest in a fraction of the time, are those of Geurts, Ernst & Wehenkel, "Extremely randomized
trees", Machine Learning 2006.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Progress
from recsys.models.hyperparameters import hyperparameter
from recsys.models.neural_network import NeuralNetwork
from recsys.models.pairs import first_part, pair_features, sample_pairs, share_aside, users_aside

MIN_LEAF = 100  # pairs; smaller leaves have no probability worth the name
MAX_RATINGS = 3  # classes besides "not taken"
BLOCK = 20_000  # pairs scored at a time


@dataclass(eq=False)
class EmbeddingClassification(NeuralNetwork):
    """A forest of randomised trees on products of embeddings.

    Fitted attributes
    -----------------
    those of `NeuralNetwork`, and
    ratings_ : (n_classes,) what each class is worth; 0 is "not taken"
    feature_ : (trees, n_nodes) which feature of `pair_features` a node asks for
    threshold_ : (trees, n_nodes) pairs with at most this value go left
    child_ : (trees, n_nodes, 2) where they go, and where the others go; a leaf leads to itself
    probability_ : (trees, n_nodes, n_classes) of the classes among a node's pairs
    depth_ : the longest way from a root to a leaf
    """

    name: ClassVar[str] = "Classification with Embedding Features"
    summary: ClassVar[str] = (
        "Lets a forest of decision trees vote on how you would rate a course, from the neural "
        "network's embeddings."
    )
    score_label: ClassVar[str] = "Probability-weighted rating"
    score_sentence: ClassVar[str] = (
        "The score adds up the possible ratings, each times its probability; "
        "not taking the course counts as 0."
    )

    trees: int = hyperparameter(40, label="Trees", low=1, high=200)
    depth: int = hyperparameter(
        10, label="Depth", low=1, high=20, help="How many questions a tree may ask."
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        aside = share_aside(dataset)
        self._learn(dataset, aside, first_part(progress, 0.6))
        if not self.popularity_.any():
            self._plant(np.zeros(1), [])
            return
        progress(0.6, "Growing the forest")
        others = users_aside(dataset, aside, self.seed)
        pairs = sample_pairs(others, self, np.random.default_rng(self.seed))
        features = pair_features(self, self.embed(pairs.seen), pairs.user, pairs.course)
        ratings = np.array([0, *_levels(dataset.rating_counts)])
        nearest = np.abs(pairs.rating[:, None] - ratings[1:]).argmin(axis=1) + 1
        classes = np.where(pairs.rating > 0, nearest, 0)
        forest = self._forest()
        forest.fit(features, classes, sample_weight=pairs.weight)
        self._plant(ratings[forest.classes_], [one.tree_ for one in forest.estimators_])

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

    def _plant(self, ratings: np.ndarray, trees: list[Any]) -> None:
        """Lay the trees out as arrays of one shape."""
        self.ratings_ = ratings
        self.depth_ = max((tree.max_depth for tree in trees), default=0)
        shape = (len(trees), max((tree.node_count for tree in trees), default=0))
        self.feature_ = np.zeros(shape, np.int32)
        self.threshold_ = np.zeros(shape)
        itself = np.arange(shape[1], dtype=np.int32)
        self.child_ = np.tile(itself[:, None], (shape[0], 1, 2))
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
        """(n_pairs, n_classes) the forest's vote on rows of `pair_features`."""
        values = features.astype(np.float32).ravel()  # what the thresholds were chosen on
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
        return np.asarray(self._votes(histories) @ self.ratings_)

    def predict_rating(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) the rating to expect of a course from someone who takes it: the votes for
        "not taken" left out. NaN for courses nobody rated.
        """
        votes = self._votes(histories)
        taken = votes[:, :, self.ratings_ > 0].sum(axis=2)
        expected = np.full_like(taken, np.nan)
        return np.asarray(np.divide(votes @ self.ratings_, taken, out=expected, where=taken > 0))

    def _votes(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses, n_classes) the probabilities of the classes; NaN where nobody rated."""
        users = self.embed(histories)
        rated = np.flatnonzero(self.popularity_)
        votes = np.full((*histories.shape, len(self.ratings_)), np.nan)
        per_block = max(1, BLOCK // max(len(rated), 1))
        for start in range(0, len(users), per_block):
            block = users[start : start + per_block]
            user = np.repeat(np.arange(len(block)), len(rated))
            features = pair_features(self, block, user, np.tile(rated, len(block)))
            probabilities = self.class_probabilities(features)
            shape = (len(block), len(rated), len(self.ratings_))
            votes[start : start + per_block, rated] = probabilities.reshape(shape)
        return votes


def _levels(counts: Mapping[float, int]) -> np.ndarray:
    """The ratings there are, or so many typical ones that every rating is near one of them."""
    ratings = np.array(list(counts))
    if len(ratings) <= MAX_RATINGS:
        return ratings
    share = np.cumsum(list(counts.values())) / sum(counts.values())
    return np.unique(ratings[np.searchsorted(share, (np.arange(MAX_RATINGS) + 0.5) / MAX_RATINGS)])
