"""A visitor without a browser: the page over HTTP, and its kernel over the websocket."""

from __future__ import annotations

import http.client
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil
import websocket

PATIENCE = 120  # seconds, for a kernel that starts on a busy machine


def ask(
    url: str, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and content; the path goes out as it is, with all its dots."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        content = answer.read().decode("utf-8", "replace")
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content
    finally:
        connection.close()


def kernel_of(page: str) -> str:
    """The id of the kernel behind a page."""
    found = re.search(r'"kernelId": ?"([0-9a-f-]{36})"', page)
    assert found, page[:2000]
    return found[1]


def process_of(kernel: str) -> psutil.Process:
    """The process of a kernel: one that was forked has its name, any other its connection file."""
    return next(
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == f"kernel-{kernel[:8]}"
        or any(f"kernel-{kernel}.json" in word for word in process.info["cmdline"] or ())
    )


def leave(url: str, kernel: str, cookie: str = "") -> int:
    """End the kernel, with the cookie by which a page shows that it is the server's own."""
    proof = {"Cookie": "; ".join(filter(None, ("_xsrf=any", cookie))), "X-XSRFToken": "any"}
    return ask(url, f"/voila/api/shutdown/{kernel}", "POST", **proof)[0]


class Wire:
    """The websocket of a kernel, in the way the page uses it."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    def send(
        self, kind: str, content: dict[str, Any], channel: str = "shell", **metadata: str
    ) -> str:
        """Send a message; returns its id."""
        name = uuid.uuid4().hex
        header = {
            "msg_id": name,
            "msg_type": kind,
            "username": "",
            "session": "s",
            "version": "5.3",
        }
        message = {"header": header, "parent_header": {}, "metadata": metadata, "content": content}
        self.socket.send(json.dumps({**message, "channel": channel, "buffers": []}))
        return name

    def ask_for_all(self) -> str:
        """Ask for the states of all widgets, as the page does; returns the question's id."""
        control = uuid.uuid4().hex
        target = {"comm_id": control, "target_name": "jupyter.widget.control", "data": {}}
        self.send("comm_open", target, version="1.0.0")
        return self.send("comm_msg", {"comm_id": control, "data": {"method": "request_states"}})

    def reply(self, name: str) -> dict[str, Any]:
        """Wait for the reply to a message; all that comes before it is `heard`."""
        while True:
            message = json.loads(self.socket.recv())
            self.heard.append(message)
            is_reply = message["header"]["msg_type"].endswith("_reply")
            if is_reply and message["parent_header"].get("msg_id") == name:
                return message

    def done(self, name: str) -> list[dict[str, Any]]:
        """Wait until the kernel has done what a message asked for; what it has said meanwhile."""
        said = []
        while True:
            message = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") == name:
                said.append(message)
                if message["content"].get("execution_state") == "idle":
                    return said

    def kinds(self) -> set[str]:
        return {message["header"]["msg_type"] for message in self.heard}


class Widgets:
    """The controls of a page, by what is written on them, as a browser has them."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        said = wire.done(wire.ask_for_all())
        states = next(data["states"] for data in _comm_data(said) if "states" in data)
        self.states: dict[str, dict[str, Any]] = {key: one["state"] for key, one in states.items()}

    def named(self, description: str) -> str:
        """The id of the control with this description; of several, the last."""
        *_, found = (
            key for key, one in self.states.items() if one.get("description") == description
        )
        return found

    def of_class(self, name: str) -> dict[str, Any]:
        """The state of the one with this class."""
        return next(one for one in self.states.values() if name in one.get("_dom_classes", ()))

    def click(self, description: str) -> None:
        """Press a button, and hear what follows at once."""
        self.press(self.named(description))

    def press(self, button: str) -> None:
        """Press the button with this id, and hear what follows at once."""
        content = {"method": "custom", "content": {"event": "click"}}
        self._follow(self._tell(button, content))

    def change(self, widget: str, **state: Any) -> None:
        """Set what the page may set, and what it may not."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        self._follow(self._tell(widget, data))

    def _tell(self, comm: str, data: dict[str, Any]) -> str:
        return self.wire.send("comm_msg", {"comm_id": comm, "data": data})

    def _follow(self, name: str) -> None:
        for message in self.wire.done(name):
            content = message["content"]
            if message["header"]["msg_type"] == "comm_open":
                self.states[content["comm_id"]] = content["data"]["state"]
            elif content.get("data", {}).get("method") == "update":
                self.states.setdefault(content["comm_id"], {}).update(content["data"]["state"])


def _comm_data(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one["content"]["data"] for one in said if one["header"]["msg_type"] == "comm_msg"]


@contextmanager
def wired(url: str, kernel: str, **headers: str) -> Iterator[Wire]:
    """Connected to a kernel."""
    address = f"ws://{urlsplit(url).netloc}/api/kernels/{kernel}/channels?session_id=s"
    # Of these the library sends its own as well, where they are among the others.
    own = {name.lower(): headers.pop(name) for name in ("Host", "Origin") if name in headers}
    socket = websocket.create_connection(
        address,
        timeout=PATIENCE,
        header=[f"{k}: {v}" for k, v in headers.items()],
        skip_utf8_validation=True,  # it takes longer than all else that the visitor does
        **own,
    )
    try:
        yield Wire(socket)
    finally:
        socket.close()
