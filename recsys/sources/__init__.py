"""Where a data set comes from: the bundled one, IBM's files, a MovieLens folder, or any folder
in one of these layouts. Must not know what is done with a data set.

RECSYS_DATA names folders to use before those in `data/`; RECSYS_HOME the folder that holds `data/`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from recsys.dataset import DataError, Dataset, TrainingSet
from recsys.machine import cache_folders, home
from recsys.sources import bundled, cache, folders, ibm, movielens, partitions
from recsys.sources.fetch import IBM_URL, FetchError, fetch_ibm
from recsys.sources.layout import Layout
from recsys.sources.schema import in_words
from recsys.sources.upload import load_pair

__all__ = [
    "IBM_URL",
    "LAYOUTS",
    "FetchError",
    "Layout",
    "Source",
    "available",
    "fetch_ibm",
    "home",
    "load_dataset",
    "load_pair",
    "load_training_set",
]

# In the order shown. A folder is offered to the last of them first, so that a layout may ask for
# more files than one above it.
LAYOUTS: tuple[Layout, ...] = (
    bundled,
    ibm,
    movielens,
)


@dataclass(frozen=True)
class Source:
    """A data set that is present on this machine.

    Attributes
    ----------
    key : what `load_dataset` takes
    title : what the dashboard calls it
    noun : what one item is called ("course", "film")
    description : a sentence about it
    folder : where its files are
    """

    key: str
    title: str
    noun: str
    description: str
    folder: Path


def load_dataset(source: str | os.PathLike[str] = "bundled") -> Dataset:
    """Load a data set.

    Parameters
    ----------
    source : "bundled", "ibm", "movielens", or the path of a folder with such files; of a folder
        of partitions, a sample of the users is loaded

    Raises
    ------
    DataError : for a source that is not there, listing those that are; for a broken file, with
        file, line and column
    """
    name = os.fspath(source)
    present = {one.key: one for one in available()}
    if name in present:
        return _load(present[name].folder, present[name].title)
    hints = {layout.KEY: layout.HINT for layout in LAYOUTS}
    if name not in hints and Path(name).is_dir():
        folder = Path(name)
        kept = cache.load(folder, folder.name)
        if kept is not None:  # a data set as it was saved, not the files it was made from
            return kept
        return _load(folder, _source(folder).title)
    known = ", ".join(f"“{key}”" for key in present) or "none"
    hint = hints.get(name, "The path of a folder works too.")
    raise DataError(f"There is no data set “{name}” on this machine. {hint} Present: {known}.")


def load_training_set(source: str | os.PathLike[str] = "bundled") -> TrainingSet:
    """What models are to be fitted on: `load_dataset`, but of partitions all, and left on disk."""
    if partitions.matches(Path(source)):
        return partitions.open_partitions(Path(source))
    return load_dataset(source)


def available() -> tuple[Source, ...]:
    """The data sets present on this machine, in the order shown.

    Raises
    ------
    DataError : if RECSYS_DATA names a folder without such files
    """
    found: dict[str, Source] = {}
    for folder in folders.named_folders():
        one = _source(folder)
        if one.key in (bundled.KEY, *found):  # it takes no other set's place
            one = replace(one, key=str(folder), description=f"From {folder}.")
        found[one.key] = one
    for layout in LAYOUTS:
        for root in folders.data_folders():
            if layout.KEY not in found and layout.matches(root / layout.FOLDER):
                found[layout.KEY] = _source(root / layout.FOLDER)
    order = dict.fromkeys((*(layout.KEY for layout in LAYOUTS), *found))
    return tuple(found[key] for key in order if key in found)


def _layout(folder: Path) -> Layout:
    """The layout that reads this folder.

    Raises
    ------
    DataError : says which files would be recognised
    """
    for layout in reversed(LAYOUTS):
        if layout.matches(folder):
            return layout
    if not folder.is_dir():
        raise DataError("there is no such folder.", str(folder))
    recognised = "; ".join(in_words(layout.FILES).removesuffix(".") for layout in LAYOUTS)
    raise DataError(
        f"holds no data set. Recognised are {recognised}; and what data convert makes.",
        str(folder),
    )


def _source(folder: Path) -> Source:
    """The data set in a folder, by what its layout says of it."""
    if partitions.matches(folder):
        return Source(str(folder), folder.name, partitions.NOUN, f"From {folder}.", folder)
    layout = _layout(folder)
    return Source(layout.KEY, layout.title(folder), layout.NOUN, layout.DESCRIPTION, folder)


def _load(folder: Path, name: str) -> Dataset:
    """From the cache, or else by parsing, and then into the cache where one can be written."""
    if partitions.matches(folder):  # parsed already, and too large to be kept once more
        return partitions.open_partitions(folder).sample()
    layout = _layout(folder)
    possible = [folder / file for file in (*layout.FILES, *layout.OPTIONAL)]
    files = [file for file in possible if file.is_file()]
    key = cache.content_key(layout.KEY, files)
    for place in cache_folders():
        dataset = cache.load(place / key, name)
        if dataset is not None:
            return dataset
    parsed = layout.parse(folder).dataset(name)
    for place in cache_folders():
        try:
            cache.save(parsed, place / key)
            break
        except OSError:  # read-only or full: the next place, or none; only speed is lost
            continue
    return parsed
