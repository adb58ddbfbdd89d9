"""Models side by side: fit each on the same training users, test all on the same others.

A model's answers to a split, its ranked lists, are all that is asked of it; every figure at every
length and of both catalogues is measured from them. Must not know where a data set or a model
comes from, nor where answers are kept.
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
from recsys.evaluation.certainty import difference, interval
from recsys.evaluation.ratings import PredictsRatings, rating_quality
from recsys.evaluation.split import (
    CATALOGUES,
    Catalogue,
    Protocol,
    Split,
    catalogue_mask,
    split,
)
from recsys.models import Progress, Recommender, silent
from recsys.ranking import NOTHING, top_k

BATCH = 4096
LENGTH = 20  # of the lists that are asked for, unless a longer one is to be measured


@dataclass(frozen=True, eq=False)
class Answers:
    """What one model, fitted on the training part of a split, answers to its test users.

    Attributes
    ----------
    ranked : catalogue -> (n_test_users, k) positions of the recommended courses, best first
    predicted : (n_held_out,) the ratings predicted for `holdouts`, in the order of its data; empty
        for a model that predicts none
    fit_seconds, score_seconds : wall time, all that derives from the ratings included; scoring
        is for all test users, ranking not included
    """

    ranked: dict[str, np.ndarray]
    predicted: np.ndarray
    fit_seconds: float
    score_seconds: float


class Answering(Interface):
    """Gets a model's answers: `answer`, or something that remembers what it answered."""

    def __call__(
        self,
        model: Recommender,
        division: Split,
        candidates: Mapping[str, np.ndarray],
        k: int,
        progress: Progress,
    ) -> Answers: ...


@dataclass(frozen=True, eq=False)
class Result:
    """How good one model's lists of length k are, for the test users of one split.

    Attributes
    ----------
    model : as it was given, not fitted on the split
    users : (n_test_users,) their ids
    accuracy : metric -> (n_test_users,) values
    lists : metric of all lists together -> value
    ratings : what `rating_quality` says of the model's predictions; empty if it makes none
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
    """Rank models by NDCG@k on users held out from them.

    Parameters
    ----------
    models : fitted or not; each is fitted anew on the training part, and left as it is
    protocol, seed : see `split`
    k : the length of the lists
    catalogue : recommend among the courses somebody has rated ("rated"), among "all", or, in the
        protocol "cold", among the "cold" ones

    Returns
    -------
    A row per model, best first; for the columns see `leaderboard`. `compare` does it for several
    lengths, seeds and catalogues at once.
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
    """Test models on several splits, at several lengths, in several catalogues.

    Each model is fitted and scored once per seed, whatever `ks` and `catalogues`. An exception
    from `progress` ends it.

    Parameters
    ----------
    answering : where a model's answers come from, instead of `answer`
    """
    models, answering = list(models), answering or answer
    steps = len(seeds) * len(models)
    results = []
    for turn, seed in enumerate(seeds):
        division = split(dataset, protocol, seed)
        candidates = all_candidates(dataset, division)
        for catalogue in catalogues:
            catalogue_mask(dataset, catalogue, division)  # complain before anything is fitted
        for place, model in enumerate(models):
            before = (turn * len(models) + place) / steps
            step = _step(progress, before, steps, f"{model.name}, split {seed}")
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
    """Catalogue -> (n_courses,) its courses, for each catalogue of the division's protocol."""
    return {one: catalogue_mask(dataset, one, division) for one in CATALOGUES[division.protocol]}


def answer(
    model: Recommender,
    division: Split,
    candidates: Mapping[str, np.ndarray],
    k: int = LENGTH,
    progress: Progress = silent,
) -> Answers:
    """Fit a copy of one model on the training part of a split and ask it for all test users.

    Parameters
    ----------
    candidates : catalogue -> (n_courses,) what may be recommended, apart from the query
    """
    start = time.perf_counter()
    fitted = replace(model).fit(replace(division.train), progress)  # a train that derives anew
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
        untaken = ~queries.astype(bool).toarray()
        for catalogue, mask in candidates.items():
            ranked[catalogue][first : first + BATCH] = top_k(
                np.where(mask & untaken, scores, np.nan), k, fitted.popularity_, shuffled
            )
        if isinstance(fitted, PredictsRatings):
            held_out = division.holdouts[first : first + BATCH]
            place = division.holdouts.indptr[first] + np.arange(held_out.nnz)
            user = np.repeat(np.arange(held_out.shape[0]), np.diff(held_out.indptr))
            predicted[place] = fitted.predict_rating(queries)[user, held_out.indices]
    return Answers(ranked, predicted, fit_seconds, score_seconds)


def shuffled_order(n_courses: int) -> np.ndarray:
    """(n_courses,) the order that decides between equal scores and equal popularity.

    Not the catalogue's: it may list the best courses first, and a model that cannot tell courses
    apart must not profit from that.
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
    """How good the first k of a model's answers are."""
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
    """The results of each model, drawn together over the seeds.

    Returns
    -------
    A row per catalogue, length and model, the best by NDCG first: `catalogue`, `k`, `model`;
    `ndcg`, `recall`, `mrr`, `map`, `hit_rate`, each with `_low` and `_high` of its 95 % interval
    over users; `coverage`, `gini`, `novelty` (bits), `diversity`, `popularity`; `unanswered`, the
    share of users left without a recommendation; `fit_seconds` and `score_seconds`;
    `ndcg_over_best`, the paired difference to the best model of the table, and `ndcg_over_ease`,
    if EASE is among the models, with `_low` and `_high`; `ndcg_spread`, the standard deviation
    over several seeds.

    A user who is tested under several seeds is resampled with all of their results; what is of
    all lists together, and times, are means over the seeds.
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
    """The models of one catalogue and length with their rows of the leaderboard, best first."""
    ndcg = {model: _joined(results, "ndcg") for model, results in group.items()}
    order = sorted(group, key=lambda model: -ndcg[model].mean())
    references = {"best": order[0]} | {m.key(): m for m in order if m.key() == "ease"}
    rows = []
    for model in order:
        results = group[model]
        users = np.concatenate([one.users for one in results])
        row: dict[str, float | str] = {"model": model.name}
        for name in metrics.ACCURACY:
            row |= _named(name, interval(_joined(results, name), users))
        for name in results[0].lists:
            row[name] = float(np.mean([one.lists[name] for one in results]))
        row["fit_seconds"] = float(np.mean([one.fit_seconds for one in results]))
        row["score_seconds"] = float(np.mean([one.score_seconds for one in results]))
        for name, reference in references.items():
            row |= _named(f"ndcg_over_{name}", difference(ndcg[model], ndcg[reference], users))
        if len(results) > 1:
            by_seed = [one.accuracy["ndcg"].mean() for one in results]
            row["ndcg_spread"] = float(np.std(by_seed, ddof=1))
        rows.append((model, row))
    return rows


def rating_table(results: Iterable[Result]) -> pd.DataFrame:
    """RMSE and F1 on held-out ratings: a row per predicting model, and of the two that look at
    nobody; means over the seeds. Empty if no model predicts ratings.
    """
    rows: dict[str, dict[int, dict[str, float]]] = {}  # predictor -> seed -> errors
    for one in results:
        for predictor, errors in one.ratings.items():
            name = one.model.name if predictor == "model" else _NOBODY[predictor]
            rows.setdefault(name, {})[one.seed] = errors
    nobody = [name for name in _NOBODY.values() if name in rows]
    order = [*(name for name in rows if name not in nobody), *nobody]
    return pd.DataFrame(
        {"predictor": name} | pd.DataFrame(rows[name].values()).mean().to_dict() for name in order
    )


_NOBODY = {"constant": "Constant (the mean rating)", "majority": "Majority (the usual rating)"}


def _joined(results: Sequence[Result], metric: str) -> np.ndarray:
    return np.concatenate([one.accuracy[metric] for one in results])


def _named(name: str, found: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))


def _step(progress: Progress, before: float, steps: int, label: str) -> Progress:
    """The progress of one of so many equal steps, of which a part is done."""

    def step(done: float, message: str, **figures: float) -> None:
        progress(before + done / steps, f"{label}: {message}", **figures)

    return step
