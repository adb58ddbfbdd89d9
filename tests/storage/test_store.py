"""The store gives back exactly the model that was put in, or nothing."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix, random_array

from recsys.dataset import Dataset
from recsys.machine import write_atomically
from recsys.models import KNN, Progress, Recommender, hyperparameter
from recsys.storage import Store, StoreError, load, save

NOBODY = 99_999_999  # no process has this number


@dataclass(eq=False)
class Everything(Recommender):
    """A model whose fitted attributes are of every kind that can be stored."""

    name: ClassVar[str] = "Everything"
    summary: ClassVar[str] = "Knows all kinds of values."
    score_label: ClassVar[str] = "Number"

    size: int | None = hyperparameter(None, label="Size", low=1, high=9, none="all")
    floor: float = hyperparameter(0.0, label="Floor", low=0, high=1.0, refit=False)

    fits: ClassVar[int] = 0

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        type(self).fits += 1
        self.matrix_ = csr_matrix(random_array((6, 6), density=0.3, rng=1))
        self.table_ = np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4))
        self.words_ = np.array(["a", "é", "日本"])
        self.scale_ = np.float32(0.1)
        self.title_, self.count_, self.share_, self.nothing_ = "naïve", 7, 0.1, None
        self.curve_ = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": float("nan")}]

    def _score(self, histories: csr_matrix) -> np.ndarray:
        return histories @ self.matrix_.toarray() * self.scale_


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_model_comes_back_as_it_was(tiny: Dataset, tmp_path: Path) -> None:
    model = Everything(size=3, floor=0.5).fit(tiny)
    save(model, tmp_path / "file")
    back = load(tmp_path / "file", Everything)
    assert back.values() == {"size": 3, "floor": 0.5}
    assert isinstance(back, Everything)
    assert (back.title_, back.count_, back.share_, back.nothing_) == ("naïve", 7, 0.1, None)
    assert type(back.scale_) is np.float32
    assert back.words_.tolist() == ["a", "é", "日本"]
    assert back.table_.dtype == np.float32
    assert back.table_.flags.f_contiguous
    assert repr(back.curve_) == repr(model.curve_)
    assert (back.matrix_ != model.matrix_).nnz == 0
    everyone = tiny.interactions
    np.testing.assert_array_equal(back.score(everyone), model.score(everyone))


def test_a_registered_model_is_found_by_the_name_in_the_file(tiny: Dataset, tmp_path: Path) -> None:
    model = KNN(neighbours=2).fit(tiny)
    save(model, tmp_path / "file")
    back = load(tmp_path / "file")
    pd.testing.assert_frame_equal(back.recommend({"PY1": 3}), model.recommend({"PY1": 3}))


def test_a_model_that_is_not_fitted_or_holds_objects_is_refused(
    tiny: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="not fitted"):
        save(KNN(), tmp_path / "file")
    model = KNN().fit(tiny)
    model.words_ = np.array(["a", 1], dtype=object)
    with pytest.raises(StoreError, match="words_"):
        save(model, tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_the_key_follows_data_model_and_the_hyperparameters_of_the_fit(
    tiny: Dataset, store: Store
) -> None:
    other = Dataset.from_tables("Other", tiny.courses, tiny.ratings.iloc[1:])
    keys = {
        store.key(KNN(), tiny),
        store.key(KNN(neighbours=3), tiny),
        store.key(KNN(), other),
        store.key(Everything(), tiny),
    }
    assert len(keys) == 4
    assert store.key(Everything(floor=1), tiny) == store.key(Everything(floor=0), tiny)


def test_hyperparameters_that_act_when_scoring_are_those_asked_for(
    tiny: Dataset, store: Store
) -> None:
    store.put(Everything(floor=0).fit(tiny), tiny)
    back = store.get(Everything(floor=1), tiny)
    assert back is not None
    assert back.values()["floor"] == 1


def test_what_is_stored_is_not_fitted_again(tiny: Dataset, store: Store) -> None:
    before = Everything.fits
    store.fitted(Everything(), tiny)
    store.fitted(Everything(floor=1), tiny)
    assert Everything.fits == before + 1


def test_every_damage_to_a_file_makes_it_absent(tiny: Dataset, store: Store) -> None:
    path = store.put(KNN().fit(tiny), tiny)
    whole = path.read_bytes()
    regions = [*range(0, 120, 7), *range(120, len(whole), len(whole) // 60), len(whole) - 1]
    for position in regions:
        path.write_bytes(whole[:position])
        assert store.get(KNN(), tiny) is None, f"cut off at byte {position}"
        flipped = whole[position] ^ 0x10
        path.write_bytes(whole[:position] + bytes([flipped]) + whole[position + 1 :])
        assert store.get(KNN(), tiny) is None, f"bit flipped in byte {position}"
    path.write_bytes(whole)
    assert store.get(KNN(), tiny) is not None


def test_files_that_do_not_belong_under_a_name_are_absent(tiny: Dataset, store: Store) -> None:
    path = store.put(KNN().fit(tiny), tiny)
    good = path.read_bytes()
    older = good.replace(b"recsys model 1", b"recsys model 0")
    neighbours = store.put(KNN(neighbours=1).fit(tiny), tiny).read_bytes()
    films = Dataset.from_tables("Films", tiny.courses.assign(id=list("abcdef")), tiny.ratings[:0])
    elsewhere = store.put(KNN().fit(films), films).read_bytes()
    for foreign in (b"", b"PK\x03\x04", older, neighbours, elsewhere):
        path.write_bytes(foreign)
        assert store.get(KNN(), tiny) is None
    path.unlink()
    path.mkdir()
    assert store.get(KNN(), tiny) is None


def test_a_folder_that_cannot_be_written_costs_the_storing_only(
    tiny: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = Store(tmp_path / "file" / "store")
    model = store.fitted(KNN(), tiny)
    assert not model.recommend({"PY1": 3}).empty
    with pytest.raises(OSError, match="file"):
        store.put(model, tiny)


def test_what_a_killed_session_left_half_written_is_cleared(tiny: Dataset, store: Store) -> None:
    path = store.path(store.key(KNN(), tiny))
    (store.folder / f"{path.name}.{NOBODY}.456.tmp").write_bytes(b"half")
    store.put(KNN().fit(tiny), tiny)
    assert [file.name for file in store.folder.iterdir()] == [path.name]


def test_two_who_write_the_same_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    target = tmp_path / "file"

    def write(file: IO[bytes]) -> None:
        write_atomically(target, lambda other: other.write(b"the second"))
        assert target.read_bytes() == b"the second"
        file.write(b"the first")

    write_atomically(target, write)
    assert target.read_bytes() == b"the first"
    assert [*tmp_path.iterdir()] == [target]


def load_without_noting_use(path: Path, kind: type[Recommender]) -> Recommender:
    """Reads as from a file system that does not note when a file was read."""
    before = path.stat()
    model = load(path, kind)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return model


def test_what_was_not_used_for_longest_makes_room(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.storage.store.load", load_without_noting_use)
    store = Store(tmp_path)
    paths = [store.put(KNN(neighbours=n).fit(tiny), tiny) for n in (1, 2, 3)]
    for age, path in enumerate(reversed(paths)):
        os.utime(path, ns=(age * 10**9, path.stat().st_mtime_ns))  # 3 is the oldest
    assert store.get(KNN(neighbours=3), tiny) is not None  # and now the youngest

    small = Store(tmp_path, limit=int(3.5 * paths[2].stat().st_size))  # of four alike
    new = small.put(KNN(neighbours=4).fit(tiny), tiny)
    assert set(tmp_path.glob("*.model")) == {paths[0], paths[2], new}

    newest = Store(tmp_path, limit=0).put(KNN(neighbours=5).fit(tiny), tiny)
    assert set(tmp_path.glob("*.model")) == {newest}, "what was just fitted stays"


def test_a_model_typed_into_a_notebook_is_not_stored(tiny: Dataset, store: Store) -> None:
    @dataclass(eq=False)
    class Typed(Everything):
        pass

    model = Typed()
    assert not store.keeps(model)
    assert store.fitted(model, tiny) is model
    assert store.get(model, tiny) is None
    with pytest.raises(StoreError, match="Typed"):
        store.put(model, tiny)


def test_only_the_class_that_its_module_has_is_stored(store: Store) -> None:
    """Another class would be stored under the same name, and the child would fit the other one."""
    assert store.keeps(Everything())
    same_name = type("Everything", (KNN,), {"__module__": Everything.__module__})
    assert not store.keeps(same_name())
    assert not store.keeps(dataclasses.make_dataclass("Made", [], bases=(KNN,), eq=False)())


def _hold(folder: Path, held: object, release: object) -> None:
    with Store(folder).lock("key"):
        held.set()  # type: ignore[attr-defined]
        release.wait()  # type: ignore[attr-defined]


def test_a_lock_excludes_other_processes_until_its_holder_is_killed(store: Store) -> None:
    spawn = multiprocessing.get_context("spawn")
    held, release = spawn.Event(), spawn.Event()
    holder = spawn.Process(target=_hold, args=(store.folder, held, release))
    holder.start()
    held.wait()
    told: list[str] = []

    def kill_the_holder(done: float, message: str, **figures: float) -> None:
        told.append(message)
        holder.kill()
        holder.join()

    with store.lock("key", kill_the_holder):
        pass
    assert told
    assert "another session" in told[0]


def test_the_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RECSYS_STORE", str(tmp_path / "named"))
    assert Store().folder == tmp_path / "named"
    monkeypatch.delenv("RECSYS_STORE")
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert Store().folder == tmp_path / "cache" / "recsys" / "models"
    (tmp_path / "data").mkdir()
    assert Store().folder == tmp_path / ".recsys" / "models"
