"""1 · Course Similarity: courses described in the same words as the ones you picked.

A course's title and description become a vector of word counts, in which the title's words count
several times. Two courses are similar if the angle between their vectors is small:

    similarity(i, j) = wᵢ·wⱼ / (‖wᵢ‖ ‖wⱼ‖),    from 0 (no word in common) to 1 (the same words)

In plain counts, common words outweigh the informative ones; with TF-IDF, a word weighs more the
fewer courses use it. A course's score is the sum of its similarities to the courses of the history,
or its similarity to the closest of them. The model needs no ratings, so it can recommend a course
on its first day.

Salton, Wong & Yang, "A vector space model for automatic indexing", Communications of the ACM 1975;
Salton & Buckley, "Term-weighting approaches in automatic text retrieval", Information Processing
& Management 1988.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.dataset import TrainingSet
from recsys.models.base import Evidence, Progress, Recommender
from recsys.models.hyperparameters import hyperparameter
from recsys.text import bag_of_words, tf_idf, unit_rows

BLOCK = 256  # picked courses at a time: comparing all at once takes memory for n² similarities


@dataclass(eq=False)
class CourseSimilarity(Recommender):
    """Cosine similarity of course texts.

    Fitted attributes
    -----------------
    vocabulary_ : (n_words,) the words, in alphabetical order
    word_vectors_ : (n_courses, n_words) sparse; the vectors wᵢ, scaled to length 1; empty for a
        course without words
    """

    name: ClassVar[str] = "Course Similarity"
    short: ClassVar[str] = "Similarity"
    summary: ClassVar[str] = "Recommends courses described in the same words as yours."
    unscored_because: ClassVar[str] = "without words to compare"
    score_label: ClassVar[str] = "Similarity in words to your courses"
    score_sentence: ClassVar[str] = (
        "Each course you picked adds its similarity in words, from 0 (no word in common) to 1 (the "
        "same words), so the score can be above 1; if set to “closest”, only the most similar one "
        "counts."
    )
    collaborative: ClassVar[bool] = False
    instant: ClassVar[bool] = True

    threshold: int = hyperparameter(
        10,
        label="Similarity threshold",
        low=0,
        high=100,
        unit="%",
        help="Recommends only courses with at least this score; 100 % is a score of 1.",
        refit=False,
    )
    features: str = hyperparameter(
        "TF-IDF",
        label="Words",
        choices=("TF-IDF", "bag of words"),
        help="Gives more weight to words that few courses use, or counts all words alike.",
    )
    title_weight: int = hyperparameter(
        6,
        label="Title weight",
        low=1,
        high=10,
        help="How many times a word of the title counts.",
    )
    combine: str = hyperparameter(
        "sum",
        label="Your courses",
        choices=("sum", "closest"),
        help="Adds up the similarities to all your courses, or uses only the closest of them.",
        refit=False,
    )

    def _fit(self, dataset: TrainingSet, progress: Progress) -> None:
        progress(0.0, "Counting the words of every course")
        weighted = self.features == "TF-IDF"
        texts = [*dataset.courses["title"], *dataset.courses["description"]]
        bags = bag_of_words(texts, fold_plurals=weighted)
        titles, descriptions = np.split(np.arange(len(texts)), 2)
        counts = self.title_weight * bags.counts[titles] + bags.counts[descriptions]
        counts = csr_matrix(counts, dtype=np.float64)
        self.vocabulary_ = np.array(bags.vocabulary, dtype=str)
        self.word_vectors_ = unit_rows(tf_idf(counts) if weighted else counts)

    def _score(self, histories: csr_matrix) -> np.ndarray:
        has_words = np.diff(self.word_vectors_.indptr) > 0
        picked = np.flatnonzero(histories.getnnz(axis=0) * has_words)
        merge = np.maximum if self.combine == "closest" else np.add
        scores = np.full(histories.shape, np.nan)
        scores[np.ix_(histories[:, picked].getnnz(axis=1) > 0, has_words)] = 0
        by_course = histories.tocsc()
        for start in range(0, len(picked), BLOCK):
            block = picked[start : start + BLOCK]
            for course, similar in zip(block, cosines(self.word_vectors_, block), strict=True):
                users = by_course.indices[by_course.indptr[course] : by_course.indptr[course + 1]]
                scores[users] = merge(scores[users], similar)
        return scores

    def evidence(self, history: Mapping[str, float], course_id: str) -> Evidence | None:
        """The words that a course shares with the courses whose similarities its score uses."""
        course, picked = self._positions([course_id])[0], self._positions(history)
        similar = cosines(self.word_vectors_, picked)[:, course]
        whose = "your picks"
        if self.combine == "closest" and len(picked):
            picked = picked[[similar.argmax()]]
            whose = f"“{self.course_titles_[picked[0]]}”, the closest of your picks"
        yours = np.asarray(self.word_vectors_[picked].sum(axis=0)).ravel()
        adds = yours * self.word_vectors_[course].toarray().ravel()
        words = np.argsort(-adds, kind="stable")[: np.count_nonzero(adds)]
        if not len(words):
            return None
        return Evidence(
            f"The words that “{self.course_titles_[course]}” shares with {whose}, and what each "
            "adds to the score.",
            pd.DataFrame({"word": self.vocabulary_[words], "adds": adds[words]}),
        )

    def _floor(self) -> float:
        return self.threshold / 100 - 1e-9  # by rounding, the cosine of equal texts may be 0.999…

    def _why_unscored(self, history: Mapping[str, float]) -> str:
        if self.word_vectors_[self._positions(history)].nnz:
            return super()._why_unscored(history)
        return (
            "Your picks have no words to compare, neither in the title nor in the "
            "description; pick one that has."
        )


def cosines(unit_vectors: csr_matrix, rows: np.ndarray) -> np.ndarray:
    """(len(rows), n) the cosine similarities between the given rows and all rows.

    Parameters
    ----------
    unit_vectors : (n, n_words) rows of length 1
    rows : indices of rows
    """
    return np.ascontiguousarray((unit_vectors @ unit_vectors[rows].T).toarray().T)
