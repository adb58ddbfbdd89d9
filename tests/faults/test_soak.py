"""Visit after visit: the server's memory, processes, files and sockets stay where they were.

RECSYS_SOAK is the number of visits; `make soak` makes it 500.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from serving import Server, served
from visits import PATIENCE, ask, kernel_of, leave, wired

VISITS = int(os.environ.get("RECSYS_SOAK", "8"))
WARM = 40  # visits until the server's memory has found its level, 40 MB above its start
MANY = 100  # visits from which on it is looked at
FILES = 25  # of one kernel, which may be about to start or there; so many sockets are among them
SLACK = 15.0  # MB by which it comes and goes; 0.1 MB leaked by each of 500 visits would be 46


@dataclass
class Use:
    """What the server uses."""

    processes: int
    files: int
    sockets: int
    megabytes: float


def use_of(server: Server) -> Use:
    """What it uses once the kernel for the next visitor is ready, and the last one's is gone."""
    process = psutil.Process(server.pid)
    until = time.monotonic() + PATIENCE
    while len(process.children(recursive=True)) != 1 and time.monotonic() < until:
        pass
    return Use(
        len(process.children(recursive=True)),
        process.num_fds(),
        len(process.net_connections("all")),
        process.memory_info().rss / 1e6,
    )


def visit(server: Server) -> None:
    """Open the page, talk to its kernel as the page does, and leave."""
    status, _, page = ask(server.url, "/")
    assert status == 200
    kernel = kernel_of(page)
    with wired(server.url, kernel) as wire:
        wire.reply(wire.send("kernel_info_request", {}))
        comms = wire.reply(wire.send("comm_info_request", {"target_name": "jupyter.widget"}))
        assert comms["content"]["comms"]
    assert leave(server.url, kernel) == 204


def test_visits_leave_nothing_behind(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        warm = min(VISITS // 2, WARM)
        for _ in range(warm):
            visit(server)
        before = use_of(server)
        for _ in range(VISITS - warm):
            visit(server)
        after = use_of(server)
        print(f"{VISITS} visits: {before} became {after}")
        assert after.processes == before.processes == 1
        assert after.files <= before.files + FILES
        assert after.sockets <= before.sockets + FILES
        assert VISITS < MANY or after.megabytes <= before.megabytes + SLACK
        assert "Traceback" not in server.log.read_text()
