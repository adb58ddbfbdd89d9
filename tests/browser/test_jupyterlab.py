"""The notebooks in JupyterLab: charts with their whole height in every view, and what to do when
there is no kernel.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect
from serving import ROOT, free_port, wait_until_it_answers, written

LESSON = "02_course_texts_to_features.ipynb"
RUN_ALL = "Run → Run All Cells"
LOST = "Error displaying widget: model not found"
# The other tests are in the default mode, "contentVisibility".
MODES = ("none", "defer", "full") if os.environ.get("RECSYS_SOAK") else ("full",)
SETTINGS = Path("@jupyterlab/notebook-extension/tracker.jupyterlab-settings")

# Whether an element shows so many figures, all live, each as large as its place. The picture that
# Plotly shows in place of a figure is an image.
DRAWN = """
([scope, count, follow]) => {
  if (follow) {
    document.querySelector(`${scope} .recsys-charts`)?.scrollIntoView();
    dispatchEvent(new Event("resize"));
  }
  const box = (node) => node.getBoundingClientRect();
  const visible = (node) => node.checkVisibility() && box(node).width > 0;
  const near = (one, other) => Math.abs(one - other) <= 1;
  const all = (name) => [...document.querySelectorAll(`${scope} ${name}`)].filter(visible);
  const whole = (figure) => {
    const [place, own] = [figure.parentElement, figure].map(box);
    const drawn = box(figure.querySelector("svg"));
    return own.height >= 300 && near(own.height, place.height) && near(own.height, drawn.height)
      && own.width >= 250 && near(own.width, drawn.width) && own.right <= innerWidth;
  };
  const figures = all(".js-plotly-plot");
  return figures.length === count && figures.every(whole) && all("img.plot-img").length === 0;
}
"""

# The boxes of the figures and the pictures that DRAWN looks for, and what the page says of them.
SEEN = """
(scope) => {
  const all = (names) => [...document.querySelectorAll(`${scope} :is(${names})`)];
  const figures = all(".js-plotly-plot, .js-plotly-plot svg, .plot-img");
  const words = all(".recsys-heading, .recsys-outdated, .recsys-charts");
  const boxes = figures.map((node) => [node.getBoundingClientRect(), node.checkVisibility()]);
  return JSON.stringify([innerWidth, innerHeight, boxes, words.map((node) => node.innerText)]);
}
"""


@dataclass
class Lab:
    """JupyterLab over a folder with copies of the notebooks."""

    url: str
    folder: Path
    page: Page

    def open(self, notebook: str = "dashboard.ipynb", **settings: str) -> None:
        """Open a notebook in a new workspace.

        Parameters
        ----------
        notebook : its path
        settings : of JupyterLab's notebooks
        """
        stored = self.folder / "settings" / SETTINGS
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text(json.dumps(settings))
        self.page.goto(f"{self.url}lab/tree/{notebook}?reset")
        expect(self.page.get_by_text("| Idle")).to_be_visible()

    def choose(self, menu: str, entry: str) -> None:
        """Choose an entry of a menu."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def run_all(self) -> None:
        self.choose("Run", "Run All Cells")
        expect(self.page.locator(".jp-InputPrompt", has_text="*")).to_have_count(0)

    def end_kernels(self) -> None:
        """End the kernel of each notebook, as when the server is stopped."""
        (token,) = (c["value"] for c in self.page.context.cookies() if c["name"] == "_xsrf")
        for session in self.page.request.get(f"{self.url}api/sessions").json():
            self.page.request.delete(
                f"{self.url}api/sessions/{session['id']}", headers={"X-XSRFToken": token}
            )

    def cell(self, code: str) -> Locator:
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".cm-content", has_text=code)
        )

    def expect_drawn(
        self, count: int, scope: str = ".jp-Notebook", *, follow: bool = False
    ) -> None:
        """Wait until so many figures are shown, all live, each as large as its place.

        Parameters
        ----------
        count : how many
        scope : the element that shows them
        follow : whether to scroll to them and tell them the window's size, again and again
        """
        try:
            polling = 500 if follow else "raf"  # ms; Plotly takes a tenth of a second to resize
            self.page.wait_for_function(DRAWN, arg=[scope, count, follow], polling=polling)
        except TimeoutError:
            seen = self.page.evaluate(SEEN, scope)
            pytest.fail(f"{count} whole charts were expected; these are there: {seen}")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of JupyterLab with the settings of `make lab`, and the folder it shows."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy2(ROOT / "jupyter_config.json", folder)
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--no-browser"]
    command += ["--IdentityProvider.token=", "--allow-root", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    own = {
        "JUPYTER_PATH": str(ROOT / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(folder),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "RECSYS_STORE": str(folder / "store"),
        "OMP_NUM_THREADS": "1",
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | own, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until_it_answers(f"{url}nothing", process, log)
        yield url, folder
    finally:
        process.kill()  # how Jupyter's server stops is not ours to test; its kernels end with it
        process.wait()


@pytest.fixture
def lab(started: tuple[str, Path], page: Page) -> Iterator[Lab]:
    url, folder = started
    shutil.copy2(ROOT / "dashboard.ipynb", folder)  # JupyterLab may have saved it with its outputs
    lab = Lab(url, folder, page)
    yield lab
    page.goto("about:blank")
    # A page that finds a kernel fetches its widgets. Those of a run that begins meanwhile are lost.
    lab.end_kernels()


def test_charts_are_live_and_whole_in_every_view(lab: Lab) -> None:
    lab.open()
    lab.run_all()
    lab.page.locator(".recsys-charts").scroll_into_view_if_needed()
    lab.cell("app.charts").get_by_role("button", name="Scores").click()
    lab.expect_drawn(2)

    lab.page.set_viewport_size({"width": 1060, "height": 700})
    lab.expect_drawn(2)
    lab.page.keyboard.press("Control+b")  # the side bar: the window keeps its size
    lab.expect_drawn(2)

    lab.page.locator(".recsys-all-charts").click(button="right", position={"x": 1, "y": 1})
    lab.page.get_by_role("menuitem", name="Create New View for Cell Output").click()
    lab.expect_drawn(2, ".jp-LinkedOutputView")
    lab.expect_drawn(2)

    lab.cell("app.charts").locator(".cm-content").click()
    lab.page.keyboard.press("Control+Enter")
    lab.expect_drawn(2)
    lab.expect_drawn(2, ".jp-LinkedOutputView")

    switch = lab.cell("app.charts").get_by_role("button", name="Popularity")
    for count in (1, 2):  # the other chart gets wider, and narrower again
        switch.click()
        lab.expect_drawn(count)
        lab.expect_drawn(count, ".jp-LinkedOutputView")


@pytest.mark.parametrize("mode", MODES)
def test_charts_are_whole_in_each_windowing_mode(lab: Lab, mode: str) -> None:
    lab.open(windowingMode=mode)
    lab.run_all()
    charts = lab.page.locator(".recsys-charts")
    for _ in range(2):  # far away, a cell may have been taken out of the page
        lab.cell("app.leaderboard").scroll_into_view_if_needed()
        charts.scroll_into_view_if_needed()
        # The cells above may still grow, and push the chart away. If it is drawn out of the page,
        # it has Plotly's own width until the window changes its size.
        lab.expect_drawn(1, follow=True)
        lab.page.locator(".jp-MarkdownCell").first.scroll_into_view_if_needed()
    lab.page.set_viewport_size({"width": 1000, "height": 800})
    charts.scroll_into_view_if_needed()
    lab.expect_drawn(1)


def test_cause_and_effect_are_side_by_side_in_one_cell(lab: Lab) -> None:
    start = "from recsys.dashboard import Dashboard\n\napp = Dashboard()"
    python = {"name": "python3", "display_name": "Python 3"}
    written(lab.folder / "bench.ipynb", start, "app.bench", kernelspec=python)
    lab.page.set_viewport_size({"width": 1500, "height": 1000})
    lab.open("bench.ipynb")
    lab.run_all()
    cell = lab.cell("app.bench").last
    cell.get_by_role("button", name="5 KNN").click()
    heading = cell.locator(".recsys-heading")
    expect(heading).to_have_text("KNN, 40 neighbours")
    cell.locator(".recsys-settings .noUi-handle").first.press("Home")
    expect(heading).to_have_text("KNN, 1 neighbour")  # without a button, and without our server
    lab.expect_drawn(1)
    boxes = [
        cell.locator(one).bounding_box()
        for one in (".recsys-settings", ".recsys-table", ".recsys-figure:visible")
    ]
    assert all(box and box["height"] > 100 for box in boxes)
    edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box]
    assert all(edges[at][1] <= edges[at + 1][0] for at in range(2)), "three columns"


def test_charts_of_a_lesson_are_whole(lab: Lab) -> None:
    lab.open(f"notebooks/{LESSON}")
    lab.run_all()
    for number in range(3):
        lab.page.locator(".js-plotly-plot").nth(number).scroll_into_view_if_needed()
    lab.expect_drawn(3)
    lab.page.set_viewport_size({"width": 1000, "height": 800})
    lab.expect_drawn(3)


def test_charts_are_whole_on_the_page_that_jupyterlabs_server_shows(lab: Lab) -> None:
    lab.page.goto(f"{lab.url}voila/render/dashboard.ipynb")
    lab.expect_drawn(1, "main")
    lab.page.set_viewport_size({"width": 900, "height": 800})
    lab.expect_drawn(1, "main")
    expect(lab.page.get_by_text(RUN_ALL)).to_have_count(0)


def test_a_notebook_without_its_kernel_says_what_to_do(lab: Lab) -> None:
    lab.page = lab.page.context.new_page()  # JupyterLab writes into the console what is missing
    shutil.copy2(ROOT / "dashboard.ipynb", lab.folder / "saved.ipynb")
    lab.open("saved.ipynb")
    lab.run_all()
    lab.page.keyboard.press("Control+s")
    expect(lab.page.locator(".jp-mod-dirty")).to_have_count(0)
    lab.end_kernels()
    lab.open("saved.ipynb")
    lost = lab.page.locator(".jp-OutputArea-output", has_text=LOST)
    expect(lost.first).to_be_visible()
    expect(lab.page.locator("em", has_text=RUN_ALL)).to_be_in_viewport()
    lab.run_all()
    expect(lost).to_have_count(0)
    lab.expect_drawn(1)


def test_a_link_is_shown_to_be_copied_and_cannot_be_followed(lab: Lab) -> None:
    lab.open()
    lab.run_all()
    lab.page.get_by_role("button", name="Share").click()
    lab.page.get_by_role("button", name="Copy link").click()
    link = lab.page.get_by_text("?data=bundled&courses=")
    expect(link).to_be_visible()
    link.click(force=True)
    assert lab.page.evaluate("getSelection().toString()") == link.text_content()
    expect(lab.cell("app.toolbar")).to_be_visible()
    assert "?data" not in lab.page.url


def test_a_course_of_the_list_can_be_added_or_left_out(lab: Lab) -> None:
    lab.open()
    lab.run_all()
    panel = lab.cell("app.recommendations").locator(".recsys-recommendations")
    first, second = panel.locator("summary").all_text_contents()[:2]
    panel.get_by_role("button", name="Not for me", exact=True).click()
    expect(panel.get_by_text(f"1 course left out: {first}.")).to_be_visible()
    expect(panel.locator("summary").first).to_have_text(second)
    panel.get_by_role("button", name="Add to my courses", exact=True).click()
    expect(lab.page.locator(".recsys-chips .recsys-remove", has_text=second)).to_be_visible()
    expect(panel.locator("summary", has_text=second)).to_have_count(0)
