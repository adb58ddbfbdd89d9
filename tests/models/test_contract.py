"""Every registered model and baseline keeps the promises of a recommender."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import save_npz

pytest.register_assert_rewrite("contract")

from contract import HISTORIES, RecommenderContract, fitted  # noqa: E402

from recsys.dataset import Dataset  # noqa: E402
from recsys.models import Recommender, baselines, find, registry  # noqa: E402
from recsys.storage import save  # noqa: E402

EVERY = [*registry(), *baselines()]

SCORE_ALONE = """
import sys
from pathlib import Path

import numpy as np
from scipy.sparse import load_npz

for library in ("keras", "sklearn", "tensorflow"):
    sys.modules[library] = None  # importing it raises from now on

from recsys.storage import load

histories = load_npz("histories.npz")
for path in Path().glob("*.model"):
    np.save(f"{path.stem}.npy", load(path).score(histories))
"""


class TestEveryModel(RecommenderContract):
    @pytest.fixture(params=EVERY, ids=lambda kind: kind.key())
    def kind(self, request: pytest.FixtureRequest) -> type[Recommender]:
        return request.param


def test_models_are_found_by_their_keys() -> None:
    assert [find(kind.key()) for kind in EVERY] == EVERY


def test_scoring_needs_neither_tensorflow_nor_scikit_learn(tiny: Dataset, tmp_path: Path) -> None:
    """Stored models are scored by a process that cannot import these."""
    histories = tiny.histories(HISTORIES)
    save_npz(tmp_path / "histories.npz", histories)
    for kind in EVERY:
        save(fitted(kind, tiny), tmp_path / f"{kind.key()}.model")

    subprocess.run([sys.executable, "-c", SCORE_ALONE], cwd=tmp_path, check=True, timeout=60)

    for kind in EVERY:
        scores = np.load(tmp_path / f"{kind.key()}.npy")
        np.testing.assert_array_equal(scores, fitted(kind, tiny).score(histories))
