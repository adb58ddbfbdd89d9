"""NMF: its fold-in as scikit-learn's, and components that are what the data was made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import non_negative_factorization
from taste_groups import N_GROUPS, assert_finds_the_group, own_courses, taste_groups

from recsys.dataset import Dataset
from recsys.models import NMF, factorisation


@pytest.mark.parametrize("regularisation", [0.0, 20.0])
@pytest.mark.parametrize("discount", [0.0, 0.5])
def test_folds_a_visitor_in_like_scikit_learn(regularisation: float, discount: float) -> None:
    """The reference is given the fitted components on scaled columns, where ω is 1."""
    dataset = taste_groups()
    model = NMF(5, regularisation, discount).fit(dataset)
    scale = np.sqrt(model.course_weights_)
    likes = dataset.likes.sign().toarray()[:60] * scale
    components = model.H_ * scale
    amounts, _, _ = non_negative_factorization(
        likes,
        H=components,
        update_H=False,
        n_components=5,
        alpha_W=model.penalty_ / dataset.n_courses,
        alpha_H=0.0,
        tol=1e-7,
        max_iter=5000,
    )
    expected = amounts @ model.H_
    scores = model.score(dataset.interactions[:60])
    np.testing.assert_allclose(scores, expected, atol=2e-3)


def test_the_penalty_is_a_percentage_of_the_strongest_pattern(tiny: Dataset) -> None:
    model = NMF(n_components=3, regularisation=20.0, popularity_discount=0.5).fit(tiny)
    likes = tiny.likes.sign().toarray()[:, :5]  # the sixth is rated by nobody
    popularity = likes.sum(axis=0)
    weighted = likes * np.sqrt((popularity / popularity.mean()) ** -0.5)
    assert model.penalty_ == pytest.approx(0.2 * np.linalg.norm(weighted, 2), rel=1e-4)


def test_stops_where_more_passes_would_hardly_lower_the_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = taste_groups()
    taken = dataset.likes.sign()

    def loss(model: NMF) -> float:
        users, weights = model._fold_in(taken), model.course_weights_
        error = (weights * (taken.toarray() - users @ model.H_) ** 2).sum()
        sizes = (users**2).sum() + (weights * model.H_**2).sum()
        return float(error + model.penalty_ * sizes)

    # Groups of equal size leave the start open, and some starts lead to another minimum.
    model = NMF(n_components=6, regularisation=5.0, seed=3)
    found = loss(model.fit(dataset))
    monkeypatch.setattr(factorisation, "TOLERANCE", 1e-9)
    monkeypatch.setattr(factorisation, "PASSES", 1000)
    assert found == pytest.approx(loss(model.fit(dataset)), rel=1e-3)


def test_nothing_is_negative_and_unrated_courses_have_no_weight(tiny: Dataset) -> None:
    model = NMF(n_components=3, regularisation=5.0).fit(tiny)
    assert (model.H_ >= 0).all()
    assert not model.H_[:, 5].any()
    assert model.H_[:, :5].any(axis=0).all()


def test_reconstructs_what_has_as_few_components_as_it_looks_for() -> None:
    """Without regularisation, groups that never mix are found exactly."""
    rows = [(u, f"{'ab'[u % 2]}{i}", 3) for u in range(40) for i in range(4)]
    ids = [f"{group}{i}" for group in "ab" for i in range(4)]
    dataset = Dataset.from_tables(
        "Blocks",
        pd.DataFrame({"id": ids, "title": ids}),
        pd.DataFrame(rows, columns=["user", "item", "rating"]),
    )
    model = NMF(n_components=2, regularisation=0.0).fit(dataset)
    np.testing.assert_allclose(
        model.score(dataset.interactions), dataset.likes.sign().toarray(), atol=1e-3
    )


def test_components_are_the_groups() -> None:
    """Each group's courses have nearly all their weight in a component of their own."""
    dataset = taste_groups()
    model = NMF(n_components=N_GROUPS, regularisation=5.0).fit(dataset)
    groups = [dataset.positions(own_courses(group)) for group in range(N_GROUPS)]
    weight = np.array([model.H_[:, courses].sum(axis=1) for courses in groups])
    share = weight / weight.sum(axis=1, keepdims=True)
    assert set(share.argmax(axis=1)) == set(range(N_GROUPS))
    assert (share.max(axis=1) > 0.9).all()


def test_finds_the_group() -> None:
    assert_finds_the_group(NMF(n_components=6).fit(taste_groups()))


def test_bundles_found_in_a_sample_are_those_of_all_users(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = taste_groups()
    every = NMF(n_components=N_GROUPS, regularisation=5.0).fit(dataset)
    monkeypatch.setattr(factorisation, "SAMPLE", 300)
    model = NMF(n_components=N_GROUPS, regularisation=5.0).fit(dataset)
    one, other = (found.H_ / np.linalg.norm(found.H_, axis=1)[:, None] for found in (model, every))
    assert ((one @ other.T).max(axis=0) > 0.98).all()
    assert_finds_the_group(model)
