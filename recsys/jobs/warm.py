"""A warm process: it has imported what most fits need, and forks a child for each piece of work.

Such a child starts in some hundredths of a second, where a new process takes a second for its
imports. If the module of the work is among those, and has a function `prepare`, it is called before
the fork with the arguments of the work: what it keeps in memory, such as a data set, the child has
too. All sessions of a server share one warm process, `python -m recsys.jobs.warm`. Without a
server, as in JupyterLab, a kernel starts its own with its first work. Linux only: the frameworks of
macOS do not survive a fork. Must not know what the work is, nor how many children there may be.

It listens on a socket in a folder. For each piece of work a session connects and sends the order of
`worker.do` as one line, together with a file for standard error. The events come back on the same
connection, and at last how the child ended. To cancel, the session shuts its half of the
connection, and waits for the other.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from recsys.jobs import worker
from recsys.machine import code_changed
from recsys.models import clustering

FOLDER = "RECSYS_WARM"  # the environment variable with the folder of the server's warm process
IMPORTED = ("recsys.jobs.training", "recsys.scale", "sklearn.cluster", "sklearn.decomposition")
PATIENCE = 5.0  # seconds to wait for an order, once connected
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "MKL", "OMP")}


class Warm:
    """A warm process as the process sees it that starts it.

    It starts with the first connection, or when `prepare` is called, and ends with this process.

    Attributes
    ----------
    folder : a private folder, in memory where that is possible, with the socket; sessions may keep
        files in it
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="recsys-warm-", dir=in_memory))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)

    def prepare(self) -> None:
        """Start the process, unless it is running."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return
            path = self.folder / "socket"
            path.unlink(missing_ok=True)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
                listener.listen(128)  # connections wait here until the process is ready for them
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "recsys.jobs.warm"],
                    stdin=listener.fileno(),
                    env=os.environ | _ONE_THREAD,  # threads of a BLAS would not survive a fork
                    start_new_session=True,
                )

    def end(self) -> None:
        """End the process and its children, and remove the folder."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()
                self._process = None
        shutil.rmtree(self.folder, ignore_errors=True)


_own: Warm | None = None
_own_lock = threading.Lock()


def folder() -> Path | None:
    """The folder of the warm process that this process uses; None where there can be none."""
    global _own
    if sys.platform != "linux":
        return None
    named = os.environ.get(FOLDER)
    if named and Path(named).is_dir():
        return Path(named)
    with _own_lock:
        if _own is None or not _own.folder.is_dir():
            _own = Warm()
        return _own.folder


def connect() -> socket.socket:
    """A connection to the warm process, for one piece of work.

    Raises
    ------
    OSError : if there is none
    """
    place = folder()
    if place is None:
        raise OSError("This system cannot fork processes.")
    if _own is not None and place == _own.folder:
        _own.prepare()
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(place / "socket"))
    except OSError:
        connection.close()
        raise
    return connection


def send(connection: socket.socket, order: bytes, errors: IO[bytes]) -> None:
    """Send an order, one line, and the file to which its child writes standard error."""
    sent = socket.send_fds(connection, [order], [errors.fileno()])
    connection.sendall(order[sent:])


def import_libraries() -> None:
    """Import what most fits need, so that the time of a fit is that of the fit alone."""
    for name in IMPORTED:
        import_module(name)


# The warm process itself


def main() -> None:
    """Fork a child for each order, until the process that started this one exits."""
    listener = socket.socket(fileno=0)
    starter = os.pidfd_open(os.getppid())
    code = code_changed()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)  # a click on a page comes before a fit
    import_libraries()
    clustering.accustom()
    gc.collect()
    gc.freeze()  # a garbage collection in a child would copy the shared memory
    accepted = next_order(listener, starter, code)
    if accepted is not None:  # this process is a child
        work_on(*accepted)
    else:
        shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)


def next_order(
    listener: socket.socket, starter: int, code: int
) -> tuple[socket.socket, dict[str, Any], int] | None:
    """Fork a child for each order. After an edit of the package, begin again with the new code.

    Parameters
    ----------
    listener : the socket that sessions connect to; it is standard input
    starter : a pidfd of the process that started this one
    code : when the code that was imported was last changed

    Returns
    -------
    In each child its connection, its order and its file for standard error; in the warm process
    None, when the process that started it has exited.
    """
    children: dict[int, tuple[int, socket.socket]] = {}  # by pidfd
    watch = select.poll()
    watch.register(starter, select.POLLIN)
    watch.register(listener, select.POLLIN)
    while True:
        for ready, _ in watch.poll():
            if ready == starter:
                return None
            if ready in children:
                watch.unregister(ready)
                _bury(ready, *children.pop(ready))
            else:
                if code_changed() != code:  # those who wait stay in the socket's queue
                    os.execv(sys.executable, [sys.executable, "-m", "recsys.jobs.warm"])
                connection, _ = listener.accept()
                try:
                    order, errors = _received(connection)
                except (OSError, ValueError):  # the session has gone
                    connection.close()
                    continue
                _prepare(order)
                child = os.fork()
                if child == 0:
                    listener.close()
                    for _, other in children.values():
                        other.close()
                    return connection, order, errors
                os.close(errors)
                handle = os.pidfd_open(child)
                children[handle] = child, connection
                watch.register(handle, select.POLLIN)


def _received(connection: socket.socket) -> tuple[dict[str, Any], int]:
    """An order and its file for standard error."""
    connection.settimeout(PATIENCE)
    message, handles, *_ = socket.recv_fds(connection, 2**16, 1)
    while not message.endswith(b"\n"):
        more = connection.recv(2**16)
        if not more:
            raise OSError("The session has closed the connection.")
        message += more
    connection.settimeout(None)
    if not handles:
        raise ValueError("An order comes with a file.")
    return dict(json.loads(message)), handles[0]


def _prepare(order: dict[str, Any]) -> None:
    """Let the module of the work do what its children would all do again."""
    with suppress(Exception):  # the child will meet the same error, and report it
        prepare = getattr(sys.modules.get(order["module"]), "prepare", None)
        if prepare is not None:
            prepare(**order)


def _bury(handle: int, child: int, connection: socket.socket) -> None:
    """Tell the session how its child ended."""
    _, status = os.waitpid(child, 0)
    os.close(handle)
    ended = {"event": "ended", "code": os.waitstatus_to_exitcode(status)}
    with suppress(OSError):
        connection.setblocking(False)
        connection.sendall(json.dumps(ended).encode() + b"\n")
    connection.close()


def work_on(connection: socket.socket, order: dict[str, Any], errors: int) -> None:
    """Do the work of an order; in a child of the warm process."""
    os.dup2(errors, 1)
    os.dup2(errors, 2)
    with connection.makefile("w", encoding="utf-8") as events:
        worker.do(order, events, parent=connection.fileno())
    os._exit(0)  # what the warm process has registered for its exit is not the child's


if __name__ == "__main__":
    main()
