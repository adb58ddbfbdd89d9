"""A lesson is a link: opened, followed, copied, reloaded, and gone back from."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard_page import Dashboard, visit
from playwright.sync_api import Browser, Page, expect
from serving import Server, served

LESSON = (
    "?data=bundled&courses=ML0101EN,PY0101EN&model=user-profile&popularity_prior=3&top=4"
    "&topic_weight=alike&open=leaderboard,settings"  # which no other test has fitted
)


def expect_the_lesson(app: Dashboard) -> None:
    expect(app.picked).to_have_count(2)
    expect(app.model).to_have_text("2 Profile")
    expect(app.slider("Popularity prior")).to_have_value("3")
    expect(app.slider("How many to recommend")).to_have_value("4")
    expect(app.page.locator(".recsys-leaderboard")).to_contain_text("All models are evaluated")
    expect(app.button("Fewer settings")).to_be_visible()


def test_a_link_shows_its_state_and_never_the_example(page: Page, server: Server) -> None:
    page.add_init_script(
        """
        window.seen = new Set();
        const look = () => {
          const cells = document.getElementById("rendered_cells");
          const example = document.querySelector(".recsys-whose p");
          if (cells && example?.checkVisibility({ visibilityProperty: true })) {
            window.seen.add(example.textContent);
          }
          requestAnimationFrame(look);
        };
        look();
        """
    )
    app = visit(page, server.url + LESSON)
    expect_the_lesson(app)
    expect(app.heading).to_contain_text("User Profile")
    expect(app.error).to_be_hidden()
    expect(page.locator(".recsys-note")).to_be_hidden()
    expect(page.locator(".recsys-questions")).to_be_hidden()
    assert page.evaluate("[...window.seen]") == []


def test_the_address_follows_and_a_reload_shows_the_same(opened: Dashboard, server: Server) -> None:
    page = opened.page
    assert page.url == server.url
    opened.picked.first.click()
    opened.choose("user-profile")
    opened.slider("How many to recommend").press("Home")
    expect(page).to_have_url(re.compile(r"courses=\w+,\w+&model=user-profile&top=1$"))
    opened.recommend()
    opened.rows.first.locator("summary").click()
    expect(page).to_have_url(re.compile(r"&top=1&why=\w+$"))
    listed = opened.rows.locator("summary, .score")  # a link does not say what has moved
    before = page.url, listed.all_inner_texts(), opened.picked.all_inner_texts()

    page.reload()
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator("html")).not_to_have_class("opening-link")
    expect(opened.reasons.first).to_be_visible()
    assert (page.url, listed.all_inner_texts(), opened.picked.all_inner_texts()) == before
    assert opened.overflows() == 0


def test_a_copied_link_holds_all_even_in_the_beginning(opened: Dashboard) -> None:
    page = opened.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.open_menu("Share")
    opened.button("Copy link").click()
    expect(opened.button("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{page.url}?data=bundled&courses=")
    assert copied.endswith("&model=course-similarity")
    expect(opened.button("Copy link")).to_be_visible()


def test_reset_goes_back_to_the_beginning(page: Page, server: Server) -> None:
    app = visit(page, f"{server.url}{LESSON}&hide=data_set,leaderboard")
    hidden = page.locator(".recsys-data-set"), page.get_by_role("heading", name="Which model")
    for one in hidden:
        expect(one).to_be_hidden()
    app.button("Reset").click()
    expect(page.locator(".recsys-whose")).to_have_text("Example: Data beginner")
    expect(app.model).to_have_text("1 Similarity")
    expect(app.rows).to_have_count(10)
    for one in hidden:
        expect(one).to_be_visible()
    expect(app.button("Show the leaderboard")).to_be_visible()
    expect(page).to_have_url(server.url)


def test_a_stale_link_is_followed_as_far_as_it_goes_and_says_so(page: Page, server: Server) -> None:
    app = visit(
        page,
        f"{server.url}?courses=PY0101EN,GONE01&model=knn&neighbours=9999&shrinkage=10"
        "&colour=%3Cb%3Ered&data=%E0%A4%A",
    )
    note = page.locator(".recsys-notices")
    expect(note).to_be_in_viewport()
    for words in ("“GONE01”", "“9999”", "“colour”"):
        expect(note).to_contain_text(words)
    expect(app.picked).to_have_count(1)
    expect(app.slider("Shrinkage")).to_have_value("10")
    expect(page).to_have_url(re.compile(r"\?data=bundled&courses=PY0101EN&model=knn&shrinkage=10"))
    app.button("Dismiss").click()
    expect(note).to_be_hidden()


def test_it_works_with_a_kernel_started_for_the_visitor(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path, "--preheat=0") as server, browser.new_page() as page:
        expect_the_lesson(visit(page, server.url + LESSON))
