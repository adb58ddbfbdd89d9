"""Ready-made learners for the first minute, and a random one: courses a visitor might have taken.

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
    """An example learner: what to call them, and the ids of their courses."""

    name: str
    courses: tuple[str, ...]


_KNOWN = (
    Learner("Data beginner", ("PY0101EN", "DS0101EN", "DB0101EN")),
    Learner("Cloud engineer", ("CC0101EN", "CO0101EN", "CO0201EN")),
    Learner("AI enthusiast", ("ML0101EN", "ML0115EN", "CB0103EN")),
)


def examples(dataset: Dataset) -> tuple[Learner, ...]:
    """Three learners at the most: those whose courses this set has, or else a fan each of the
    topics that most ratings are about.
    """
    found = []
    for learner in _KNOWN:
        present = tuple(one for one in learner.courses if one in dataset.course_index)
        if len(present) > 1:
            found.append(Learner(learner.name, present))
    return tuple(found) or _fans(dataset)


def surprise(dataset: Dataset, chance: random.Random) -> tuple[str, ...]:
    """A few well-known courses on a topic drawn by lot."""
    topics = np.flatnonzero(dataset.topic_matrix.sum(axis=0) >= MOST_COURSES)
    candidates = _most_taken(dataset, chance.choice(topics) if len(topics) else None)[:20]
    return tuple(chance.sample(candidates, min(MOST_COURSES, len(candidates))))


def _fans(dataset: Dataset) -> tuple[Learner, ...]:
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
    """The ids of the courses on a topic, or of all, that anybody took, most taken first."""
    taken = dataset.popularity > 0
    if topic is not None:
        taken &= dataset.topic_matrix[:, topic] > 0
    order = np.argsort(-dataset.popularity, kind="stable")
    return [str(one) for one in dataset.courses["id"].to_numpy()[order][taken[order]]]
