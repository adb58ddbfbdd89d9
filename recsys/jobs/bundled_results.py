"""The results that come with the bundled data set, so that the leaderboard is filled at once.

The file holds, for each model, which courses of each user's list were held out, as bits, since
paired intervals need the users one by one; and the measures of all lists together. A result is used
only if data, settings, split, and the code of models and evaluation are those of the day on which
it was written: their fingerprint is its name. `python -m recsys evaluate --bundle` writes the file.

Must not know how a model is evaluated.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

import recsys.evaluation
import recsys.ranking
from recsys.evaluation import Split
from recsys.evaluation.leaderboard import Answers, Result, measure
from recsys.evaluation.metrics import ACCURACY, hits
from recsys.evaluation.split import Catalogue
from recsys.machine import digest_of, write_atomically
from recsys.models import Recommender
from recsys.sources import bundled
from recsys.sources.folders import data_folders

FILE = "results.npz"
K = 10  # the length of the lists
CATALOGUE: Catalogue = "rated"
LISTS = ("coverage", "gini", "novelty", "diversity", "popularity", "unanswered")  # in this order

log = logging.getLogger(__name__)


def load(names: Mapping[Recommender, str], division: Split) -> list[Result]:
    """The results of those models that the file has under their names.

    Parameters
    ----------
    names : model -> the name of its answers to the split, a fingerprint of all but the code of the
        evaluation
    """
    path = _path()
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [
                _result(model, arrays[f"{key} hits"], arrays[f"{key} figures"], division)
                for model, key in ((model, _key(name)) for model, name in names.items())
                if f"{key} hits" in arrays.files
            ]
    except FileNotFoundError:
        return []
    except Exception as error:  # a damaged file can cause any kind of error
        log.warning("The bundled results are ignored: %s cannot be read (%s).", path, error)
        return []


def save(
    answers: Mapping[Recommender, Answers],
    names: Mapping[Recommender, str],
    division: Split,
    candidates: np.ndarray,
) -> Path:
    """Write the file anew; returns its path.

    Parameters
    ----------
    answers : what each model answered to the split
    names : as for `load`
    candidates : (n_courses,) which courses the catalogue has

    Raises
    ------
    OSError : if the folder cannot be written
    """
    arrays = {}
    for model, answer in answers.items():
        key = _key(names[model])
        hit = hits(answer.ranked[CATALOGUE][:, :K], division.holdouts)
        one = measure(model, answer, division, CATALOGUE, candidates, K)
        arrays[f"{key} hits"] = np.packbits(hit, axis=1)
        arrays[f"{key} figures"] = np.array(
            [*(one.lists[name] for name in LISTS), one.fit_seconds, one.score_seconds]
        )
    path = _path()
    write_atomically(path, lambda file: np.savez_compressed(file, allow_pickle=False, **arrays))
    return path


def _result(model: Recommender, packed: np.ndarray, figures: np.ndarray, division: Split) -> Result:
    hit = np.unpackbits(packed, axis=1, count=K).astype(bool)
    n_relevant = np.asarray(division.holdouts.getnnz(axis=1))
    *lists, fit_seconds, score_seconds = map(float, figures)
    return Result(
        model,
        division.seed,
        CATALOGUE,
        K,
        division.users,
        {name: metric(hit, n_relevant) for name, metric in ACCURACY.items()},
        dict(zip(LISTS, lists, strict=True)),
        {},
        fit_seconds,
        score_seconds,
    )


def _path() -> Path:
    """The file beside the bundled data set that is used."""
    folders = [root / bundled.FOLDER for root in data_folders()]
    return next(filter(bundled.matches, folders), folders[-1]) / FILE


def _key(name: str) -> str:
    return f"{name} {_evaluation_code()}"


@cache
def _evaluation_code() -> str:
    """A hash of the code that makes figures of a model's scores."""
    package = Path(recsys.evaluation.__file__).parent
    parts = [package / f"{name}.py" for name in ("leaderboard", "metrics", "split")]
    return digest_of([*parts, Path(recsys.ranking.__file__)])[:12]
