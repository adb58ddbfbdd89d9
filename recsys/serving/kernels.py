"""The kernels of Voilà's server: how they are started, and when they are shut down.

Must not know what runs in a kernel.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError
from traitlets import Set, Unicode

from recsys.machine import code_changed
from recsys.serving import upstream

PATIENCE = 60.0  # seconds to wait for a fork; the first one waits for all imports

log = logging.getLogger(__name__)


class KernelManager(AsyncMappingKernelManager):
    """Voilà's asynchronous kernel manager, with two changes.

    The idle time of a kernel begins when the culler first sees it. Voilà does not cull the kernels
    in its pool, but when a visitor gets one, it would count as idle since its start, and could be
    culled before the page connects.

    The shutdown of the server also ends kernels that are still starting.
    """

    seen_by_culler = Set(Unicode(), help="The ids of the kernels that the culler has seen")

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        cull: Any = super().cull_kernel_if_idle  # it has no type annotations
        try:
            if kernel_id not in self.seen_by_culler:
                upstream.restart_idle_clock(self.get_kernel(kernel_id))
                self.seen_by_culler.intersection_update(self.list_kernel_ids())  # forget ended ones
                self.seen_by_culler.add(kernel_id)
            await cull(kernel_id)
        except (KeyError, HTTPError):
            if kernel_id in self:
                raise  # otherwise its visitor has left, and it is just being shut down

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]
        # A kernel that is still starting cannot be shut down: the attempt raises an error, and the
        # other kernels would stay alive.
        await upstream.wait_for_pending_kernels(self)
        await super().shutdown_all(now=now)


class Provisioner(LocalProvisioner):
    """Starts kernels by a fork of the process that has imported everything (`forkserver`).

    On macOS, whose frameworks do not survive a fork, and for kernels of other languages, it starts
    them as Jupyter does.
    """

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        # Nobody types into a visitor's kernel, so it needs no thread that saves the history.
        no_history = upstream.with_arguments(kwargs, "--HistoryManager.enabled=False")
        return await super().pre_launch(**no_history)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        arguments = upstream.arguments_of_python_kernel(cmd)
        if arguments is not None:
            request: dict[str, Any] = {
                "name": f"kernel-{self.kernel_id[:8]}",
                "arguments": arguments,
                "environment": kwargs["env"],
                "folder": str(kwargs.get("cwd") or Path.cwd()),
            }
            kernel = await asyncio.to_thread(FORK_SERVER.kernel, request)
            if kernel is not None:
                upstream.adopt(self, kernel, request["folder"])
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


class Forked:
    """A forked kernel, with those methods of `subprocess.Popen` that `LocalProvisioner` uses.

    Parameters
    ----------
    pid : its process id
    handle : its pidfd, which never refers to another process, even after this one has exited

    Attributes
    ----------
    returncode : None while it runs; then 0, since only its parent, the fork server, knows the code
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid, self._handle = pid, handle
        self._watch = select.poll()
        self._watch.register(handle, select.POLLIN)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """`returncode`, without waiting."""
        if self.returncode is None and self._watch.poll(0):
            self.returncode = 0
            os.close(self._handle)
        return self.returncode

    def wait(self) -> int:
        """Wait until the kernel has exited; returns `returncode`."""
        if self.returncode is None:
            self._watch.poll()
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the kernel has exited."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just exited
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The fork server as the web server sees it.

    It is started when it is needed. It is started again when it has exited, and when the code of
    the package has changed, so that a reloaded page shows an edited model.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._code = 0

    def kernel(self, request: dict[str, Any]) -> Forked | None:
        """Fork a kernel; None if kernels cannot be forked here.

        Parameters
        ----------
        request : as `forkserver.run_as_kernel` takes it
        """
        with self._lock:
            for _ in range(2):  # if the fork server was killed, the second attempt starts a new one
                try:
                    self._start()
                    return self._forked(request)
                except OSError as error:
                    problem = error
                    self._end()
        log.warning("Kernels are started without a fork server (%s).", problem)
        return None

    def prepare(self) -> None:
        """Start the fork server early, so that its imports are done before the first kernel."""
        with self._lock, suppress(OSError):
            self._start()

    def _start(self) -> None:
        if sys.platform != "linux":
            raise OSError("only Linux can fork them")
        code = code_changed()
        if self._process and self._process.poll() is None and code == self._code:
            return
        self._end()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(PATIENCE)
        # The threads of a BLAS would not survive the fork, and a visitor's scores need none.
        one_thread = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recsys.serving.forkserver"],
                stdin=theirs.fileno(),
                env=os.environ | one_thread,
                start_new_session=True,
            )
        self._code = code

    def _forked(self, request: dict[str, Any]) -> Forked:
        assert self._socket is not None
        self._socket.send(json.dumps(request).encode())
        pid, handles, *_ = socket.recv_fds(self._socket, 20, 1)
        if not handles:
            raise OSError("the fork server has ended")
        return Forked(int(pid), handles[0])

    def end(self) -> None:
        """End the fork server. Its kernels run on until the web server exits."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process and self._socket:
            self._socket.close()
            self._process.kill()
            self._process.wait()
        self._process = self._socket = None


FORK_SERVER = ForkServer()
