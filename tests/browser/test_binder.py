"""What Binder does with a checkout, in small: postBuild, then Jupyter's own server, then a visitor.

The environment is new, but borrows the packages of the one that runs the tests: nothing is
downloaded, and everything that postBuild puts into an environment must come from postBuild.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import own_notebook
import pytest
from dashboard_page import PATIENCE, Dashboard
from own_model import notebook_cell
from playwright.sync_api import Browser, Page, expect
from serving import ROOT, free_port, wait_until_it_answers, written

NOBODY = "http://127.0.0.1:9"  # a proxy that refuses: no request leaves this machine


@dataclass
class Binder:
    """A checkout after postBuild, the environment it was built in, and what a shell there sees."""

    checkout: Path
    python: Path
    variables: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.checkout, env=self.variables, capture_output=True, text=True
        )


@pytest.fixture(scope="module")
def binder(tmp_path_factory: pytest.TempPathFactory) -> Binder:
    folder = tmp_path_factory.mktemp("binder")
    checkout, environment, home = folder / "checkout", folder / "environment", folder / "home"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    venv.create(environment, symlinks=True, with_pip=False)
    python = environment / "bin" / "python"
    home.mkdir()
    variables = {
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "HTTPS_PROXY": NOBODY,
        "HTTP_PROXY": NOBODY,
        "OMP_NUM_THREADS": "1",
    }
    binder = Binder(checkout, python, variables)
    where = binder.run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    Path(where.stdout.strip(), "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    # Jupyter looks for its own files and its extensions' settings in the environment too.
    variables["JUPYTER_PATH"] = _borrowed_jupyter(folder / "jupyter")
    variables["JUPYTER_CONFIG_PATH"] = str(Path(sys.prefix, "etc", "jupyter"))
    ratings = checkout / "data" / "bundled" / "ratings.csv.gz"
    lines = gzip.decompress(ratings.read_bytes()).splitlines(keepends=True)
    ratings.write_bytes(gzip.compress(b"".join(lines[: len(lines) // 5])))  # to train for less long
    done = binder.run("./postBuild")
    assert done.returncode == 0, done.stdout + done.stderr
    return binder


def _borrowed_jupyter(folder: Path) -> str:
    """This environment's share/jupyter, without our template: that is postBuild's to install."""
    ours = Path("voila", "templates", "recsys")
    shared = Path(sys.prefix, "share", "jupyter")
    shutil.copytree(
        shared,
        folder,
        ignore=lambda at, names: [
            one for one in names if Path(at, one).relative_to(shared) == ours or one == "kernels"
        ],
    )
    return str(folder)


def test_post_build_fits_every_model(binder: Binder) -> None:
    again = binder.run(str(binder.python), "-m", "recsys", "train", "--all")
    assert again.returncode == 0
    assert "All nine models are ready" in again.stdout
    assert "fitted in" not in again.stderr


@pytest.fixture(scope="module")
def address(binder: Binder) -> Iterator[str]:
    """Jupyter's server, started as Binder starts it: in the checkout, below an address.

    All ratings are there again, since the leaderboard's figures are of them.
    """
    ratings = Path("data", "bundled", "ratings.csv.gz")
    shutil.copy2(ROOT / ratings, binder.checkout / ratings)
    port = free_port()
    base = "/user/someone/"
    command = [str(binder.python), "-m", "jupyterlab", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--ServerApp.base_url={base}", "--IdentityProvider.token=", "--allow-root"]
    log = binder.checkout.parent / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, "--no-browser"],
            cwd=binder.checkout,
            env=binder.variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}{base}nothing", process, log)
        yield f"http://127.0.0.1:{port}{base}"
    finally:
        process.kill()  # how Jupyter's server stops is not ours to test; its kernels end with it
        process.wait()


def test_a_launch_opens_in_the_dashboard(page: Page, address: str) -> None:
    page.goto(f"{address}voila/render/dashboard.ipynb")
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator("option", has_text="Python").first).to_be_attached()
    dashboard = Dashboard(page)
    dashboard.pick(1)
    dashboard.recommend()
    expect(dashboard.rows.first).to_be_visible()
    expect(page.get_by_text("import Dashboard")).to_have_count(0)  # the code stays with us


def test_a_notebook_of_ones_own_is_shown_whole(page: Page, address: str, binder: Binder) -> None:
    own_notebook.write(binder.checkout / "own.ipynb")
    page.goto(f"{address}voila/render/own.ipynb")
    own_notebook.expect_whole(page, in_full=False)


def test_a_launch_opens_in_jupyterlab(page: Page, address: str) -> None:
    page.goto(f"{address}lab/tree/dashboard.ipynb?reset")
    expect(page.get_by_role("heading", name="Recommender", exact=True)).to_be_visible()
    expect(page.locator(".jp-Notebook .jp-CodeCell").first).to_be_visible()


def test_a_model_of_ones_own_reaches_the_leaderboard_in_jupyterlab(
    browser: Browser, binder: Binder, address: str
) -> None:
    """Its cell is run, and run again after an edit.

    The page is not `page`, whose test fails when JupyterLab warns that it was slow to start.
    """
    board = "from recsys.dashboard import Dashboard\napp = Dashboard()\napp.leaderboard"
    kernel = {"name": "python3", "display_name": "Python 3"}
    written(binder.checkout / "own.ipynb", board, notebook_cell(), kernelspec=kernel)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    # A new workspace: JupyterLab would open the notebooks of the test before beside this one.
    page.goto(f"{address}lab/tree/own.ipynb?reset")
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).get_by_role("textbox").click()

    expect(page.get_by_text("| Idle")).to_be_visible()  # the kernel can run cells
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.get_by_role("button", name="Show the leaderboard").click()
    panel = page.locator(".recsys-leaderboard")
    status, row = panel.locator(".recsys-status"), panel.locator("tr", has_text="Followers")
    expect(status).to_contain_text("Not evaluated yet: Followers.")

    def evaluate() -> None:
        page.get_by_role("button", name="Evaluate the missing models").click()
        expect(row).to_be_visible()

    evaluate()
    figure = row.locator(".number").first
    expect(figure).to_have_text(re.compile(r"0\.\d{3}"))
    figure.scroll_into_view_if_needed()
    size = row.bounding_box()
    assert size is not None
    assert size["height"] > 10

    page.get_by_text("histories.sign() @ self.share_").dblclick()
    page.keyboard.press("End")
    page.keyboard.type(".mine")
    page.keyboard.press("Control+Enter")
    expect(row).to_have_count(0)
    evaluate()
    why = "AttributeError: 'numpy.ndarray' object has no attribute 'mine'"
    expect(row).to_contain_text(f"Could not be evaluated: {why}")
    page.close()
