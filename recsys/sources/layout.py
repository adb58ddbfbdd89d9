"""What a layout says about itself: a module with these names reads folders of one kind.

A layout is one file in `recsys/sources/` and one line in `LAYOUTS` of its `__init__`; everything
else about a data set follows from it. Must not know any particular layout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from recsys.sources.schema import Parsed


class Layout(Protocol):
    """A module that reads the folders of one layout.

    Attributes
    ----------
    KEY : what `load_dataset` and `--data` call the data set
    NOUN : what one item is called ("course", "film")
    DESCRIPTION : a sentence about the data set
    HINT : how to get it, in a sentence, for when it is not on this machine
    FOLDER : the name of its usual folder, in `data/`
    FILES : the names of the files that such a folder holds
    OPTIONAL : the names of the files that are read as well where the folder holds them
    """

    KEY: str
    NOUN: str
    DESCRIPTION: str
    HINT: str
    FOLDER: str

    @property  # read-only, so that a tuple of any length will do
    def FILES(self) -> tuple[str, ...]: ...

    @property
    def OPTIONAL(self) -> tuple[str, ...]: ...

    def title(self, folder: Path) -> str:
        """What the dashboard calls the data set in a folder."""

    def matches(self, folder: Path) -> bool:
        """Whether a folder holds the files of this layout."""

    def parse(self, folder: Path) -> Parsed:
        """Read the folder.

        Raises
        ------
        DataError : names file, line and column
        """
