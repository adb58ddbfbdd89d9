"""Two servers behind nginx, as in deploy/: one of them dies under its visitors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from balancer import balanced
from dashboard_page import PATIENCE, Dashboard
from playwright.sync_api import Browser, Page, expect
from serving import Server, served
from test_faults import kernel_of, open_page, process_of
from visits import ask

NO_NGINX = "The test of several servers needs nginx (Debian, Ubuntu: apt install nginx)."


@dataclass
class Both:
    """The address of nginx, and the two servers behind it."""

    url: str
    servers: list[Server]
    log: Path


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    if shutil.which("nginx", path=f"{os.environ.get('PATH')}:/usr/sbin") is None:
        pytest.skip(NO_NGINX)
    folders = [tmp_path / name for name in ("first", "second", "nginx")]
    for folder in folders:
        folder.mkdir()
    *homes, proxy = folders
    store = str(tmp_path / "store")
    with ExitStack() as stack:
        servers = [stack.enter_context(served(home, RECSYS_STORE=store)) for home in homes]
        ports = [int(server.url.rstrip("/").rsplit(":")[-1]) for server in servers]
        url = stack.enter_context(balanced(proxy, proxy / "log", *ports))
        yield Both(url, servers, proxy / "log")


def of_the_other(both: Both, kernel: str) -> str:
    """A cookie that leads to the server which does not have this kernel."""
    return next(
        cookie
        for cookie in map(str, range(50))
        if ask(both.url, f"/api/kernels/{kernel}", Cookie=f"recsys={cookie}")[0] == 404
    )


def test_a_server_that_dies_takes_only_its_own_visitors(browser: Browser, both: Both) -> None:
    expect.set_options(timeout=PATIENCE)
    one, other = browser.new_context(), browser.new_context()
    for context in (one, other):
        context.set_default_timeout(PATIENCE)
    lucky = open_visit(one.new_page(), both)
    kernel = kernel_of(lucky.page)
    cookie = of_the_other(both, kernel)
    other.add_cookies([{"name": "recsys", "value": cookie, "url": both.url}])
    unlucky = open_visit(other.new_page(), both)
    orphan = process_of(kernel_of(unlucky.page))
    living, dying = server_of(kernel, both), server_of(kernel_of(unlucky.page), both)
    assert living != dying

    psutil.Process(dying).kill()

    lost = unlucky.page.locator(".recsys-bar")
    expect(lost).to_contain_text("has ended")
    lucky.pick_example("Cloud engineer")
    expect(lucky.page.locator(".recsys-whose")).to_have_text("Example: Cloud engineer")
    expect(lucky.page.locator(".recsys-bar")).to_have_count(0)

    lost.get_by_role("button", name="Open it again").click()
    expect(lost).to_have_count(0)
    expect(unlucky.rows.first).to_be_visible()
    unlucky.button("Clear").click()
    expect(unlucky.picked).to_have_count(0)
    assert server_of(kernel_of(unlucky.page), both) == living
    assert psutil.wait_procs([orphan], timeout=60)[1] == []  # nobody needs it any more
    one.close()
    other.close()


def server_of(kernel: str, both: Both) -> int:
    """The server that a kernel belongs to, perhaps by way of the process it was forked from."""
    before = {one.pid for one in process_of(kernel).parents()}
    [server] = before & {server.pid for server in both.servers}
    return server


def open_visit(page: Page, both: Both) -> Dashboard:
    app = open_page(page, both.url)
    app.button("Dismiss the questions").click()
    return app


def test_a_visitor_keeps_a_server_and_the_headers(both: Both) -> None:
    status, first, _ = ask(both.url, "/")
    assert status == 200
    direct = ask(both.servers[0].url, "/")[1]
    for header in ("content-security-policy", "referrer-policy", "x-content-type-options"):
        assert first[header] == direct[header]
    cookie = first["set-cookie"].split(";")[0]
    assert cookie.startswith("recsys=")
    assert "HttpOnly" in first["set-cookie"]
    again = ask(both.url, "/static/nothing", Cookie=cookie)[1]
    assert "recsys=" not in again.get("set-cookie", "")
