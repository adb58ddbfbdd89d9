"""Peak memory of a Binder session: JupyterLab, one dashboard, and the training of a network.

    python benchmarks/binder_memory.py [--limit 2048] [--core 0] [--within COMMAND]

Starts Jupyter's server as Binder does, on one core, opens JupyterLab with the notebook and the
dashboard in a browser, presses Train for the neural network, and samples the proportional set size
of the server and all its child processes (each shared page counted once). The browser is the
visitor's and does not count. Exits with 1 if the peak is above the limit. Linux only.

`--within` starts the server by a command that sets a real limit, at which the operating system
kills processes. The peak that the operating system has counted, with cached files, is printed too:

    --within "systemd-run --user --scope -p MemoryMax=2G -p MemorySwapMax=0"
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from recsys import models

ROOT = Path(__file__).resolve().parents[1]
INTERVAL = 0.1  # seconds between two samples
PATIENCE = 300_000  # milliseconds
SERVER = [sys.executable, "-m", "jupyterlab", "--no-browser", "--IdentityProvider.token="]
SERVER += ["--allow-root"]  # as in a container


class Sampler(threading.Thread):
    """Adds up the memory of a process and its descendants, again and again, until it is stopped."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root = root
        self.now = 0.0
        self.peak = 0.0
        self.at_peak: list[tuple[float, str]] = []
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(INTERVAL):
            parts = sorted(_memory(self.root), reverse=True)
            self.now = sum(megabytes for megabytes, _ in parts)
            if self.now > self.peak:
                self.peak, self.at_peak = self.now, parts


def _memory(root: int) -> Iterator[tuple[float, str]]:
    """The memory in MiB of each process of the tree, and its role."""
    try:
        main = psutil.Process(root)
        tree = [main, *main.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in tree:
        try:
            words = one.cmdline()
            rollup = Path(f"/proc/{one.pid}/smaps_rollup").read_text()
        except (psutil.NoSuchProcess, OSError):
            continue  # it has just ended
        pss = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        yield int(pss.split()[1]) / 1024, _role(words)


def _role(words: list[str]) -> str:
    line = " ".join(words)
    for mark, role in {
        "jupyterlab": "Jupyter's server",
        "ipykernel": "a kernel",
        "fit_worker": "the training",
        "multiprocessing": "the training",
    }.items():
        if mark in line:
            return role
    return Path(words[0]).name if words else "?"


@contextmanager
def _server(core: int, within: list[str]) -> Iterator[tuple[str, int]]:
    """JupyterLab on one core; yields its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        # An empty store, so that Train trains.
        environment = os.environ | {"RECSYS_STORE": folder}
        settings = Path(folder, "etc")
        settings.mkdir()
        shutil.copy(ROOT / "jupyter_config.json", settings)
        environment["JUPYTER_CONFIG_PATH"] = str(settings)
        environment["JUPYTER_PATH"] = str(ROOT / "share" / "jupyter")  # our template as it is here
        opened = Path(folder, "opened")  # JupyterLab saves the notebook after running it
        opened.mkdir()
        shutil.copy(ROOT / "dashboard.ipynb", opened)
        process = subprocess.Popen(
            [*within, *SERVER, f"--port={port}"],
            cwd=opened,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        psutil.Process(process.pid).cpu_affinity([core])  # what it starts inherits it
        try:
            _wait_for(port)
            yield f"http://localhost:{port}/", process.pid
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("Jupyter's server did not start within two minutes.")


def _say_what_the_kernel_counted(pid: int) -> None:
    """The peak and the limit of the memory cgroup of a process: of version 2, else of 1."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    groups = {kinds: group for _, kinds, group in (line.split(":", 2) for line in lines)}
    if "memory" in groups:
        folder = Path(f"/sys/fs/cgroup/memory{groups['memory']}")
        files = ("memory.max_usage_in_bytes", "memory.limit_in_bytes")
    else:
        folder = Path(f"/sys/fs/cgroup{groups['']}")
        files = ("memory.peak", "memory.max")
    peak, limit = (int((folder / file).read_text()) / 2**20 for file in files)
    print(
        f"{peak:7.0f} MiB  counted by the kernel at its peak, cached files too; limit {limit:.0f}"
    )


def _session(page: Page, address: str, sampler: Sampler) -> None:
    """What a visitor does, with the memory after each step."""

    def say(step: str) -> None:
        print(f"{sampler.now:7.0f} MiB  {step}", flush=True)

    page.goto(f"{address}lab/tree/dashboard.ipynb")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.get_by_text("| Idle").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator("option", has_text="Python").first.wait_for(state="attached")
    say("JupyterLab with dashboard.ipynb, all cells run")
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(f"{address}voila/render/dashboard.ipynb")
    other.locator("option", has_text="Python").first.wait_for(state="attached")
    say("the dashboard beside it")
    keys = [one.key() for one in models.registry()]
    other.locator(".recsys-choose-model button").nth(keys.index("neural-network")).click()
    train = other.locator(".recsys-train")
    train.click()
    other.get_by_role("button", name="Cancel", exact=True).wait_for()
    train.wait_for(state="hidden")
    say("after a neural training")


def main() -> int:
    """Measure one session; returns 1 if the peak is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=2048, help="MiB (default: 2048)")
    parser.add_argument("--core", type=int, default=0, help="the one to run on (default: 0)")
    parser.add_argument(
        "--within",
        type=shlex.split,
        default=[],
        metavar="COMMAND",
        help="a command that sets a limit",
    )
    given = parser.parse_args()
    browser = os.environ.get("CHROME_PATH") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if browser is None:
        raise SystemExit("This needs Chromium or Chrome; or name its program in CHROME_PATH.")
    with _server(given.core, given.within) as (address, pid), sync_playwright() as playwright:
        sampler = Sampler(pid)
        sampler.start()
        visitor = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = visitor.new_context().new_page()
        page.set_default_timeout(PATIENCE)
        _session(page, address, sampler)
        visitor.close()
        sampler.done.set()
        sampler.join()
        if given.within:
            _say_what_the_kernel_counted(pid)
    print(f"{sampler.peak:7.0f} MiB  at the peak, of these:")
    for megabytes, role in sampler.at_peak:
        print(f"{megabytes:7.0f} MiB    {role}")
    return int(sampler.peak > given.limit)


if __name__ == "__main__":
    sys.exit(main())
