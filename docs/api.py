"""Build the API reference from the docstrings: `python docs/api.py [FOLDER]`, by default build/api.

A warning, such as a name that does not resolve, is an error.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import recsys

ROOT = Path(__file__).resolve().parents[1]
# What scripts, notebooks and new models import; recsys brings recsys.models with it.
MODULES = """
    recsys recsys.dataset recsys.sources recsys.text recsys.models.base
    recsys.models.hyperparameters recsys.evaluation recsys.explanation recsys.charts
    recsys.storage.store recsys.storage.format recsys.jobs.job recsys.jobs.training
    recsys.jobs.standings
""".split()


def build(folder: Path) -> None:
    """Write a page for each module, and one to start from."""
    from pdoc import pdoc, render

    # `recsys` imports its names when they are first used; pdoc looks only at what is there.
    for name in recsys.__all__:
        setattr(recsys, name, getattr(recsys, name))
    render.configure(docformat="numpy", search=True, show_source=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "api"
    build(target)
    print(f"The reference is in {target / 'recsys.html'}.")
