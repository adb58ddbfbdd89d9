"""The file format of a fitted model: a checksum and an uncompressed `.npz` of plain arrays.

Reading a file runs no code. A file that is damaged, foreign or of another version raises an error.
Must not know in which folder files are kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import IO, Any

import numpy as np
from scipy.sparse import csr_matrix

from recsys.machine import write_atomically
from recsys.models import Recommender, find

_MAGIC = b"recsys model 1\n"  # increase the number when the format below changes
_CHECKSUM = hashlib.sha256
_HEADER = len(_MAGIC) + _CHECKSUM().digest_size


class StoreError(ValueError):
    """A file contains no fitted model of this version, or a model cannot be stored."""


def save(model: Recommender, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a file. If anything goes wrong, an earlier file stays as it was.

    Raises
    ------
    StoreError : if a fitted attribute is not made of arrays, numbers and strings
    OSError : if the file cannot be written
    """
    payload = _payload(model)

    def write(file: IO[bytes]) -> None:
        file.write(_MAGIC + _CHECKSUM(payload).digest())
        file.write(payload)

    write_atomically(Path(path), write)


def load(path: str | os.PathLike[str], kind: type[Recommender] | None = None) -> Recommender:
    """Read a fitted model from a file that `save` wrote.

    Parameters
    ----------
    kind : the expected class; by default the registered class that the file names

    Raises
    ------
    StoreError : if the file is damaged, foreign, of another version, or of another class of model
    OSError : if it cannot be read
    """
    content = Path(path).read_bytes()
    payload = memoryview(content)[_HEADER:]
    if not content.startswith(_MAGIC):
        raise StoreError(f"{path} is not a model of this version of recsys; fit the model again.")
    if _CHECKSUM(payload).digest() != content[len(_MAGIC) : _HEADER]:
        raise StoreError(f"{path} is damaged; delete it and fit the model again.")
    try:
        return _model(bytes(payload), kind)
    except Exception as error:  # a foreign file can cause any kind of error
        raise StoreError(f"{path} cannot be used: {error} Fit the model again.") from error


def _payload(model: Recommender) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    state = {name: _packed(name, value, arrays) for name, value in model.fitted().items()}
    if not state:
        raise StoreError(f"{type(model).__name__} is not fitted: there is nothing to save yet.")
    about = {"model": model.key(), "hyperparameters": model.values(), "state": state}
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{"about": text, **arrays})
    return buffer.getvalue()


def _model(payload: bytes, kind: type[Recommender] | None) -> Recommender:
    with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        kind = kind or find(about["model"])
        if kind.key() != about["model"]:
            raise StoreError(f"it contains {about['model']}, not {kind.key()}.")
        model = kind(**about["hyperparameters"])
        if "course_ids_" not in about["state"] or not all(n.endswith("_") for n in about["state"]):
            raise StoreError("it contains no fitted model.")
        for name, packed in about["state"].items():
            setattr(model, name, _unpacked(packed, arrays))
    return model


def _packed(name: str, value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """The value in JSON's types, with arrays replaced by their names in `arrays`."""
    if isinstance(value, np.generic):  # an array keeps its dtype, on which later results depend
        arrays[name] = np.asarray(value)
        return {"scalar": name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        arrays[name] = value
        return {"array": name}
    if isinstance(value, csr_matrix):
        parts = {part: getattr(value, part) for part in ("data", "indices", "indptr")}
        arrays.update({f"{name}.{part}": array for part, array in parts.items()})
        return {"csr": name, "shape": value.shape}
    if isinstance(value, list | tuple):
        return [_packed(f"{name}.{i}", item, arrays) for i, item in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = {key: _packed(f"{name}.{key}", item, arrays) for key, item in value.items()}
        return {"mapping": items}
    raise StoreError(
        f"{name} is a {type(value).__name__}: a fitted attribute has to be made of arrays (not of "
        "objects), CSR matrices, numbers and strings to be stored."
    )


def _unpacked(packed: Any, arrays: Any) -> Any:
    if isinstance(packed, list):
        return [_unpacked(item, arrays) for item in packed]
    if not isinstance(packed, dict):
        return packed
    if "scalar" in packed:
        return arrays[packed["scalar"]][()]
    if "array" in packed:
        return arrays[packed["array"]]
    if "csr" in packed:
        parts = [arrays[f"{packed['csr']}.{part}"] for part in ("data", "indices", "indptr")]
        return csr_matrix(tuple(parts), shape=packed["shape"])
    return {key: _unpacked(item, arrays) for key, item in packed["mapping"].items()}
