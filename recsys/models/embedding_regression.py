"""8 · Regression with Embedding Features: the rating as a weighted sum of network embeddings.

The neural network's embeddings, u of a user and cⱼ of a course, become features of a linear
regression that predicts the user's rating of the course, 0 if they did not take it:

    rating(u, j) = α + a·(u ∘ cⱼ) + β·biasⱼ + γ·p(u, j) + δ·log p(u, j)

where p is the network's probability. The elementwise products u ∘ cⱼ describe this user together
with this course; with u + cⱼ instead, the user's part would be the same for all courses and could
not rank them. Courses not taken are part of the training data, because the ratings of taken courses
are nearly all equal. The regression learns from users the network was not trained on.

He et al., "Neural collaborative filtering", WWW 2017 (products of embeddings as features);
Tibshirani, "Regression shrinkage and selection via the lasso", JRSS B 1996; Hoerl & Kennard,
"Ridge regression", Technometrics 1970.
"""

from __future__ import annotations

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
    MIN_PROBABILITY,
    pair_features,
    pair_user_share,
    pair_users,
    sample_pairs,
)


@dataclass(eq=False)
class EmbeddingRegression(NeuralNetwork):
    """Linear, ridge or lasso regression on products of embeddings.

    Fitted attributes
    -----------------
    those of `NeuralNetwork`, and
    coef_ : (embedding_size + 3,) a, β, γ and δ, in the order of `pair_features`
    intercept_ : α
    rating_coef_, rating_intercept_ : the same for a regression on taken courses only
    """

    name: ClassVar[str] = "Regression with Embedding Features"
    short: ClassVar[str] = "Regression"
    summary: ClassVar[str] = (
        "Predicts your rating by regression on the neural network's embeddings of you and a course."
    )
    score_label: ClassVar[str] = "Expected rating, 0 if not taken"
    score_sentence: ClassVar[str] = (
        "The score is the expected rating, where not taking the course counts as 0."
    )
    loss_sentence: ClassVar[str] = f"{NeuralNetwork.loss_sentence} {HELD_BACK}"

    regression: str = hyperparameter(
        "ridge",
        label="Regression",
        choices=("linear", "ridge", "lasso"),
        help="Ridge shrinks all weights, lasso sets the least useful ones to zero.",
    )
    penalty: float = hyperparameter(
        0.001,
        label="Penalty",
        low=0.0001,
        high=0.1,
        help="How strongly ridge and lasso shrink the weights; linear ignores it.",
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        held_back = pair_user_share(dataset)
        self._train_network(dataset, held_back, part_of(progress, 0.0, 0.9))
        self.coef_ = np.zeros(self.embedding_size + 3)
        self.intercept_ = 0.0
        self.rating_coef_, self.rating_intercept_ = self.coef_, dataset.typical_rating
        if not self.popularity_.any():
            return
        progress(0.9, "Fitting the regression")
        others = pair_users(dataset, held_back, self.seed)
        pairs = sample_pairs(others, self, np.random.default_rng(self.seed))
        features = pair_features(self, self.embed(pairs.seen), pairs.user, pairs.course)
        scale = features.std(axis=0)  # so that the penalty treats all features alike
        scale[scale == 0] = 1
        regression = self._regression(len(features))
        regression.fit(features / scale, pairs.rating, sample_weight=pairs.weight)
        self.coef_ = regression.coef_ / scale
        self.intercept_ = float(regression.intercept_)
        taken = pairs.rating > 0
        regression = self._regression(int(taken.sum()))
        regression.fit(features[taken] / scale, pairs.rating[taken])
        self.rating_coef_ = regression.coef_ / scale
        self.rating_intercept_ = float(regression.intercept_)

    def _regression(self, n_pairs: int) -> Any:
        from sklearn.linear_model import Lasso, LinearRegression, Ridge

        if self.regression == "linear":
            return LinearRegression()
        if self.regression == "lasso":
            return Lasso(self.penalty)
        return Ridge(self.penalty * n_pairs)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return self._sum(histories, self.coef_, self.intercept_)

    def predict_rating(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_courses) the expected rating of a course by someone who takes it."""
        return self._sum(histories, self.rating_coef_, self.rating_intercept_)

    def _sum(self, histories: csr_matrix, coef: np.ndarray, intercept: float) -> np.ndarray:
        """(n, n_courses) the weighted sum of the features for all pairs."""
        users = self.embed(histories)
        a, (beta, gamma, delta) = np.split(coef, [self.embedding_size])
        scores = (users * a) @ self.course_embeddings_.T + beta * self.course_bias_
        p = self.probabilities(users)
        scores += gamma * p + delta * np.log(np.maximum(p, MIN_PROBABILITY))
        return np.asarray(scores + intercept)
