"""The documentation keeps its word: generated pages are up to date, and links lead somewhere."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from recsys.cli import parser

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "docs"))

import badges  # noqa: E402
import generate  # noqa: E402

PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("notebooks/*.md"),
    *ROOT.glob("notebooks/*.ipynb"),
    ROOT / "dashboard.ipynb",
    ROOT / "data" / "bundled" / "README.md",
]


@pytest.mark.parametrize("file", generate.pages(), ids=lambda file: file.name)
def test_generated_pages_are_up_to_date(file: Path) -> None:
    """But for the spacing of argparse's columns, which is not the same in every Python."""
    wanted = generate.pages()[file]
    assert file.read_text("utf-8").split() == wanted.split(), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in _links(_prose(page)) if not _leads_somewhere(page, link)]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_understood(page: Path) -> None:
    """Those that are written out with what follows them, but for the help itself in cli.md."""
    text = "" if page.name in ("cli.md", "CHANGELOG.md") else page.read_text("utf-8")
    for command in re.findall(r"python -m recsys (\w+ [^`#\n\\\"]+)", text):
        assert callable(parser().parse_args(shlex.split(command)).run)


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One two\n[a](#one-two) [b](#three) [c](nothing.md) ```\n[d](no.md)\n```\n")
    found = {link: _leads_somewhere(page, link) for link in _links(_prose(page))}
    assert found == {"#one-two": True, "#three": False, "nothing.md": False}


def test_every_promise_of_reliability_has_its_tests() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    named = [set(re.findall(r"`(test_\w+)`", row)) for row in rows]
    assert all(tests for tests, row in zip(named, rows, strict=True) if "| held by |" not in row)
    sources = [file.read_text("utf-8") for file in (ROOT / "tests").rglob("*.py")]
    defined = {name for text in sources for name in re.findall(r"def (test_\w+)", text)}
    assert set().union(*named) <= defined


def test_the_badges_lead_to_a_repository_that_is_named() -> None:
    text = badges.with_badges((ROOT / "README.md").read_text("utf-8"), "someone/recsys")
    found = re.findall(r"\(docs/images/(binder-\w+)\.svg\)\]\((.+)\)", text)
    start = "https://mybinder.org/v2/gh/someone/recsys/HEAD?urlpath="
    assert dict(found) == {
        "binder-dashboard": f"{start}voila/render/dashboard.ipynb",
        "binder-jupyterlab": f"{start}lab/tree/dashboard.ipynb",
    }
    assert badges.with_badges(text, "someone/recsys") == text


@pytest.mark.parametrize(
    ("origin", "repository"),
    [
        ("https://github.com/someone/recsys.git", "someone/recsys"),
        ("git@github.com:someone/rec.sys", "someone/rec.sys"),
        ("https://me@github.com/someone/recsys/\n", "someone/recsys"),
        ("https://gitlab.com/someone/recsys", None),
        ("", None),
    ],
)
def test_a_repository_is_known_by_its_origin(origin: str, repository: str | None) -> None:
    assert badges.on_github(origin) == repository


def _prose(page: Path) -> str:
    """The Markdown of a page or a notebook, without its code."""
    text = page.read_text("utf-8")
    if page.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        text = "\n\n".join(texts)
    return re.sub(r"(```+).*?\1", "", text, flags=re.DOTALL)


def _links(prose: str) -> list[str]:
    found = re.findall(r"\]\(<?([^)\s>]+)", re.sub(r"`[^`\n]*`", "", prose))
    return [link for link in found if not urlsplit(link).scheme]


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or target.is_dir() or anchor in _anchors(_prose(target))


def _anchors(prose: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    anchors, seen = set(), Counter[str]()
    for heading in re.findall(r"^#+ +(.+?) *#*$", prose, flags=re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        anchors.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return anchors


def test_the_reference_builds_without_a_warning_and_its_links_hold(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "api.py", tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    texts = {file: file.read_text("utf-8") for file in tmp_path.rglob("*.html")}
    assert {"recsys.html", "models.html", "evaluation.html"} <= {file.name for file in texts}
    broken = []
    for file, text in texts.items():
        for link in re.findall(r'href="([^"$]+)"', text):
            path, _, anchor = link.partition("#")
            target = (file.parent / path).resolve() if path else file
            found = urlsplit(link).scheme or f'id="{anchor}"' in texts.get(target, "")
            if not found and (anchor or target not in texts):
                broken.append(f"{file.name}: {link}")
    assert not broken
