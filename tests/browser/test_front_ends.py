"""A page looks and works as in Voilà's "lab" template, whatever is on it and whoever draws it.

The light front end draws what the dashboard's panels use; what comes later and is not among that
moves the page to Voilà's front end, with the kernel and all that is in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from corpus import CASES, IMPORTS, Case
from dashboard_page import PATIENCE, Dashboard
from playwright.sync_api import Browser, Locator, Page, expect
from serving import ROOT, free_port, wait_until_it_answers, written

Show = Callable[..., Page]

SHARE = 1 if os.environ.get("RECSYS_SOAK") else 5  # a fifth of the corpus, unless in `make soak`

# What a visitor sees: the words on the page, with the values of its fields, whether each widget and
# output has a height, and how many drawings there are.
SEEN = """() => {
  const cells = document.getElementById("rendered_cells");
  const all = (selector) => [...cells.querySelectorAll(selector)];
  const shown = (node) => node.getBoundingClientRect().height > 0;
  const fields = all("input:not([type=range]), select, textarea");
  const values = fields.map((node) => (node.type === "checkbox" ? node.checked : node.value));
  const leaves = all(".jupyter-widgets").filter((node) => !node.matches(".widget-container"));
  return {
    words: [...cells.innerText.split(/\\s+/), ...values.map(String)].filter(Boolean).sort(),
    widgets: leaves.map(shown),
    outputs: all(".jp-OutputArea-output[data-mime-type]").map(
      (node) => [node.dataset.mimeType, shown(node)]),
    drawings: all("img, svg, canvas, audio, iframe").filter(shown).length,
  };
}"""


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the address at which Voilà serves its notebooks with the project's settings."""
    folder = tmp_path_factory.mktemp("notebooks")
    settings = json.loads((ROOT / "voila.json").read_text())
    settings["VoilaConfiguration"]["allow_template_override"] = "YES"
    (folder / "voila.json").write_text(json.dumps(settings))
    (folder / "own.txt").write_text("text")
    port, log = free_port(), folder / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "voila", ".", "--no-browser", f"--port={port}"],
            cwd=folder,
            env=os.environ | {"JUPYTER_PATH": str(ROOT / "share" / "jupyter")},
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}/"
    wait_until_it_answers(url + "static/nothing", server, log)
    yield folder, url + "voila/render/"
    server.terminate()
    server.wait(60)


@pytest.fixture
def show(page: Page, notebooks: tuple[Path, str], request: pytest.FixtureRequest) -> Show:
    """Open a notebook of these cells, with the project's template or another."""
    folder, address = notebooks

    def show(*cells: str, template: str = "", on: Page = page) -> Page:
        name = written(folder / f"{abs(hash(request.node.name))}.ipynb", *cells).name
        on.goto(address + name + (f"?template={template}" if template else ""))
        expect(on.locator("#loading")).to_have_count(0)
        return on

    return show


def drawn_by_voila(page: Page) -> bool:
    return bool(page.evaluate("Boolean(window.webpackChunk_JUPYTERLAB_CORE_OUTPUT)"))


# The corpus


@dataclass
class Visit:
    """A page, and the errors in its scripts."""

    page: Page
    errors: list[str]


@pytest.fixture(scope="module")
def visits(browser: Browser) -> Iterator[tuple[Visit, Visit]]:
    """Two pages, for the project's template and for Voilà's, which asks another host for icons."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route(lambda url: "127.0.0.1" not in url, lambda route: route.abort())
    ours, theirs = (Visit(context.new_page(), []) for _ in range(2))
    for one in (ours, theirs):
        one.page.on("pageerror", lambda error, one=one: one.errors.append(str(error)))
    yield ours, theirs
    context.close()


def visited(page: Page, case: Case) -> None:
    """Do what the case says, and wait until what is seen stays for a moment."""
    for act in case.acts:
        before = settled(page)
        if act == "right":
            page.locator(".noUi-handle, input[type=range]").first.press("ArrowRight")
        else:
            page.get_by_role("button", name=act, exact=True).click()
        changed = f"before => JSON.stringify(({SEEN})()) !== JSON.stringify(before)"
        page.wait_for_function(changed, arg=before)
    if case.text:
        expect(page.get_by_text(case.text).first).to_be_visible()
    expect(page.locator(".recsys-bar")).to_have_count(0)
    settled(page)


def until_equal(ours: Page, theirs: Page, part: Callable[[dict[str, Any]], Any]) -> None:
    """Wait until two pages show the same: a renderer may still be loading on either of them."""
    end = time.monotonic() + PATIENCE / 1000
    while (found := part(ours.evaluate(SEEN))) != (seen := part(theirs.evaluate(SEEN))):
        assert time.monotonic() < end, (found, seen)
        ours.wait_for_timeout(100)


def settled(page: Page) -> dict[str, Any]:
    page.wait_for_function(
        f"""() => {{
          const now = JSON.stringify(({SEEN})());
          if (now !== window.seen) [window.seen, window.since] = [now, performance.now()];
          const waiting = document.querySelector("script[type*='cell-output']");
          return !waiting && performance.now() - window.since > 350 && !now.includes("Loading");
        }}"""
    )
    return dict(page.evaluate(SEEN))


@pytest.mark.parametrize("name", list(CASES)[::SHARE])
def test_it_is_as_in_voila(show: Show, visits: tuple[Visit, Visit], name: str) -> None:
    case, (ours, theirs) = CASES[name], visits
    for one in visits:
        # As a page is left, Voilà's scripts may complain that its kernel has gone.
        one.page.goto("about:blank")
        one.errors.clear()
    visited(show(IMPORTS, *case.cells, template="lab", on=theirs.page), case)
    visited(show(IMPORTS, *case.cells, on=ours.page), case)
    if drawn_by_voila(ours.page):
        until_equal(ours.page, theirs.page, lambda seen: seen)
    else:
        until_equal(ours.page, theirs.page, lambda seen: seen["words"])
        assert all(ours.page.evaluate(SEEN)["widgets"])
    assert set(ours.errors) <= set(theirs.errors)


# The light front end

CORE = """
import ipywidgets as w
told = w.HTML()
widgets = {
    "Text": w.Text("a", description="Text"),
    "Lazy": w.Text("a", description="Lazy", continuous_update=False),
    "Float": w.BoundedFloatText(1.5, min=-9, description="Float"),
    "Slider": w.IntSlider(5, min=0, max=10, description="Slider"),
    "Share": w.FloatSlider(0.5, min=0, max=1, step=0.1, description="Share"),
    "One of": w.Dropdown(options=["x", "y", "z"], description="One of"),
    "Some of": w.SelectMultiple(options=["x", "y", "z"], description="Some of"),
    "Check": w.Checkbox(False, description="Check", indent=False),
    "Toggle": w.ToggleButton(False, description="Toggle"),
    "File": w.FileUpload(description="File", icon=""),
}
def value(name):
    found = widgets[name].value
    if name == "File":
        return [(one.name, one.size, bytes(one.content)) for one in found]
    return found
def tell(change):
    told.value = repr({name: value(name) for name in widgets})
for one in widgets.values():
    one.observe(tell, "value")
button = w.Button(description="Press", tooltip="Presses", button_style="primary")
def pressed(_):
    widgets["Slider"].max = 7
    widgets["One of"].options = ["p", "q"]
    widgets["Text"].value = "set by the kernel"
    box.children = [widgets["Toggle"], w.HTML("&lt;b&gt;new")]
button.on_click(pressed)
box = w.HBox([w.HTML("old"), widgets["Toggle"]])
bar = w.FloatProgress(value=0.25, max=1.0)
"""
SHOWN = """
w.VBox([*(one for name, one in widgets.items() if name != "Toggle"), box, button, bar, told])
"""


def test_every_widget_of_the_panels_is_shown_and_speaks_with_the_kernel(
    show: Show, tmp_path: Path
) -> None:
    page = show(CORE, SHOWN)
    assert not drawn_by_voila(page)
    told = page.locator(".widget-html-content").last

    def knows(name: str, value: object) -> None:
        expect(told).to_contain_text(f"'{name}': {value!r}")

    def control(name: str) -> Locator:
        return page.get_by_label(name, exact=True)

    control("Text").press("End")
    control("Text").press_sequentially("bc")
    knows("Text", "abc")
    control("Lazy").fill("later")
    control("Lazy").press("Tab")
    knows("Lazy", "later")
    control("Float").fill("-12.5")
    control("Float").press("Enter")
    knows("Float", -9.0)  # the least there may be
    expect(control("Float")).to_have_value("-9")
    control("Slider").press("ArrowRight")
    knows("Slider", 6)
    expect(control("Share: value")).to_have_value("0.50")
    control("Share").press("End")
    knows("Share", 1.0)
    expect(control("Share: value")).to_have_value("1.00")
    control("Slider: value").fill("99")
    control("Slider: value").press("Enter")
    knows("Slider", 10)
    control("One of").select_option("y")
    knows("One of", "y")
    control("Some of").select_option(["x", "z"])
    knows("Some of", ("x", "z"))
    control("Check").check()
    knows("Check", True)
    toggle = page.get_by_role("button", name="Toggle")
    toggle.click()
    knows("Toggle", True)
    expect(toggle).to_have_attribute("aria-pressed", "true")
    (tmp_path / "ä.bin").write_bytes(bytes(range(256)))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="File (0)").click()
    chooser.value.set_files(tmp_path / "ä.bin")
    knows("File", [("ä.bin", 256, bytes(range(256)))])
    expect(page.get_by_role("button", name="File (1)")).to_be_visible()

    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    page.get_by_title("Presses").click()
    expect(control("Text")).to_have_value("set by the kernel")
    expect(control("Slider")).to_have_attribute("max", "7")
    expect(control("Slider: value")).to_have_value("7")
    expect(control("One of").locator("option")).to_have_text(["p", "q"])
    expect(page.get_by_text("<b>new")).to_be_visible()
    expect(page.get_by_text("old")).to_have_count(0)


def test_the_dashboard_is_drawn_by_the_light_front_end(opened: Dashboard) -> None:
    assert not drawn_by_voila(opened.page)


# Voilà's front end


def test_the_panels_work_on_a_page_that_voila_draws(show: Show) -> None:
    page = show(
        "import ipywidgets as w; w.Accordion([w.Text('inside')], titles=['Folded'])",
        "from recsys.dashboard import Dashboard; app = Dashboard(); app.recommendations",
        "app.charts",
    )
    assert drawn_by_voila(page)
    expect(page.get_by_text("Folded")).to_be_visible()
    expect(page.locator("tr.recommended").first).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.set_viewport_size({"width": 900, "height": 800})
    page.wait_for_function(
        """() => [...document.querySelectorAll(".js-plotly-plot")].every((figure) => {
          const [own, drawn] = [figure, figure.querySelector("svg")].map((node) =>
            node.getBoundingClientRect());
          return own.height > 300 && Math.abs(own.height - drawn.height) <= 1
            && own.right < 900 && Math.abs(own.width - drawn.width) <= 1;
        })"""
    )


def test_a_page_moves_to_voila_with_what_was_typed_and_printed(show: Show) -> None:
    page = show(
        "import ipywidgets as w; box = w.VBox(); button = w.Button(description='More')\n"
        "def more(_):\n"
        "    out = w.Output(); box.children = [w.Accordion([w.Text()], titles=['Folded']), out]\n"
        "    with out:\n"
        "        for i in range(3): print('line', i)\n"
        "button.on_click(more); w.VBox([button, box])",
        "text = w.Text('', description='Name'); told = w.HTML()\n"
        "text.observe(lambda change: told.set_trait('value', f'Hello {change.new}'), 'value')\n"
        "w.VBox([text, told])",
    )
    assert not drawn_by_voila(page)
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="More").click()
    expect(page.locator(".recsys-bar[role=status]")).to_contain_text("Loading")
    expect(page.get_by_text("Folded")).to_be_visible()
    assert drawn_by_voila(page)
    expect(page.locator(".recsys-bar")).to_have_count(0)
    expect(page.locator(".jp-OutputArea pre")).to_have_text("line 0\nline 1\nline 2\n")
    expect(page.get_by_text("Hello Ada")).to_be_visible()
    page.get_by_label("Name").fill("Grace")
    expect(page.get_by_text("Hello Grace")).to_be_visible()


# Any page


def test_a_page_that_is_not_the_dashboard_has_nothing_of_it(show: Show) -> None:
    page = show("import ipywidgets as w; w.Text('alone', description='Name')")
    expect(page.get_by_label("Name")).to_be_visible()
    expect(page.locator(".recsys-questions")).to_have_count(0)
    expect(page.get_by_text("Your picks")).to_have_count(0)
    expect(page.locator(".bench")).to_have_count(0)
    box = page.locator(".region").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 1280)
