"""Lists by hand: the best first, ties by popularity, and nothing that has no score."""

from __future__ import annotations

import numpy as np

from recsys.evaluation.leaderboard import shuffled_order
from recsys.ranking import NOTHING, top_k

ALIKE = np.zeros(4)


def test_what_has_no_score_is_left_out() -> None:
    scores = np.array([[np.nan, np.nan, 3.0, 4.0], [1.0, 1.0, np.nan, np.nan]])
    assert top_k(scores, 3, ALIKE).tolist() == [[3, 2, NOTHING], [0, 1, NOTHING]]


def test_of_equal_scores_the_more_popular_course_comes_first() -> None:
    scores = np.array([[1.0, 1.0, 2.0, 1.0]])
    assert top_k(scores, 4, np.array([0, 6, 1, 5])).tolist() == [[2, 1, 3, 0]]


def test_of_equal_popularity_the_given_order_decides() -> None:
    scores = np.array([[1.0, 1.0, 2.0, 1.0]])
    popularity = np.array([5, 5, 5, 6])
    assert top_k(scores, 4, popularity).tolist() == [[2, 3, 0, 1]]
    assert top_k(scores, 4, popularity, np.array([9, 0, 1, 2])).tolist() == [[2, 3, 1, 0]]


def test_the_order_of_the_catalogue_gives_nothing_away_in_an_evaluation() -> None:
    """Of a hundred courses nobody knows, the first ones listed do not lead."""
    ranked = top_k(np.zeros((1, 100)), 10, np.zeros(100), shuffled_order(100))
    assert 20 < ranked.mean() < 80


def test_a_list_is_filled_up_where_the_catalogue_is_shorter_than_k() -> None:
    assert top_k(np.array([[1.0, 2.0]]), 4, np.zeros(2)).tolist() == [[1, 0, NOTHING, NOTHING]]


def test_a_row_is_ranked_alone_as_among_others() -> None:
    rng = np.random.default_rng(0)
    scores = np.round(rng.normal(size=(50, 30)), 1)
    scores[rng.random(scores.shape) < 0.2] = np.nan
    popularity = rng.integers(0, 5, 30)
    together = top_k(scores, 10, popularity)
    for row, ranked in zip(scores, together, strict=True):
        assert top_k(row[None], 10, popularity)[0].tolist() == ranked.tolist()
        listed = ranked[ranked != NOTHING]
        assert listed.tolist() == np.lexsort((-popularity, -row))[: len(listed)].tolist()
