"""The plane in which many-dimensional points differ most, and how many are drawn in it."""

from __future__ import annotations

import numpy as np


def principal_components(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of (n, n_dimensions) points: the first two components' shares of the variance, and
    (n_dimensions, 2) their directions.
    """
    covariance = np.atleast_2d(np.cov(points, rowvar=False, bias=True))
    values, vectors = np.linalg.eigh(covariance)
    share, directions = np.zeros(2), np.zeros((len(values), 2))
    n = min(2, len(values))
    share[:n] = values[::-1][:n] / (values.sum() or 1)
    directions[:, :n] = vectors[:, ::-1][:, :n]
    # The sign of an eigenvector is arbitrary; this one does not depend on the machine.
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(2)]
    return share, directions * np.where(largest < 0, -1, 1)


def random_subset(candidates: np.ndarray, most: int) -> np.ndarray:
    """(n,) whether each is drawn: at most so many of the candidates, always the same ones.

    Parameters
    ----------
    candidates : (n,) which may be drawn
    """
    chosen = np.zeros(len(candidates), bool)
    positions = np.flatnonzero(candidates)
    chosen[np.random.default_rng(0).permutation(positions)[:most]] = True
    return chosen
