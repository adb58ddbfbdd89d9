"""Features of course texts: tokens, bags of words, TF-IDF, unit vectors for cosine similarity.

This module works on plain strings and sparse matrices. It must not know data sets or models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix, diags

_TOKEN = re.compile(r"[^\W_]+(?:[.'’+#-]*[^\W_]+)*[+#]*")

# Function words of English, and words that nearly every course text contains.
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before
    being below between both but by can could did do does doing down during each few for from
    further had has have having he her here hers him his how i if in into is it its itself just
    let ll me more most my no nor not now of off on once only or other our out over own re s same
    she should so some such than that the their them then there these they this those through to
    too under until up us use used using ve very was we were what when where which while who whom
    why will with would you your yours
    course courses learn learner learners learning lesson lessons module modules
    """.split()
)


@dataclass(frozen=True, eq=False)
class BagOfWords:
    """The word counts of some texts.

    Attributes
    ----------
    vocabulary : the tokens, in alphabetical order
    counts : (n_texts, n_tokens) how often each token occurs in each text
    """

    vocabulary: tuple[str, ...]
    counts: csr_matrix


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, without stop words."""
    return list(_tokens(text))


@lru_cache(maxsize=2**10)  # texts, which the next fit of Course Similarity reads again
def _tokens(text: str) -> tuple[str, ...]:
    return tuple(word for word in _TOKEN.findall(text.lower()) if word not in STOP_WORDS)


@lru_cache(maxsize=2**15)  # words; a text repeats most of them, and so does the next fit
def singular(word: str) -> str:
    """An English word without its plural ending: "databases" becomes "database".

    The three rules are from Harman, "How effective is suffixing?", JASIS 1991.
    """
    if len(word) > 3 and word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("es") and word[-3] not in "aeo":
        return word[:-1]
    if len(word) > 3 and word.endswith("s") and word[-2] not in "us":
        return word[:-1]
    return word


def bag_of_words(texts: Iterable[str], *, fold_plurals: bool = False) -> BagOfWords:
    """Count the tokens of each text.

    Parameters
    ----------
    fold_plurals : count a plural as its singular, "databases" as "database"
    """
    bags = [_tokens(text) for text in texts]
    if fold_plurals:
        bags = [tuple(map(singular, bag)) for bag in bags]
    vocabulary = tuple(sorted({token for bag in bags for token in bag}))
    position = {token: i for i, token in enumerate(vocabulary)}
    rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
    columns = np.array([position[token] for bag in bags for token in bag], dtype=np.int32)
    ones = np.ones(len(columns), dtype=np.float32)
    counts = csr_matrix((ones, (rows, columns)), shape=(len(bags), len(vocabulary)))
    return BagOfWords(vocabulary, counts)


def tf_idf(counts: csr_matrix) -> csr_matrix:
    """(n_texts, n_tokens) the TF-IDF weights of counts: a token weighs more if few texts use it.

        (1 + log count) · (1 + log((1 + n) / (1 + df)))

    with n texts, of which df use the token. This is the sublinear form of Manning, Raghavan &
    Schütze, *Introduction to Information Retrieval*, ch. 6.4, with the smoothed idf of
    scikit-learn.
    """
    n_texts, n_tokens = counts.shape
    documents = np.bincount(counts.indices, minlength=n_tokens)
    idf = 1 + np.log((1 + n_texts) / (1 + documents))
    weights = counts.astype(np.float64)
    weights.data = 1 + np.log(weights.data)
    return csr_matrix(weights @ diags(idf))


def unit_rows(matrix: csr_matrix) -> csr_matrix:
    """The rows scaled to length 1, so that dot products are cosines; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return csr_matrix(diags(1 / np.where(lengths > 0, lengths, 1)) @ matrix)
