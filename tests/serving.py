"""A real dashboard, served by the project's own command."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOWHERE = "/srv/private/courses.csv"


def written(path: Path, *cells: str, **metadata: Any) -> Path:
    """A notebook of these cells; a text that begins with "md:" is a Markdown cell."""
    import nbformat  # takes two seconds, which collecting the fast tests need not wait for

    v4 = nbformat.v4
    made = [
        v4.new_markdown_cell(cell[3:]) if cell.startswith("md:") else v4.new_code_cell(cell)
        for cell in cells
    ]
    nbformat.write(v4.new_notebook(cells=made, metadata=metadata), path)
    return path


def failing(path: Path) -> Path:
    """A notebook of which a cell fails, the next one needs it, and the last one does not."""
    return written(
        path,
        f"print('printed first')\nwords = open('{NOWHERE}').read()",
        "print(words)",
        "print('still ' + 'alive')",
    )


@dataclass
class Server:
    """A running dashboard; `log` is what it writes, `pid` its process."""

    url: str
    log: Path
    pid: int


@contextmanager
def served(
    folder: Path, *arguments: str, root: Path = ROOT, **environment: str
) -> Iterator[Server]:
    """The dashboard of a checkout on a port of its own, over an empty store in a folder."""
    port = free_port()
    settings = {"RECSYS_STORE": str(folder / "store"), "OMP_NUM_THREADS": "1", **environment}
    log = folder / "log"
    command = [sys.executable, "-m", "recsys", "serve", "--no-browser"]
    command += [f"--port={port}", "--preheat=1"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=root,
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until_it_answers(url + "static/nothing", process, log)
        yield Server(url, log, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except urllib.error.HTTPError:  # there is nothing at this address, and a server to say so
            return
        except OSError:
            time.sleep(0.05)  # asking without a pause takes the core that the server starts on
    pytest.fail(f"The server ended by itself:\n{log.read_text()}")
