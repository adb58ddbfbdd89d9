"""Notebooks other than the dashboard: what their files say, and how they are served."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from serving import ROOT, Server, served
from visits import ask

from recsys.serving import notebooks


def written(path: Path, *cells: str, **metadata: str) -> Path:
    """A notebook of these cells; a text that begins with "md:" is a Markdown cell."""
    v4 = nbformat.v4
    made = [
        v4.new_markdown_cell(cell[3:]) if cell.startswith("md:") else v4.new_code_cell(cell)
        for cell in cells
    ]
    nbformat.write(v4.new_notebook(cells=made, metadata=metadata), path)
    return path


# What its file says


@pytest.mark.parametrize(
    ("cells", "metadata", "title"),
    [
        (["md:# Heading"], {"title": "Told"}, "Told"),
        (["md:# Heading"], {"title": " "}, "Heading"),
        (["1 + 1", "md:Text\n\n## The *first* `heading` #\n\n# Other"], {}, "The first heading"),
        (["md:# [A course](https://example.org) & <b>"], {}, "A course & <b>"),
        (["md:no heading", "md:# Second cell"], {}, "file"),
        (["# a comment"], {}, "file"),
        ([], {}, "file"),
    ],
)
def test_the_title(tmp_path: Path, cells: list[str], metadata: dict[str, str], title: str) -> None:
    notebook = notebooks.read(written(tmp_path / "file.ipynb", *cells, **metadata))
    assert notebooks.title(notebook, "file") == title


@pytest.mark.parametrize("lesson", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda p: p.stem)
def test_every_lesson_has_a_title_of_its_own(lesson: Path) -> None:
    title = notebooks.title(notebooks.read(lesson), lesson.stem)
    assert title != lesson.stem
    assert len(title) > 5


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"nbformat": 4}', "\udcff"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(content, "utf-8", errors="surrogateescape")
    with pytest.raises(notebooks.NotebookError, match="cannot be read") as told:
        notebooks.read(path)
    assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    ("name", "told"),
    [("missing.ipynb", "does not exist"), ("", "not a notebook"), ("notes.txt", "not a notebook")],
)
def test_a_wrong_path_is_an_error_in_one_line(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "notes.txt").write_text("words")
    command = [sys.executable, "-m", "recsys", "serve", "--no-browser", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


# How it is served


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook in a folder of its own, with a file beside it."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "words.txt").write_text("from the file beside it")
    return written(
        folder / "copy.ipynb", "md:# Mine & <b>yours</b>", "print(open('words.txt').read())"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, notebook: Path) -> Iterator[Server]:
    """The notebook, served by a command that was given in its folder."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder, notebook.name, root=notebook.parent) as server:
        yield server


@pytest.mark.slow
def test_a_notebook_in_any_folder_is_served_with_its_title_and_files(server: Server) -> None:
    status, headers, page = ask(server.url, "/")
    assert status == 200
    assert "script-src 'self'" in headers["content-security-policy"], "voila.json applies"
    assert "<title>Mine &amp; &lt;b&gt;yours&lt;/b&gt;</title>" in page
    assert '<h1>Mine &amp; &lt;b&gt;yours&lt;/b&gt;</h1>\n  <p id="loading_text"' in page
    assert "from the file beside it" in page
    assert re.search("“Mine & <b>yours</b>” is at http", server.log.read_text())
