"""Results as a Markdown page: tables, a description of the data, and the command that wrote them.

This module must not know how the results are computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from recsys.dataset import Dataset
from recsys.evaluation import metrics
from recsys.evaluation.leaderboard import Result, leaderboard, rating_table
from recsys.evaluation.split import (
    COLD_SHARE,
    HOLDOUT_SHARE,
    MIN_LIKES,
    TEST_SHARE,
    Protocol,
)
from recsys.models import baselines

ACCURACY = {"ndcg": "NDCG", "recall": "Recall", "mrr": "MRR", "map": "MAP", "hit_rate": "Hit rate"}
LISTS = {
    "coverage": "Coverage",
    "gini": "Gini",
    "novelty": "Novelty (bits)",
    "diversity": "Diversity",
    "popularity": "Mean popularity",
    "unanswered": "Unanswered",
}
DIFFERENCES = {"ndcg_over_ease": "NDCG − EASE's", "ndcg_over_best": "NDCG − the best's"}
_TESTED, _HELD_OUT, _SHOWN, _COLD = (
    f"{100 * share:.0f} %" for share in (TEST_SHARE, HOLDOUT_SHARE, 1 - HOLDOUT_SHARE, COLD_SHARE)
)
PROTOCOLS: dict[Protocol, tuple[str, str]] = {
    "strong": (
        "Strong generalisation",
        f"Of the users with at least {MIN_LIKES} likes, {_TESTED} are tested, and training knows "
        f"nothing of them. A model is shown {_SHOWN} of a user's likes and has to find the others, "
        "at least one, among all {noun}s of the catalogue but those shown, fully ranked.",
    ),
    "weak": (
        "Weak generalisation",
        f"All users with at least {MIN_LIKES} likes are tested: {_HELD_OUT} of each one's likes, "
        "at least one, are held out, and the others are trained on. A model is shown those others "
        "again and has to find what was held out among all {noun}s of the catalogue but those "
        "shown, fully ranked.",
    ),
    "cold": (
        "Cold start",
        f"Training knows nothing of {_TESTED} of the users with at least {MIN_LIKES} likes, and no "
        f"rating at all of {_COLD} of the rated {{noun}}s, drawn anew for each seed (± shows what "
        "that does, the intervals do not). A model is shown what these users like of the other "
        "{noun}s and has to find what they like of the cold ones.",
    ),
}
CATALOGUES = {
    "rated": "the {n} rated {noun}s",
    "all": "all {n} {noun}s",
    "cold": "the {n} cold {noun}s alone",
}


def page(
    results: Mapping[Protocol, Sequence[Result]], dataset: Dataset, title: str, command: str
) -> str:
    """A Markdown page of results.

    Parameters
    ----------
    results : protocol -> what `compare` returned
    title : the title of the page: the name of the data set
    command : the command that writes this page, as typed into a shell
    """
    parts = [
        f"# Results: {title}",
        written_by(command),
        about(dataset),
        "Every model is at its default hyperparameters; *baselines* are in italics. In brackets "
        "are 95 % bootstrap intervals over users; a user who is tested under several seeds is "
        "resampled with all of their results. A difference is paired, the same users under both "
        "models, and real where its interval is clear of 0. “±” is the standard deviation over "
        "the seeds, which also shows what the choice of the training users does.",
    ]
    for protocol, found in results.items():
        parts += _protocol(protocol, found, dataset)
    return "\n\n".join(parts) + "\n"


def tuning_page(tables: Mapping[str, pd.DataFrame], title: str, command: str) -> str:
    """A Markdown page of the combinations that `tune` tried.

    Parameters
    ----------
    tables : name of the model -> what `tune` returned
    title, command : see `page`
    """
    parts = [
        f"# Hyperparameters tried: {title}",
        written_by(command),
        "Everything that was tried is listed: each combination of the grid of "
        "`recsys/evaluation/tuning.py`, and the default (✓). Models learn from a part of the "
        "training users of seed 0 and are judged by others of them; the test users of that seed "
        "are not looked at. In brackets are 95 % bootstrap intervals over users.",
    ]
    for name, table in tables.items():
        shown = pd.DataFrame({"default": ["✓" if own else "" for own in table["default"]]})
        names = list(table.columns[: list(table.columns).index("default")])
        shown[names] = table[names].map(str)  # `astype(str)` would not convert None
        for column, label in {"ndcg": "NDCG", "ndcg_over_best": "NDCG − the best's"}.items():
            shown[label] = _intervals(table, column)
        shown["fit (s)"] = [f"{value:.2f}" for value in table["fit_seconds"]]
        parts += [f"## {name}", _table(shown)]
    return "\n\n".join(parts) + "\n"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """A table in Markdown.

    Parameters
    ----------
    header : the names of the columns
    rows : the cells of each row
    align : one letter per column: "l" for left (words), "r" for right (numbers)
    """
    rule = [{"l": "---", "r": "---:"}[side] for side in align]
    lines = (f"| {' | '.join(cells)} |" for cells in rows)
    return "\n".join([f"| {' | '.join(header)} |", f"|{'|'.join(rule)}|", *lines])


def bullets(lines: Iterable[str]) -> str:
    """A list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)


def written_by(command: str) -> str:
    """The paragraph that names the command that writes a page."""
    return f"Written by this command, not by hand:\n\n```sh\n{command}\n```"


def about(dataset: Dataset, *more: str) -> str:
    """The list of facts about a data set: its size, `more`, the fingerprint, and the repairs."""
    rated = int((dataset.popularity > 0).sum())
    likes = f"{dataset.likes.nnz:,} likes"
    if dataset.like_threshold:
        likes += f" (ratings of {dataset.like_threshold:g} and more)"
    size = (
        f"{dataset.n_users:,} users, {dataset.n_courses:,} {dataset.noun}s of which {rated:,} are "
        f"liked by somebody, {likes}"
    )
    facts = "; ".join([size, *more, f"fingerprint `{dataset.fingerprint}`."])
    return bullets([facts, *dataset.repairs])


def _protocol(protocol: Protocol, results: Sequence[Result], dataset: Dataset) -> list[str]:
    heading, how = PROTOCOLS[protocol]
    by_seed = {one.seed: one.users for one in results}
    cases = sum(map(len, by_seed.values()))
    persons = len(np.unique(np.concatenate(list(by_seed.values()))))
    seeds = ", ".join(map(str, by_seed))
    parts = [
        f"## {heading}",
        how.format(noun=dataset.noun),
        f"Seeds: {seeds}. {cases:,} test cases of {persons:,} users.",
    ]
    board = leaderboard(results)
    for _, table in board.groupby(["catalogue", "k"], sort=False):
        parts += _lists(table, dataset)
    parts += ["### Time", _table(_times(board))]
    ratings = rating_table(results)
    if len(ratings) and protocol != "cold":
        parts += _ratings(ratings, dataset)
    return parts


def _lists(table: pd.DataFrame, dataset: Dataset) -> list[str]:
    """The tables of one catalogue and one list length."""
    catalogue, k = str(table["catalogue"].iloc[0]), int(table["k"].iloc[0])
    rated = int((dataset.popularity > 0).sum())
    n = {"rated": rated, "all": dataset.n_courses, "cold": round(COLD_SHARE * rated)}[catalogue]
    where = CATALOGUES[catalogue].format(n=f"{n:,}", noun=dataset.noun)
    models = [_styled(name) for name in table["model"]]
    accuracy = {"Model": models}
    for name, label in (ACCURACY | DIFFERENCES).items():
        if name in table:
            accuracy[f"{label}@{k}" if name in metrics.ACCURACY else label] = _intervals(
                table, name
            )
    if "ndcg_spread" in table:
        accuracy["±"] = [f"{value:.3f}" for value in table["ndcg_spread"]]
    beyond = {"Model": models}
    beyond |= {label: [_number(v) for v in table[name]] for name, label in LISTS.items()}
    return [
        f"### {where[0].upper()}{where[1:]}: lists of {k}",
        _table(pd.DataFrame(accuracy)),
        _table(pd.DataFrame(beyond)),
    ]


def _times(board: pd.DataFrame) -> pd.DataFrame:
    once = board.drop_duplicates("model").sort_values("fit_seconds", kind="stable")
    return pd.DataFrame(
        {
            "Model": [_styled(name) for name in once["model"]],
            "Fit (s)": [f"{value:.2f}" for value in once["fit_seconds"]],
            "Score all test users (s)": [f"{value:.2f}" for value in once["score_seconds"]],
        }
    )


def _ratings(table: pd.DataFrame, dataset: Dataset) -> list[str]:
    values, counts = np.unique(dataset.likes.data, return_counts=True)
    usual, share = values[counts.argmax()], counts.max() / counts.sum()
    return [
        "### Predicted ratings",
        f"The ratings of what was held out, predicted from the query alone. {share:.1%} of the "
        f"liked {dataset.noun}s have the rating {usual:g}, so a small error says little: compare "
        "with the last two rows, which look at nobody. A prediction counts for the class of the "
        "nearest rating; F1 is 0 for a class that is never met.",
        _table(
            pd.DataFrame(
                {"Predictor": table["predictor"], "RMSE": [f"{v:.4f}" for v in table["rmse"]]}
                | {
                    name.replace("macro_f1", "Macro F1").replace("f1_", "F1 of "): [
                        _number(value) for value in table[name]
                    ]
                    for name in table.columns[2:]
                }
            )
        ),
    ]


def _intervals(table: pd.DataFrame, name: str) -> list[str]:
    columns = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
    return [f"{_number(mean)} [{_number(low)}, {_number(high)}]" for mean, low, high in columns]


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}".replace("-", "−")


def _styled(name: str) -> str:
    return f"*{name}*" if name in {one.name for one in baselines()} else name


def _table(table: pd.DataFrame) -> str:
    """A table in Markdown with words in the first column and numbers in the others."""
    return markdown(list(table.columns), table.to_numpy(), "l" + "r" * (table.shape[1] - 1))
