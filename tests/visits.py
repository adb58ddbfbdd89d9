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

    def reply(self, name: str) -> dict[str, Any]:
        """Wait for the reply to a message; all that comes before it is `heard`."""
        while True:
            message = json.loads(self.socket.recv())
            self.heard.append(message)
            is_reply = message["header"]["msg_type"].endswith("_reply")
            if is_reply and message["parent_header"].get("msg_id") == name:
                return message

    def kinds(self) -> set[str]:
        return {message["header"]["msg_type"] for message in self.heard}


@contextmanager
def wired(url: str, kernel: str, **headers: str) -> Iterator[Wire]:
    """Connected to a kernel."""
    address = f"ws://{urlsplit(url).netloc}/api/kernels/{kernel}/channels?session_id=s"
    socket = websocket.create_connection(
        address, timeout=PATIENCE, header=[f"{k}: {v}" for k, v in headers.items()]
    )
    try:
        yield Wire(socket)
    finally:
        socket.close()
