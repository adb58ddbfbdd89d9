"""Nine course recommenders in one small package: load data, fit a model, explain its results.

    from recsys import load_dataset, models
    dataset = load_dataset("bundled")
    model = models.KNN(neighbours=40).fit(dataset)
    model.recommend({"PY0101EN": 3}, k=10)

The names are imported on first use, so that `import recsys` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys import models as models
    from recsys.evaluation import evaluate as evaluate
    from recsys.explanation import explain as explain
    from recsys.sources import load_dataset as load_dataset

_MODULES = {  # of the names that are imported on first use
    "load_dataset": "recsys.sources",
    "evaluate": "recsys.evaluation",
    "explain": "recsys.explanation",
}
__all__ = ["evaluate", "explain", "load_dataset", "models"]


def __getattr__(name: str) -> Any:
    if name == "models":
        return import_module("recsys.models")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module “recsys” has no attribute “{name}”")
