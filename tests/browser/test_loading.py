"""Loading the page, and leaving it."""

from __future__ import annotations

import json

from dashboard_page import Dashboard
from playwright.sync_api import Page, expect
from serving import Server

# The timer by which ipywidgets looks again for a widget comes late, as on a busy machine or in a
# tab in the background; and the kernel's widgets come once somebody has looked, or in a second.
LATE = """
const wait = setTimeout;
window.setTimeout = (call, delay, ...rest) => wait(call, delay === 100 ? 2100 : delay, ...rest);
const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
const words = new TextDecoder();
Object.defineProperty(WebSocket.prototype, "onmessage", {
  get,
  set(listen) {
    const held = [];
    set.call(this, (event) => {
      const text = typeof event.data === "string" ? event.data : words.decode(event.data);
      if (!held.length && !text.includes("update_states")) return listen.call(this, event);
      if (held.push(event) > 1) return;
      const until = performance.now() + 1000;
      const deliver = () => {
        const looked = document.body.textContent.includes("Loading widget...");
        if (!looked && performance.now() < until) wait(deliver, 5);
        else while (held.length) listen.call(this, held.shift());
      };
      deliver();
    });
  },
});
"""


def test_a_page_whose_timers_and_widgets_come_late_is_complete(page: Page, server: Server) -> None:
    page.add_init_script(LATE)
    page.goto(server.url)
    expect(Dashboard(page).rows.first).to_be_visible()
    expect(Dashboard(page).charts.first).to_be_visible()
    expect(page.get_by_text("not found")).to_have_count(0)


def test_a_page_that_is_left_ends_its_kernel(first_visit: Dashboard, server: Server) -> None:
    page = first_visit.page
    config = page.locator("#jupyter-config-data").text_content()
    assert config is not None
    kernel = f"{server.url}api/kernels/{json.loads(config)['kernelId']}"
    assert page.request.get(kernel).ok
    page.goto("about:blank")
    while page.request.get(kernel).status != 404:
        page.wait_for_timeout(50)  # asking without a pause takes the core that ends it
    assert "403 POST" not in server.log.read_text()


def test_plotly_is_asked_for_by_the_page_itself_and_once(page: Page, server: Server) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    expect(Dashboard(page).charts.first).to_be_visible()
    asked = [url for url in asked if "/jupyterlab-plotly/" in url]
    first = page.locator("link[rel=preload]").get_attribute("href")
    assert len(set(asked)) == len(asked) == 2
    assert first is not None
    assert server.url.rstrip("/") + first in asked
