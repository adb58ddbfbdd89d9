"""Projection of points onto two dimensions, and a random sample of those to draw."""

from __future__ import annotations

import numpy as np


def principal_components(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two principal components.

    Parameters
    ----------
    points : (n, n_dimensions)

    Returns (2,) each component's share of the variance, and (n_dimensions, 2) their directions.
    """
    covariance = np.atleast_2d(np.cov(points, rowvar=False, bias=True))
    values, vectors = np.linalg.eigh(covariance)
    share, directions = np.zeros(2), np.zeros((len(values), 2))
    n = min(2, len(values))
    share[:n] = values[::-1][:n] / (values.sum() or 1)
    directions[:, :n] = vectors[:, ::-1][:, :n]
    # The sign of an eigenvector is arbitrary; choose it so that every machine draws the same.
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(2)]
    return share, directions * np.where(largest < 0, -1, 1)


def random_subset(candidates: np.ndarray, most: int) -> np.ndarray:
    """A random sample of at most `most` candidates, as (n,) booleans; always the same one.

    Parameters
    ----------
    candidates : (n,) booleans: which points may be chosen
    most : the largest size of the sample
    """
    chosen = np.zeros(len(candidates), bool)
    indices = np.flatnonzero(candidates)
    chosen[np.random.default_rng(0).permutation(indices)[:most]] = True
    return chosen
