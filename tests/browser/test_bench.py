"""The bench: cause and effect on one screen, by what is inside the window."""

from __future__ import annotations

import re

from dashboard_page import SCHEMES, Dashboard
from playwright.sync_api import expect

# What belongs on one screen, by what a visitor uses it for.
ON_ONE_SCREEN = {
    "search": ".recsys-search input",
    "picks": ".recsys-pick",
    "models": ".recsys-choose-model button",
    "sliders": ".recsys-settings .recsys-setting .slider",
    "heading": ".recsys-heading h2",
    "rows": ".recsys-table tr.recommended",
    "chart": ".recsys-chart .js-plotly-plot .main-svg:first-child",
    "share": ".recsys-toolbar button",
}

# What is not wholly inside the window, or has no height; by name, with its box.
OUTSIDE = """
(wanted) => Object.entries(wanted).flatMap(([name, selector]) => {
  const found = [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  if (!found.length) return [`${name}: nothing`];
  return found.map((one) => one.getBoundingClientRect())
    .filter((box) => box.height < 4 || box.top < 0 || box.left < 0
      || box.bottom > innerHeight || box.right > document.documentElement.clientWidth)
    .map((box) => `${name}: ${[box.left, box.top, box.right, box.bottom].map(Math.round)}`);
})
"""

# Pairs of regions of which one lies over the other.
OVERLAPS = """
() => {
  const regions = [...document.querySelectorAll(".bench > .region")]
    .map((one) => [one.id, one.getBoundingClientRect()]);
  return regions.flatMap(([name, box], index) => regions.slice(index + 1)
    .filter(([, other]) => Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1
      && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 1)
    .map(([other]) => `${name} and ${other}`));
}
"""

# Whether every figure is as large as its drawing and its place.
WHOLE = """
() => [...document.querySelectorAll(".js-plotly-plot")].every((figure) => {
  const [place, own, drawn] = [figure.parentElement, figure, figure.querySelector("svg")]
    .map((one) => one.getBoundingClientRect());
  const near = (one, other) => Math.abs(one - other) <= 1;
  return own.height > 200 && near(own.height, place.height) && near(own.height, drawn.height)
    && near(own.width, place.width) && near(own.width, drawn.width);
})
"""

# The regions from top to bottom.
ORDER = """
() => [...document.querySelectorAll(".bench > .region")]
  .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top)
  .map((one) => one.id.replace("region-", ""))
"""


def resize(app: Dashboard, width: int, height: int) -> None:
    app.page.set_viewport_size({"width": width, "height": height})
    app.page.evaluate("scrollTo(0, 0)")


def test_cause_and_effect_are_on_one_screen(opened: Dashboard) -> None:
    opened.choose("knn")
    expect(opened.heading).to_have_text("KNN, 40 neighbours")
    expect(opened.rows).to_have_count(10)
    for width, height in ((1280, 720), (1920, 1080)):
        resize(opened, width, height)
        expect(opened.charts).to_have_count(1)
        opened.page.wait_for_function(f"() => !({OUTSIDE})({ON_ONE_SCREEN!r}).length")
        assert opened.page.evaluate(OVERLAPS) == []
        assert opened.overflows() == 0
        region = opened.page.locator(".region-chart").bounding_box()
        assert region is not None
        assert region["x"] + region["width"] == width, "the whole width is used"
        for scheme in SCHEMES:
            opened.page.emulate_media(color_scheme=scheme)
            assert opened.barriers() == [], scheme


def test_a_row_is_explained_when_it_is_opened(opened: Dashboard) -> None:
    opened.choose("knn")
    expect(opened.heading).to_have_text("KNN, 40 neighbours")
    row = opened.rows.nth(1)
    row.locator("summary").click()
    reasons = opened.page.locator(".recsys-reasons")  # the others are explained when they are open
    expect(reasons).to_have_count(1)
    expect(reasons).to_contain_text("What each of your picks adds")
    expect(row.locator("summary")).to_be_focused()
    opened.slider("Neighbours").press("ArrowRight")
    expect(opened.heading).to_have_text("KNN, 41 neighbours")
    expect(reasons).to_have_count(1)  # it stays open
    expect(reasons).to_be_visible()


def test_a_chart_that_is_opened_comes_into_view(opened: Dashboard) -> None:
    opened.choose("nmf")
    opened.recommend()
    resize(opened, 1280, 720)
    opened.open_chart("Popularity")  # it stands below the heat map, which fills the column
    drawn = opened.page.locator(".region-chart .recsys-chart:visible .js-plotly-plot").last
    expect(drawn).to_be_in_viewport(ratio=0.99)


def test_a_chart_that_was_drawn_again_keeps_its_height_when_the_window_changes(
    opened: Dashboard,
) -> None:
    for neighbours, width in ("Home", 1280), ("End", 1000), ("Home", 1280):
        opened.choose("knn")
        opened.slider("Neighbours").press(neighbours)
        opened.recommend()
        expect(opened.charts).to_have_count(1)
        resize(opened, width, 800)
        opened.page.wait_for_function(WHOLE)


def test_with_less_room_nothing_is_lost(opened: Dashboard) -> None:
    """As with 125 % zoom on a laptop: what does not fit can be scrolled to."""
    opened.choose("knn")
    expect(opened.heading).to_have_text("KNN, 40 neighbours")
    resize(opened, 1024, 576)
    assert opened.page.evaluate(OVERLAPS) == []
    assert opened.overflows() == 0
    last_slider = opened.page.locator(".recsys-settings .slider:visible").last
    for one in (opened.rows.last, last_slider, opened.captions.first, opened.search):
        one.scroll_into_view_if_needed()
        expect(one).to_be_in_viewport(ratio=1)


def test_on_a_phone_the_effect_of_a_change_is_always_in_sight(opened: Dashboard) -> None:
    resize(opened, 390, 844)
    opened.choose("knn")
    expect(opened.heading).to_have_text("KNN, 40 neighbours")
    assert opened.page.evaluate(ORDER) == ["bar", "models", "courses", "list", "settings", "chart"]
    picks = opened.page.locator(".recsys-chips").bounding_box()
    assert picks is not None
    assert 20 < picks["height"] < 50, "the picks are one line"
    effect = opened.page.locator(".recsys-effect")
    slider = opened.slider("Neighbours")
    slider.scroll_into_view_if_needed()
    slider.press("Home")
    expect(effect).to_have_text(re.compile(r"^KNN, 1 neighbour: \d+ of 10 changed$"))
    expect(effect).to_be_in_viewport(ratio=1)
    expect(slider).to_be_in_viewport(ratio=1)
    assert opened.overflows() == 0
    for scheme in SCHEMES:
        opened.page.emulate_media(color_scheme=scheme)
        assert opened.barriers() == [], scheme


def test_the_first_stop_of_the_keyboard_skips_to_the_list(opened: Dashboard) -> None:
    page = opened.page
    page.reload()  # the next press of Tab is the first
    expect(opened.rows).to_have_count(10)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the recommendations")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = "document.querySelector('.region-list').contains(document.activeElement)"
    assert page.evaluate(inside)


def test_menus_lie_over_the_page_and_close_again(opened: Dashboard) -> None:
    page = opened.page
    before = opened.rows.first.bounding_box()
    share = opened.open_menu("Share")
    expect(share).to_be_in_viewport(ratio=1)
    assert opened.rows.first.bounding_box() == before, "nothing jumps"
    assert opened.barriers() == []
    page.keyboard.press("Escape")
    expect(share).to_be_hidden()
    expect(opened.button("Share")).to_be_focused()
    opened.open_menu("Examples")
    page.get_by_role("heading", level=1).click()
    expect(page.locator(".recsys-menu-content:visible")).to_have_count(0)


def test_back_undoes_what_was_done(opened: Dashboard) -> None:
    page = opened.page
    opened.choose("knn")
    expect(page).to_have_url(re.compile(r"model=knn$"))
    opened.picked.first.click()
    expect(opened.picked).to_have_count(2)
    expect(page).to_have_url(re.compile(r"courses=\w+,\w+&model=knn$"))
    page.go_back()
    expect(page).not_to_have_url(re.compile(r"courses=\w+,\w+&model=knn$"))
    expect(opened.picked).to_have_count(3)
