"""`recsys doctor`: what a bug report needs."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from typing import Any

from recsys.cli.arguments import Commands, add_json, command
from recsys.cli.terminal import print_json


def add(commands: Commands) -> None:
    """Add the command `doctor`."""
    add_json(command(commands, _doctor, "doctor", "Print what a bug report needs."))


def _doctor(given: argparse.Namespace) -> None:
    findings = _findings()
    if given.json:
        print_json(findings)
        return
    for topic, finding in findings.items():
        lines = [finding] if isinstance(finding, str) else [f"{k}: {v}" for k, v in finding.items()]
        print(f"{topic}:", *(f"  {line}" for line in lines or ["none"]), sep="\n")


def _findings() -> dict[str, Any]:
    import platform
    from importlib import metadata

    from recsys.dataset import DataError
    from recsys.sources import available
    from recsys.storage import Store

    def version(package: str) -> str:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return "not installed"

    packages = "recsys numpy scipy pandas scikit-learn tensorflow tensorflow-cpu plotly ipywidgets"
    try:
        data: dict[str, str] | str = {one.key: str(one.folder) for one in available()}
    except DataError as error:
        data = str(error)
    folder = Store().folder
    files = list(folder.glob("*.model"))
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    return {
        "machine": f"{platform.platform()}, {os.cpu_count()} cores",
        "python": f"{platform.python_version()} at {sys.executable}",
        "packages": {name: version(name) for name in (*packages.split(), "voila", "jupyterlab")},
        "settings": {k: v for k, v in sorted(os.environ.items()) if k.startswith("RECSYS_")},
        "data sets": data,
        "fitted models": f"{len(files)} ({megabytes:.1f} MB) in {folder}",
        "browser for the tests": _browser() or "none found; install chromium or google-chrome",
    }


def _browser() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    mac = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)
    return next((found for name in (*names, *mac) if (found := shutil.which(name))), None)
