"""The interface of a layout: a module with these names reads the folders of one layout.

To add a layout, add one file to `recsys/sources/` and one line to `LAYOUTS` in its `__init__`;
everything else follows from these. Must not know any particular layout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from recsys.sources.schema import Parsed


class Layout(Protocol):
    """A module that reads the folders of one layout.

    Attributes
    ----------
    KEY : the name of the data set for `load_dataset` and `--data`
    NOUN : what one item is called ("course", "film")
    DESCRIPTION : one sentence about the data set
    HINT : one sentence on how to get it, shown if it is not on this machine
    FOLDER : the name of its usual folder in `data/`
    FILES : the names of the required files
    OPTIONAL : the names of the files that are also read if the folder contains them
    """

    KEY: str
    NOUN: str
    DESCRIPTION: str
    HINT: str
    FOLDER: str

    @property  # read-only, so that a tuple of any length is accepted
    def FILES(self) -> tuple[str, ...]: ...

    @property
    def OPTIONAL(self) -> tuple[str, ...]: ...

    def title(self, folder: Path) -> str:
        """The name of the data set in the dashboard."""

    def matches(self, folder: Path) -> bool:
        """Whether a folder contains the files of this layout."""

    def parse(self, folder: Path) -> Parsed:
        """Read the folder.

        Raises
        ------
        DataError : if a file is invalid; it names file, line and column
        """
