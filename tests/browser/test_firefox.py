"""The main path in Firefox. Playwright drives no Firefox as it is installed, so the test speaks
WebDriver BiDi with it: https://w3c.github.io/webdriver-bidi
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dashboard_page import PATIENCE
from serving import Server, free_port
from websocket import WebSocket, create_connection

NO_FIREFOX = "The test of Firefox needs it (Debian, Ubuntu: apt install firefox-esr)."
HOME = "\ue011"  # the key, in WebDriver's code
ROW = ".recsys-table tbody[data-course]"
# The middle of an element, in pixels of the window, once it is seen; null before.
MIDDLE = """(() => {
  const found = document.querySelector(%s);
  if (!found?.checkVisibility()) return null;
  found.scrollIntoView({ block: "nearest" });
  const box = found.getBoundingClientRect();
  const middle = { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
  return found.contains(document.elementFromPoint(middle.x, middle.y)) && JSON.stringify(middle);
})()"""


class Firefox:
    """A page in Firefox."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket, self._last = socket, 0
        self._ask("session.new", capabilities={})
        self._page = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str, width: int, height: int) -> None:
        size = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._page, viewport=size)
        self._ask("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript, if that is a number, a text or the like."""
        target = {"context": self._page}
        asked = {"expression": expression, "target": target, "awaitPromise": True}
        answer = self._ask("script.evaluate", **asked)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The value of an expression as soon as it is true."""
        until = time.monotonic() + PATIENCE / 1000
        while not (found := self.value(expression)):
            assert time.monotonic() < until, f"{expression}: {found}"
            time.sleep(0.05)
        return found

    def text(self, selector: str) -> str:
        return str(self.value(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        """Press the mouse on the middle of an element, once it is seen there."""
        middle = json.loads(self.wait_for(MIDDLE % json.dumps(selector)))
        press = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self._act("pointer", {"type": "pointerMove", **middle}, *press)

    def press(self, key: str) -> None:
        self._act("key", *({"type": kind, "value": key} for kind in ("keyDown", "keyUp")))

    def _act(self, device: str, *actions: dict[str, Any]) -> None:
        source = {"type": device, "id": device, "actions": actions}
        self._ask("input.performActions", context=self._page, actions=[source])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._last:
            pass  # an event
        assert answer["type"] == "success", answer
        return dict(answer["result"])


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """Firefox without a window, over a new profile."""
    found = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    if found is None:
        (pytest.fail if os.environ.get("RECSYS_REQUIRE_BROWSER") == "1" else pytest.skip)(
            NO_FIREFOX
        )
    port = free_port()
    command = [found, "--headless", f"--remote-debugging-port={port}", "--profile", str(tmp_path)]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*command, "about:blank"], stdout=log, stderr=log)
    try:
        while True:
            try:
                url = f"ws://127.0.0.1:{port}/session"
                socket = create_connection(url, timeout=PATIENCE / 1000, suppress_origin=True)
                break
            except OSError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.1)
        yield Firefox(socket)
        socket.close()
    finally:
        process.terminate()
        process.wait(60)


def test_the_main_path(firefox: Firefox, server: Server) -> None:
    firefox.open(server.url, 1280, 720)
    firefox.wait_for(f"document.querySelectorAll('{ROW}').length === 10")
    firefox.wait_for("!document.getElementById('loading')")
    box = f"document.querySelector('{ROW}').getBoundingClientRect()"
    assert firefox.value(f"{box}.height > 20 && {box}.bottom < innerHeight")

    firefox.click(".recsys-models button[title=KNN]")
    heading = "document.querySelector('.recsys-heading').innerText"
    firefox.wait_for(f"{heading}.includes('KNN, 40 neighbours')")
    listed = f"[...document.querySelectorAll('{ROW} summary')].map((one) => one.innerText).join()"
    before = firefox.value(listed)

    firefox.click(".recsys-settings input[type=range]")
    firefox.press(HOME)
    firefox.wait_for(f"/KNN, 1 neighbour$/.test({heading}.trim())")
    firefox.wait_for(f"{listed} !== {json.dumps(before)}")

    firefox.click(f"{ROW} summary")
    words = "document.querySelector('.recsys-words')"
    firefox.wait_for(f"{words}?.checkVisibility() && {words}.getBoundingClientRect().height > 10")
    assert "score" in firefox.text(".recsys-words")
