"""A model of one's own: what is wrong with its class is said where it is defined or used."""

from __future__ import annotations

import pytest
from own_model import run_cell

from recsys import models
from recsys.dataset import Dataset

SCORES = "histories.sign() @ self.share_"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_MODELS", [models.KNN])


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (('    name: ClassVar[str] = "Followers"\n', ""), "Followers needs name"),
        (("def _score", "def score_all"), "abstract"),
        (("@dataclass(eq=False)\n", ""), "Write @dataclass"),
        (("damping: float = hyperparameter(0.5, ", "damping: float  # hyperparameter("), "damping"),
    ],
)
def test_a_class_that_cannot_work_is_refused_in_its_cell(edit: tuple[str, str], error: str) -> None:
    with pytest.raises(TypeError, match=error):
        run_cell(edit)
    assert models.registry() == (models.KNN,)


def test_a_class_that_is_defined_again_replaces_the_first() -> None:
    first, second = run_cell(), run_cell()
    assert models.registry() == (models.KNN, second)
    assert first is not second


def test_a_plain_dataclass_will_do(tiny: Dataset) -> None:
    followers = run_cell(("@dataclass(eq=False)", "@dataclass"))
    assert followers() != followers()
    assert {followers(): 1, followers(): 2}
    assert followers().damping == 0.5


@pytest.mark.parametrize("wrong", ["[:1]", "[:, :2]", "[:, 0]"])
@pytest.mark.parametrize("collaborative", [True, False])
def test_scores_of_another_shape_are_refused(
    wrong: str, collaborative: bool, tiny: Dataset
) -> None:
    """NumPy would stretch a single row to all users."""
    followers = run_cell((SCORES, f"({SCORES}){wrong}"))
    followers.collaborative = collaborative
    with pytest.raises(ValueError, match=r"_score returned an array of shape .* \(2, 6\)"):
        followers().fit(tiny).score(tiny.histories([{"PY1": 3}, {"DB1": 3}]))
