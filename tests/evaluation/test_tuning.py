"""Tuning finds what is best without a look at the test users, and its grids hold."""

from itertools import product

import numpy as np
import pytest
from test_split import a_dataset

from recsys.evaluation import GRIDS, split, tune
from recsys.evaluation.report import tuning_page
from recsys.models import EASE, KNN, find


@pytest.mark.parametrize("key", GRIDS)
def test_every_published_value_is_allowed(key):
    kind = find(key)
    for values in product(*GRIDS[key].values()):
        kind(**dict(zip(GRIDS[key], values, strict=True)))


def test_every_combination_is_tried_and_the_default_too():
    tried = tune(KNN, a_dataset(), {"neighbours": (2, None), "shrinkage": (0.0, 7.0)}, k=3)
    combinations = set(zip(tried["neighbours"], tried["shrinkage"], strict=True))
    default = (KNN().neighbours, KNN().shrinkage)
    assert combinations == {(2, 0.0), (2, 7.0), (None, 0.0), (None, 7.0), default}
    default = KNN()
    (row,) = tried[tried["default"]].to_dict("records")
    assert (row["neighbours"], row["shrinkage"]) == (default.neighbours, default.shrinkage)
    assert tried["ndcg"].is_monotonic_decreasing


def test_test_users_are_not_looked_at(monkeypatch):
    dataset = a_dataset()
    seen = []
    fit = EASE.fit

    def watched(self, train, progress):
        seen.append(set(train.users))
        return fit(self, train, progress)

    monkeypatch.setattr(EASE, "fit", watched)
    tune(EASE, dataset, {"regularisation": (10.0,)})
    division = split(dataset, seed=0)
    assert len(seen) == 2
    assert all(users < set(division.train.users) for users in seen)
    assert not np.isin(division.users, list(set.union(*seen))).any()


def test_the_page_shows_every_setting_that_was_tried() -> None:
    tried = tune(KNN, a_dataset(), {"neighbours": (2, None)}, k=3)
    page = tuning_page({"KNN": tried}, "a data set", "python -m recsys tune")
    cells = [row.split(" | ")[1] for row in page.splitlines() if row.startswith("| ")][1:]
    assert {"2", "None"} <= set(cells)
