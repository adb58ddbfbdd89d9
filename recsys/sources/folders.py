"""Where the folders of data sets are on this machine.

RECSYS_DATA names folders of data sets to use before those in `data/`, separated as in PATH.
"""

from __future__ import annotations

import os
from pathlib import Path

from recsys import machine


def data_folders() -> list[Path]:
    """Where the data sets have their usual places; the bundled one stays in the checkout."""
    return list(dict.fromkeys((machine.home() / "data", machine.checkout() / "data")))


def named_folders() -> list[Path]:
    """The folders of RECSYS_DATA."""
    named = os.environ.get("RECSYS_DATA", "").split(os.pathsep)
    return [Path(one).expanduser() for one in named if one]
