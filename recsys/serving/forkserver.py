"""The process that kernels are forked from, which the server starts.

`python -m recsys.serving.forkserver` is its command.

It has imported all that the dashboard needs, once. A kernel that is forked from it is there at once
and shares that memory with all others. It does nothing else: a process with threads, sockets or
data could not be forked safely. Linux only. Must not know what kernels are for.

The server asks over a socket, this process's standard input, for a kernel with these arguments,
environment and folder, and gets its number and a handle to it (a pidfd). When the server is gone,
so is this process, and so are the kernels, each by itself.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from recsys.serving import upstream

MOST_BYTES = 2**20  # of a message, far more than a socket takes at once; most is the environment


def main() -> None:
    if sys.path[0] in ("", str(Path.cwd())):  # a kernel puts its own folder there
        del sys.path[0]
    server = os.pidfd_open(os.getppid())
    line = socket.socket(fileno=0)
    import_all()
    gc.collect()
    gc.freeze()  # looking for garbage in what is shared would copy it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for kernels: leave no zombies
    asked = wait_for_an_order(line)
    if asked is not None:  # this process is the kernel
        become_kernel(asked, server)


def import_all() -> None:
    """What a visit needs by its end. Nothing here may start a thread, which a fork would lose."""
    upstream.leave_out_debugger()  # nobody debugs a visitor's kernel
    # Where pyarrow is installed, pandas would load it, which starts a thread and takes 14 MB. A
    # kernel whose data set lies in Parquet files loads it for itself.
    with upstream.without_pyarrow():
        for module in ("ipykernel.debugger", "ipykernel.kernelapp", "recsys.dashboard"):
            import_module(module)


def wait_for_an_order(line: socket.socket) -> dict[str, Any] | None:
    """Fork whenever a kernel is asked for; returns in each kernel what it is to be, and None here
    when the server is gone.
    """
    while message := line.recv(MOST_BYTES):
        child = os.fork()
        if child == 0:
            line.close()
            return dict(json.loads(message))
        handle = os.pidfd_open(child)
        socket.send_fds(line, [str(child).encode()], [handle])
        os.close(handle)
    return None


def become_kernel(asked: dict[str, Any], server: int) -> None:
    """Be what `ipykernel_launcher` would have been, until the kernel is shut down."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    Path("/proc/self/comm").write_text(asked["name"])  # what `top` shows
    # Python's own generator is seeded anew by itself: no two kernels draw the same.
    np.random.seed()  # noqa: NPY002
    threading.Thread(target=end_with, args=(server,), daemon=True).start()
    upstream.run_kernel(asked["arguments"])


def end_with(server: int) -> None:
    """End this process when the server has ended, in whatever way; for a thread of its own."""
    watch = select.poll()
    watch.register(server, select.POLLIN)
    watch.poll()
    os._exit(1)


if __name__ == "__main__":
    main()
