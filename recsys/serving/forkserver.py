"""The fork server: the process that kernels are forked from, `python -m recsys.serving.forkserver`.

The web server starts it. It imports everything that the dashboard needs, once. A kernel that is
forked from it starts at once and shares that memory with all others. The fork server does nothing
else, since a process with threads, sockets or data could not be forked safely. Linux only. Must not
know what kernels are used for.

The web server sends requests over a socket, which is the standard input of this process. A request
has the arguments, the environment and the folder of a kernel; the answer is its process id and a
handle to it (a pidfd). When the web server exits, this process and all kernels exit too.
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

MOST_BYTES = 2**20  # of a request; a socket accepts far less


def main() -> None:
    """Run the fork server, and in each forked process the kernel."""
    if sys.path[0] in ("", str(Path.cwd())):  # a kernel puts its own folder there
        del sys.path[0]
    server = os.pidfd_open(os.getppid())
    requests = socket.socket(fileno=0)
    import_all()
    gc.collect()
    gc.freeze()  # a garbage collection in a kernel would copy the shared memory
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leave no zombies: nobody waits for kernels
    request = fork_on_request(requests)
    if request is not None:  # this process is the kernel
        run_as_kernel(request, server)


def import_all() -> None:
    """Import all modules that a visit needs. None may start a thread, which a fork would lose."""
    upstream.leave_out_debugger()  # nobody debugs a visitor's kernel
    # If pyarrow is installed, pandas loads it, which starts a thread and takes 14 MB. A kernel
    # whose data set is in Parquet files loads it itself.
    with upstream.without_pyarrow():
        for module in ("ipykernel.debugger", "ipykernel.kernelapp", "recsys.dashboard"):
            import_module(module)


def fork_on_request(requests: socket.socket) -> dict[str, Any] | None:
    """Fork a kernel for each request.

    Returns
    -------
    In each kernel its request; in the fork server None, when the web server has exited.
    """
    while message := requests.recv(MOST_BYTES):
        child = os.fork()
        if child == 0:
            requests.close()
            return dict(json.loads(message))
        handle = os.pidfd_open(child)
        socket.send_fds(requests, [str(child).encode()], [handle])
        os.close(handle)
    return None


def run_as_kernel(request: dict[str, Any], server: int) -> None:
    """Run a kernel in this process, as `ipykernel_launcher` would, until it is shut down.

    Parameters
    ----------
    request : `name`, `arguments`, `environment` and `folder` of the kernel
    server : a pidfd of the web server
    """
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    Path("/proc/self/comm").write_text(request["name"])  # the name that `top` shows
    # All kernels would draw the same numbers. Python's own `random` takes a new seed by itself.
    np.random.seed()  # noqa: NPY002
    threading.Thread(target=exit_with, args=(server,), daemon=True).start()
    upstream.run_kernel(request["arguments"])


def exit_with(server: int) -> None:
    """Exit when the web server has exited, for any reason; runs on a thread of its own."""
    watch = select.poll()
    watch.register(server, select.POLLIN)
    watch.poll()
    os._exit(1)


if __name__ == "__main__":
    main()
