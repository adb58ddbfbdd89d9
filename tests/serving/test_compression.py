"""What the server sends is compressed, and what the browser reads is what was written."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tornado.web
from serving import ROOT
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from recsys.serving import compression, upstream

SCRIPT = "let course = 'one of many';\n" * 500
GZIP = {"Accept-Encoding": "br, gzip"}


@pytest.mark.parametrize(
    ("header", "accepted"),
    {
        "gzip, deflate, br": True,
        "br;q=1.0, GZIP;q=0.8": True,
        "": False,
        "identity": False,
        "gzip;q=0": False,
        "gzip; q=0.000, br": False,
        "br, deflate": False,
    }.items(),
)
def test_who_can_read_gzip(header: str, accepted: bool) -> None:
    assert compression.accepts_gzip(header) is accepted


def test_copies_are_made_of_texts_that_get_smaller_and_follow_an_edit(tmp_path: Path) -> None:
    copies = compression.Copies()
    script, tiny, image = (tmp_path / name for name in ("a.js", "b.js", "c.png"))
    script.write_text(SCRIPT)
    tiny.write_text("let a;")
    image.write_text(SCRIPT)
    copy = copies.compress(str(script)).result()
    assert copy is not None
    assert gzip.decompress(copy) == SCRIPT.encode()
    assert copies.ready(str(script)) is copy  # compressed once
    for other in (tiny, image, tmp_path / "nothing.js"):
        assert copies.compress(str(other)).result() is None
    script.write_text(SCRIPT + "edited();")
    os.utime(script, (1, 1))
    edited = copies.compress(str(script)).result()
    assert edited is not None
    assert gzip.decompress(edited).endswith(b"edited();")


# Real handlers of Voilà, on a server of Tornado


Ask = Callable[..., HTTPResponse]


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> compression.Copies:
    """Voilà's handlers of files with our copies; for this test only."""
    import voila.app

    for name in ("TemplateStaticFileHandler", "MultiStaticFileHandler", "FileFindHandler"):
        monkeypatch.setattr(voila.app, name, getattr(voila.app, name))
    copies = compression.Copies()
    upstream.send_files_compressed(copies.ready, compression.accepts_gzip)
    return copies


class Streamed(tornado.web.RequestHandler):
    """A page whose second part waits until the test has read the first."""

    async def get(self) -> None:
        self.set_header("Content-Type", "text/html")
        self.write("<p>first</p>" * 200)
        self.flush()
        await self.application.settings["first_was_read"].wait()
        self.write("<p>second</p>")


@pytest.fixture
def transforms() -> list[type[tornado.web.OutputTransform]]:
    """What `compress_answers` makes Voilà hand to Tornado."""

    class App:
        def init_settings(self) -> dict[str, Any]:
            return {"base_url": "/"}

    app: Any = App()
    upstream.compress_answers(app, 1, compression.accepts_gzip)
    settings = app.init_settings()
    assert settings["base_url"] == "/"
    found: list[type[tornado.web.OutputTransform]] = settings["transforms"]
    return found


@pytest.fixture
def files(tmp_path: Path, handlers: compression.Copies) -> list[tuple[str, type, dict[str, Any]]]:
    """A script, of which there is a copy, at two addresses with Voilà's two kinds of handlers."""
    import voila.app

    (tmp_path / "a.js").write_text(SCRIPT)
    handlers.compress(str((tmp_path / "a.js").resolve())).result()
    return [
        ("/labextensions/(.*)", voila.app.FileFindHandler, {"path": [str(tmp_path)]}),
        ("/static/(.*)", voila.app.MultiStaticFileHandler, {"paths": [str(tmp_path)]}),
    ]


def served(files: list[Any], transforms: list[Any]) -> tornado.web.Application:
    from jupyter_server.auth import IdentityProvider

    # Jupyter's handler asks who the visitor is, and lets everybody have such files.
    settings = {"identity_provider": IdentityProvider(token=""), "cookie_secret": "any"}
    return tornado.web.Application(files, transforms=transforms, **settings)


def run(application: tornado.web.Application, *requests: tuple[str, dict[str, Any]]) -> Any:
    """The answers to requests, one after the other, as they came: nothing is decompressed."""

    async def all_answers() -> list[HTTPResponse]:
        listening, port = bind_unused_port()
        server = HTTPServer(application)
        server.add_socket(listening)
        client = AsyncHTTPClient(force_instance=True)
        answers = []
        for path, options in requests:
            url = f"http://127.0.0.1:{port}{path}"
            answers.append(
                await client.fetch(url, raise_error=False, decompress_response=False, **options)
            )
        client.close()
        server.stop()
        return answers

    return asyncio.run(all_answers())


@pytest.mark.parametrize("path", ["/static/a.js", "/labextensions/a.js"])
def test_a_file_comes_compressed_to_those_who_can_read_it(
    path: str, files: list[Any], transforms: list[Any]
) -> None:
    application = served(files, transforms)
    compressed, plain, head, nothing = run(
        application,
        (path, {"headers": GZIP}),
        (path, {"headers": {"Accept-Encoding": "identity"}}),
        (path, {"headers": GZIP, "method": "HEAD"}),
        ("/static/nothing.js", {"headers": GZIP}),
    )
    assert gzip.decompress(compressed.body) == plain.body == SCRIPT.encode()
    assert len(compressed.body) < len(SCRIPT) / 10
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    for answer in (compressed, plain, head):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "javascript" in answer.headers["Content-Type"]
    assert int(compressed.headers["Content-Length"]) == len(compressed.body)
    assert head.body == b""
    for name in ("Content-Length", "Content-Encoding", "Last-Modified"):
        assert head.headers[name] == compressed.headers[name]
    assert nothing.code == 404


def test_a_browser_that_has_the_file_is_told_so(files: list[Any], transforms: list[Any]) -> None:
    application = served(files, transforms)
    path = "/static/a.js"
    compressed, plain = run(application, (path, {"headers": GZIP}), (path, {}))
    tag, other = compressed.headers["Etag"], plain.headers["Etag"]
    assert tag != other  # two representations of one file
    same, changed, since = run(
        application,
        (path, {"headers": {**GZIP, "If-None-Match": tag}}),
        (path, {"headers": {**GZIP, "If-None-Match": other}}),
        (path, {"headers": {**GZIP, "If-Modified-Since": compressed.headers["Last-Modified"]}}),
    )
    assert [same.code, changed.code, since.code] == [304, 200, 304]
    assert same.body == b""
    assert same.headers["Etag"] == tag


def test_a_part_of_a_file_is_a_part_of_what_was_sent(
    files: list[Any], transforms: list[Any]
) -> None:
    application = served(files, transforms)
    path, part = "/static/a.js", {"Range": "bytes=10-29"}
    whole, compressed, plain = run(
        application,
        (path, {"headers": GZIP}),
        (path, {"headers": {**GZIP, **part}}),
        (path, {"headers": part}),
    )
    assert [compressed.code, plain.code] == [206, 206]
    assert compressed.body == whole.body[10:30]
    assert compressed.headers["Etag"] == whole.headers["Etag"]
    assert compressed.headers["Content-Range"] == f"bytes 10-29/{len(whole.body)}"
    assert plain.body == SCRIPT.encode()[10:30]
    assert "Content-Encoding" not in plain.headers


def test_a_file_without_a_copy_yet_is_compressed_while_it_is_sent(
    tmp_path: Path, files: list[Any], transforms: list[Any]
) -> None:
    (tmp_path / "b.js").write_text(SCRIPT)
    (tmp_path / "c.png").write_bytes(bytes(5000))
    application = served(files, transforms)
    script, image = run(
        application, ("/static/b.js", {"headers": GZIP}), ("/static/c.png", {"headers": GZIP})
    )
    assert gzip.decompress(script.body) == SCRIPT.encode()
    assert script.headers["Vary"] == "Accept-Encoding"
    assert image.body == bytes(5000)
    assert "Content-Encoding" not in image.headers


def settings_of_jupyter() -> dict[str, Any]:
    settings = json.loads((ROOT / "jupyter_config.json").read_text())["ServerApp"]
    found: dict[str, Any] = settings["tornado_settings"]
    return found


@pytest.mark.parametrize("ours", [True, False], ids=["serve", "Jupyter's own server"])
def test_each_part_of_a_page_can_be_read_when_it_is_sent(ours: bool, transforms: list[Any]) -> None:
    unzip = zlib.decompressobj(wbits=31)
    parts: list[str] = []

    async def read() -> HTTPResponse:
        first_was_read = asyncio.Event()
        settings: dict[str, Any] = {"transforms": transforms} if ours else settings_of_jupyter()
        application = tornado.web.Application(
            [("/", Streamed)], first_was_read=first_was_read, **settings
        )
        listening, port = bind_unused_port()
        server = HTTPServer(application)
        server.add_socket(listening)

        def receive(part: bytes) -> None:
            parts.append(unzip.decompress(part).decode())
            first_was_read.set()

        client = AsyncHTTPClient(force_instance=True)
        answer = await client.fetch(
            f"http://127.0.0.1:{port}/",
            headers=GZIP,
            decompress_response=False,
            streaming_callback=receive,
            request_timeout=10,
        )
        client.close()
        server.stop()
        return answer

    answer = asyncio.run(read())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert parts[0] == "<p>first</p>" * 200
    assert "".join(parts[1:]) == "<p>second</p>"
