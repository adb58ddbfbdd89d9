"""Nine course recommenders, one small package: load a data set, fit a model, ask it why.

    from recsys import load_dataset, models
    dataset = load_dataset("bundled")
    model = models.KNN(neighbours=40).fit(dataset)
    model.recommend({"PY0101EN": 3}, k=10)

The names are imported when first used, so that `import recsys` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys import models as models
    from recsys.evaluation import evaluate as evaluate
    from recsys.explanation import explain as explain
    from recsys.sources import load_dataset as load_dataset

_HOMES = {
    "load_dataset": "recsys.sources",
    "evaluate": "recsys.evaluation",
    "explain": "recsys.explanation",
}
__all__ = ["evaluate", "explain", "load_dataset", "models"]


def __getattr__(name: str) -> Any:
    if name == "models":
        return import_module("recsys.models")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module “recsys” has no attribute “{name}”")
