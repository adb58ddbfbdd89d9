"""Where data sets come from: the bundled set, IBM's files, a MovieLens folder, or any folder in one
of these layouts. Must not know what a data set is used for.

RECSYS_DATA names folders to use before those in `data/`. RECSYS_HOME is the folder that contains
`data/`.
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
from recsys.sources.schema import as_sentence
from recsys.sources.upload import load_pair

__all__ = [
    "IBM_URL",
    "LAYOUTS",
    "FetchError",
    "Layout",
    "Source",
    "Version",
    "available",
    "fetch_ibm",
    "home",
    "load_dataset",
    "load_pair",
    "load_training_set",
    "version_of",
]

Version = tuple[tuple[str, int, int], ...]  # path, size in bytes and time of change of each file

# In the order shown. Layouts are tried from the last to the first, so that a layout can require
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
    key : the name to pass to `load_dataset`
    title : its name in the dashboard
    noun : what one item is called ("course", "film")
    description : one sentence about it
    folder : the folder of its files
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
    source : "bundled", "ibm", "movielens", or the path of a folder with the same files; from a
        folder of partitions, only a sample of the users is loaded

    Raises
    ------
    DataError : if the source does not exist (the error lists those that do), or if a file is
        invalid (the error names file, line and column)
    """
    name = os.fspath(source)
    present = {one.key: one for one in available()}
    if name in present:
        return _load(present[name].folder, present[name].title)
    hints = {layout.KEY: layout.HINT for layout in LAYOUTS}
    if name not in hints and Path(name).is_dir():
        folder = Path(name)
        kept = cache.load(folder, folder.name)
        if kept is not None:  # the folder contains a saved data set, not its source files
            return kept
        return _load(folder, _source(folder).title)
    known = ", ".join(f"“{key}”" for key in present) or "none"
    hint = hints.get(name, "You can also give the path of a folder.")
    raise DataError(f"There is no data set “{name}” on this machine. {hint} Present: {known}.")


def load_training_set(source: str | os.PathLike[str] = "bundled") -> TrainingSet:
    """Load the data to fit models on: as `load_dataset`, but a folder of partitions with all its
    users, whose ratings stay on disk.

    Raises
    ------
    DataError : as `load_dataset`
    """
    if partitions.matches(Path(source)):
        return partitions.open_partitions(Path(source))
    return load_dataset(source)


def version_of(source: str | os.PathLike[str]) -> Version:
    """The files of a data set with their sizes and times, to notice a change.

    () for a folder of partitions, which is not kept in memory, and for an unknown source.

    Parameters
    ----------
    source : as for `load_training_set`
    """
    present = {one.key: one.folder for one in available()}
    folder = present.get(os.fspath(source), Path(source))
    if partitions.matches(folder):
        return ()
    files = [(one, one.stat()) for one in sorted(folder.glob("*")) if one.is_file()]
    return tuple((str(one), about.st_size, about.st_mtime_ns) for one, about in files)


def available() -> tuple[Source, ...]:
    """The data sets present on this machine, in the order shown.

    Raises
    ------
    DataError : if RECSYS_DATA names a folder that no layout can read
    """
    found: dict[str, Source] = {}
    for folder in folders.named_folders():
        one = _source(folder)
        if one.key in (bundled.KEY, *found):  # the key is taken: use the path instead
            one = replace(one, key=str(folder), description=f"From {folder}.")
        found[one.key] = one
    for layout in LAYOUTS:
        for root in folders.data_folders():
            if layout.KEY not in found and layout.matches(root / layout.FOLDER):
                found[layout.KEY] = _source(root / layout.FOLDER)
    order = dict.fromkeys((*(layout.KEY for layout in LAYOUTS), *found))
    return tuple(found[key] for key in order if key in found)


def _layout(folder: Path) -> Layout:
    """The layout that can read a folder.

    Raises
    ------
    DataError : if there is none; it lists the files that are recognised
    """
    for layout in reversed(LAYOUTS):
        if layout.matches(folder):
            return layout
    if not folder.is_dir():
        raise DataError("there is no such folder.", str(folder))
    recognised = "; ".join(as_sentence(layout.FILES).removesuffix(".") for layout in LAYOUTS)
    raise DataError(
        f"contains no data set. Recognised are {recognised}; and the output of data convert.",
        str(folder),
    )


def _source(folder: Path) -> Source:
    """The description of the data set in a folder, from its layout."""
    if partitions.matches(folder):
        return Source(str(folder), folder.name, partitions.NOUN, f"From {folder}.", folder)
    layout = _layout(folder)
    return Source(layout.KEY, layout.title(folder), layout.NOUN, layout.DESCRIPTION, folder)


def _load(folder: Path, name: str) -> Dataset:
    """Load a data set from the cache, or parse it and write it into the cache."""
    if partitions.matches(folder):  # already parsed, and too large to store twice
        return partitions.open_partitions(folder).sample()
    layout = _layout(folder)
    possible = [folder / file for file in (*layout.FILES, *layout.OPTIONAL)]
    files = [file for file in possible if file.is_file()]
    key = cache.content_key(layout.KEY, files)
    for root in cache_folders():
        dataset = cache.load(root / key, name)
        if dataset is not None:
            return dataset
    parsed = layout.parse(folder).dataset(name)
    for root in cache_folders():
        try:
            cache.save(parsed, root / key)
            break
        except (
            OSError
        ):  # read-only or full: try the next folder; without a cache only speed is lost
            continue
    return parsed
