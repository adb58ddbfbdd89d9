"""No file that is read can run code: nothing is pickled, and names lead to no other folder."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from serving import ROOT
from stage import write_folder

from recsys.dataset import DataError, Dataset
from recsys.models import KNN, registry
from recsys.sources import cache, load_dataset
from recsys.storage import Store, StoreError, load, save
from recsys.storage.format import _CHECKSUM, _MAGIC

# A Python process that has this on its path tells that it runs, and ends, with code 70, where it
# unpickles anything. The threads in which a forest grows wake each other through a pipe of their
# own, by a pickled None: they may, since what multiprocessing has kept for itself is left to it. A
# pickle that can run code has to find a class or function, and that ends the process there too.
SITECUSTOMIZE = """
import multiprocessing.reduction, os, pickle, _pickle, sys

with open(os.environ["WATCHED"], "a") as told:
    told.write(" ".join(sys.orig_argv) + "\\n")

def refuse(*arguments, **named):
    os.write(2, f"something was unpickled: {arguments}".encode())
    os._exit(70)

Unpickler = type("Unpickler", (), {"__init__": refuse})  # Keras derives a class from it
for module in (pickle, _pickle):
    module.load, module.loads, module.Unpickler = refuse, refuse, Unpickler
sys.addaudithook(lambda event, what: event == "pickle.find_class" and refuse(event, what))
"""

# What a visit does with every model: fit it, here or in a training's process, load it, and ask.
VISIT = """
import sys
from recsys import load_dataset, models
from recsys.storage import Store
from recsys.jobs.training import TrainingJob

source, store = sys.argv[1], Store()
dataset = load_dataset(source)  # parses, and fills the cache
dataset = load_dataset(source)  # reads the cache
for kind in models.registry():
    TrainingJob(kind(), dataset, source, store).start(lambda event: None).wait()
    model = store.get(kind(), dataset) if store.keeps(kind()) else store.fitted(kind(), dataset)
    assert len(model.recommend({"PY1": 3}, threshold=-9)), kind
    print(kind.key())
"""


def watched(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python such that it and its children may not unpickle; who they were is in `watched`."""
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
    return subprocess.run(
        [sys.executable, *arguments],
        env={
            "PATH": "",
            "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT))),
            "RECSYS_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
            "WATCHED": str(folder / "watched"),
        },
        capture_output=True,
        text=True,
    )


def test_no_line_of_the_package_names_pickle() -> None:
    suspicious = re.compile(
        r"\b(pickle|joblib|dill|cloudpickle|marshal|shelve|eval|exec)\s*[.(]|allow_pickle=True"
        r"|import (pickle|joblib|dill|cloudpickle|marshal|shelve)|yaml\.load"
    )
    for file in (ROOT / "recsys").rglob("*.py"):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            assert not suspicious.search(line), f"{file.name}, line {number}: {line}"
            if re.search(r"\bnp\.(load|save|savez|savez_compressed)\(", line):
                assert "allow_pickle=False" in line, f"{file.name}, line {number}: {line}"


def test_nothing_is_unpickled_between_fit_and_score(tmp_path: Path, tiny: Dataset) -> None:
    """In the visitor's process and in those of the trainings, for every model."""
    folder = write_folder(tiny, tmp_path / "courses")
    done = watched(tmp_path, "-c", VISIT, str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [kind.key() for kind in registry()]
    trainings = [kind for kind in registry() if not kind.instant]
    assert (tmp_path / "watched").read_text().count("recsys.jobs.worker") == len(trainings)


@pytest.mark.parametrize(
    "code",
    [
        "import pickle; pickle.loads(pickle.dumps(1))",
        "from pickle import Unpickler; Unpickler(open('/dev/null', 'rb'))",
        "import numpy, io; f = io.BytesIO(); numpy.save(f, numpy.array([{}])); f.seek(0); "
        "numpy.load(f, allow_pickle=True)",
        "from multiprocessing.reduction import ForkingPickler as P; P.loads(bytes(P.dumps(print)))",
    ],
)
def test_the_watch_ends_what_unpickles(tmp_path: Path, code: str) -> None:
    done = watched(tmp_path, "-c", code)
    assert done.returncode == 70, done.stderr


class Bomb:
    """Runs code wherever it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("exploded"),)


def npz(about: str, **arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    text = np.frombuffer(about.encode(), np.uint8)
    np.savez(buffer, about=text, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def signed(payload: bytes) -> bytes:
    """As somebody would forge it who knows the format."""
    return _MAGIC + _CHECKSUM(payload).digest() + payload


@pytest.mark.parametrize("state", ["array", "scalar", "csr"])
def test_a_forged_model_runs_no_code(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = np.array([Bomb()], dtype=object)
    names = {"array": "x_", "scalar": "x_", "csr": "x_"}
    packed = f'{{"{state}": "{names[state]}", "shape": [1, 1]}}'
    about = (
        '{"model": "knn", "hyperparameters": {}, '
        f'"state": {{"course_ids_": {packed}, "x_": {packed}}}}}'
    )
    payload = npz(about, **{"x_": bomb, "x_.data": bomb, "x_.indices": bomb, "x_.indptr": bomb})
    (tmp_path / "model").write_bytes(signed(payload))
    with pytest.raises(StoreError, match="cannot be used"):
        load(tmp_path / "model")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "about",
    [
        '{"model": "os.system", "hyperparameters": {}, "state": {}}',
        '{"model": "knn", "hyperparameters": {"__class__": "os"}, "state": {}}',
        '{"model": "knn", "hyperparameters": {}, "state": {"__class__": 1, "course_ids_": 1}}',
        '{"model": "knn", "hyperparameters": {}, "state": {"recommend": 1, "course_ids_": 1}}',
        '{"model": "knn", "hyperparameters": {"neighbours": 1e99}, "state": {}}',
        "[" * 100_000,
        "{}",
    ],
)
def test_a_forged_model_reaches_nothing_but_fitted_attributes(tmp_path: Path, about: str) -> None:
    (tmp_path / "model").write_bytes(signed(npz(about)))
    with pytest.raises(StoreError):
        load(tmp_path / "model")


def test_an_archive_with_other_paths_writes_nothing(tmp_path: Path) -> None:
    """Reading a model unpacks no file, whatever the members are called."""
    inner = tmp_path / "folder"
    inner.mkdir()
    payload = io.BytesIO()
    with zipfile.ZipFile(payload, "w") as archive:
        for name in ("../outside.npy", "/tmp/outside.npy", "..\\outside.npy"):
            archive.writestr(name, b"\x93NUMPY")
    (inner / "model").write_bytes(signed(payload.getvalue()))
    with pytest.raises(StoreError):
        load(inner / "model")
    assert [one.name for one in tmp_path.rglob("*")] == ["folder", "model"]


def test_a_forged_cache_runs_no_code(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cache.save(tiny, tmp_path / "entry")
    for file in (tmp_path / "entry").glob("*.npy"):
        whole = file.read_bytes()
        np.save(file, np.array([Bomb()], dtype=object))
        assert cache.load(tmp_path / "entry", "Tiny") is None
        file.write_bytes(whole)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    "name", ["../x", "/etc", "a/../../x", "", ".", "\0", "~root", "bundled/.."]
)
def test_names_lead_to_no_other_folder(tmp_path: Path, tiny: Dataset, name: str) -> None:
    """A model's key and a data set's content name files; what a person writes never does."""
    store = Store(tmp_path / "store")
    hostile = Dataset.from_tables(
        name, tiny.courses.assign(title=f"{name} title"), tiny.ratings[:0].astype({"rating": float})
    )
    assert store.put(KNN().fit(hostile), hostile).parent == store.folder
    with pytest.raises((DataError, KeyError)):
        load_dataset(f"{name}/no such folder")


def test_saving_cannot_be_led_astray_by_a_link(tmp_path: Path, tiny: Dataset) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "model").symlink_to(precious)
    save(KNN().fit(tiny), tmp_path / "model")
    assert precious.read_text() == "precious"
