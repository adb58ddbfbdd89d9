"""The presenter's mode: walked through with a clicker's keys, with nothing below the fold."""

from __future__ import annotations

import re

from dashboard_page import SCHEMES, Dashboard, visit
from playwright.sync_api import Page, expect
from serving import Server

# What has to be in sight where its panel is presented.
PRIMARY = (
    "button.mod-primary",
    ".recsys-training button",
    ".recsys-data-set select",
    ".recsys-picker :is(input, select)",
    ".recsys-picked .recsys-chips",
    ".recsys-picked .recsys-row button",
    ".recsys-model > .widget-dropdown select",
    ".recsys-table thead + tbody tr.recommended",
    ".recsys-all-charts .recsys-choose button",
    ".recsys-leaderboard > button, .recsys-leaderboard .recsys-row button",
    ".presenter button",
)

BELOW_THE_FOLD = """
(selectors) => [...document.querySelectorAll(selectors.join(", "))]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const { top, bottom, left, right } = one.getBoundingClientRect();
    const foot = document.querySelector(".presenter");
    const floor = foot.contains(one) ? innerHeight : foot.getBoundingClientRect().top;
    return top < 0 || left < 0 || bottom > floor || right > innerWidth;
  })
  .map((one) => one.outerHTML.slice(0, 120))
"""


def test_a_clicker_walks_through_all_steps_with_nothing_below_the_fold(opened: Dashboard) -> None:
    page = opened.page
    page.set_viewport_size({"width": 1280, "height": 720})
    headings = [
        one.replace("¶", "")
        for one in page.locator(".jp-RenderedMarkdown :is(h2, h3)").all_inner_texts()
    ]
    opened.button("Present").click()
    for place, heading in enumerate(headings, 1):
        expect(page.locator(".presenter")).to_contain_text(
            f"Step {place} of {len(headings)}: {heading}"
        )
        expect(page.get_by_role("heading", name=heading)).to_be_in_viewport()
        expect(page).to_have_url(re.compile(rf"[?&]present={place}$"))
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(BELOW_THE_FOLD, list(PRIMARY)) == []
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            assert opened.overflows() == 0
            assert opened.barriers() == [], scheme
        page.keyboard.press("PageDown")
    expect(opened.button("Next")).to_be_disabled()
    page.keyboard.press("PageUp")
    expect(page.locator(".presenter")).to_contain_text(f"Step {len(headings) - 1} of")
    page.keyboard.press("Escape")
    expect(page.locator(".presenter")).to_have_count(0)
    expect(page.get_by_role("heading", name=headings[0], exact=False).first).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))


def test_a_step_keeps_the_list_in_sight_and_its_arrows_for_its_controls(
    page: Page, server: Server
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    app = visit(page, f"{server.url}?present=2&hide=data_set")  # a hidden panel is no step
    expect(page.locator(".presenter")).to_contain_text("Your picks")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".presenter")).to_contain_text("Choose a model")
    expect(app.rows.first).to_be_in_viewport()

    app.slider("How many to recommend").press("ArrowLeft")
    expect(app.rows).to_have_count(9)
    expect(page.locator(".presenter")).to_contain_text("Choose a model")
    app.slider("How many to recommend").press("PageDown")
    expect(page.locator(".presenter")).to_contain_text("Train")
    expect(app.rows).to_have_count(9)
    app.button("Back").press("Enter")
    expect(page.locator(".presenter")).to_contain_text("Choose a model")

    expect(page).to_have_url(re.compile("&present=3$"))
    before = page.url
    page.reload()
    expect(page.locator(".presenter")).to_contain_text("Choose a model")
    expect(app.rows).to_have_count(9)
    assert page.url == before
    app.button("Leave").click()
    expect(app.button("Present")).to_be_focused()
