"""4 · Clustering with PCA: clustering along the few directions in which users differ most.

Topics are correlated: who takes a course on machine learning also takes Python and data science.
Principal component analysis rotates the standardised profiles z to the axes along which they vary
most, the eigenvectors of their covariance with the largest eigenvalues,

    zᵀz / n = V diag(λ) Vᵀ,    point(u) = z(u) · (the first columns of V)

and keeps as few of them as have the requested share of the variance, Σ λ kept / Σ λ. These
coordinates are clustered as in model 3.

Pearson, "On lines and planes of closest fit to systems of points in space", Philosophical
Magazine 1901; Jolliffe, *Principal Component Analysis*, 2nd ed. 2002, ch. 6.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from recsys.blocks import Blocks, Users
from recsys.models.clustering import Clustering, user_weights
from recsys.models.hyperparameters import hyperparameter


@dataclass(eq=False)
class ClusteringPCA(Clustering):
    """k-means on the principal components of topic profiles.

    Fitted attributes
    -----------------
    components_ : (n_components, n_topics) the kept directions, of length 1; in each, the entry
        with the largest absolute value is positive
    explained_variance_ratio_ : (n_topics,) the share of the variance along each direction, kept
        or not, in descending order
    n_components_ : the number of kept directions
    and those of `Clustering`
    """

    name: ClassVar[str] = "Clustering with PCA"
    short: ClassVar[str] = "Clusters + PCA"
    summary: ClassVar[str] = (
        "Recommends what is popular among people with topics like yours; topics that go together "
        "count as one."
    )
    charts: ClassVar[tuple[str, ...]] = (
        *Clustering.charts[:-1],
        "variance",
        "loadings",
        "popularity",
    )

    variance: int = hyperparameter(
        90,
        label="Variance covered",
        low=0,
        high=100,
        unit="%",
        help="Keeps the fewest components that cover this share of the differences between users.",
    )

    def _fit_embedding(self, users: Blocks, equal_weights: bool) -> None:
        super()._fit_embedding(users, equal_weights)
        n, products = users.sum(self._outer_products, equal_weights)
        covariance = products / (n or 1)
        eigenvalues, eigenvectors = np.linalg.eigh(covariance)
        eigenvalues = np.maximum(eigenvalues[::-1], 0)  # rounding turns a 0 into −1e-17
        components = eigenvectors.T[::-1]
        total = eigenvalues.sum()
        self.explained_variance_ratio_ = eigenvalues / (total if total > 0 else 1)
        self.n_components_ = n_components(self.explained_variance_ratio_, self.variance)
        self.components_ = _with_fixed_sign(components[: self.n_components_])

    def _outer_products(self, users: Users, equal_weights: bool) -> tuple[float, np.ndarray]:
        """Σ n(u), and (n_topics, n_topics) Σ n(u) z(u) z(u)ᵀ"""
        weights = user_weights(users, equal_weights)
        standardised = self.standardise(self.profile(users.likes))
        return float(weights.sum()), (standardised.T * weights) @ standardised

    def embed(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_components) the coordinates of profiles along the kept components."""
        return np.asarray(self.standardise(profiles) @ self.components_.T)


def n_components(ratio: np.ndarray, variance: float) -> int:
    """The smallest number of components, at least 1, that covers `variance` percent.

    Parameters
    ----------
    ratio : (n,) each component's share of the variance, in descending order
    """
    reached = np.cumsum(ratio) >= variance / 100 - 1e-9  # by rounding, all may add up to 0.999…
    return int(reached.argmax()) + 1 if reached.any() else max(len(ratio), 1)


def _with_fixed_sign(components: np.ndarray) -> np.ndarray:
    """Choose the sign of each eigenvector, which is arbitrary: make its largest entry positive."""
    if not components.size:
        return components
    largest = np.abs(components).argmax(axis=1)
    return np.asarray(
        components * np.sign(components[np.arange(len(components)), largest])[:, None]
    )
