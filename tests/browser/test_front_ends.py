"""The page's own front end shows what ipywidgets would; other widgets are left to Voilà's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from serving import ROOT, free_port, wait_until_it_answers

Show = Callable[..., Page]


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Iterator[Show]:
    """Serve a notebook of these cells with the project's template, and open it."""
    servers = []

    import nbformat  # takes two seconds, which collecting the fast tests need not wait for

    def show(*cells: str) -> Page:
        kernel = {"name": "python3", "display_name": "", "language": "python"}
        notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
        notebook.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        nbformat.write(notebook, tmp_path / "own.ipynb")
        (tmp_path / "voila.json").write_text((ROOT / "voila.json").read_text())
        port, log = free_port(), tmp_path / "log"
        command = [sys.executable, "-m", "voila", "own.ipynb", "--no-browser", f"--port={port}"]
        with log.open("w") as output:
            server = subprocess.Popen(
                command,
                cwd=tmp_path,
                env=os.environ | {"JUPYTER_PATH": str(ROOT / "share" / "jupyter")},
                stdout=output,
                stderr=output,
            )
        servers.append(server)
        url = f"http://127.0.0.1:{port}/"
        wait_until_it_answers(url + "static/nothing", server, log)
        page.goto(url)
        expect(page.locator("#loading")).to_have_count(0)
        return page

    yield show
    page.goto("about:blank")  # or it would complain that its server is gone
    for server in servers:
        server.terminate()
        server.wait(60)


# Each widget, and beside it what the kernel knows of it.
CORE = """
import ipywidgets as w
told = w.HTML()
widgets = {
    "Text": w.Text("a", description="Text"),
    "Lazy": w.Text("a", description="Lazy", continuous_update=False),
    "Textarea": w.Textarea("a", description="Textarea"),
    "Int": w.BoundedIntText(3, min=0, max=9, description="Int"),
    "Float": w.FloatText(1.5, description="Float"),
    "Slider": w.IntSlider(5, min=0, max=10, description="Slider"),
    "Share": w.FloatSlider(0.5, min=0, max=1, step=0.1, readout_format=".0%", description="Share"),
    "One of": w.Dropdown(options=["x", "y", "z"], description="One of"),
    "Some of": w.SelectMultiple(options=["x", "y", "z"], description="Some of"),
    "Check": w.Checkbox(False, description="Check"),
    "Toggle": w.ToggleButton(False, description="Toggle"),
    "File": w.FileUpload(description="File"),
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
button = w.Button(description="Press", tooltip="Presses")
def pressed(_):
    widgets["Slider"].max = 7
    widgets["One of"].options = ["p", "q"]
    widgets["Text"].value = "set by the kernel"
    box.children = [widgets["Toggle"], w.Label("<b>new</b>")]
button.on_click(pressed)
box = w.HBox([w.Label("old"), widgets["Toggle"]], layout={"border": "3px solid red"})
bar = w.FloatProgress(value=0.25, max=1.0)
"""
SHOWN = """
w.VBox([*(one for name, one in widgets.items() if name != "Toggle"), box, button, bar, told])
"""


def test_every_core_widget_is_shown_and_speaks_with_the_kernel(show: Show, tmp_path: Path) -> None:
    page = show(CORE, SHOWN)
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
    control("Textarea").fill("two\nlines")
    knows("Textarea", "two\nlines")
    control("Int").fill("12")
    control("Int").press("Enter")
    knows("Int", 9)  # the most there may be
    expect(control("Int")).to_have_value("9")
    control("Float").fill("-2.5")
    control("Float").press("Enter")
    knows("Float", -2.5)
    control("Slider").press("ArrowRight")
    knows("Slider", 6)
    expect(control("Share: value")).to_have_value("50%")
    control("Share").press("End")
    knows("Share", 1.0)
    expect(control("Share: value")).to_have_value("100%")
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
        page.get_by_role("button", name="File").click()
    chooser.value.set_files(tmp_path / "ä.bin")
    knows("File", [("ä.bin", 256, bytes(range(256)))])

    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    page.get_by_title("Presses").click()
    expect(control("Text")).to_have_value("set by the kernel")
    expect(control("Slider")).to_have_attribute("max", "7")
    expect(control("Slider: value")).to_have_value("7")
    expect(control("One of").locator("option")).to_have_text(["p", "q"])
    expect(page.get_by_text("<b>new</b>")).to_be_visible()
    expect(page.get_by_text("old")).to_have_count(0)
    expect(page.get_by_text("<b>new</b>").locator("../..")).to_have_css("border-top-width", "3px")


def test_what_cells_print_and_draw_is_shown(show: Show) -> None:
    page = show(
        "print('printed <b>text</b>')",
        "import plotly.graph_objects as go; go.Figure(go.Bar(x=[1, 2], y=[3, 4]))",
        "from IPython.display import HTML; HTML('<i>marked up</i>')",
        "1 / 0",
    )
    expect(page.get_by_text("printed <b>text</b>")).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(page.locator("i", has_text="marked up")).to_be_visible()
    expect(page.get_by_text("There was an error when executing cell")).to_be_visible()


def test_widgets_that_are_not_core_are_shown_by_voila(show: Show) -> None:
    """And so are all others on that page, the dashboard's panels among them."""
    page = show(
        "import ipywidgets as w; told = w.HTML()",
        "w.Accordion([w.Text('inside')], titles=['Folded'], selected_index=0)",
        "slider = w.IntSlider(5, description='Slider')\n"
        "w.jslink((slider, 'value'), (told, 'value'))\n"
        "w.VBox([slider, told])",
        "from recsys.dashboard import Dashboard; app = Dashboard(); app.recommendations",
        "app.charts",
    )
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
    page.locator(".noUi-handle").press("ArrowRight")
    expect(page.locator(".widget-html-content", has_text="6").first).to_be_visible()


def test_a_widget_that_comes_later_and_is_not_known_is_named(show: Show) -> None:
    page = show(
        "import ipywidgets as w; box = w.VBox(); button = w.Button(description='More')\n"
        "def more(_): box.children = [w.Accordion()]\n"
        "button.on_click(more)",
        "button",
        "box",
    )
    page.get_by_role("button", name="More").click()
    expect(page.get_by_text("AccordionModel is not among the widgets")).to_be_visible()
