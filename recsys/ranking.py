"""From scores to ranked lists: the k best courses of each row.

This module must not know models, data sets, nor what a list is used for.
"""

from __future__ import annotations

import numpy as np

NOTHING = -1  # fills a row behind the last course of its list


def top_k(
    scores: np.ndarray, k: int, popularity: np.ndarray, order: np.ndarray | None = None
) -> np.ndarray:
    """The k best courses of each row; among equal scores, the more popular course comes first.

    Parameters
    ----------
    scores : (n, n_courses) higher is better; a course with the score NaN is never listed
    k : the length of the lists
    popularity : (n_courses,) decides between equal scores
    order : (n_courses,) decides between equal popularity, the lower value first; by default the
        order of the columns

    Returns
    -------
    (n, k) positions of the courses, best first; `NOTHING` after the last course of a row
    """
    if order is None:
        order = np.arange(len(popularity))
    # Sorted by popularity first: the stable sort by score keeps this order among equal scores.
    preferred = np.lexsort((order, -popularity))
    ranked = preferred[np.argsort(-scores[:, preferred], axis=1, kind="stable")[:, :k]]
    ranked[np.isnan(scores[np.arange(len(scores))[:, None], ranked])] = NOTHING
    missing = k - ranked.shape[1]
    if missing > 0:
        ranked = np.pad(ranked, ((0, 0), (0, missing)), constant_values=NOTHING)
    return ranked
