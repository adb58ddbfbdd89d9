"""All uses of private or undocumented interfaces of Voilà, Jupyter and ipykernel: private names,
attributes that are in no manual, the text of a message.

No other module of `recsys` uses any, but for one of ipywidgets in the place of a chart
(`recsys.dashboard.panels.plot`). The page has the same in `frontend/src/upstream.js` and, beside
its template, in `upstream.html.j2`. Each docstring ends with "Relies on": which package, in which
version this was last checked, and which behaviour. `tests/serving/test_upstream.py` compares each
with the packages that are installed, and fails with that paragraph where they have changed.

Must not know what they are used for: the calling modules say why. Each function imports what it
needs, because the fork server must not load Voilà.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment
    from jupyter_client.manager import KernelManager
    from jupyter_client.multikernelmanager import MultiKernelManager
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner
    from voila.app import Voila


# Voilà's server


def voila_arguments(
    notebook: str, host: str, port: int, *, pool_size: int, kernel_manager: type, provisioner: str
) -> list[str]:
    """The command line by which Voilà serves a notebook to visitors.

    Parameters
    ----------
    notebook : its absolute path; kernels run in its folder
    pool_size : how many kernels run the notebook before anyone comes
    kernel_manager : the class that starts and ends kernels
    provisioner : the name of the entry point whose class makes a kernel's process

    Relies on Voilà 0.5.13 and jupyter_client 8.10: these are the names of the settings; only
    Voilà's application keeps a pool, its server extension does not; and Voilà derives its own
    kernel manager from the class that it is given, by default `AsyncMappingKernelManager`.
    """
    return [
        notebook,
        f"--port={port}",
        f"--Voila.ip={host}",
        "--no-browser",
        "--preheat_kernel=True",
        f"--pool_size={pool_size}",
        "--VoilaConfiguration.multi_kernel_manager_class="
        f"{kernel_manager.__module__}.{kernel_manager.__qualname__}",
        f"--KernelProvisionerFactory.default_provisioner_name={provisioner}",
    ]


def set_before_start(app: Voila, *, token: str, **tornado_settings: object) -> None:
    """Give an application that is initialized, but not started, a token and settings for Tornado.

    Relies on Voilà 0.5.13: `Voila.start` reads `token`, and replaces its own settings, such as
    `allow_remote_access`, by those in `tornado_settings`; `initialize` reads neither.
    """
    app.token = token
    app.tornado_settings = {**app.tornado_settings, **tornado_settings}


def silence_harmless_warnings(app: Voila) -> None:
    """Keep two warnings that mean nothing here out of the log.

    Relies on jupyter_server 2.21 and tornado 6.6: for each visitor, Jupyter warns in the
    application's log that the notebook "is not trusted"; and Tornado, which takes Jupyter's
    milliseconds for seconds, warns of `websocket_ping_timeout` in the log "tornado.general".
    """
    app.log.addFilter(lambda record: "is not trusted" not in record.getMessage())
    pings = "websocket_ping_timeout"
    logging.getLogger("tornado.general").addFilter(lambda record: pings not in record.getMessage())


def write_pages_with(compiled: BytecodeCache, **names: object) -> None:
    """Write all pages of this process with a cache of compiled templates, and with names that the
    templates may use.

    Relies on Voilà 0.5.13: for each visitor, `notebook_renderer` looks its `VoilaExporter` up by
    that name and makes one; the exporter takes its templates from its property `environment`.
    """
    from voila import notebook_renderer
    from voila.exporter import VoilaExporter

    class Exporter(VoilaExporter):  # type: ignore[misc]  # Voilà comes without types
        @property
        def environment(self) -> Environment:
            environment: Environment = super().environment
            environment.bytecode_cache = compiled
            environment.globals.update(names)
            return environment

    notebook_renderer.VoilaExporter = Exporter


def answer_404_to_malformed_addresses() -> None:
    """Answer "not found" where the address of a template's file is malformed.

    Relies on Voilà 0.5.13: `voila.app` looks `TemplateStaticFileHandler` up by that name when it
    starts; its `parse_url_path` and `get_absolute_path` raise ValueError, AssertionError or
    UnboundLocalError where an address is malformed.
    """
    import voila.app
    from tornado.web import HTTPError
    from voila.static_file_handler import TemplateStaticFileHandler

    class TemplateFiles(TemplateStaticFileHandler):  # type: ignore[misc]  # as above
        def parse_url_path(self, path: str) -> str:
            try:
                return str(super().parse_url_path(path))
            except (ValueError, AssertionError):
                raise HTTPError(404) from None

        @classmethod
        def get_absolute_path(cls, root: str, path: str) -> str:
            try:
                return str(super().get_absolute_path(root, path))
            except (ValueError, AssertionError, UnboundLocalError):
                raise HTTPError(404) from None

    voila.app.TemplateStaticFileHandler = TemplateFiles


def send_files_compressed(
    compressed: Callable[[str], bytes | None], accepts: Callable[[str], bool]
) -> None:
    """Send the compressed copy of a file of Voilà, of a template or of an extension, if there is
    one and the browser accepts it.

    Parameters
    ----------
    compressed : the gzipped content of the file at a path; None if the file itself is to be sent
    accepts : whether a client with this header Accept-Encoding can read gzip

    Relies on Voilà 0.5.13: `voila.app` looks its three handlers of files up by these names when it
    starts. And on tornado 6.6: `StaticFileHandler.get` takes the file's path from
    `validate_absolute_path`, and what it sends of it, in this order, from `set_headers`,
    `get_content_size` and `get_content`, by the object; `set_headers` calls `compute_etag` and
    `set_extra_headers`. All but the order are documented for subclasses.
    """
    import voila.app

    class Compressed:
        """Sends the copy as the file's other representation, with an ETag and ranges of its own."""

        copy: bytes | None = None

        def validate_absolute_path(self: Any, root: Any, absolute_path: str) -> str | None:
            path: str | None = super().validate_absolute_path(root, absolute_path)  # type: ignore[misc]
            if path is not None:
                self.set_header("Vary", "Accept-Encoding")
                if accepts(self.request.headers.get("Accept-Encoding", "")):
                    self.copy = compressed(path)
            if self.copy is not None:
                content = self.copy
                # Of this object only: the class's own reads the file for its ETag.
                self.get_content = lambda _, start=None, end=None: content[start:end]
            return path

        def get_content_size(self: Any) -> int:
            size: int = super().get_content_size()  # type: ignore[misc]
            return size if self.copy is None else len(self.copy)

        def compute_etag(self: Any) -> str | None:
            etag: str | None = super().compute_etag()  # type: ignore[misc]
            return etag if etag is None or self.copy is None else f'{etag[:-1]}-gzip"'

        def set_extra_headers(self: Any, path: str) -> None:
            super().set_extra_headers(path)  # type: ignore[misc]
            if self.copy is not None:
                self.set_header("Content-Encoding", "gzip")

    for name in ("TemplateStaticFileHandler", "MultiStaticFileHandler", "FileFindHandler"):
        setattr(voila.app, name, type(name, (Compressed, getattr(voila.app, name)), {}))


def compress_answers(app: Voila, level: int, accepts: Callable[[str], bool]) -> None:
    """Let an application that has not started compress the pages and other texts that it sends.

    Each part of a page can be read by the browser as soon as it is sent. Parts of files, which a
    client asks for by their position, are sent as they are.

    Parameters
    ----------
    level : of gzip, 1 to 9
    accepts : whether a client with this header Accept-Encoding can read gzip

    Relies on Voilà 0.5.13: `Voila.start` makes Tornado's application with the keyword arguments
    that `init_settings` returns. And on tornado 6.6: one of them is `transforms`;
    `GZipContentEncoding` decides by its `_gzipping`, flushes after each part, and has the
    attribute `GZIP_LEVEL`.
    """
    from tornado.web import GZipContentEncoding

    class Compression(GZipContentEncoding):
        GZIP_LEVEL = level

        def __init__(self, request: Any) -> None:
            super().__init__(request)
            offered = accepts(request.headers.get("Accept-Encoding", ""))
            self._gzipping = offered and "Range" not in request.headers

        def transform_first_chunk(
            self, status_code: int, headers: Any, chunk: bytes, finishing: bool
        ) -> tuple[int, Any, bytes]:
            varies = headers.get("Vary")
            answer = super().transform_first_chunk(status_code, headers, chunk, finishing)
            if varies == "Accept-Encoding":  # set already, by the handler of files
                headers["Vary"] = varies
            return answer

    init_settings = app.init_settings
    app.init_settings = lambda: {**init_settings(), "transforms": [Compression]}


def prepare_visits(version: Callable[[], object], policy: Callable[[str], str]) -> None:
    """Before a page is written, end the kernels that were prepared before `version()` changed, and
    set the page's Content-Security-Policy.

    Where kernels were ended, the visitor's own is started for the visit. After a visit the pool is
    filled again.

    Parameters
    ----------
    version : changes when prepared kernels are outdated
    policy : makes the page's policy from the one that all answers of the server have

    Relies on Voilà 0.5.13: `voila.app` looks `TornadoVoilaHandler` up by that name when it starts,
    whose `get` writes the page of the notebook at `notebook_path`. It takes a prepared kernel from
    the list `_pools[notebook_path]` of the kernel manager, or starts one where the list is empty.
    In the list are tasks, whose results have the keys `kernel_id` and `task`; the latter runs the
    cells. `fill_if_needed` fills the list, and does nothing where it is full. And on jupyter_server
    2.21: a handler's `content_security_policy` is the one in the server's settings.
    """
    import voila.app
    from tornado.web import HTTPError
    from voila.tornado.handler import TornadoVoilaHandler

    current = version()
    ending: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks by weak references

    async def end(prepared: asyncio.Task[dict[str, Any]], manager: Any) -> None:
        await asyncio.wait([prepared])  # a kernel that is starting cannot be ended
        if prepared.exception():
            return  # the notebook could not be read, so there is no kernel
        kernel = prepared.result()
        await asyncio.wait([kernel["task"]], timeout=10)
        with suppress(HTTPError, KeyError):  # the server is shutting down, and has ended it
            await manager.shutdown_kernel(kernel["kernel_id"], now=True)

    class Visit(TornadoVoilaHandler):  # type: ignore[misc]  # as above
        async def get(self, path: str | None = None) -> None:
            nonlocal current
            before, current = current, version()
            changed = before != current
            pool = self.kernel_manager._pools.get(self.notebook_path, [])
            if changed:
                for prepared in pool:
                    task = asyncio.create_task(end(prepared, self.kernel_manager))
                    ending.add(task)
                    task.add_done_callback(ending.discard)
                pool.clear()
            self.set_header("Content-Security-Policy", policy(self.content_security_policy))
            await super().get(path)
            if changed:
                self.kernel_manager.fill_if_needed(notebook_name=self.notebook_path)

    voila.app.TornadoVoilaHandler = Visit


def markdown_renderer(mathml: Callable[[str, bool], str | None]) -> type:
    """A class for Voilà's `markdown_renderer_class`, which writes formulas as MathML.

    Parameters
    ----------
    mathml : converts the LaTeX of a formula, which stands in a line of its own or not; where it
        returns None, the formula is left as it is

    Relies on Voilà 0.5.13 and nbconvert 7.17: `VoilaMarkdownRenderer` writes formulas by its
    methods `block_math`, `inline_math` and `latex_environment`.
    """
    from voila.exporter import VoilaMarkdownRenderer

    class Renderer(VoilaMarkdownRenderer):  # type: ignore[misc]  # as above
        def block_math(self, body: str) -> str:
            return mathml(body, True) or str(super().block_math(body))

        def inline_math(self, body: str) -> str:
            return mathml(body, False) or str(super().inline_math(body))

        def latex_environment(self, name: str, body: str) -> str:
            whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
            return mathml(whole, True) or str(super().latex_environment(name, body))

    return Renderer


def plotly_script() -> str:
    """The address of the script that holds plotly.js, below that of JupyterLab's extensions; "" if
    there is none.

    Relies on plotly 7.1: the extension "jupyterlab-plotly" has plotly.js in the largest file of its
    folder `static`, NUMBER.HASH.js, and asks for it by the address NUMBER.HASH.js?v=HASH.
    """
    path = plotly_file()
    return f"jupyterlab-plotly/static/{path.name}?v={path.name.split('.')[-2]}" if path else ""


def plotly_file() -> Path | None:
    """The path of the script that holds plotly.js; None if there is none.

    Relies on plotly 7.1, as `plotly_script`.
    """
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        scripts = list(Path(folder, "jupyterlab-plotly", "static").glob("*.*.js"))
        if scripts:
            return max(scripts, key=lambda script: script.stat().st_size)
    return None


# What cells tell of errors


def plain_text(traceback: list[str]) -> str:
    """A traceback without the codes that colour it in a terminal.

    Relies on nbconvert 7.17: `strip_ansi` removes them.
    """
    from nbconvert import filters

    strip_ansi: Any = filters.strip_ansi  # it has no type annotations
    return str(strip_ansi("\n".join(traceback)))


def line_of_error(traceback: str) -> int | None:
    """The line of a cell that failed, counted from 1; None if the traceback does not say it.

    Relies on IPython 9.18: the first place that a traceback names is in the cell that was run, as
    "Cell In[NUMBER], line NUMBER".
    """
    found = re.search(r"^\s*Cell In\[\d+\], line (\d+)", traceback, re.MULTILINE)
    return int(found[1]) if found else None


def without_file_of_cell(message: str) -> str:
    """The message of an error without the file that ipykernel pretends a cell to be.

    Relies on ipykernel 7.4: the message of a SyntaxError ends in "(NUMBER.py, line NUMBER)".
    """
    return re.sub(r" \(\d+\.py, line \d+\)$", "", message)


# Kernels, as their server sees them


async def wait_for_pending_kernels(manager: MultiKernelManager) -> None:
    """Wait until no kernel is being started or ended any more.

    Relies on jupyter_client 8.10: `MultiKernelManager._pending_kernels` maps the id of a kernel
    that is being started or ended to a task, and loses the entry when the task is done.
    """
    await asyncio.gather(*manager._pending_kernels.values(), return_exceptions=True)


def restart_idle_clock(kernel: KernelManager) -> None:
    """Let a kernel count as used just now.

    Relies on jupyter_server 2.21: `MappingKernelManager` calls `cull_kernel_if_idle` for each
    kernel in turn, which subtracts the kernel's attribute `last_activity` from the time in UTC.
    """
    kernel.last_activity = datetime.now(UTC)  # type: ignore[attr-defined]


def with_arguments(launch: dict[str, Any], *arguments: str) -> dict[str, Any]:
    """The keyword arguments of `pre_launch`, with more arguments for the kernel's command.

    Relies on jupyter_client 8.10: `LocalProvisioner.pre_launch` adds the list `extra_arguments` to
    the end of the command.
    """
    return {**launch, "extra_arguments": [*launch.get("extra_arguments", ()), *arguments]}


def arguments_of_python_kernel(command: list[str]) -> list[str] | None:
    """The arguments in the command of a Python kernel; None if it is another kind of kernel.

    Relies on ipykernel 7.4 and jupyter_client 8.10: the command of a Python kernel is
    `sys.executable -m ipykernel_launcher`, followed by its arguments.
    """
    launcher = [sys.executable, "-m", "ipykernel_launcher"]
    return command[3:] if command[:3] == launcher else None


def adopt(provisioner: LocalProvisioner, process: Any, folder: str) -> None:
    """Let a provisioner follow and end a process that it did not start.

    Parameters
    ----------
    process : leads a process group, and has `pid`, `poll`, `wait`, `send_signal`, `terminate`,
        `kill`, and None for `stdin`, `stdout` and `stderr`
    folder : the process's working directory

    Relies on jupyter_client 8.10: `LocalProvisioner` uses nothing else of its attribute `process`,
    and keeps `pid`, `pgid` and `cwd` as attributes of its own.
    """
    provisioner.process = process
    provisioner.pid = provisioner.pgid = process.pid
    provisioner.cwd = folder


# Kernels, in their own process


def leave_out_debugger() -> None:
    """Let kernels of this process do without a debugger, which takes long to load.

    Relies on ipykernel 7.4: where `ipykernel.debugger` cannot import debugpy, kernels work without
    a debugger.
    """
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # so an import of it fails


@contextmanager
def without_pyarrow() -> Iterator[None]:
    """Import pandas as if pyarrow were not installed.

    Relies on pandas 3.1: it tries to import pyarrow only while it is imported itself, and works
    without it.
    """
    sys.modules["pyarrow"] = None  # type: ignore[assignment]  # so an import of it fails
    try:
        yield
    finally:
        del sys.modules["pyarrow"]


def run_kernel(arguments: list[str]) -> None:
    """Run a kernel in this process, with `ipykernel_launcher`'s arguments, until it is shut down.

    Relies on ipykernel 7.4 and ipywidgets 8.1: with `parent_handle=1` a kernel does not watch its
    parent; `start` returns when the kernel is shut down, while `control_thread` may still be
    answering that request; and ipywidgets, where it was imported before there was a kernel, needs a
    call of `register_comm_target`.
    """
    from ipykernel.kernelapp import IPKernelApp
    from ipywidgets import register_comm_target

    kernel: Any = IPKernelApp.instance()
    kernel.initialize([*arguments, "--IPKernelApp.parent_handle=1"])
    register_comm_target()
    kernel.start()
    logging.disable()  # what was under way complains that it is cut off
    kernel.control_thread.join(timeout=1)  # closing its sockets meanwhile would block both
