"""Notebooks other than the dashboard: what their files say, and how they are served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from serving import NOWHERE, ROOT, Server, failing, served, written
from visits import ask, kernel_of, leave

from recsys.serving import notebooks

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
    ("cell", "ours"),
    [
        ("import os, json\nfrom pathlib import Path", True),
        ("import recsys.models as m\nfrom recsys import charts", True),
        ("from IPython.display import HTML\nimport ipywidgets as w", True),
        ("md:import plotly", True),
        ("import os, plotly.graph_objects as go", False),
        ("def f():\n    from anywidget import AnyWidget", False),
        ("from . import beside", False),
        ("%matplotlib inline", False),
        ("x = = 3", False),
    ],
)
def test_whether_a_notebook_imports_other_packages(tmp_path: Path, cell: str, ours: bool) -> None:
    path = written(tmp_path / "file.ipynb", "import sys", cell)
    assert notebooks.imports_only_ours(path) == ours


def test_the_dashboard_imports_no_other_packages(tmp_path: Path) -> None:
    assert notebooks.imports_only_ours(ROOT / "dashboard.ipynb")
    assert not notebooks.imports_only_ours(tmp_path / "missing.ipynb")


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
        folder / "copy.ipynb",
        "md:# Mine & <b>yours</b>",
        "print(open('words.txt').read())",
        "import sys, recsys.dashboard\n"
        "print('loaded:', {'matplotlib', 'anywidget', 'pyarrow'} & sys.modules.keys())",
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
    assert "loaded: set()" in page, "others have to ask for it"
    assert "“Mine & <b>yours</b>” is at http" in server.log.read_text()
    assert leave(server.url, kernel_of(page)) == 204


def kernels_of(server: Server) -> list[psutil.Process]:
    """The processes of all kernels of a server."""
    children = psutil.Process(server.pid).children(recursive=True)
    return [
        one
        for one in children
        if one.name().startswith("kernel-") or "ipykernel_launcher" in one.cmdline()
    ]


def wait_for_kernels(server: Server, number: int) -> None:
    end = time.monotonic() + 60
    while len(kernels_of(server)) != number:
        assert time.monotonic() < end, kernels_of(server)
        time.sleep(0.05)  # looking without a pause takes the core that the kernels start on


@pytest.mark.slow
def test_an_edited_notebook_or_module_is_the_one_served_at_the_next_load(
    server: Server, notebook: Path
) -> None:
    module = notebook.parent / "my_words.py"
    code = "import my_words, recsys.text; print('this is', my_words.WORD, {})"
    module.write_text("WORD = 'old'")

    def visit() -> str:
        status, _, page = ask(server.url, "/")
        assert status == 200
        assert leave(server.url, kernel_of(page)) == 204
        [said] = re.findall("this is ([^<]+)", page)
        return said.strip()

    for number in range(4):
        written(notebook, code.format(number))
        assert visit() == f"old {number}"
        wait_for_kernels(server, 1)  # the one that is prepared for the next visitor
    assert visit() == "old 3"
    wait_for_kernels(server, 1)
    module.write_text("WORD = 'new'")
    assert visit() == "new 3"
    wait_for_kernels(server, 1)
    [prepared] = kernels_of(server)
    os.utime(ROOT / "recsys" / "__init__.py")  # as if the package had been edited
    assert visit() == "new 3"
    prepared.wait(60)
    wait_for_kernels(server, 1)


@pytest.mark.slow
def test_a_notebook_that_is_saved_half_is_served_once_it_is_whole(
    server: Server, notebook: Path
) -> None:
    whole = written(notebook, "print('whole')").read_text()
    notebook.write_text(whole[:-20])
    for _ in range(3):
        assert ask(server.url, "/")[0] >= 400
    notebook.write_text(whole)
    status, _, page = ask(server.url, "/")
    assert status == 200
    assert "whole" in page
    assert leave(server.url, kernel_of(page)) == 204
    wait_for_kernels(server, 1)


@pytest.mark.slow
def test_where_a_cell_failed_the_page_says_why_and_the_others_run(
    server: Server, notebook: Path, tmp_path: Path
) -> None:
    failing(notebook)
    with served(tmp_path, str(notebook), "--behind-proxy") as proxied:
        for there in (server, server, proxied, proxied):  # the second kernel is a prepared one
            status, _, page = ask(there.url, "/")
            assert status == 200
            assert leave(there.url, kernel_of(page)) == 204
            assert page.index("printed first") < page.index("FileNotFoundError</code>: [Errno 2]")
            assert "needs <code>words</code>, which a failed cell" in page
            assert "still alive" in page
            for private in (NOWHERE, "Line 2: <code>words = open", "<summary>Traceback"):
                assert (private in page) == (there is server), private
            assert f"FileNotFoundError: [Errno 2] No such file or directory: '{NOWHERE}'" in (
                there.log.read_text()
            )
            wait_for_kernels(there, 1)
