"""Comparison of models: all are fitted on the same training users and tested on the same others.

A model's answers to a split are its ranked lists, one per test user and catalogue. All metrics, at
all list lengths, are computed from these answers. This module must not know where a data set or a
model comes from, nor where answers are stored.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol as Interface

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.evaluation import metrics
from recsys.evaluation.certainty import Interval, difference, interval
from recsys.evaluation.ratings import PredictsRatings, rating_quality
from recsys.evaluation.split import (
    CATALOGUES,
    Catalogue,
    Protocol,
    Split,
    catalogue_mask,
    split,
)
from recsys.models import Progress, Recommender, part_of, silent
from recsys.ranking import NOTHING, top_k

BATCH = 4096  # test users that are scored at a time
LENGTH = 20  # of the lists in the answers, unless a longer list is to be measured


@dataclass(frozen=True, eq=False)
class Answers:
    """What one model recommends to the test users of a split, fitted on its training part.

    Attributes
    ----------
    ranked : catalogue -> (n_test_users, k) positions of the recommended courses, best first
    predicted : (n_held_out,) the predicted ratings for `Split.holdouts`, in the order of its data;
        empty for a model that predicts no ratings
    fit_seconds, score_seconds : wall time. Fitting includes everything that is derived from the
        ratings; scoring is for all test users, without ranking.
    """

    ranked: dict[str, np.ndarray]
    predicted: np.ndarray
    fit_seconds: float
    score_seconds: float


class Answering(Interface):
    """A function that gets a model's answers: `answer`, or one that stores and reuses them."""

    def __call__(
        self,
        model: Recommender,
        division: Split,
        candidates: Mapping[str, np.ndarray],
        k: int,
        progress: Progress,
    ) -> Answers:
        """The answers of a model to a split; for the arguments see `answer`."""


@dataclass(frozen=True, eq=False)
class Result:
    """The metrics of one model's lists of length k, for the test users of one split.

    Attributes
    ----------
    model : the model as it was given, not the copy that was fitted on the split
    seed, catalogue, k : the seed of the split, the catalogue, and the length of the lists
    users : (n_test_users,) the ids of the test users
    accuracy : metric -> (n_test_users,) values, one per user
    lists : metric -> value, for all lists together
    ratings : the result of `rating_quality`; empty if the model predicts no ratings
    fit_seconds, score_seconds : see `Answers`
    """

    model: Recommender
    seed: int
    catalogue: Catalogue
    k: int
    users: np.ndarray
    accuracy: dict[str, np.ndarray]
    lists: dict[str, float]
    ratings: dict[str, dict[str, float]]
    fit_seconds: float
    score_seconds: float


def evaluate(
    models: Iterable[Recommender],
    dataset: Dataset,
    protocol: Protocol = "strong",
    k: int = 10,
    seed: int = 0,
    catalogue: Catalogue = "rated",
    progress: Progress = silent,
) -> pd.DataFrame:
    """Rank models by NDCG@k on held-out test users.

    Parameters
    ----------
    models : fitted or not; a copy of each is fitted on the training part
    protocol, seed : see `split`
    k : the length of the lists
    catalogue : the candidates: the courses that somebody likes ("rated"), "all" courses, or, in
        the protocol "cold", the "cold" courses
    progress : is called with the progress; an exception from it ends the evaluation

    Returns
    -------
    A row per model, best first; for the columns see `leaderboard`. `compare` evaluates several
    lengths, seeds and catalogues at once.

    Raises
    ------
    DataError : if no user has enough likes to be tested
    ValueError : for an unknown protocol or catalogue
    """
    results = compare(models, dataset, protocol, (k,), (seed,), (catalogue,), progress)
    return leaderboard(results).drop(columns=["catalogue", "k"])


def compare(
    models: Iterable[Recommender],
    dataset: Dataset,
    protocol: Protocol = "strong",
    ks: Sequence[int] = (5, 10, 20),
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    catalogues: Sequence[Catalogue] = ("rated",),
    progress: Progress = silent,
    answering: Answering | None = None,
) -> list[Result]:
    """Evaluate models on several splits, at several list lengths, in several catalogues.

    Each model is fitted and scored once per seed, whatever the `ks` and `catalogues`.

    Parameters
    ----------
    models, protocol, catalogues, progress : as for `evaluate`
    ks : lengths of the lists
    seeds : a split per seed
    answering : the function that gets a model's answers, by default `answer`

    Returns
    -------
    a result per seed, model, catalogue and length, in this order

    Raises
    ------
    DataError : if no user has enough likes to be tested
    ValueError : for an unknown protocol or catalogue
    """
    models, answering = list(models), answering or answer
    steps = len(seeds) * len(models)
    results = []
    for turn, seed in enumerate(seeds):
        division = split(dataset, protocol, seed)
        candidates = all_candidates(dataset, division)
        for catalogue in catalogues:
            catalogue_mask(dataset, catalogue, division)  # raises before any model is fitted
        for index, model in enumerate(models):
            before = (turn * len(models) + index) / steps
            step = part_of(progress, before, 1 / steps, f"{model.name}, split {seed}")
            step(0.0, "Evaluating")
            answers = answering(model, division, candidates, max(*ks, LENGTH), step)
            results += [
                measure(model, answers, division, one, candidates[one], k)
                for one in catalogues
                for k in ks
            ]
    progress(1.0, "Done")
    return results


def all_candidates(dataset: Dataset, division: Split) -> dict[str, np.ndarray]:
    """Catalogue -> (n_courses,) mask of its courses, for each catalogue of the protocol."""
    return {one: catalogue_mask(dataset, one, division) for one in CATALOGUES[division.protocol]}


def answer(
    model: Recommender,
    division: Split,
    candidates: Mapping[str, np.ndarray],
    k: int = LENGTH,
    progress: Progress = silent,
) -> Answers:
    """Fit a copy of a model on the training part of a split and rank courses for all test users.

    Parameters
    ----------
    candidates : catalogue -> (n_courses,) which courses may be recommended; courses of a user's
        query never are
    k : the length of the lists
    """
    start = time.perf_counter()
    # A fresh copy of the training data has no cached values, so their time is measured too.
    fitted = replace(model).fit(replace(division.train), progress)
    fit_seconds = time.perf_counter() - start
    n, n_courses = division.queries.shape
    shuffled = shuffled_order(n_courses)
    ranked = {catalogue: np.empty((n, k), np.int32) for catalogue in candidates}
    predicted = np.empty(division.holdouts.nnz if isinstance(fitted, PredictsRatings) else 0)
    score_seconds = 0.0
    for first in range(0, n, BATCH):
        queries = division.queries[first : first + BATCH]
        start = time.perf_counter()
        scores = fitted.score(queries)
        score_seconds += time.perf_counter() - start
        not_in_query = ~queries.astype(bool).toarray()
        for catalogue, mask in candidates.items():
            ranked[catalogue][first : first + BATCH] = top_k(
                np.where(mask & not_in_query, scores, np.nan), k, fitted.popularity_, shuffled
            )
        if isinstance(fitted, PredictsRatings):
            held_out = division.holdouts[first : first + BATCH]
            index = division.holdouts.indptr[first] + np.arange(held_out.nnz)
            user = np.repeat(np.arange(held_out.shape[0]), np.diff(held_out.indptr))
            predicted[index] = fitted.predict_rating(queries)[user, held_out.indices]
    return Answers(ranked, predicted, fit_seconds, score_seconds)


def shuffled_order(n_courses: int) -> np.ndarray:
    """(n_courses,) a random order that decides between equal scores and equal popularity.

    The order of the catalogue would not do: it may list the best courses first, and a model that
    gives all courses the same score must not benefit from that.
    """
    return np.random.default_rng(0).permutation(n_courses)


def measure(
    model: Recommender,
    answers: Answers,
    division: Split,
    catalogue: Catalogue,
    candidates: np.ndarray,
    k: int,
) -> Result:
    """Compute the metrics of the first k courses of each list in a model's answers.

    Parameters
    ----------
    candidates : (n_courses,) which courses the catalogue has
    """
    ranked = answers.ranked[catalogue][:, :k]
    hit = metrics.hits(ranked, division.holdouts)
    n_relevant = np.asarray(division.holdouts.getnnz(axis=1))
    train, n_candidates = division.train, int(candidates.sum())
    accuracy = {name: metric(hit, n_relevant) for name, metric in metrics.ACCURACY.items()}
    lists = {
        "coverage": metrics.coverage(ranked, n_candidates),
        "gini": metrics.gini(ranked, n_candidates),
        "novelty": metrics.novelty(ranked, train.popularity, train.n_users),
        "diversity": metrics.diversity(ranked, train.topic_matrix),
        "popularity": metrics.mean_popularity(ranked, train.popularity, train.n_users),
        "unanswered": float((ranked == NOTHING).all(axis=1).mean()),
    }
    ratings = rating_quality(answers.predicted, division) if len(answers.predicted) else {}
    return Result(
        model,
        division.seed,
        catalogue,
        k,
        division.users,
        accuracy,
        lists,
        ratings,
        answers.fit_seconds,
        answers.score_seconds,
    )


def leaderboard(results: Iterable[Result]) -> pd.DataFrame:
    """A table of the results of each model, combined over the seeds.

    Returns
    -------
    A row per catalogue, length and model, in descending order of NDCG, with the columns

    - `catalogue`, `k`, `model`;
    - `ndcg`, `recall`, `mrr`, `map`, `hit_rate`, each with the `_low` and `_high` end of its 95 %
      interval over users;
    - `coverage`, `gini`, `novelty` (bits), `diversity`, `popularity`;
    - `unanswered`, the share of users without any recommendation;
    - `fit_seconds`, `score_seconds`;
    - `ndcg_over_best`, the paired difference to the best model of the table, and `ndcg_over_ease`
      if EASE is one of the models, each with `_low` and `_high`;
    - `ndcg_spread`, the standard deviation over the seeds, if there are several.

    A user who is tested under several seeds is resampled with all their results. Metrics of all
    lists together, and times, are means over the seeds.
    """
    groups: dict[tuple[Catalogue, int], dict[Recommender, list[Result]]] = {}
    for one in results:
        groups.setdefault((one.catalogue, one.k), {}).setdefault(one.model, []).append(one)
    return pd.DataFrame(
        {"catalogue": catalogue, "k": k} | row
        for (catalogue, k), group in groups.items()
        for _, row in ranking(group)
    )


def ranking(
    group: Mapping[Recommender, Sequence[Result]],
) -> list[tuple[Recommender, dict[str, float | str]]]:
    """The models with their rows of the leaderboard, best first.

    Parameters
    ----------
    group : model -> its results, one per seed, for one catalogue and length
    """
    ndcg = {model: _all_values(results, "ndcg") for model, results in group.items()}
    order = sorted(group, key=lambda model: -ndcg[model].mean())
    references = {"best": order[0]} | {m.key(): m for m in order if m.key() == "ease"}
    rows = []
    for model in order:
        results = group[model]
        users = np.concatenate([one.users for one in results])
        row: dict[str, float | str] = {"model": model.name}
        for name in metrics.ACCURACY:
            row |= _with_ends(name, interval(_all_values(results, name), users))
        for name in results[0].lists:
            row[name] = float(np.mean([one.lists[name] for one in results]))
        row["fit_seconds"] = float(np.mean([one.fit_seconds for one in results]))
        row["score_seconds"] = float(np.mean([one.score_seconds for one in results]))
        for name, reference in references.items():
            row |= _with_ends(f"ndcg_over_{name}", difference(ndcg[model], ndcg[reference], users))
        if len(results) > 1:
            by_seed = [one.accuracy["ndcg"].mean() for one in results]
            row["ndcg_spread"] = float(np.std(by_seed, ddof=1))
        rows.append((model, row))
    return rows


def rating_table(results: Iterable[Result]) -> pd.DataFrame:
    """A table of the errors of predicted ratings, as means over the seeds.

    Returns
    -------
    A row per model that predicts ratings, then one for each of the two trivial predictors; columns
    `predictor` and those of `rating_errors`. Empty if no model predicts ratings.
    """
    rows: dict[str, dict[int, dict[str, float]]] = {}  # predictor -> seed -> errors
    for one in results:
        for predictor, errors in one.ratings.items():
            name = one.model.name if predictor == "model" else _TRIVIAL[predictor]
            rows.setdefault(name, {})[one.seed] = errors
    trivial = [name for name in _TRIVIAL.values() if name in rows]
    order = [*(name for name in rows if name not in trivial), *trivial]
    return pd.DataFrame(
        {"predictor": name} | pd.DataFrame(rows[name].values()).mean().to_dict() for name in order
    )


_TRIVIAL = {"constant": "Constant (the mean rating)", "majority": "Majority (the usual rating)"}


def _all_values(results: Sequence[Result], metric: str) -> np.ndarray:
    return np.concatenate([one.accuracy[metric] for one in results])


def _with_ends(name: str, found: Interval) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
