"""The paths of the folders of data sets on this machine.

RECSYS_DATA names folders of data sets to use before those in `data/`, separated as in PATH.
"""

from __future__ import annotations

import os
from pathlib import Path

from recsys import machine


def data_folders() -> list[Path]:
    """The folders `data/` to look in: that of `home`, then the checkout's, with the bundled set."""
    return list(dict.fromkeys((machine.home() / "data", machine.checkout() / "data")))


def named_folders() -> list[Path]:
    """The folders that RECSYS_DATA names, in its order."""
    named = os.environ.get("RECSYS_DATA", "").split(os.pathsep)
    return [Path(one).expanduser() for one in named if one]
