"""The kernels of Voilà's server: how they are started, and when they are ended."""

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

import recsys
from recsys.serving import upstream

PATIENCE = 60.0  # seconds, for the first fork on a busy machine

log = logging.getLogger(__name__)


class KernelManager(AsyncMappingKernelManager):
    """Voilà's asynchronous one, which gives a preheated kernel the time to be connected to, and
    ends those too that are still being started.

    Voilà keeps the culler away from the kernels in its pool. One that has been there for a while
    counts as idle for as long when a visitor gets it, and could be ended before the page connects.
    So the clock of a kernel starts when the culler first meets it.
    """

    met_by_culler = Set(Unicode(), help="The ids of kernels")

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        cull: Any = super().cull_kernel_if_idle  # comes without types
        try:
            if kernel_id not in self.met_by_culler:
                upstream.restart_idle_clock(self.get_kernel(kernel_id))
                self.met_by_culler.intersection_update(self.list_kernel_ids())  # forget the ended
                self.met_by_culler.add(kernel_id)
            await cull(kernel_id)
        except (KeyError, HTTPError):
            if kernel_id in self:
                raise  # else its visitor has left, and it ends just now

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]
        # One that is on its way cannot be ended, and asking for it would leave the others alive.
        await upstream.wait_for_pending_kernels(self)
        await super().shutdown_all(now=now)


class Provisioner(LocalProvisioner):
    """Kernels forked from a process that has imported everything (`forkserver`); started like any
    other where that cannot be: on macOS, whose frameworks do not survive a fork, or for
    another kind of kernel.
    """

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        # Nobody types into a visitor's kernel: it needs no thread that keeps a history.
        no_history = upstream.with_arguments(kwargs, "--HistoryManager.enabled=False")
        return await super().pre_launch(**no_history)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        arguments = upstream.arguments_of_python_kernel(cmd)
        if arguments is not None:
            asked: dict[str, Any] = {
                "name": f"kernel-{self.kernel_id[:8]}",
                "arguments": arguments,
                "environment": kwargs["env"],
                "folder": str(kwargs.get("cwd") or Path.cwd()),
            }
            kernel = await asyncio.to_thread(FORKS.kernel, asked)
            if kernel is not None:
                upstream.adopt(self, kernel, asked["folder"])
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


class Forked:
    """A forked kernel, with what `LocalProvisioner` uses of a `subprocess.Popen`.

    Parameters
    ----------
    pid, handle : its number, and the pidfd that goes on meaning this process when it has ended
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int) -> None:
        self.pid, self._handle = pid, handle
        self._watch = select.poll()
        self._watch.register(handle, select.POLLIN)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """None while it runs; then 0, since only its parent, the fork server, gets to know more."""
        if self.returncode is None and self._watch.poll(0):
            self.returncode = 0
            os.close(self._handle)
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self._watch.poll()
        return self.poll() or 0

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has ended just now
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forks:
    """The fork server of this process: started when needed, and anew when it has ended or the
    package's code has changed, so that a page that is loaded again shows an edited model.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._code = 0

    def kernel(self, asked: dict[str, Any]) -> Forked | None:
        """A kernel as it is asked for; None where kernels cannot be forked."""
        with self._guard:
            for _ in range(2):  # it may have been killed, and then there is another
                try:
                    self._start()
                    return self._forked(asked)
                except OSError as error:
                    problem = error
                    self._forget()
        log.warning("Kernels are started without a fork server (%s).", problem)
        return None

    def prepare(self) -> None:
        """Start the fork server, so that it has its imports when the first kernel is needed."""
        with self._guard, suppress(OSError):
            self._start()

    def _start(self) -> None:
        if sys.platform != "linux":
            raise OSError("forking is for Linux")
        code = _code_changed()
        if self._process and self._process.poll() is None and code == self._code:
            return
        self._forget()
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.settimeout(PATIENCE)
        # Threads of a BLAS would not survive the fork, and a visitor's scores need none.
        alone = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "recsys.serving.forkserver"],
                stdin=theirs.fileno(),
                env=os.environ | alone,
                start_new_session=True,
            )
        self._code = code

    def _forked(self, asked: dict[str, Any]) -> Forked:
        assert self._line is not None
        self._line.send(json.dumps(asked).encode())
        pid, handles, *_ = socket.recv_fds(self._line, 20, 1)
        if not handles:
            raise OSError("the fork server has ended")
        return Forked(int(pid), handles[0])

    def end(self) -> None:
        """End the fork server; its kernels live on until the server ends."""
        with self._guard:
            self._forget()

    def _forget(self) -> None:
        if self._process and self._line:
            self._line.close()
            self._process.kill()
            self._process.wait()
        self._process = self._line = None


def _code_changed() -> int:
    """When the package's code was changed last, in nanoseconds."""
    return max(file.stat().st_mtime_ns for file in Path(recsys.__file__).parent.rglob("*.py"))


FORKS = Forks()
