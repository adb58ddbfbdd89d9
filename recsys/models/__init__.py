"""The recommenders and their registry.

Every registered model appears in the dashboard and on the leaderboard, in the order of the list.
"""

from __future__ import annotations

from dataclasses import Field

from recsys.models.base import NotFittedError, Progress, Recommender, part_of, silent
from recsys.models.clustering import Clustering
from recsys.models.clustering_pca import ClusteringPCA
from recsys.models.course_similarity import CourseSimilarity
from recsys.models.ease import EASE
from recsys.models.embedding_classification import EmbeddingClassification
from recsys.models.embedding_regression import EmbeddingRegression
from recsys.models.hyperparameters import Hyperparameter, HyperparameterError, hyperparameter
from recsys.models.ials import IALS
from recsys.models.knn import KNN
from recsys.models.neural_network import NeuralNetwork
from recsys.models.nmf import NMF
from recsys.models.popularity import Popularity
from recsys.models.random_order import Random
from recsys.models.user_profile import UserProfile

_MODELS: list[type[Recommender]] = [
    CourseSimilarity,
    UserProfile,
    Clustering,
    ClusteringPCA,
    KNN,
    NMF,
    NeuralNetwork,
    EmbeddingRegression,
    EmbeddingClassification,
]
_BASELINES: list[type[Recommender]] = [Random, Popularity, EASE, IALS]

__all__ = [
    "EASE",
    "IALS",
    "KNN",
    "NMF",
    "Clustering",
    "ClusteringPCA",
    "CourseSimilarity",
    "EmbeddingClassification",
    "EmbeddingRegression",
    "Hyperparameter",
    "HyperparameterError",
    "NeuralNetwork",
    "NotFittedError",
    "Popularity",
    "Progress",
    "Random",
    "Recommender",
    "UserProfile",
    "baselines",
    "find",
    "hyperparameter",
    "part_of",
    "register",
    "registry",
    "silent",
]


def registry() -> tuple[type[Recommender], ...]:
    """The registered models, in the order that the dashboard shows them."""
    return tuple(_MODELS)


def baselines() -> tuple[type[Recommender], ...]:
    """The baselines that every model is compared with; visitors cannot choose them."""
    return tuple(_BASELINES)


def register(model: type[Recommender]) -> type[Recommender]:
    """Register a model class; it replaces a registered one with the same key.

    Returns the class, so that it can be used as a decorator.

    Raises
    ------
    TypeError : if the class lacks a description, a method, the default of a hyperparameter, or the
        decorator that makes its hyperparameters arguments
    """
    if any(isinstance(one, Field) for one in vars(model).values()):
        raise TypeError(
            f"Write @dataclass(eq=False) above class {model.__name__}, below @register."
        )
    lacking = [one for one in ("name", "summary", "score_label") if not hasattr(model, one)]
    if lacking:
        raise TypeError(f"{model.__name__} needs {' and '.join(lacking)}: texts for the page.")
    model()
    same = [i for i, known in enumerate(_MODELS) if known.key() == model.key()]
    if same:
        _MODELS[same[0]] = model
    else:
        _MODELS.append(model)
    return model


def find(key: str) -> type[Recommender]:
    """The model or baseline with a key such as "knn" or "course-similarity".

    Raises
    ------
    KeyError : if there is none; the message lists the known keys
    """
    known = {model.key(): model for model in (*_MODELS, *_BASELINES)}
    if key not in known:
        raise KeyError(f"There is no model “{key}”; there are {', '.join(known)}.")
    return known[key]
