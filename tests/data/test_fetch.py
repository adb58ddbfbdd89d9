"""The download of IBM's files, against a server of our own."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from recsys.dataset import DataError
from recsys.sources import FetchError, fetch, fetch_ibm, load_dataset

ROWS = "".join(f"{user},P1,3.0\n{user},D1,2.0\n" for user in range(4000))
FILES = {
    "course_genre.csv": b"COURSE_ID,TITLE,Python,Database\nP1,python,1,0\nD1,sql,0,1\n",
    "course_processed.csv": b"COURSE_ID,TITLE,DESCRIPTION\nP1,python,loops\nD1,sql,joins\n",
    "ratings.csv": f"user,item,rating\n{ROWS}".encode(),
    "user_profile.csv": b"user,Python,Database\n1,3.0,2.0\n",
    "rs_content_test.csv": b"user,item\n1,P1\n",
}
NAMES = list(FILES)


@dataclass
class Server:
    """What it serves, how it misbehaves, and what it was asked."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    versions: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)  # answers to ratings.csv end after so many bytes
    stalled: str = ""  # this file's answer stops halfway, until `release`
    status: dict[str, int] = field(default_factory=dict)
    moved: str = ""  # all answers are redirections to this address
    release: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)  # name, Range
    url: str = ""

    def asked_for(self, name: str) -> list[str | None]:
        return [span for asked, span in self.asked if asked == name]


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            span = self.headers.get("Range")
            if state.moved and "/moved/" not in self.path:
                self.send_response(302)
                self.send_header("Location", f"{state.moved}/moved/{name}")
                self.end_headers()
                return
            state.asked.append((name, span))
            if name not in state.files or name in state.status:
                self.send_error(state.status.get(name, 404))
                return
            body, version = state.files[name], state.versions.get(name, '"1"')
            start = 0
            if span and self.headers.get("If-Range") == version:
                start = int(span.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if start else 200)
            self.send_header("ETag", version)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            body = body[start:]
            if name == "ratings.csv" and state.cuts:
                body = body[: state.cuts.pop(0)]
            if name == state.stalled:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                state.release.wait(30)
            else:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    state.url = f"http://127.0.0.1:{http.server_port}/datasets"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    state.release.set()
    http.shutdown()
    http.server_close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No pause before another try; no proxy; no cache from elsewhere."""
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RECSYS_DATA", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ibm-courses"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def failure(folder: Path, server: Server, **arguments: float) -> str:
    with pytest.raises(FetchError) as caught:
        fetch_ibm(folder, base_url=server.url, report=lambda line: None, **arguments)
    return str(caught.value)


def test_whole(server: Server, folder: Path) -> None:
    told: list[str] = []
    assert fetch_ibm(folder, base_url=server.url, report=told.append) == folder
    assert files_in(folder) == FILES
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)  # nothing left behind
    assert [line.split(":")[0] for line in told if "MB" in line] == NAMES
    assert any("differs from the published file" in line for line in told)
    assert load_dataset(folder).n_users == 4000


def test_by_default_into_the_data_folder(server: Server, tmp_path: Path) -> None:
    fetch_ibm(base_url=server.url + "/", report=lambda line: None)
    assert files_in(tmp_path / "home" / "data" / "ibm-courses") == FILES
    assert load_dataset("ibm").n_users == 4000


def test_what_is_there_is_not_fetched_again(server: Server, folder: Path) -> None:
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    server.asked.clear()
    told: list[str] = []
    fetch_ibm(folder, base_url=server.url, report=told.append)
    assert server.asked == []
    assert told == [f"{name}: already downloaded" for name in NAMES]


def test_a_broken_file_in_the_folder_is_fetched_again(server: Server, folder: Path) -> None:
    folder.mkdir()
    (folder / "ratings.csv").write_bytes(FILES["ratings.csv"][:-9])
    told: list[str] = []
    fetch_ibm(folder, base_url=server.url, report=told.append)
    assert files_in(folder) == FILES
    assert any(line.endswith("Fetching it again.") for line in told)


def test_a_connection_that_breaks_is_taken_up_where_it_broke(server: Server, folder: Path) -> None:
    server.cuts = [40_000]
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert files_in(folder) == FILES
    first, second = server.asked_for("ratings.csv")
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 40_000


def test_the_next_call_continues_where_the_last_one_gave_up(server: Server, folder: Path) -> None:
    server.cuts = [40_000, 20_000, 20_000]
    message = failure(folder, server)
    assert "was lost 3 times during ratings.csv; the downloaded part is kept" in message
    assert not (folder / "ratings.csv").exists()
    server.asked.clear()
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert files_in(folder) == FILES
    assert server.asked_for("course_genre.csv") == []
    (span,) = server.asked_for("ratings.csv")
    assert span is not None


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(
    server: Server, folder: Path
) -> None:
    server.cuts = [40_000, 0, 0]
    failure(folder, server)
    server.files["ratings.csv"] = FILES["ratings.csv"].replace(b"3.0", b"2.0")
    server.versions["ratings.csv"] = '"2"'
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert (folder / "ratings.csv").read_bytes() == server.files["ratings.csv"]


def test_not_there(server: Server, folder: Path) -> None:
    del server.files["course_processed.csv"]
    message = failure(folder, server)
    assert message.startswith("IBM courses could not be fetched (127.0.0.1:")
    assert "has no course_processed.csv, it answered 404" in message
    assert message.endswith("); the bundled set is used instead. Try again with: make data")
    assert "\n" not in message
    assert len(server.asked_for("course_processed.csv")) == 1


@pytest.mark.parametrize("name", ["user_profile.csv", "rs_content_test.csv"])
def test_the_optional_files_may_be_missing(server: Server, folder: Path, name: str) -> None:
    del server.files[name]
    told: list[str] = []
    fetch_ibm(folder, base_url=server.url, report=told.append)
    assert files_in(folder) == server.files
    assert any(line.startswith(f"{name}: not fetched") for line in told)


def test_a_server_in_trouble_is_asked_three_times(server: Server, folder: Path) -> None:
    server.status["ratings.csv"] = 503
    assert "503" in failure(folder, server)
    assert len(server.asked_for("ratings.csv")) == 3


def test_slow(server: Server, folder: Path) -> None:
    server.stalled = "ratings.csv"
    message = failure(folder, server, timeout=0.1)
    assert "ratings.csv" in message
    assert not (folder / "ratings.csv").exists()
    server.stalled = ""
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert files_in(folder) == FILES


def test_a_server_that_has_moved_is_followed(server: Server, folder: Path) -> None:
    server.moved = server.url
    server.cuts = [40_000]
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert files_in(folder) == FILES


def test_a_redirection_without_end_is_told(server: Server, folder: Path) -> None:
    server.moved = server.url.replace("datasets", "loop")
    server.files.clear()
    assert "answered 404" in failure(folder, server)


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b"\0" * 40_000,
        FILES["ratings.csv"][:20_480] + bytes(4096) + FILES["ratings.csv"][24_576:36_864],
    ],
    ids=["empty", "zeros", "a page of zeros"],
)
def test_a_part_that_the_power_cut_spoiled_is_not_believed(
    server: Server, folder: Path, torn: bytes
) -> None:
    """What was not flushed when the power went may be short, or hold zeros."""
    server.cuts = [40_000, 0, 0]
    failure(folder, server)
    (folder / ".partial" / "ratings.csv").write_bytes(torn)
    with contextlib.suppress(FetchError):  # it may be found out only when all is there
        fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert not (folder / "ratings.csv").exists() or files_in(folder) == FILES
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert files_in(folder) == FILES


def test_the_clock_may_jump_back(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an hour at every look: nothing waits for the time that has been before."""
    now = itertools.count(time.time(), -3600)
    monkeypatch.setattr(time, "time", lambda: next(now))
    fetch_ibm(folder, base_url=server.url, budget=60, report=lambda line: None)
    assert files_in(folder) == FILES
    assert load_dataset(folder).n_users == 4000


def test_the_budget_ends_it(server: Server, folder: Path) -> None:
    server.stalled = "course_genre.csv"
    message = failure(folder, server, timeout=30, budget=0.2)
    assert "within 0.2 s; the downloaded part is kept" in message
    assert not (folder / "course_genre.csv").exists()


def test_nobody_listens(folder: Path, server: Server) -> None:
    with socket.socket() as taken:  # bound but not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert "(no connection to 127.0.0.1:" in failure(folder, server)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("ratings.csv", b"<!DOCTYPE html>\n<p>Sign in\n", "It seems to be a web page"),
        ("ratings.csv", FILES["ratings.csv"][:-2], "is cut off in the middle of its last line"),
        ("ratings.csv", b"", "ratings.csv: is"),
        ("course_genre.csv", b"COURSE_ID,TITLE,R\nP1,python,yes\n", "line 2, column “R”"),
        ("course_processed.csv", b"COURSE_ID,TITLE\nP1,python\n", "column “DESCRIPTION”"),
    ],
)
def test_wrong_content_is_refused_and_removed(
    server: Server, folder: Path, name: str, content: bytes, why: str
) -> None:
    server.files[name] = content
    message = failure(folder, server)
    assert "what 127.0.0.1:" in message
    assert why in message
    assert list(folder.rglob(name)) == []
    server.files[name] = FILES[name]
    fetch_ibm(folder, base_url=server.url, report=lambda line: None)
    assert files_in(folder) == FILES


def test_a_folder_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = failure(tmp_path / "file" / "ibm-courses", server)
    assert "cannot write to" in message


def test_a_failed_fetch_leaves_no_data_set_half_there(server: Server, folder: Path) -> None:
    server.status["ratings.csv"] = 404
    failure(folder, server)
    with pytest.raises(DataError, match="contains no data set"):
        load_dataset(folder)


def test_the_address_is_the_published_one() -> None:
    assert fetch.IBM_URL.startswith("https://cf-courses-data.s3.us.cloud-object-storage")
    assert fetch.IBM_URL.endswith("/IBM-ML321EN-SkillsNetwork/labs/datasets/")
