"""The charts as a visitor opens, reads and saves them."""

from __future__ import annotations

import csv
import re

import pytest
from dashboard_page import SCHEMES, Dashboard
from playwright.sync_api import expect

# By model, words of the text alternative of the chart that is open at first; and every other one,
# by its button.
OPEN = {"clustering-pca": "Map of", "nmf": "Heat map", "neural-network": "losses"}
CHARTS = {
    "clustering-pca": {
        "Cluster portraits": "Heat map of how the picks",
        "Cluster sizes": "the largest, cluster",
        "Variance kept": "running total",
        "Components in words": "principal components, of which the first is",
        "Popularity": "rank correlation",
    },
    "nmf": {"Popularity": "rank correlation"},
    "neural-network": {"Map of courses": "numbered diamonds", "Popularity": "rank correlation"},
}


INKS = {"light": "rgb(29, 35, 43)", "dark": "rgb(228, 232, 237)"}
COLOURS = """() => ["background", "fill"].map((property) => {
  const which = { background: ".main-svg:first-child", fill: ".xtitle" }[property];
  const found = [...document.querySelectorAll(`.recsys-chart ${which}`)];
  const name = property === "fill" ? "fill" : "backgroundColor";
  return found.filter((one) => one.getClientRects().length)
    .map((one) => getComputedStyle(one)[name]);
})"""


# Pairs of labels of the same axis that touch: the corners of upright labels are turned with them.
TOUCHING = """() => {
  const corners = (label) => {
    const { x, y, width, height } = label.getBBox(), m = label.getScreenCTM();
    return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
      .map(([x, y]) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f]);
  };
  const apart = (one, other) => [one, other].some((box) => box.some(([x, y], corner) => {
    const [nextX, nextY] = box[(corner + 1) % 4];
    const across = ([px, py]) => px * (nextY - y) - py * (nextX - x);
    const [a, b] = [one.map(across), other.map(across)];
    return Math.max(...a) <= Math.min(...b) || Math.max(...b) <= Math.min(...a);
  }));
  const touching = [];
  const layers = ".recsys-chart :is(.xaxislayer-above, .yaxislayer-above)";
  for (const axis of document.querySelectorAll(layers)) {
    const labels = [...axis.querySelectorAll("text")].filter((one) => one.getClientRects().length);
    labels.forEach((one, index) => labels.slice(index + 1).forEach((other) => {
      const pair = `${one.textContent} / ${other.textContent}`;
      if (!apart(corners(one), corners(other))) touching.push(pair);
    }));
  }
  return touching;
}"""


@pytest.mark.parametrize("key", CHARTS)
def test_every_chart_can_be_opened_and_read(app: Dashboard, key: str) -> None:
    page = app.page
    page.emulate_media(color_scheme="dark")  # what is drawn in one scheme follows to the other
    app.pick(3)
    app.choose_quick(key)
    app.recommend()
    expect(app.captions).to_contain_text([OPEN[key]])
    expect(app.charts).to_have_count(1)
    app.open_chart("Scores")
    expect(app.captions).to_contain_text(["Bar chart", OPEN[key]])
    for name, words in CHARTS[key].items():
        app.open_chart(name)
        expect(app.captions.filter(has_text=words)).to_be_visible()
    page.get_by_text("Data", exact=True).locator("visible=true").last.click()
    data = page.get_by_role("region", name="Data: ").locator("visible=true")
    expect(data.get_by_role("row").nth(1)).to_be_visible()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        grounds, inks = page.evaluate(COLOURS)
        assert set(grounds) == {"rgba(0, 0, 0, 0)"}, scheme
        assert set(inks) == {INKS[scheme]}
        assert app.overflows() == 0
        assert app.barriers() == [], scheme
    for width in (390, 960):  # a phone, and two charts side by side
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(f"!({TOUCHING})().length")
        expect(page.locator(".recsys-chart .xaxislayer-above text").first).to_be_attached()
        assert app.overflows() == 0

    app.button("Popularity").click()
    expect(app.captions.filter(has_text="rank correlation")).to_have_count(0)
    expect(app.button("Popularity")).to_have_attribute("aria-pressed", "false")
    expect(app.error).to_be_hidden()


def test_what_a_chart_draws_can_be_saved(app: Dashboard) -> None:
    app.pick(3)
    app.choose("course-similarity")
    app.recommend()
    app.open_chart("Scores")
    box = app.page.get_by_role("group", name="Bar chart of")
    box.get_by_text("Data", exact=True).click()
    with app.page.expect_download() as saved:
        box.get_by_role("link", name="Save as CSV").click()
    assert saved.value.suggested_filename == "scores.csv"
    lines = list(csv.DictReader(saved.value.path().read_text("utf-8-sig").splitlines()))
    assert [line["title"] for line in lines] == app.rows.locator("summary").all_inner_texts()

    app.charts.first.hover()
    with app.page.expect_download() as drawn:
        box.locator("[data-title^=Download]").click()
    assert drawn.value.path().read_text("utf-8").startswith("<svg")


def test_numbers_of_clusters_are_compared_on_demand(app: Dashboard) -> None:
    app.pick(3)
    app.choose("clustering")
    app.recommend()
    app.open_chart("How many clusters")
    expect(app.captions.filter(has_text="not been tried yet")).to_be_visible()
    compare, stop = app.button("Compare all numbers of clusters"), app.button("Stop comparing")
    compare.click()
    expect(app.page.get_by_role("progressbar", name="Comparison")).to_be_visible()
    stop.click()
    expect(compare).to_be_visible()
    expect(app.page.get_by_text("The comparison was cancelled.")).to_be_visible()
    compare.click()
    expect(app.captions.filter(has_text="1,500 randomly sampled users")).to_be_visible()
    expect(compare).to_be_hidden()

    app.slider("Number of clusters").press("ArrowLeft")  # fitted meanwhile: no training
    expect(app.advice).to_have_text("")
    expect(app.captions.filter(has_text="19 are in use")).to_be_visible()


def test_the_losses_of_a_training_can_be_watched(app: Dashboard) -> None:
    app.pick(3)
    app.choose("knn")
    app.recommend()
    app.choose_quick("neural-network")
    for _ in range(2):  # no other test trains this one
        app.slider("Epochs").press("ArrowRight")
    expect(app.page).to_have_url(re.compile("epochs=3"))
    app.train.click()
    losses = app.captions.filter(has_text="Line chart of the losses")
    expect(losses).to_contain_text("after 1 of 3 epochs")
    expect(app.train).to_have_text("Cancel")  # it is still under way
    expect(losses).to_contain_text("after 3 of 3 epochs")
    expect(app.status).to_contain_text("is trained")
