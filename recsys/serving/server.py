"""The dashboard's web server: Voilà, in this process, with the settings of `voila.json`.

In this process, so that nothing is left when it ends in whatever way: Voilà ends its kernels when
it is interrupted, a kernel ends itself when Voilà is gone, and a training when its kernel is.
The settings are in a file beside the notebook because a plain `voila dashboard.ipynb` reads them
there too. They leave Voilà its asynchronous kernel manager: with the other one
(`MappingKernelManager`) a second thread writes to the page's websocket, and every tenth page hung.

A few kernels have run the notebook before anyone comes, so that a visitor waits for none; all are
forked from one process, so that each is there at once and has most of its memory in common with the
others (`recsys.serving.kernels`).
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
from typing import Any
from urllib.parse import urlencode

from recsys.machine import checkout, machine_memory

ROOT = checkout()
NOTEBOOK = ROOT / "dashboard.ipynb"
KERNEL = 120 * 2**20  # bytes that a kernel takes while nobody uses it, where it is not forked
MOST_PREHEATED = 4  # a machine of two cores makes one a second
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ServeError(RuntimeError):
    """The server cannot start; its text says why and what to do."""


def serve(
    host: str = "127.0.0.1",
    port: int = 8866,
    *,
    preheat: int | None = None,
    open_browser: bool = True,
    token: str = "",
    behind_proxy: bool = False,
    as_json: bool = False,
) -> None:
    """Serve the dashboard until SIGINT or SIGTERM.

    Parameters
    ----------
    preheat : how many kernels to keep ready for visitors to come; by default as memory allows
    token : what a visitor must know; anybody is let in without one
    behind_proxy : whether a proxy on this machine leads here, under whatever name
    as_json : tell the address, once visitors can come, as a line of JSON

    Raises
    ------
    ServeError : if the notebook is not there, or the port cannot be had
    """
    if not NOTEBOOK.is_file():
        raise ServeError(f"{NOTEBOOK} is not there: serve from a checkout of the project.")
    _require_free(host, port)
    # The page's template is found by Voilà, and by its kernels, below share/jupyter of the project.
    paths = [str(ROOT / "share" / "jupyter"), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    os.chdir(ROOT)

    from recsys.serving.kernels import FORKS, KernelManager

    FORKS.prepare()  # while this process imports Voilà

    from jupyter_server import DEFAULT_STATIC_FILES_PATH
    from tornado.ioloop import IOLoop
    from voila.app import Voila

    from recsys.serving import upstream
    from recsys.serving.pages import improve_voila

    improve_voila()
    app = Voila.instance()
    arguments = upstream.voila_arguments(
        NOTEBOOK.name,
        host,
        port,
        pool_size=preheated_by_default() if preheat is None else preheat,
        kernel_manager=KernelManager,
        provisioner="recsys",
    )
    app.initialize(arguments)
    upstream.set_before_start(
        app,
        token=token,  # not among the arguments, which any user of the machine may list
        # A website may give its own name this machine's address, and would be let in by the
        # browser.
        allow_remote_access=behind_proxy or host not in LOOPBACK,
        # Jupyter's page of errors asks for it, and Voilà leaves it out; it serves nothing.
        static_path=DEFAULT_STATIC_FILES_PATH,
    )
    # Voilà runs the notebook, trusted or not; and a shorter timeout of pings, as one warning asks
    # for, would close every page that is left alone for half a minute.
    upstream.silence_harmless_warnings(app)

    def listening() -> None:
        asyncio.get_running_loop().set_exception_handler(_unless_a_page_was_left)
        _announce(host, port, open_browser, token, as_json)

    loop = IOLoop.current()
    loop.add_callback(listening)  # called once it listens

    async def wind_down() -> None:
        logging.disable()  # what was under way complains that it is cut off
        try:
            await app.kernel_manager.shutdown_all()
        finally:
            FORKS.end()
            loop.stop()

    # Python's own answer to Ctrl-C, an exception, gets lost where a kernel is being started; and
    # kernels that are on their way can only be ended while the loop runs.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: loop.add_callback_from_signal(wind_down))
    app.start()


def _unless_a_page_was_left(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell what went wrong where nobody waited for it; a page that is closed while the server
    writes to it is nothing of that kind.
    """
    from tornado.websocket import WebSocketClosedError

    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


def preheated_by_default() -> int:
    """One to four kernels, which take at most an eighth of this machine's memory."""
    return max(1, min(MOST_PREHEATED, machine_memory() // 8 // KERNEL))


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server will
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise ServeError(
                    f"Port {port} is taken, perhaps by a dashboard that runs already; "
                    f"choose another: make dashboard PORT={port + 1}"
                ) from None
            raise ServeError(
                f"Port {port} of {host} cannot be opened ({error.strerror}); "
                "choose another --port or --host"
            ) from None


def _announce(host: str, port: int, open_browser: bool, token: str, as_json: bool) -> None:
    local = host in ("127.0.0.1", "localhost", "0.0.0.0")
    address = f"http://{'localhost' if local else host}:{port}"
    address += f"/?{urlencode({'token': token})}" if token else ""
    told = f"The dashboard is at {address} (Ctrl-C stops it)"
    print(json.dumps({"address": address}) if as_json else told, flush=True)
    # Without a desktop, a browser of the terminal would take the terminal over.
    desktop = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if open_browser and desktop:
        webbrowser.open(address)
