"""From scores to a list: the k best courses of each row.

Must not know models, data sets, nor what a list is for.
"""

from __future__ import annotations

import numpy as np

NOTHING = -1  # stands where a list has ended


def top_k(
    scores: np.ndarray, k: int, popularity: np.ndarray, order: np.ndarray | None = None
) -> np.ndarray:
    """The k best courses of each row; of equal scores, the more popular course comes first.

    Parameters
    ----------
    scores : (n, n_courses) higher is better; a course whose score is NaN is never listed
    popularity : (n_courses,) decides between equal scores
    order : (n_courses,) decides between equal popularity: lower comes first; by default the order
        of the catalogue

    Returns
    -------
    (n, k) positions of the courses, best first, `NOTHING` where the list has ended
    """
    if order is None:
        order = np.arange(len(popularity))
    preferred = np.lexsort((order, -popularity))  # a stable sort keeps this order among equals
    ranked = preferred[np.argsort(-scores[:, preferred], axis=1, kind="stable")[:, :k]]
    ranked[np.isnan(scores[np.arange(len(scores))[:, None], ranked])] = NOTHING
    missing = k - ranked.shape[1]
    if missing > 0:
        ranked = np.pad(ranked, ((0, 0), (0, missing)), constant_values=NOTHING)
    return ranked
