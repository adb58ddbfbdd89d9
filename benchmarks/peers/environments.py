"""One virtual environment for each library, made of its pinned requirements when first needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE / ".venvs"
PYTHONS = ("python3.13", "python3.12", "python3")
OLDEST, TOO_NEW = (3, 12, 5), (3, 14)  # LensKit asks for 3.12.5; RecTools ends at 3.13


class NoEnvironmentError(RuntimeError):
    """A library could not be installed."""


def python_of(key: str) -> Path:
    """The Python in which the library of this key is installed, as its requirements say.

    Raises
    ------
    NoEnvironmentError : says why there is none, and what would help
    """
    requirements = (HERE / "requirements" / f"{key}.txt").read_text()
    place = FOLDER / key
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = place / "installed.txt"
    if mark.is_file() and mark.read_text() == requirements and _works(python):
        return python
    base = _base_python()
    print(f"Installing {requirements.split()[0]} into {place.relative_to(HERE)}", flush=True)
    _run([base, "-m", "venv", "--clear", str(place)])
    _run([str(python), "-m", "pip", "install", "--quiet", *requirements.split()])
    mark.write_text(requirements)
    return python


def _base_python() -> str:
    for name in (*PYTHONS, sys.executable):
        path = shutil.which(name)
        if path and _works(path):
            return path
    raise NoEnvironmentError(
        f"it needs a Python of at least {'.'.join(map(str, OLDEST))} and before "
        f"{'.'.join(map(str, TOO_NEW))}, and the PATH has none ({', '.join(PYTHONS)})."
    )


def _works(python: str | Path) -> bool:
    """Whether this Python runs and is of a version that all peers take."""
    check = f"sys.exit(not {OLDEST} <= sys.version_info[:3] < {TOO_NEW})"
    command = [python, "-c", f"import sys, venv, ensurepip; {check}"]
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise NoEnvironmentError(f"{' '.join(command[1:4])} failed: {' '.join(last)}")
