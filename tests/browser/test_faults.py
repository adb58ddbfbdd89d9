"""Faults and intruders as a visitor sees them. tests/faults has those that need no browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from dashboard_page import Dashboard
from hostile import hostile
from playwright.sync_api import Browser, Page, expect
from serving import Server, served


def kernel_of(page: Page) -> psutil.Process:
    """The process behind a page."""
    config = page.locator("#jupyter-config-data").text_content()
    assert config is not None
    kernel = json.loads(config)["kernelId"]
    return next(
        process
        for process in psutil.process_iter(["cmdline"])
        if any(f"kernel-{kernel}.json" in word for word in process.info["cmdline"] or ())
    )


@pytest.fixture
def visit(browser: Browser) -> Iterator[Page]:
    """A page that may complain."""
    expect.set_options(timeout=30_000)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def open_page(page: Page, server: Server) -> Dashboard:
    page.goto(server.url)
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator(".recsys-table tr.recommended").first).to_be_visible(timeout=120_000)
    return Dashboard(page)


def test_a_kernel_that_is_killed_is_told_within_five_seconds(visit: Page, server: Server) -> None:
    app = open_page(visit, server)
    kernel_of(visit).kill()
    lost = visit.locator(".recsys-lost")
    expect(lost).to_contain_text("has ended", timeout=5_000)
    lost.get_by_role("button", name="Open it again").click()
    expect(lost).to_have_count(0)
    expect(app.rows.first).to_be_visible(timeout=120_000)
    app.button("Skip the tour").click()
    app.button("Cloud engineer").click()
    expect(visit.locator(".recsys-example")).to_contain_text("“Cloud engineer”")


def test_a_connection_that_was_cut_is_made_again(visit: Page, server: Server) -> None:
    app = open_page(visit, server)
    app.button("Skip the tour").click()
    visit.context.set_offline(True)
    visit.evaluate("window.dispatchEvent(new Event('offline'))")
    visit.context.set_offline(False)
    app.button("Cloud engineer").click()
    expect(visit.locator(".recsys-example")).to_contain_text("“Cloud engineer”")
    expect(visit.locator(".recsys-lost")).to_have_count(0)


def test_two_tabs_of_a_visitor_do_not_disturb_each_other(visit: Page, server: Server) -> None:
    first = open_page(visit, server)
    first.button("Skip the tour").click()
    second = open_page(visit.context.new_page(), server)
    first.button("Cloud engineer").click()
    expect(visit.locator(".recsys-example")).to_contain_text("“Cloud engineer”")
    second.button("Start fresh").click()
    expect(second.picked).to_have_count(0)
    expect(visit.locator(".recsys-example")).to_contain_text("“Cloud engineer”")
    second.page.close()
    first.button("Start fresh").click()
    expect(first.picked).to_have_count(0)


def test_titles_are_text_in_a_browser(visit: Page, tmp_path: Path) -> None:
    """Every model's list, reasons and charts over a data set made of attacks."""
    asked: list[str] = []
    visit.on("request", lambda request: asked.append(request.url))
    with served(tmp_path, RECSYS_DATA=str(hostile(tmp_path / "hostile"))) as server:
        visit.goto(server.url)
        expect(visit.locator("#loading")).to_have_count(0)
        app = Dashboard(visit)
        app.button("Skip the tour").click()
        visit.get_by_label("Data set").select_option(label="hostile")
        expect(app.list).to_contain_text("window.hacked=1")
        app.pick(2)
        for key in ("knn", "clustering", "nmf"):
            app.choose(key)
            app.recommend()
            expect(app.rows.first).to_be_visible()
            app.rows.first.locator("summary").click()
            expect(app.reasons.first).to_contain_text("course")
            visit.locator(".recsys-chart svg.main-svg").first.hover()
        assert visit.evaluate("window.hacked") is None
        planted = visit.locator("a[href^=javascript], img[onerror], svg[onload], iframe")
        assert planted.evaluate_all("all => all.map(one => one.outerHTML)") == []
        expect(visit.locator("main")).to_be_visible()
        assert all(url.startswith((server.url, "data:", "blob:")) for url in asked)
