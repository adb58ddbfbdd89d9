"""README's model of one's own, as a learner types it into a cell of the notebook, and edits it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from recsys import models
from recsys.models import Recommender

README = Path(__file__).resolve().parents[1] / "README.md"


def cell() -> str:
    """README's cell; it needs `dataset`, from the cell before it."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
    (found,) = (one for one in blocks if "class Followers" in one)
    return found


def notebook_cell() -> str:
    """README's cell, with the lines before it that it needs."""
    return f'from recsys import load_dataset\n\ndataset = load_dataset("bundled")\n\n{cell()}'


def run_cell(*edits: tuple[str, str], **names: Any) -> type[Recommender]:
    """Run the cell as a notebook does, where it is part of `__main__`; returns the class.

    Parameters
    ----------
    edits : texts of the cell, and by what the learner has replaced them
    names : further names that the cell can use
    """
    code = cell().rpartition("\n\n\n")[0]  # without the example, which needs the bundled data
    for old, new in edits:
        assert old in code
        code = code.replace(old, new)
    exec(code, {"__name__": "__main__", **names})
    return models.find("followers")
