"""The web server of the dashboard, or of another notebook: Voilà, in this process, with the
settings of `voila.json`.

No process is left when the server exits, for any reason: Voilà shuts its kernels down when it is
interrupted, a kernel exits when Voilà has exited, and a training when its kernel has.

The settings are in a file beside the dashboard because a plain `voila dashboard.ipynb` reads them
there too. They keep Voilà's asynchronous kernel manager: with the other one
(`MappingKernelManager`) a second thread writes to the page's websocket, and every tenth page hung.

A few kernels run the notebook before visitors come, so that no visitor waits for a kernel. They are
ended, and new ones started, when the notebook or the code has been edited. All kernels are forked
from one process, so that each starts at once and shares most of its memory with the others
(`recsys.serving.kernels`).
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from recsys.machine import checkout, machine_memory
from recsys.serving import notebooks

ROOT = checkout()
NOTEBOOK = ROOT / "dashboard.ipynb"
WATCH = 2000  # milliseconds between two looks at whether the warm process is running
KERNEL = 120 * 2**20  # bytes of an unused kernel that is not forked
MOST_PREHEATED = 4  # a machine with two cores starts one a second
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ServeError(RuntimeError):
    """The server cannot start. The message says why, and what to do."""


def serve(
    host: str = "127.0.0.1",
    port: int = 8866,
    *,
    notebook: Path = NOTEBOOK,
    preheat: int | None = None,
    open_browser: bool = True,
    token: str = "",
    behind_proxy: bool = False,
    as_json: bool = False,
) -> None:
    """Serve a notebook until SIGINT or SIGTERM.

    Parameters
    ----------
    notebook : its path; its cells run in its folder
    preheat : how many kernels to keep ready for the next visitors; by default as memory allows
    token : the password that a visitor needs; "" lets everybody in
    behind_proxy : whether a proxy on this machine forwards requests, under any host name
    as_json : print the address, once the server listens, as a line of JSON

    Raises
    ------
    ServeError : if the notebook cannot be read, or the port cannot be opened
    """
    if not NOTEBOOK.is_file():
        raise ServeError(f"{NOTEBOOK} does not exist: serve from a checkout of the project.")
    notebook = notebook.resolve()
    try:
        title = notebooks.title(notebooks.read(notebook), notebook.stem)
    except notebooks.NotebookError as error:
        raise ServeError(str(error)) from None
    _require_free(host, port)
    # So that Voilà and its kernels find the page's template in share/jupyter of the project.
    paths = [str(ROOT / "share" / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    os.chdir(ROOT)  # where Voilà looks for voila.json

    from recsys.jobs.warm import FOLDER, Warm
    from recsys.machine import code_changed
    from recsys.serving.kernels import FORK_SERVER, KernelManager

    warm = Warm()
    os.environ[FOLDER] = str(warm.folder)  # for the kernels
    FORK_SERVER.prepare()  # it imports its modules while this process imports Voilà

    from jupyter_server import DEFAULT_STATIC_FILES_PATH
    from tornado.ioloop import IOLoop, PeriodicCallback
    from voila.app import Voila

    from recsys.serving import compression, upstream
    from recsys.serving.pages import improve_voila

    # The pages of such a server are seen only at this machine.
    improve_voila(errors_in_full=host in LOOPBACK and not behind_proxy)
    upstream.prepare_visits(
        version=lambda: (notebooks.version(notebook), code_changed()),
        policy=lambda policy: _policy(policy, notebook),
    )
    app = Voila.instance()
    arguments = upstream.voila_arguments(
        str(notebook),
        host,
        port,
        pool_size=preheated_by_default() if preheat is None else preheat,
        kernel_manager=KernelManager,
        provisioner="recsys",
    )
    app.initialize(arguments)
    upstream.set_before_start(
        app,
        token=token,  # not in the arguments, which any user of the machine can list
        # The DNS name of any website may lead to this machine's address, so that a browser would
        # let the website reach this server (DNS rebinding).
        allow_remote_access=behind_proxy or host not in LOOPBACK,
        # Jupyter's error page needs this setting, which Voilà leaves out; it serves no files.
        static_path=DEFAULT_STATIC_FILES_PATH,
    )
    upstream.compress_answers(app, compression.LEVEL_OF_PAGES, compression.accepts_gzip)
    # Voilà runs a notebook whether it is trusted or not. A shorter timeout of pings, which the
    # other warning asks for, would close every page that is idle for half a minute.
    upstream.silence_harmless_warnings(app)

    def listening() -> None:
        if sys.platform == "linux":  # not earlier: visitors come first
            PeriodicCallback(warm.prepare, WATCH, jitter=0.1).start()
        asyncio.get_running_loop().set_exception_handler(_ignore_closed_pages)
        name = "The dashboard" if notebook == NOTEBOOK else f"“{title}”"
        _announce(name, host, port, open_browser, token, as_json)

    loop = IOLoop.current()
    loop.add_callback(listening)  # called once it listens

    async def shut_down() -> None:
        logging.disable()  # requests that are interrupted would log errors
        try:
            await app.kernel_manager.shutdown_all()
        finally:
            FORK_SERVER.end()
            warm.end()
            loop.stop()

    # KeyboardInterrupt, Python's own answer to Ctrl-C, gets lost while a kernel is starting. And
    # kernels that are starting can only be shut down while the loop runs.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: loop.add_callback_from_signal(shut_down))
    app.start()


def _ignore_closed_pages(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an unhandled exception, unless a page was closed while the server wrote to it."""
    from tornado.websocket import WebSocketClosedError

    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


def _policy(policy: str, notebook: Path) -> str:
    """The Content-Security-Policy for the page of a notebook.

    Widgets made with anywidget, such as Plotly's FigureWidget, import their script from a `blob:`
    address. Only a notebook that may have such widgets may do so.
    """
    if notebooks.imports_only_ours(notebook):
        return policy
    return policy.replace("script-src 'self'", "script-src 'self' blob:")


def preheated_by_default() -> int:
    """The number of kernels to keep ready: 1 to 4, using at most an eighth of the memory."""
    return max(1, min(MOST_PREHEATED, machine_memory() // 8 // KERNEL))


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServeError(
                    f"Port {port} is taken, perhaps by a dashboard that is already running; "
                    f"choose another: make dashboard PORT={port + 1}"
                ) from None
            raise ServeError(
                f"Port {port} of {host} cannot be opened ({error.strerror}); "
                "choose another --port or --host"
            ) from None


def _announce(
    name: str, host: str, port: int, open_browser: bool, token: str, as_json: bool
) -> None:
    local = host in ("127.0.0.1", "localhost", "0.0.0.0")
    address = f"http://{'localhost' if local else host}:{port}"
    address += f"/?{urlencode({'token': token})}" if token else ""
    text = f"{name} is at {address} (Ctrl-C stops it)"
    print(json.dumps({"address": address}) if as_json else text, flush=True)
    # Without a desktop, `webbrowser` would start a text browser in this terminal.
    desktop = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if open_browser and desktop:
        webbrowser.open(address)
