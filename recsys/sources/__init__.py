"""Where a data set comes from: the bundled one, IBM's files, a MovieLens folder, or any folder
in one of these layouts. Must not know what is done with a data set.

RECSYS_DATA names folders to use before those in `data/`; RECSYS_HOME the folder that holds `data/`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from recsys.dataset import DataError, Dataset, TrainingSet
from recsys.machine import cache_folders, home
from recsys.sources import bundled, cache, folders, ibm, movielens, partitions
from recsys.sources.fetch import IBM_URL, FetchError, fetch_ibm
from recsys.sources.upload import load_pair

__all__ = [
    "IBM_URL",
    "FetchError",
    "Source",
    "available",
    "fetch_ibm",
    "home",
    "load_dataset",
    "load_pair",
    "load_training_set",
]

_DEFAULTS = {  # in the order shown
    "bundled": (bundled, "bundled"),
    "ibm": (ibm, "ibm-courses"),
    "movielens": (movielens, "movielens-latest-small"),
}
_DESCRIPTIONS = {
    "bundled": "Synthetic courses and ratings, free to use (CC0); works offline.",
    "ibm": "307 courses and 34,000 users of IBM's machine learning capstone.",
    "movielens": "Films and genres rated by MovieLens users.",
}
_HINTS = {
    "bundled": "It belongs in data/bundled/ of the project.",
    "ibm": "Fetch it with: make data",
    "movielens": "Put movies.csv and ratings.csv into data/movielens-latest-small/.",
}


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
    if name not in _DEFAULTS and Path(name).is_dir():
        folder = Path(name)
        kept = cache.load(folder, folder.name)
        if kept is not None:  # a data set as it was saved, not the files it was made from
            return kept
        return _load(folder, _title(_layout(folder), folder))
    known = ", ".join(f"“{key}”" for key in present) or "none"
    hint = _HINTS.get(name, "The path of a folder works too.")
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
        layout = _layout(folder)
        key = next((key for key, (kind, _) in _DEFAULTS.items() if kind is layout), "")
        if key == "bundled" or key in found:
            key = str(folder)
        found[key] = _source(key, layout, folder)
    for key, (layout, place) in _DEFAULTS.items():
        for root in folders.data_folders():
            if key not in found and layout.matches(root / place):
                found[key] = _source(key, layout, root / place)
    order = [*_DEFAULTS, *(key for key in found if key not in _DEFAULTS)]
    return tuple(found[key] for key in order if key in found)


def _layout(folder: Path) -> ModuleType:
    """The module that reads this folder.

    Raises
    ------
    DataError : says which files would be recognised
    """
    for layout in (partitions, ibm, movielens, bundled):
        if layout.matches(folder):
            return layout
    if not folder.is_dir():
        raise DataError("there is no such folder.", str(folder))
    raise DataError(
        "holds no data set. Recognised are course_genre.csv, course_processed.csv and ratings.csv; "
        "movies.csv and ratings.csv; courses.csv and ratings.csv; and what data convert makes.",
        str(folder),
    )


def _source(key: str, layout: ModuleType, folder: Path) -> Source:
    description = _DESCRIPTIONS.get(key, f"From {folder}.")
    return Source(key, _title(layout, folder), layout.NOUN, description, folder)


def _title(layout: ModuleType, folder: Path) -> str:
    if layout is movielens and "small" in folder.name:
        return f"{layout.NAME} (small)"
    if layout is partitions or (layout is bundled and folder.name != "bundled"):
        return folder.name
    return str(layout.NAME)


def _load(folder: Path, name: str) -> Dataset:
    """From the cache, or else by parsing, and then into the cache where one can be written."""
    layout = _layout(folder)
    if layout is partitions:  # parsed already, and too large to be kept once more
        return partitions.open_partitions(folder).sample()
    files = [folder / file for file in layout.FILES if (folder / file).is_file()]
    key = cache.content_key(layout.__name__, files)
    for place in cache_folders():
        dataset = cache.load(place / key, name)
        if dataset is not None:
            return dataset
    parsed: Dataset = layout.parse(folder).dataset(name)
    for place in cache_folders():
        try:
            cache.save(parsed, place / key)
            break
        except OSError:  # read-only or full: the next place, or none; only speed is lost
            continue
    return parsed
