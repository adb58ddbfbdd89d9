"""A notebook with what a learner adds: formulas, a figure that is a widget, and an error."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from serving import NOWHERE, ROOT, written

from recsys.serving import notebooks

FIGURE = """
import plotly.graph_objects as go
import ipywidgets as w
figure = go.FigureWidget(go.Bar(x=[1, 2], y=[3, 4]), {"title": {"text": "before"}})
button = w.Button(description="Change")
button.on_click(lambda _: figure.update_layout(title_text="after"))
w.VBox([figure, button])
"""
FORMULA = "from IPython.display import Math; Math(r'\\frac{a}{b}')"
SIZES = """
all => all.map((one) => {
  const { width, height } = one.getBoundingClientRect();
  return [one.getAttribute("display"), width, height];
})
"""


def write(path: Path) -> Path:
    """The notebook: the texts of all lessons, and cells of its own."""
    texts = [
        "md:" + cell["source"]
        for lesson in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in notebooks.read(lesson)["cells"]
        if cell["cell_type"] == "markdown"
    ]
    failing = [f"words = open('{NOWHERE}').read()", "print(words)"]
    return written(path, "md:# My own page", *failing, FIGURE, FORMULA, *texts)


def expect_whole(page: Page, *, in_full: bool) -> None:
    """The page shows all of the notebook; `in_full`: with the code and the path of the error."""
    expect(page.locator("#loading")).to_have_count(0)
    expect(page).to_have_title("My own page")

    told = page.get_by_role("alert").filter(has_text="This cell failed.")
    expect(told).to_contain_text("FileNotFoundError: [Errno 2] No such file or directory: ")
    assert box_of(told)["height"] > 40
    for private in (f"directory: '{NOWHERE}'", "Line 1: words = open(", "Traceback"):
        if in_full:
            expect(told).to_contain_text(private)
        else:
            expect(told).not_to_contain_text(private)
    expect(page.get_by_text("This cell needs words, which")).to_be_visible()

    drawn = page.locator(".js-plotly-plot .main-svg").first
    expect(drawn).to_be_visible()
    assert box_of(drawn)["height"] > 200
    expect(page.locator(".gtitle")).to_have_text("before")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".gtitle")).to_have_text("after")

    unfold = "for (const one of document.querySelectorAll('.jp-RenderedMarkdown details')) "
    page.evaluate(unfold + "one.open = true")
    formulas = page.locator(".jp-RenderedMarkdown math").evaluate_all(SIZES)
    assert len(formulas) > 60
    for display, width, height in formulas:
        assert width > 5
        assert height > (15 if display == "block" else 5)
    assert sum(display == "block" for display, *_ in formulas) > 15
    for text in page.locator(".jp-RenderedMarkdown").all_inner_texts():
        assert not re.search(r"[$\\\\]", text), text
    fraction = page.locator("[data-mime-type='text/latex']")  # drawn by Voilà's front end
    expect(fraction.locator("mjx-container")).to_be_visible()


def box_of(found: Locator) -> dict[str, float]:
    box = found.bounding_box()
    assert box is not None
    return dict(box)
