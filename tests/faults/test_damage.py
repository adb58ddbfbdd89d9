"""Stored files that are broken, foreign or out of reach, and folders that are full or gone."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from crashing import in_a_process
from stage import write_folder

from recsys.dataset import Dataset
from recsys.evaluation.leaderboard import Answers
from recsys.jobs.standings import _read, _write
from recsys.models import KNN
from recsys.sources import cache, load_dataset
from recsys.storage import Store

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as other users")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def damages(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Cut off, one bit flipped, or a block of zeros, in every region."""
    step = len(whole) // 60 + 1
    places = sorted({*range(0, min(200, len(whole)), 9), *range(200, len(whole), step)})
    for place in (*places, len(whole) - 1):
        yield f"cut off at {place}", whole[:place]
        for bit in (0x01, 0x80):
            flipped = bytes([whole[place] ^ bit])
            yield f"bit {bit} of byte {place}", whole[:place] + flipped + whole[place + 1 :]
        zeros = bytes(len(whole[place : place + 512]))
        if whole[place : place + 512] != zeros:
            yield f"zeros from {place}", whole[:place] + zeros + whole[place + 512 :]


def test_a_damaged_model_is_fitted_anew(store: Store, tiny: Dataset) -> None:
    path = store.put(KNN().fit(tiny), tiny)
    for what, content in damages(path.read_bytes()):
        path.write_bytes(content)
        assert store.get(KNN(), tiny) is None, what
    store.fitted(KNN(), tiny)
    assert store.get(KNN(), tiny) is not None


def test_a_damaged_data_set_is_parsed_anew(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of the cache is damaged, it is as if it were not there, or all is as it was."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_folder(tiny, tmp_path / "courses")
    load_dataset(folder)
    (entry,) = (tmp_path / "data" / ".cache").iterdir()
    for file in entry.iterdir():
        whole = file.read_bytes()
        for what, content in damages(whole):
            file.write_bytes(content)
            found = cache.load(entry, tiny.name)
            assert found is None or found.fingerprint == tiny.fingerprint, (file.name, what)
        assert load_dataset(folder).fingerprint == tiny.fingerprint
        file.write_bytes(whole)


def test_damaged_answers_are_asked_for_anew(tmp_path: Path) -> None:
    path = tmp_path / "answers.npz"
    lists = np.arange(3000).reshape(100, 30)
    _write(Answers({"rated": lists}, np.ones(9), 1.0, 2.0), path)
    for what, content in damages(path.read_bytes()):
        path.write_bytes(content)
        found = _read(path)
        assert found is None or np.array_equal(found.ranked["rated"], lists), what


def test_a_link_is_replaced_and_what_it_points_to_stays(
    store: Store, tiny: Dataset, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("not a model")
    key = store.key(KNN(), tiny)
    store.folder.mkdir()
    store.path(key).symlink_to(precious)
    assert store.get(KNN(), tiny) is None
    store.fitted(KNN(), tiny)
    assert not store.path(key).is_symlink()
    assert store.get(KNN(), tiny) is not None
    assert precious.read_text() == "not a model"


def test_a_link_in_place_of_a_lock_harms_nothing(
    store: Store, tiny: Dataset, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("not a lock")
    store.folder.mkdir()
    (store.folder / f"{store.key(KNN(), tiny)}.lock").symlink_to(precious)
    assert not store.fitted(KNN(), tiny).recommend({"PY1": 3}).empty
    assert precious.read_text() == "not a lock"


def test_what_is_no_file_counts_as_absent(store: Store, tiny: Dataset) -> None:
    path = store.path(store.key(KNN(), tiny))
    store.folder.mkdir()
    os.mkfifo(path)  # reading it would wait for ever
    assert store.get(KNN(), tiny) is None
    path.unlink()
    path.symlink_to("/dev/zero")  # reading it would never end
    assert store.get(KNN(), tiny) is None
    path.unlink()
    path.symlink_to(path)
    assert store.get(KNN(), tiny) is None


def as_nobody(action: Callable[[], object]) -> None:
    def lowered() -> None:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        action()

    in_a_process(lowered)


def open_to_all(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)


def assert_it_still_works(store: Store, dataset: Dataset) -> None:
    assert store.get(KNN(), dataset) is None
    assert not store.fitted(KNN(), dataset).recommend({"PY1": 3}).empty


@as_root
def test_an_unreadable_model_is_fitted_anew(store: Store, tiny: Dataset, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    path = store.put(KNN().fit(tiny), tiny)
    path.chmod(0)
    as_nobody(lambda: assert_it_still_works(store, tiny))
    path.chmod(0o644)
    store.folder.chmod(0)
    as_nobody(lambda: assert_it_still_works(store, tiny))


@as_root
def test_a_model_of_another_user_is_read_but_not_written(
    store: Store, tiny: Dataset, tmp_path: Path
) -> None:
    open_to_all(tmp_path)
    path = store.put(KNN().fit(tiny), tiny)
    path.chmod(0o644)
    store.folder.chmod(0o755)
    before = path.read_bytes()

    def visit() -> None:
        assert store.get(KNN(), tiny) is not None
        assert not store.fitted(KNN(neighbours=3), tiny).recommend({"PY1": 3}).empty

    as_nobody(visit)
    assert path.read_bytes() == before
    assert list(store.folder.glob("*.model")) == [path]


def assert_old_stays_and_work_goes_on(store: Store, dataset: Dataset) -> None:
    assert store.get(KNN(), dataset) is not None
    assert not store.fitted(KNN(neighbours=3), dataset).recommend({"PY1": 3}).empty
    assert store.get(KNN(neighbours=3), dataset) is None
    assert list(store.folder.glob("*.tmp")) == []


def test_a_full_disk_costs_the_storing_only(store: Store, tiny: Dataset) -> None:
    store.put(KNN().fit(tiny), tiny)

    def without_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        assert_old_stays_and_work_goes_on(store, tiny)

    in_a_process(without_room)
    assert store.fitted(KNN(neighbours=3), tiny) is not None
    assert store.get(KNN(neighbours=3), tiny) is not None


@as_root
def test_a_full_file_system_costs_the_storing_only(tiny: Dataset, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount a file system here")
    try:
        store = Store(small)
        path = store.put(KNN().fit(tiny), tiny)
        with pytest.raises(OSError, match="space"):
            (small / "filler").write_bytes(bytes(2**16))
        assert_old_stays_and_work_goes_on(store, tiny)
        with pytest.raises(OSError, match="space"):
            cache.save(tiny, small / "entry")
        assert {one.suffix for one in small.iterdir()} <= {"", ".model", ".lock"}
        assert cache.load(small / "entry", "Tiny") is None
        assert path.is_file()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_folder_that_is_deleted_while_in_use_comes_back(store: Store, tiny: Dataset) -> None:
    store.put(KNN().fit(tiny), tiny)
    shutil.rmtree(store.folder)
    assert store.get(KNN(), tiny) is None
    with store.lock("key"):
        shutil.rmtree(store.folder)
        store.put(KNN().fit(tiny), tiny)
    assert store.get(KNN(), tiny) is not None


def test_a_cached_data_set_outlives_its_files(tiny: Dataset, tmp_path: Path) -> None:
    """What is mapped stays readable after the files were deleted or replaced."""
    cache.save(tiny, tmp_path / "entry")
    mapped = cache.load(tmp_path / "entry", "Tiny")
    assert mapped is not None
    cache.save(tiny, tmp_path / "entry")
    shutil.rmtree(tmp_path / "entry")
    assert mapped.fingerprint == tiny.fingerprint
