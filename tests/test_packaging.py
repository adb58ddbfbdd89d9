"""What is installed: the lock, conda's and Binder's view of it, and imports that stay light."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from packaging.requirements import Requirement

from recsys import models
from recsys.dataset import Dataset
from recsys.storage import store

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
SCALE_LOCK = (ROOT / "requirements-scale.lock").read_text()


def normalised(requirement: str) -> str:
    """The package's name of a requirement, as PEP 503 spells it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement).group()
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str = LOCK) -> dict[str, str]:
    """Each entry of the lock: the package's name and the entry's text, its forks joined."""
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        name = normalised(entry)
        entries[name] = entries.get(name, "") + entry
    return entries


def wanted() -> list[str]:
    groups = PROJECT["dependency-groups"]
    return [*PROJECT["project"]["dependencies"], *groups["test"], *groups["dev"]]


@pytest.mark.parametrize("requirement", wanted())
def test_every_dependency_is_locked(requirement: str) -> None:
    assert normalised(requirement) in locked()


def imported() -> set[str]:
    """The packages that the project's code and its notebooks import, as `import` spells them."""
    codes = [file.read_text("utf-8") for file in (ROOT / "recsys").rglob("*.py")]
    for file in (ROOT / "dashboard.ipynb", *(ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(file.read_text("utf-8"))["cells"]
        codes += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: set[str] = set()
    for node in (node for code in codes for node in ast.walk(ast.parse(code))):
        if isinstance(node, ast.Import):
            names |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - {*sys.stdlib_module_names, "recsys"}


def test_every_package_that_is_imported_is_declared() -> None:
    """None is there only because another package happens to need it."""
    project = PROJECT["project"]
    requirements = [*project["dependencies"], *project["optional-dependencies"]["scale"]]
    declared = {normalised(one) for one in requirements}
    providers = packages_distributions()
    undeclared = {
        package
        for package in imported()
        if not declared & {normalised(one) for one in providers.get(package, [package])}
    }
    assert len(imported()) > 20
    assert not undeclared


def test_packages_whose_interiors_are_used_are_capped() -> None:
    """`pip install` takes the newest that is allowed; only `make` takes the lock's."""
    source = ROOT / "recsys" / "serving" / "upstream.py"
    page = ROOT / "share" / "jupyter" / "voila" / "templates" / "recsys"
    script = ROOT / "frontend" / "src" / "upstream.js"
    files = [source, script, page / "upstream.html.j2", page / "index.html.j2"]
    text = " ".join(" ".join(file.read_text("utf-8").split()) for file in files)
    said = re.findall(r"Relies on ([^:]+):", text.replace(" * ", " "))
    relied_on = dict(re.findall(r"([\wà]+) (\d+\.\d+)", " ".join(said).replace("Voilà", "voila")))
    del relied_on["pandas"]  # of which only the import of pyarrow is relied on
    assert len(relied_on) > 7
    requirements = {
        normalised(requirement): Requirement(requirement)
        for requirement in PROJECT["project"]["dependencies"]
    }
    for package, seen in relied_on.items():
        allowed = requirements[normalised(package)].specifier
        assert not allowed.contains("99"), f"{package} has no cap"
        pinned = re.search(r"==(\S+)", locked()[normalised(package)]).group(1)
        assert allowed.contains(pinned)
        assert pinned.startswith(f"{seen}."), f"{package} {seen} was seen, {pinned} is installed"


def test_the_packages_for_a_cluster_are_in_a_lock_of_their_own() -> None:
    """A plain installation has none of them, for what they cost a visitor's kernel."""
    wanted = PROJECT["project"]["optional-dependencies"]["scale"]
    assert {normalised(one) for one in wanted} <= set(locked(SCALE_LOCK))
    assert not set(locked()) & set(locked(SCALE_LOCK))


@pytest.mark.parametrize("lock", [LOCK, SCALE_LOCK], ids=["plain", "scale"])
def test_every_locked_package_is_pinned_and_hashed(lock: str) -> None:
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        assert re.match(r"[a-z0-9.-]+==\S+( ; .+)? \\\n +--hash=sha256:[0-9a-f]{64}", entry), entry


def test_make_installs_by_hash() -> None:
    """And nothing beside the lock: the project itself is built from packages of the lock."""
    for name in ("Makefile", "postBuild"):
        text = (ROOT / name).read_text().replace("\\\n", " ")
        installs = re.findall(r"pip install .*", text)
        for command in installs:
            if "install --quiet uv" in command:  # in `make lock`, which writes the lock
                continue
            by_hash = re.search(r"--require-hashes.* -r requirements(-scale)?\.lock", command)
            assert by_hash or "--no-deps --no-build-isolation -e ." in command, command


def test_the_lock_names_no_index() -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|-i ", LOCK + SCALE_LOCK)


def test_conda_installs_the_lock_and_nothing_beside_it() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, from_pip = environment["dependencies"]
    low, high = re.fullmatch(
        r">=3\.(\d+),<3\.(\d+)", PROJECT["project"]["requires-python"]
    ).groups()
    assert int(low) <= int(re.fullmatch(r"python=3\.(\d+)", python).group(1)) < int(high)
    assert pip == "pip"
    assert from_pip == {"pip": ["-r requirements.lock"]}


def test_binder_shows_the_page_as_make_dashboard_does() -> None:
    binder, voila = (
        json.loads((ROOT / file).read_text()) for file in ("jupyter_config.json", "voila.json")
    )
    for settings in ("VoilaConfiguration", "VoilaExporter"):
        assert binder[settings] == voila[settings]
    assert binder["VoilaExecutor"].items() <= voila["VoilaExecutor"].items()


@pytest.mark.parametrize(
    "module", ["recsys", "recsys.models", "recsys.evaluation", "recsys.charts"]
)
def test_imports_stay_light(module: str) -> None:
    """A dashboard's kernel must not pay for TensorFlow or scikit-learn before they are needed."""
    heavy = loaded_by(f"import {module}")
    assert not heavy


def test_scoring_needs_neither_tensorflow_nor_scikit_learn(tmp_path: Path, tiny: Dataset) -> None:
    """Every model, fitted and stored by one process, answers in another that has neither."""
    for model in models.registry():
        store.save(model().fit(tiny), tmp_path / f"{model.key()}.model")
    heavy = loaded_by(
        f"""
        from pathlib import Path
        from recsys.storage import store

        for file in Path({str(tmp_path)!r}).iterdir():
            assert len(store.load(file).recommend({{"PY1": 3.0}}, threshold=-9)), file
        """
    )
    assert not heavy


def loaded_by(code: str) -> list[str]:
    """Which heavy packages a fresh Python holds after running the code."""
    heavy = ("tensorflow", "keras", "sklearn", "ipywidgets")
    probe = f"import sys\nprint(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{dedent(code)}\n{probe}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
