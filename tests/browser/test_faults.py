"""Faults and intruders as a visitor sees them. tests/faults has those that need no browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from dashboard_page import PATIENCE, Dashboard
from hostile import hostile
from playwright.sync_api import Browser, Page, expect
from serving import Server, served
from visits import leave, process_of
from wire import wire_to


def kernel_of(page: Page) -> str:
    """The id of the kernel behind a page."""
    config = page.locator("#jupyter-config-data").text_content()
    assert config is not None
    return str(json.loads(config)["kernelId"])


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    """A page that may complain."""
    expect.set_options(timeout=PATIENCE)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def open_page(page: Page, address: str) -> Dashboard:
    page.goto(address)
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator(".recsys-table tr.recommended").first).to_be_visible()
    return Dashboard(page)


LONG_FIT = "?courses=ML0101EN,DB0101EN&model=neural-network&embedding_size=6&top=4"
CHOICE = "?courses=ML0101EN,DB0101EN&model=knn&neighbours=17&shrinkage=10&top=4&open=settings"


def seen(app: Dashboard) -> dict[str, object]:
    """All that a visitor has chosen, and the answer to it."""
    return {
        "address": app.page.url,
        "courses": app.picked.all_inner_texts(),
        "model": app.model.inner_text(),
        "sliders": app.page.get_by_role("slider").evaluate_all(
            "all => all.map(one => [one.labels[0].textContent, one.value])"
        ),
        # Without the marks of what has moved, which a page that is opened again has not.
        "list": app.rows.locator("summary, .score .number").all_inner_texts(),
    }


def test_a_kernel_that_is_killed_is_told_within_five_seconds(visit: Page, server: Server) -> None:
    """And what is opened again is what was there: courses, model, settings and list."""
    visit.goto(server.url + CHOICE)
    app = Dashboard(visit)
    expect(app.picked).to_have_count(2)
    app.picked.first.click()
    app.slider("How many to recommend").press("ArrowRight")
    app.recommend()
    expect(app.rows).to_have_count(5)
    expect(visit).to_have_url(re.compile(r"courses=DB0101EN&.*neighbours=17&shrinkage=10.0&top=5"))
    before = seen(app)
    assert len(before["sliders"]) > 2  # type: ignore[arg-type]

    process_of(kernel_of(visit)).kill()
    lost = visit.locator(".recsys-bar")
    expect(lost).to_contain_text("has ended", timeout=5_000)
    assert seen(app) == before
    lost.get_by_role("button", name="Open it again").click()
    expect(lost).to_have_count(0)
    expect(app.rows).to_have_count(5)
    expect(visit.locator("html")).not_to_have_class("opening-link")
    assert seen(app) == before
    app.pick_example("Cloud engineer")
    expect(visit.locator(".recsys-whose")).to_have_text("Example: Cloud engineer")


def test_a_connection_that_is_cut_for_20_seconds_is_made_again(visit: Page, server: Server) -> None:
    """What was clicked meanwhile is done then, and what the kernel has done meanwhile is shown."""
    with wire_to(server.url) as wire:
        visit.goto(wire.url + LONG_FIT.replace("=6", "=7"))  # which no other test has fitted
        app = Dashboard(visit)
        expect(app.advice).to_contain_text("Train Neural Network to see its list.")
        lost = visit.locator(".recsys-bar")
        app.train.click()
        expect(app.button("Cancel")).to_be_visible()
        wire.cut()
        expect(lost).to_contain_text("lost; trying again", timeout=5_000)
        app.picked.first.click()
        visit.wait_for_timeout(20_000)
        expect(lost).to_be_visible()
        expect(app.picked).to_have_count(2)
        wire.mend()
        expect(lost).to_have_count(0, timeout=10_000)
        expect(app.picked).to_have_count(1)
        expect(app.advice).to_have_text("")
        expect(app.rows).to_have_count(4)


def test_a_page_that_comes_back_to_no_kernel_says_so(visit: Page, server: Server) -> None:
    """The server ends the kernel of a page that nobody is connected to for 90 seconds, and starts
    one anew, without the page's widgets, that died.
    """
    with wire_to(server.url) as wire:
        for end in (by_the_culler, by_a_crash):
            app = open_page(visit, wire.url)
            wire.cut()
            lost = visit.locator(".recsys-bar")
            expect(lost).to_contain_text("trying again", timeout=5_000)
            end(server, kernel_of(visit))
            wire.mend()
            expect(lost).to_contain_text("has ended", timeout=15_000)
            lost.get_by_role("button", name="Open it again").click()
            expect(lost).to_have_count(0)
            expect(app.rows.first).to_be_visible()


def by_the_culler(server: Server, kernel: str) -> None:
    assert leave(server.url, kernel) == 204


def by_a_crash(server: Server, kernel: str) -> None:
    """And until the server has started it anew, as it does within seconds."""
    old = process_of(kernel)
    old.kill()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(StopIteration):
            if process_of(kernel) != old:
                return
    raise AssertionError("the server has not started the kernel anew")


@contextmanager
def asleep(page: Page) -> Iterator[None]:
    """The page's process does not run: as in a tab that sleeps, its connection stays."""
    browser = page.context.browser
    assert browser is not None
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    tabs = [psutil.Process(one["id"]) for one in processes if one["type"] == "renderer"]
    for tab in tabs:
        tab.suspend()
    try:
        yield
    finally:
        for tab in tabs:
            tab.resume()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # not if headless


def test_a_page_that_slept_works_or_says_that_it_has_ended(visit: Page, server: Server) -> None:
    visit.goto(server.url + LONG_FIT)
    app = Dashboard(visit)
    expect(app.advice).to_contain_text("Train Neural Network to see its list.")
    app.train.click()
    with asleep(visit):
        time.sleep(15)  # the training ends, and thirty messages on its progress wait
    expect(app.advice).to_have_text("")
    expect(app.rows).to_have_count(4)
    app.pick_example("Cloud engineer")
    expect(visit.locator(".recsys-whose")).to_have_text("Example: Cloud engineer")
    expect(visit.locator(".recsys-bar")).to_have_count(0)
    kernel = kernel_of(visit)
    with asleep(visit):
        by_the_culler(server, kernel)
    expect(visit.locator(".recsys-bar")).to_contain_text("has ended", timeout=5_000)


def test_two_tabs_of_a_visitor_do_not_disturb_each_other(visit: Page, server: Server) -> None:
    first = open_page(visit, server.url)
    first.button("Dismiss the questions").click()
    second = open_page(visit.context.new_page(), server.url)
    first.pick_example("Cloud engineer")
    expect(visit.locator(".recsys-whose")).to_have_text("Example: Cloud engineer")
    second.button("Clear").click()
    expect(second.picked).to_have_count(0)
    expect(visit.locator(".recsys-whose")).to_have_text("Example: Cloud engineer")
    second.page.close()
    first.button("Clear").click()
    expect(first.picked).to_have_count(0)


ODD_LINKS = {
    "nothing in it": "?&&=&==&?#",
    "markup": "?courses=%3Cscript%3Ewindow.hacked=1%3C/script%3E,PY0101EN"
    "&model=%22%3E%3Cimg src=x onerror=window.hacked=2%3E&%3Csvg/onload=window.hacked=3%3E=1",
    "bytes that are no text": "?data=..%2f..%2fetc%2fpasswd%00&courses=%00,%ff,%ed%a0%80&%00=%00",
    "numbers out of range": "?model=knn&neighbours=nan&shrinkage=1e999&top=-1&present=1e9",
    "names that scripts have": "?model=constructor&open=__proto__&hide=toString&why=__proto__",
    "the server's own words": "?voila-template=..%2fx&voila-theme=..%2f..%2fx&colour=red",
    "thousands of courses": "?courses=" + "PY0101EN,%E2%80%AE%F0%9F%8E%93," * 1500,
    "fifty thousand letters": "?model=" + "x" * 50_000,
    "said twice": "?top=3&top=4&courses=ML0101EN&courses=PY0101EN&present=0",
}


@pytest.mark.parametrize("query", ODD_LINKS.values(), ids=ODD_LINKS)
def test_any_link_shows_a_whole_page_and_a_note(page: Page, server: Server, query: str) -> None:
    """And nothing in the console: the fixture sees to that."""
    page.goto(server.url + query)
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator("html")).not_to_have_class("opening-link")
    app = Dashboard(page)
    note = page.locator(".recsys-notices")
    expect(note).to_contain_text("Parts of the link were ignored.")
    assert len(note.inner_text()) < 1000
    expect(page.get_by_role("heading", level=2)).to_have_count(6)
    app.pick_example("Cloud engineer")
    expect(page.locator(".recsys-whose")).to_have_text("Example: Cloud engineer")
    assert page.evaluate("window.hacked") is None
    assert app.overflows() == 0


def test_a_link_may_hide_all_there_is(page: Page, server: Server) -> None:
    panels = "data_set,picker,picked,models,settings,training,recommendations,comparison"
    page.goto(f"{server.url}?present=3&hide={panels},leaderboard,charts,toolbar")
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator("html")).not_to_have_class("opening-link")
    expect(page.get_by_role("heading", name="Recommender", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_have_count(0)


def test_titles_are_text_in_a_browser(visit: Page, tmp_path: Path) -> None:
    """Every model's list, reasons and charts over a data set made of attacks."""
    asked: list[str] = []
    visit.on("request", lambda request: asked.append(request.url))
    with served(tmp_path, RECSYS_DATA=str(hostile(tmp_path / "hostile"))) as server:
        visit.goto(server.url)
        expect(visit.locator("#loading")).to_have_count(0)
        app = Dashboard(visit)
        app.button("Dismiss the questions").click()
        app.data_sets().select_option(label="hostile")
        app.search.click()
        expect(app.list).to_contain_text("window.hacked=1")
        app.stop_searching()
        expect(app.picked.filter(has_text=re.compile(r"course \d$"))).to_have_count(3)  # an example
        app.pick(2)
        for key in ("knn", "clustering", "nmf"):
            app.choose(key)
            app.recommend()
            expect(app.rows.first).to_be_visible()
            app.rows.first.locator("summary").click()
            expect(app.reasons.first).to_contain_text("course")
            visit.locator(".recsys-chart svg.main-svg").first.hover()
        assert visit.evaluate("window.hacked") is None
        assert planted_in(visit) == []
        expect(visit.locator("main")).to_be_visible()
        assert all(url.startswith((server.url, "data:", "blob:")) for url in asked)


def test_a_page_that_is_written_with_a_hostile_set_holds_it_as_text(
    visit: Page, tmp_path: Path
) -> None:
    """The set is the first, so that its texts, and its folder's name, are in the page itself."""
    hostile(tmp_path / "home" / "data" / "bundled")
    named = hostile(tmp_path / "<!--<script>")
    home = {"RECSYS_HOME": str(tmp_path / "home"), "RECSYS_DATA": str(named)}
    with served(tmp_path, **home) as server:
        answer = visit.goto(server.url)
        assert answer is not None
        assert "window.hacked=1" in answer.text()
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        expect(visit.locator("#loading")).to_have_count(0)
        expect(visit.locator(".recsys-list option").first).to_be_attached()
        courses = visit.locator(".recsys-list option").all_text_contents()
        assert "<script>window.hacked=1</script> course 9" in courses
        sets = visit.get_by_label("Data set").locator("option").all_text_contents()
        assert "<!--<script>" in sets
        assert visit.evaluate("window.hacked") is None
        assert planted_in(visit) == []
        expect(Dashboard(visit).button("Share")).to_be_visible()  # nor is the page hidden


def planted_in(page: Page) -> list[str]:
    """What an attack would have left on the page."""
    planted = page.locator("a[href^=javascript], img[onerror], svg[onload], iframe")
    found: list[str] = planted.evaluate_all("all => all.map(one => one.outerHTML)")
    return found
