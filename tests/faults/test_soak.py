"""Visit after visit: the server's memory, processes, files and sockets stay where they were.

RECSYS_SOAK is the number of visits; `make soak` makes it 500.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from serving import Server, served
from visits import PATIENCE, Widgets, ask, kernel_of, leave, wired

VISITS = int(os.environ.get("RECSYS_SOAK", "8"))
READY = 2  # kernels kept ready, and visitors at a time
# And the process that kernels are forked from, and the warm one that fits are forked from.
STAYING = READY + 2 * (sys.platform == "linux")
VANISHING = range(110, 260, 10)  # visitors who do not say good-bye, and are ended by the culler
WARM = 100  # visits until the server's memory has found its level, 40 MB above its start
MANY = 300  # visits from which on it is looked at
FILES = 25  # of one kernel, which may be about to start or there; so many sockets are among them
AT_REST = 0.05  # seconds that all processes compute in a second at most, once they are ready
SLACK = 20.0  # MB by which it comes and goes; 0.1 MB leaked by each of 400 visits would be 40


@dataclass
class Use:
    """What the server uses."""

    processes: int
    files: int
    sockets: int
    megabytes: float

    def __str__(self) -> str:
        return (
            f"{self.processes} kernels, {self.files} files, {self.sockets} sockets, "
            f"{self.megabytes:.0f} MB"
        )


def use_of(server: Server) -> Use:
    """What it uses once the kernels for the next visitors are ready, and the last ones are gone."""
    process = psutil.Process(server.pid)
    until = time.monotonic() + 2 * PATIENCE
    # A kernel has ended a moment before the server has closed what led to it, and it is there some
    # seconds before it is ready.
    files, worked = 0, 0.0
    while time.monotonic() < until:
        before, files = files, process.num_fds()
        family = [process, *process.children(recursive=True)]
        earlier, worked = worked, computed(family)
        at_rest = worked - earlier < AT_REST
        if len(family) == STAYING + 1 and files == before and at_rest:
            break
        time.sleep(1)
    return Use(
        len(process.children(recursive=True)),
        process.num_fds(),
        len(process.net_connections("all")),
        process.memory_info().rss / 1e6,
    )


def computed(processes: list[psutil.Process]) -> float:
    """The seconds that the processes which have not ended have computed."""
    seconds = 0.0
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            seconds += sum(one.cpu_times()[:2])
    return seconds


def visit(server: Server, says_goodbye: bool) -> None:
    """Open the page and what it loads, use it through its widgets as the page does, and leave."""
    status, _, page = ask(server.url, "/")
    assert status == 200
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        assert ask(server.url, address)[0] == 200
    kernel = kernel_of(page)
    with wired(server.url, kernel) as wire:
        wire.reply(wire.send("kernel_info_request", {}))
        widgets = Widgets(wire)
        widgets.click("Clear")
        assert widgets.of_class("recsys-chips")["children"] == []
        widgets.click("Cloud engineer")
        assert widgets.of_class("recsys-chips")["children"]
        widgets.change(widgets.named("5 KNN"), value=True)
    if says_goodbye:
        assert leave(server.url, kernel) == 204


def test_visits_leave_nothing_behind(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with served(tmp_path, f"--preheat={READY}") as server, ThreadPoolExecutor(READY) as visitors:

        def visits(numbers: range) -> Use:
            for _ in visitors.map(lambda one: visit(server, one not in VANISHING), numbers):
                pass  # whose failures show here
            return use_of(server)

        warm = min(VISITS // 2, WARM)
        before = visits(range(1, warm + 1))
        after = visits(range(warm + 1, VISITS + 1))
        record_property(
            "figure", f"{VISITS} visits: after the first {warm}, {before}; then {after}"
        )
        assert after.processes == before.processes == STAYING
        assert after.files <= before.files + FILES
        assert after.sockets <= before.sockets + FILES
        assert VISITS < MANY or after.megabytes <= before.megabytes + SLACK
        assert "Traceback" not in server.log.read_text()
