"""Course texts as tokens and counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys.text import bag_of_words, tf_idf, tokens, unit_rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Machine Learning with Python", ["machine", "python"]),
        ("C++, C# and R", ["c++", "c#", "r"]),
        ("Node.js, scikit-learn; IBM's cloud.", ["node.js", "scikit-learn", "ibm's", "cloud"]),
        ("snake_case — naïve café", ["snake", "case", "naïve", "café"]),
        ("the course of this module", []),
        ("", []),
    ],
)
def test_tokens(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_a_bag_counts_every_token_of_every_text() -> None:
    bags = bag_of_words(["spark on spark", "", "sql and spark"])
    assert bags.vocabulary == ("spark", "sql")
    assert bags.counts.toarray().tolist() == [[2, 0], [0, 0], [1, 1]]


@pytest.mark.parametrize("texts", [[], ["", "the"]])
def test_texts_without_tokens_make_empty_bags(texts: list[str]) -> None:
    bags = bag_of_words(texts)
    assert bags.vocabulary == ()
    assert bags.counts.shape == (len(texts), 0)


def test_tf_idf_is_that_of_scikit_learn() -> None:
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = csr_matrix(np.array([[3, 0, 1], [1, 2, 0], [0, 0, 0], [1, 0, 0]], np.float32))
    trusted = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    np.testing.assert_allclose(unit_rows(tf_idf(counts)).toarray(), trusted.toarray(), atol=1e-12)


def test_unit_rows_have_length_one_and_empty_rows_stay_empty() -> None:
    rows = unit_rows(csr_matrix([[3.0, 4.0], [0.0, 0.0]])).toarray()
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]])
