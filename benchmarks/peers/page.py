"""The standings as a page to read, and as JSON. Must not know how they came about."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from contenders import BUDGET, NOTES, Contender, Settings

from recsys.dataset import Dataset
from recsys.evaluation import GRIDS, difference, interval
from recsys.evaluation.certainty import Interval
from recsys.evaluation.report import about, bullets, markdown, written_by
from recsys.sources import ibm

KNOWS_QUERIES = "†"


@dataclass(frozen=True, eq=False)
class Standing:
    """How one model did on the test users.

    Attributes
    ----------
    library : its name; "recsys" for ours
    ndcg : (n_test_users,) of each
    settings : the chosen hyperparameters; None where the defaults were taken
    tried : (settings, mean NDCG on the validation users)
    contender : what it was compared as; None for ours
    """

    library: str
    model: str
    ndcg: np.ndarray
    fit_seconds: float
    settings: Settings | None
    tried: list[tuple[Settings, float]]
    contender: Contender | None
    versions: dict[str, str]


def page(
    dataset: Dataset, standings: Sequence[Standing], problems: Iterable[str], command: str, k: int
) -> str:
    """A Markdown page of the standings, best first."""
    notes = [one.contender.note for one in standings if one.contender and one.contender.note]
    parts = [
        f"# Peers: {title(dataset)}",
        written_by(command),
        about(dataset, f"{len(standings[0].ndcg):,} test users"),
        "Strong generalisation, as in [evaluation.md](../evaluation.md), seed 0; all "
        f"{dataset.noun}s that somebody likes are candidates. All are given the same likes, "
        f"without grades. Each peer, and our EASE, had {BUDGET} settings to choose from (listed in "
        "`benchmarks/peers/contenders.py`), judged on a validation part of the training users; "
        "the test users were looked at once. Our other models are at their defaults, which had a "
        f"budget of their own: grids of up to {largest_grid()} settings "
        f"(`recsys/evaluation/tuning.py`), not searched anew for this page. NDCG@{k} is "
        "computed by our own code for all; in brackets is its 95 % bootstrap interval over users; "
        "the difference to our EASE is paired, the same users under both, and real where its "
        "interval is clear of 0. Fit times, without imports, are of one run on one thread: take "
        "them for their order of magnitude.",
        table(standings, k),
        f"{KNOWS_QUERIES} cannot fold in users it does not know, so it was trained on the test "
        "users' queries too: a gift that no other model gets.",
        bullets([*notes, *NOTES, *problems]),
        f"Versions: {', '.join(versions(standings))}; Python {platform.python_version()} for ours. "
        f"Machine: {platform.system()} {platform.machine()}, {os.cpu_count()} cores.",
    ]
    return "\n\n".join(parts) + "\n"


def record(
    dataset: Dataset, standings: Sequence[Standing], problems: Iterable[str], command: str
) -> dict[str, Any]:
    """The same with all that was tried, for JSON."""
    ease = reference(standings)
    return {
        "data": title(dataset),
        "fingerprint": dataset.fingerprint,
        "command": command,
        "problems": list(problems),
        "standings": [
            {
                "library": one.library,
                "model": one.model,
                "ndcg": interval(one.ndcg)._asdict(),
                "ndcg_over_ease": difference(one.ndcg, ease.ndcg)._asdict(),
                "fit_seconds": round(one.fit_seconds, 4),
                "knows_queries": bool(one.contender and one.contender.knows_queries),
                "settings": one.settings,
                "tried": [{"settings": tried, "ndcg": ndcg} for tried, ndcg in one.tried],
                "versions": one.versions,
            }
            for one in ordered(standings)
        ],
    }


def largest_grid() -> int:
    """How many settings the largest of our own grids has."""
    return max(prod(len(values) for values in grid.values()) for grid in GRIDS.values())


def title(dataset: Dataset) -> str:
    """The data set's name, with a word about ratings that are not the published ones."""
    inferred = any(ibm.NOT_PUBLISHED in repair for repair in dataset.repairs)
    return f"{dataset.name} (inferred ratings)" if inferred else dataset.name


def table(standings: Sequence[Standing], k: int) -> str:
    ease = reference(standings)
    header = ["model", "library", f"NDCG@{k}", "− our EASE's", "fit (s)", "settings"]
    rows = []
    for one in ordered(standings):
        mark = f" {KNOWS_QUERIES}" if one.contender and one.contender.knows_queries else ""
        over = "" if one is ease else shown(difference(one.ndcg, ease.ndcg), "+")
        library = f"**{one.library}**" if one.contender is None else one.library
        cells = [
            one.model + mark,
            library,
            shown(interval(one.ndcg)),
            over,
            f"{one.fit_seconds:.2f}",
            spelled(one.settings),
        ]
        rows.append(cells)
    return markdown(header, rows, "llrrrl")


def ordered(standings: Sequence[Standing]) -> list[Standing]:
    return sorted(standings, key=lambda one: -one.ndcg.mean())


def reference(standings: Sequence[Standing]) -> Standing:
    return next(one for one in standings if one.library == "recsys" and one.model == "EASE")


def shown(found: Interval, sign: str = "") -> str:
    mean, low, high = (f"{value:{sign}.3f}".replace("-", "−") for value in found)
    return f"{mean} [{low}, {high}]"


def spelled(settings: dict[str, Any] | None) -> str:
    if settings is None:
        return "defaults"
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in settings.items()
    )


def versions(standings: Iterable[Standing]) -> list[str]:
    """Each package of the peers with its version, the libraries first."""
    found = {f"{name} {version}" for one in standings for name, version in one.versions.items()}
    return sorted(found, key=lambda one: (one.startswith(("numpy", "scipy", "torch")), one))
