"""How the server starts kernels, and when it ends them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import AsyncMock, Mock

import psutil
import pytest
from serving import ROOT, Server, served
from tornado.websocket import WebSocketClosedError
from visits import ask, kernel_of, process_of, wired

from recsys.serving.kernels import KernelManager
from recsys.serving.server import _ignore_closed_pages

FORKED = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
PATIENCE = 60  # seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("server"), "--preheat=0") as server:
        yield server


def fork_server(server: Server) -> psutil.Process:
    return next(
        one
        for one in psutil.Process(server.pid).children()
        if one.is_running() and "recsys.serving.forkserver" in one.cmdline()
    )


def new_kernel(server: Server) -> psutil.Process:
    """The process of a kernel that has made a whole page and answers."""
    status, _, page = ask(server.url, "/")
    assert status == 200
    assert "Recommended courses, best first" in page
    kernel = kernel_of(page)
    with wired(server.url, kernel) as wire:
        wire.reply(wire.send("kernel_info_request", {}))
    return process_of(kernel)


def gone(*processes: psutil.Process) -> bool:
    return not psutil.wait_procs(processes, timeout=PATIENCE)[1]


@FORKED
@pytest.mark.slow
def test_kernels_are_forked_and_leave_nothing(server: Server) -> None:
    one, other = new_kernel(server), new_kernel(server)
    parent = fork_server(server)
    assert one.parent() == other.parent() == parent
    assert one.cwd() == str(ROOT)
    assert len(list(Path(f"/proc/{parent.pid}/task").iterdir())) == 1, "a fork would lose threads"
    rollup = Path(f"/proc/{one.pid}/smaps_rollup").read_text()
    [shared] = re.findall(r"Shared_Dirty: +(\d+) kB", rollup)
    assert int(shared) > 20_000, "of what its parent has imported"
    one.kill()
    assert gone(one)
    assert other.is_running()


@FORKED
@pytest.mark.slow
def test_a_fork_server_that_is_killed_or_out_of_date_is_started_anew(server: Server) -> None:
    kernel, first = new_kernel(server), fork_server(server)
    first.kill()
    new_kernel(server)
    assert gone(first)
    second = fork_server(server)
    assert kernel.is_running()
    edited = ROOT / "recsys" / "__init__.py"
    os.utime(edited)  # as if a model had been edited: the next page has to show it
    new_kernel(server)
    assert gone(second)
    assert fork_server(server) != second


@FORKED
@pytest.mark.slow
def test_a_server_that_is_killed_takes_its_kernels_along(tmp_path: Path) -> None:
    with served(tmp_path, "--preheat=0") as server:
        kernel, parent = new_kernel(server), fork_server(server)
        psutil.Process(server.pid).kill()
        assert gone(kernel, parent)


def test_a_kernel_from_the_pool_gets_the_time_to_be_connected_to() -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    kernel = SimpleNamespace(
        kernel_name="python3",
        kernel_spec=SimpleNamespace(metadata={}),
        execution_state="idle",
        last_activity=long_ago,
    )
    manager = KernelManager(cull_idle_timeout=90)
    manager._kernels["one"] = kernel
    manager.shutdown_kernel = AsyncMock()

    def look() -> None:
        with ThreadPoolExecutor() as thread:  # in this one, Playwright may be running its loop
            thread.submit(asyncio.run, manager.cull_kernel_if_idle("one")).result()

    try:
        look()
        manager.shutdown_kernel.assert_not_called()

        kernel.last_activity = long_ago  # and nobody has come
        look()
        manager.shutdown_kernel.assert_called_once_with("one")
    finally:
        del manager._kernels["one"]


def test_a_kernel_whose_visitor_leaves_while_it_is_looked_at_is_no_error() -> None:
    manager = KernelManager(cull_idle_timeout=90)
    with ThreadPoolExecutor() as thread:
        thread.submit(asyncio.run, manager.cull_kernel_if_idle("left")).result()


def test_a_page_that_is_closed_while_it_is_written_to_is_no_error() -> None:
    loop = Mock()
    _ignore_closed_pages(loop, {"exception": WebSocketClosedError()})
    loop.default_exception_handler.assert_not_called()
    other = {"exception": ZeroDivisionError()}
    _ignore_closed_pages(loop, other)
    loop.default_exception_handler.assert_called_once_with(other)
