"""A real dashboard, served by the project's own command, and a real browser to use it with."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_page import PATIENCE, Dashboard
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from serving import Server, served

NO_BROWSER = (
    "The browser tests need Chromium or Chrome. Install one (Debian, Ubuntu: apt install chromium; "
    "macOS: brew install --cask chromium) or name its program in CHROME_PATH."
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def broken_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with a rating of "many" on line 3."""
    folder = tmp_path_factory.mktemp("data") / "Broken set"
    folder.mkdir()
    (folder / "courses.csv").write_text(
        "COURSE_ID,TITLE,DESCRIPTION,Python\nA,First,One,1\nB,Second,Two,0\n", "utf-8"
    )
    (folder / "ratings.csv").write_text("user,item,rating\n1,A,3\n1,B,many\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, broken_data: Path) -> Iterator[Server]:
    """The dashboard, with a broken data set beside the bundled one."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder, RECSYS_DATA=str(broken_data)) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium or Chrome. Without one the tests are skipped, and say how to install it; with
    RECSYS_REQUIRE_BROWSER=1 they fail.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    places = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
    found = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, names)), None)
    found = found or next((place for place in places if Path(place).exists()), None)
    if found is None:
        if os.environ.get("RECSYS_REQUIRE_BROWSER") == "1":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[
                "--no-sandbox",  # Chromium has none to offer to root, as in a container
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page that fails its test for a word in the console or a request to another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # JupyterLab says so where it starts on a busy machine.
        slow = re.search(r"is taking too long to activate|took [\d.]+ms to activate", message.text)
        if message.type in ("error", "warning") and not slow:
            complaints.append(f"console {message.type}: {message.text}")

    def see(url: str) -> None:
        if not re.match(r"(data|blob|about):|(http|ws)s?://(127\.0\.0\.1|localhost)[:/]", url):
            complaints.append(f"a request to another host: {url}")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(f"an error in a script: {error}"))
    page.on("request", lambda request: see(request.url))
    page.on("websocket", lambda socket: see(socket.url))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def first_visit(page: Page, server: Server) -> Dashboard:
    """The dashboard as a new visitor sees it."""
    page.goto(server.url)
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator("option", has_text="Python").first).to_be_attached()
    return Dashboard(page)


@pytest.fixture
def opened(first_visit: Dashboard) -> Dashboard:
    """The dashboard with its example, the questions dismissed."""
    dismiss = first_visit.button("Dismiss the questions")
    dismiss.click()
    expect(dismiss).to_be_hidden()
    return first_visit


@pytest.fixture
def app(opened: Dashboard) -> Dashboard:
    """The dashboard without any course picked."""
    opened.button("Clear").click()
    expect(opened.picked).to_have_count(0)
    return opened
