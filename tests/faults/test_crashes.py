"""A process killed, or the power lost, anywhere in a write: old or new is read, never garbage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from crashing import DIED, FINISHED, death_at_byte, die_before, in_a_process, steps

from recsys.dataset import Dataset
from recsys.evaluation.leaderboard import Answers
from recsys.jobs.standings import _read, _write
from recsys.models import KNN
from recsys.sources import cache
from recsys.storage import StoreError, load, save


@dataclass
class Kept:
    """Something kept on disk: how it is written, what is read back ("" where it is absent), and
    whether the old may be gone before the new is there.
    """

    write: Callable[[str], object]
    read: Callable[[], str]
    gap: bool = False


@pytest.fixture(params=["model", "data set", "evaluation"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, tiny: Dataset) -> Kept:
    place = tmp_path / "folder" / "kept"
    place.parent.mkdir()

    def answers(size: int) -> Answers:
        return Answers({"rated": np.arange(size)}, np.ones(size), 1.0, 1.0)

    if request.param == "model":
        models = {"old": KNN(neighbours=1).fit(tiny), "new": KNN(neighbours=2).fit(tiny)}

        def model() -> str:
            try:
                neighbours = load(place).values()["neighbours"]
            except (StoreError, FileNotFoundError):
                return ""
            return {1: "old", 2: "new"}[neighbours]

        return Kept(lambda which: save(models[which], place), model)
    if request.param == "data set":
        fewer = Dataset.from_tables("Tiny", tiny.courses, tiny.ratings[:-3])
        sets = {"old": fewer, "new": tiny}

        def dataset() -> str:
            found = cache.load(place, "Tiny")
            names = {one.fingerprint: which for which, one in sets.items()}
            return names[found.fingerprint] if found else ""

        return Kept(lambda which: cache.save(sets[which], place), dataset, gap=True)

    sizes = {"old": 10, "new": 20}

    def evaluation() -> str:
        found = _read(place)
        return {10: "old", 20: "new"}[len(found.predicted)] if found else ""

    return Kept(lambda which: _write(answers(sizes[which]), place), evaluation)


@pytest.mark.parametrize("before", ["", "old"], ids=["the first write", "over an old one"])
def test_a_process_killed_at_any_step_of_a_write_harms_nothing(
    kept: Kept, tmp_path: Path, before: str
) -> None:
    folder = tmp_path / "folder"

    def begin() -> None:
        shutil.rmtree(folder)
        folder.mkdir()
        if before:
            kept.write(before)

    begin()
    for number, step in enumerate(steps(lambda: kept.write("new"))):
        begin()
        die_before(number, lambda: kept.write("new"))
        assert kept.read() in (before, "new") or (kept.gap and not kept.read()), step
        kept.write("new")
        assert kept.read() == "new", step
        assert [one.name for one in folder.iterdir()] == ["kept"], f"left over by {step}"


def test_a_process_killed_at_any_byte_of_a_write_harms_nothing(kept: Kept, tmp_path: Path) -> None:
    kept.write("old")
    sizes = [one.stat().st_size for one in (tmp_path / "folder").rglob("*") if one.is_file()]
    largest = max(sizes) + 200
    for size in (0, 1, *range(7, largest, max(1, largest // 40))):
        fate = death_at_byte(lambda: kept.write("new"), size)
        assert kept.read() == ("old" if fate == DIED else "new"), f"killed at byte {size}"
        kept.write("old")
    kept.write("new")
    assert kept.read() == "new"
    assert [one.name for one in (tmp_path / "folder").iterdir()] == ["kept"]


def test_the_power_may_go_at_any_moment(kept: Kept) -> None:
    """What is renamed into place was flushed before, and the rename after: a disk that loses all
    that was not flushed still holds the old or the new.
    """
    done = steps(lambda: kept.write("new"))
    renamed = next(i for i, step in enumerate(done) if step.startswith("os.rename"))
    opened = [i for i, step in enumerate(done[:renamed]) if step.startswith("open")]
    flushed = [i for i, step in enumerate(done[:renamed]) if step == "fsync file"]
    assert opened
    assert len(flushed) == len(opened)
    assert max(opened) < max(flushed)
    assert "fsync folder" in done[renamed:]


def test_this_file_kills_for_real(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert steps(lambda: file.write_bytes(b"abc")) == [f"open {file}"]
    assert file.read_bytes() == b"abc"
    assert death_at_byte(lambda: file.write_bytes(b"abcdef"), 4) == DIED
    assert len(file.read_bytes()) <= 4
    assert death_at_byte(lambda: file.write_bytes(b"abcd"), 4) == FINISHED
    file.unlink()
    die_before(0, lambda: file.write_bytes(b"abc"))
    assert not file.exists()
    in_a_process(lambda: file.write_bytes(b"abc"))
    assert file.exists()
