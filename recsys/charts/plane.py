"""The plane in which many-dimensional points differ most."""

from __future__ import annotations

import numpy as np


def principal_components(profiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two components' shares of the variance, and (n_topics, 2) their directions."""
    covariance = np.atleast_2d(np.cov(profiles, rowvar=False, bias=True))
    values, vectors = np.linalg.eigh(covariance)
    share, directions = np.zeros(2), np.zeros((len(values), 2))
    n = min(2, len(values))
    share[:n] = values[::-1][:n] / (values.sum() or 1)
    directions[:, :n] = vectors[:, ::-1][:, :n]
    # The sign of an eigenvector is arbitrary; this one does not depend on the machine.
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(2)]
    return share, directions * np.where(largest < 0, -1, 1)
