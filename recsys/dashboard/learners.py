"""Example learners: lists of courses that a visitor can pick with one click.

Must not know the state, nor widgets.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from recsys.dataset import Dataset

MOST_COURSES = 3


@dataclass(frozen=True)
class Learner:
    """An example learner: a name, and the ids of their courses."""

    name: str
    courses: tuple[str, ...]


_KNOWN = (
    Learner("Data beginner", ("PY0101EN", "DS0101EN", "DB0101EN")),
    Learner("Cloud engineer", ("CC0101EN", "CO0101EN", "CO0201EN")),
    Learner("AI enthusiast", ("ML0101EN", "ML0115EN", "CB0103EN")),
)


def examples(dataset: Dataset) -> tuple[Learner, ...]:
    """At most three learners.

    They are the known ones whose courses the data set has. If it has none of them, there is one
    learner for each of the topics with the most ratings.
    """
    found = []
    for learner in _KNOWN:
        present = tuple(one for one in learner.courses if one in dataset.course_index)
        if len(present) > 1:
            found.append(Learner(learner.name, present))
    return tuple(found) or _topic_fans(dataset)


def surprise(dataset: Dataset, rng: random.Random) -> tuple[str, ...]:
    """The ids of a few popular courses on a randomly chosen topic."""
    topics = np.flatnonzero(dataset.topic_matrix.sum(axis=0) >= MOST_COURSES)
    candidates = _most_taken(dataset, rng.choice(topics) if len(topics) else None)[:20]
    return tuple(rng.sample(candidates, min(MOST_COURSES, len(candidates))))


def _topic_fans(dataset: Dataset) -> tuple[Learner, ...]:
    ratings = dataset.popularity @ dataset.topic_matrix
    used: set[str] = set()
    fans = []
    for topic in np.argsort(-ratings, kind="stable")[:3]:
        favourites = [one for one in _most_taken(dataset, int(topic)) if one not in used]
        if favourites:
            fans.append(Learner(f"{dataset.topics[topic]} fan", tuple(favourites[:MOST_COURSES])))
            used.update(favourites[:MOST_COURSES])
    return tuple(fans) or (Learner("Beginner", tuple(_most_taken(dataset, None)[:MOST_COURSES])),)


def _most_taken(dataset: Dataset, topic: int | None) -> list[str]:
    """The ids of the courses that somebody took, most taken first; of one topic, or of all."""
    taken = dataset.popularity > 0
    if topic is not None:
        taken &= dataset.topic_matrix[:, topic] > 0
    order = np.argsort(-dataset.popularity, kind="stable")
    return [str(one) for one in dataset.courses["id"].to_numpy()[order][taken[order]]]
