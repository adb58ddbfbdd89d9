"""The presenter's mode: the bench in large type, walked through with a clicker's keys."""

from __future__ import annotations

import re

import pytest
from dashboard_page import SCHEMES, Dashboard, visit
from playwright.sync_api import Page, expect
from serving import Server

# What has to be in sight where it is presented: the model, its controls and their effect.
PRIMARY = [
    ".presenter button",
    ".recsys-choose-model button",
    ".recsys-settings .slider",
    ".recsys-heading h2",
    ".recsys-chart .js-plotly-plot .main-svg:first-child",
    ".recsys-comparison > button",
    ".recsys-leaderboard > button, .recsys-leaderboard .recsys-row button",
]

BELOW_THE_FOLD = """
(selectors) => [...document.querySelectorAll(selectors.join(", "))]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const { top, left, right } = one.getBoundingClientRect();
    const foot = document.querySelector(".presenter");
    const floor = foot.contains(one) ? innerHeight : foot.getBoundingClientRect().top;
    return top < 0 || left < 0 || top + 20 > floor || right > innerWidth;
  })
  .map((one) => one.outerHTML.slice(0, 120))
"""


def test_a_clicker_walks_through_all_steps_with_nothing_below_the_fold(opened: Dashboard) -> None:
    page = opened.page
    page.set_viewport_size({"width": 1280, "height": 720})
    opened.choose("knn")
    expect(opened.heading).to_have_text("KNN, 40 neighbours")
    size = opened.heading.evaluate("one => one.getBoundingClientRect().height")
    headings = ["Recommender", "Compare models", "Which model is best?"]
    opened.button("Present").click()
    for place, heading in enumerate(headings, 1):
        expect(page.locator(".presenter")).to_contain_text(
            f"Step {place} of {len(headings)}: {heading}"
        )
        expect(page.get_by_role("heading", name=heading)).to_be_in_viewport()
        expect(page).to_have_url(re.compile(rf"[?&]present={place}$"))
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            # A chart takes its new size after a moment.
            page.wait_for_function(f"(wanted) => !({BELOW_THE_FOLD})(wanted).length", arg=PRIMARY)
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            assert opened.overflows() == 0
            assert opened.barriers() == [], scheme
        if place == 1:
            assert opened.heading.evaluate("one => one.getBoundingClientRect().height") > size
            expect(opened.rows.first).to_be_in_viewport(ratio=1)
        page.keyboard.press("PageDown")
    expect(opened.button("Next")).to_be_disabled()
    page.keyboard.press("PageUp")
    expect(page.locator(".presenter")).to_contain_text(f"Step {len(headings) - 1} of")
    page.keyboard.press("Escape")
    expect(page.locator(".presenter")).to_have_count(0)
    expect(page.get_by_role("heading", name=headings[0])).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


@pytest.mark.parametrize("width", [1280, 390])
def test_a_step_keeps_cause_and_effect_in_sight_and_its_arrows_for_its_controls(
    page: Page, server: Server, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    app = visit(page, f"{server.url}?present=1&model=knn&hide=comparison")
    presenter = page.locator(".presenter")
    expect(presenter).to_contain_text("Step 1 of 2: Recommender")  # what is hidden is no step
    slider = app.slider("Neighbours")
    slider.scroll_into_view_if_needed()
    slider.press("Home")
    expect(app.heading).to_have_text("KNN, 1 neighbour")
    told = app.heading if width > 900 else page.locator(".recsys-effect")
    expect(told).to_be_in_viewport(ratio=1)
    slider.press("ArrowRight")
    expect(app.heading).to_have_text("KNN, 2 neighbours")
    expect(presenter).to_contain_text("Step 1 of 2")
    assert app.overflows() == 0

    slider.press("PageDown")
    expect(presenter).to_contain_text("Step 2 of 2: Which model is best?")
    expect(page).to_have_url(re.compile("&present=2$"))
    before = page.url
    page.reload()
    expect(presenter).to_contain_text("Step 2 of 2")
    assert page.url == before
    app.button("Back").press("Enter")
    expect(presenter).to_contain_text("Step 1 of 2")
    expect(app.rows).to_have_count(10)
    app.button("Leave").click()
    expect(app.button("Present")).to_be_focused()
