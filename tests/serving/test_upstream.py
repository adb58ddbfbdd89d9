"""The packages that are installed still have what we rely on without their promise.

`recsys.serving.upstream`, the page's `frontend/src/upstream.js` and its templates say in a
paragraph that begins with "Relies on" what each of their parts relies on; so does the place of a
chart, for JupyterLab's views. Here is a check for each, which fails with that paragraph.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache, partial
from importlib.util import find_spec
from inspect import getsource, signature
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_core.paths import jupyter_path
from serving import ROOT
from traitlets import HasTraits

from recsys.dashboard.panels import plot
from recsys.serving import upstream

PACKAGE = ROOT / "recsys"
PAGE = ROOT / "share/jupyter/voila/templates/recsys"
SCRIPTS = ROOT / "frontend/src"


# What is said


def said() -> dict[str, str]:
    """Each paragraph, by the name of what it is said of."""
    return {
        name: " ".join(text[text.index("Relies on") :].split())
        for name, text in commented()
        if "Relies on" in text
    }


def commented() -> Iterator[tuple[str, str]]:
    for module in (upstream, plot):
        for part in ast.walk(ast.parse(getsource(module))):
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                yield part.name, ast.get_docstring(part) or ""
    script = (SCRIPTS / "upstream.js").read_text()
    part = re.compile(
        r"/\*\*((?:(?!\*/).)*)\*/\nexport (?:async )?(?:function|const) (\w+)", re.DOTALL
    )
    for comment, name in part.findall(script):
        prose, *_ = re.sub(r"^ \* ?", "", comment, flags=re.MULTILINE).split("\n@")
        yield name, prose
    part = re.compile(r"\{#-((?:(?!#\}).)*)-#\}\s*\{%-? (?:macro (\w+)|extends)", re.DOTALL)
    for template in ("upstream.html.j2", "index.html.j2"):
        for comment, name in part.findall((PAGE / template).read_text()):
            yield name or template, comment


SAID = said()


# What is looked at


def has(owner: object, *names: str) -> None:
    for name in names:
        assert hasattr(owner, name), f"{getattr(owner, '__name__', owner)} has no {name}"


def writes(thing: Any, *pieces: str) -> None:
    """The code of a function, class or module has these pieces."""
    code = getsource(thing)
    for piece in pieces:
        assert piece in code, f"{thing} does not have {piece!r}"


def settable(owner: type[HasTraits], *names: str) -> None:
    for name in names:
        assert name in owner.class_trait_names(config=True), f"{owner.__name__} has no {name}"


@cache
def shipped(pattern: str) -> str:
    """What the files below share/jupyter that match have in them, one after the other."""
    files = (file for folder in jupyter_path() for file in sorted(Path(folder).glob(pattern)))
    return "\n".join(file.read_text("utf-8") for file in files)


plotly_extension = partial(shipped, "labextensions/jupyterlab-plotly/static/*.js")
lab_widgets = partial(shipped, "labextensions/@jupyter-widgets/jupyterlab-manager/static/*.js")
voila_front_end = partial(shipped, "voila/templates/base/static/*voila.js")
voila_widgets = partial(shipped, "voila/labextensions/@voila-dashboards/widgets-manager8/static/*")
voila_page = partial(shipped, "voila/templates/lab/index.html.j2")
voila_macros = partial(shipped, "voila/templates/base/voila_setup.macro.html.j2")
nbconvert_page = partial(shipped, "nbconvert/templates/*/*.j2")


def contains(text: str, *patterns: str) -> None:
    for pattern in patterns:
        assert re.search(pattern, text), f"nothing there matches {pattern!r}"


# A check for each paragraph, by the same name. Each imports what it looks at, which may be gone.

CHECKS: dict[str, Callable[[], None]] = {}


def check(name: str) -> Callable[[Callable[[], None]], None]:
    return partial(CHECKS.__setitem__, name)


@check("voila_arguments")
def _() -> None:
    import voila.app
    import voila.configuration
    import voila.server_extension
    from jupyter_client.provisioning.factory import KernelProvisionerFactory
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    from voila import voila_kernel_manager

    from recsys.serving.kernels import KernelManager as OurKernelManager

    assert voila.app.Voila.aliases["port"] == "Voila.port"
    assert "no-browser" in voila.app.Voila.flags
    settable(voila.app.Voila, "port", "ip")
    settable(
        voila.configuration.VoilaConfiguration,
        "multi_kernel_manager_class",
        "preheat_kernel",
        "default_pool_size",
    )
    assert voila.app.Voila.aliases["preheat_kernel"] == "VoilaConfiguration.preheat_kernel"
    assert voila.app.Voila.aliases["pool_size"] == "VoilaConfiguration.default_pool_size"
    settable(KernelProvisionerFactory, "default_provisioner_name")
    kind = voila.configuration.VoilaConfiguration.multi_kernel_manager_class
    assert kind.default_value.endswith("kernelmanager.AsyncMappingKernelManager")
    assert issubclass(OurKernelManager, AsyncMappingKernelManager)
    writes(voila.app.Voila.init_settings, "voila_kernel_manager_factory(")
    writes(voila_kernel_manager, "class VoilaKernelManager(base_class)")
    assert "voila_kernel_manager_factory" not in getsource(voila.server_extension)


@check("set_before_start")
def _() -> None:
    import voila.app

    writes(voila.app.Voila.start, "self.init_settings()", "settings.update(self.tornado_settings)")
    writes(voila.app.Voila.init_settings, "self.token", "allow_remote_access=True")
    code = getsource(voila.app.Voila.initialize)
    assert "token" not in code
    assert "tornado_settings" not in code


@check("silence_harmless_warnings")
def _() -> None:
    import tornado.websocket
    from jupyter_server.services.contents.manager import ContentsManager

    writes(ContentsManager.check_and_sign, "is not trusted")
    writes(ContentsManager.mark_trusted_cells, "is not trusted")
    writes(tornado.websocket, "gen_log(", "The websocket_ping_timeout (")
    assert tornado.websocket.gen_log.name == "tornado.general"


@check("write_pages_with")
def _() -> None:
    from voila import notebook_renderer
    from voila.exporter import VoilaExporter
    from voila.notebook_renderer import NotebookRenderer

    assert notebook_renderer.VoilaExporter is VoilaExporter
    writes(NotebookRenderer.initialize, "self.exporter = VoilaExporter(")
    assert isinstance(VoilaExporter.environment, property)
    writes(VoilaExporter.generate_from_notebook_node, "self.template.generate_async(")
    assert VoilaExporter(template_name="lab").environment.is_async


@check("answer_404_to_malformed_addresses")
def _() -> None:
    import voila.app
    from voila.static_file_handler import TemplateStaticFileHandler

    assert voila.app.TemplateStaticFileHandler is TemplateStaticFileHandler
    writes(voila.app.Voila.init_handlers, "TemplateStaticFileHandler,")
    has(TemplateStaticFileHandler, "parse_url_path")
    for address, error in {"recsys/static": ValueError, "recsys/x/y": AssertionError}.items():
        with pytest.raises(error):
            TemplateStaticFileHandler.get_absolute_path("", address)
    # UnboundLocalError where there is no root
    writes(TemplateStaticFileHandler.get_absolute_path, "for root in roots:", "return abspath")


@check("prepare_visits")
def _() -> None:
    import voila.app
    from jupyter_server.base.handlers import JupyterHandler
    from voila import voila_kernel_manager
    from voila.handler import VoilaHandler
    from voila.tornado.handler import TornadoVoilaHandler

    assert voila.app.TornadoVoilaHandler is TornadoVoilaHandler
    writes(voila.app.Voila.init_handlers, "TornadoVoilaHandler,", '"notebook_path": os.path')
    writes(TornadoVoilaHandler.get, "self.get_generator(path=path)")
    writes(VoilaHandler.initialize, "self.notebook_path = ")
    writes(JupyterHandler.content_security_policy.fget, 'self.settings.get("headers", {})')
    writes(VoilaHandler.get_generator, "kernel_manager.get_pool_size(notebook_path)")
    writes(
        VoilaHandler.should_use_rendered_notebook, "if pool_size == 0:\n            return False"
    )
    writes(
        voila_kernel_manager,
        "len(self._pools.get(notebook_name, []))",
        "pool_item = self._pools[notebook_name].pop(0)\n                content = await pool_item",
        "for _ in range(kernel_size - len(pool)):",
        'return {"task": task, "renderer": renderer, "kernel_id": kernel_id}',
        "renderer.generate_content_hybrid(kernel_id, kernel_future)",
    )


@check("markdown_renderer")
def _() -> None:
    from nbconvert.filters.markdown_mistune import MarkdownWithMath
    from voila.exporter import VoilaExporter, VoilaMarkdownRenderer

    settable(VoilaExporter, "markdown_renderer_class")
    writes(VoilaExporter.markdown2html, "cls = self.markdown_renderer_class", "renderer=renderer")
    plain = VoilaMarkdownRenderer(contents_manager=None)
    assert plain.block_math("x") == "$$x$$"
    assert plain.inline_math("x") == "$x$"
    assert plain.latex_environment("align", "x") == "\\begin{align}x\\end{align}"
    kind = upstream.markdown_renderer(lambda latex, display: f"<{latex} {display}>")
    made = MarkdownWithMath(kind(contents_manager=None)).render("$a$\n\n$$b$$\n\n`$c$`")
    assert "<a False>" in made
    assert "<b True>" in made
    assert "$c$" in made


@check("send_files_compressed")
def _() -> None:
    import voila.app
    from tornado.web import StaticFileHandler

    handlers = ("TemplateStaticFileHandler", "MultiStaticFileHandler", "FileFindHandler")
    writes(voila.app.Voila.init_handlers, *handlers)
    for name in handlers:
        assert issubclass(getattr(voila.app, name), StaticFileHandler)
    writes(
        StaticFileHandler.get,
        "self.validate_absolute_path(",
        "self.set_headers(",
        "self.get_content_size(",
        "self.get_content(self.absolute_path, start, end)",
    )
    order = getsource(StaticFileHandler.get)
    assert order.index("self.validate_absolute_path(") < order.index("self.set_headers(")
    writes(StaticFileHandler.set_headers, "self.set_etag_header()", "self.set_extra_headers(")


@check("compress_answers")
def _() -> None:
    import voila.app
    from tornado.web import Application, GZipContentEncoding

    writes(voila.app.Voila.start, "self.init_settings()", "tornado.web.Application(**settings)")
    assert "transforms" in signature(Application.__init__).parameters
    assert GZipContentEncoding.GZIP_LEVEL == 6
    writes(
        GZipContentEncoding.transform_first_chunk, "if self._gzipping:", '"Content-Encoding" not in'
    )
    writes(GZipContentEncoding.transform_chunk, "self._gzip_file.flush()")


@check("plotly_file")
def _() -> None:
    path = upstream.plotly_file()
    assert path
    assert path.name in upstream.plotly_script()


@check("plotly_script")
def _() -> None:
    address = re.fullmatch(
        r"jupyterlab-plotly/static/(\d+)(\.(\w+)\.js)(\?v=\3)", upstream.plotly_script()
    )
    assert address, upstream.plotly_script()
    number, rest, _, query = address.groups()
    folder = "labextensions/jupyterlab-plotly/static"
    contains(shipped(f"{folder}/remoteEntry.*.js"), re.escape(rest + query))
    contains(shipped(f"{folder}/{number}{rest}"), "RenderedPlotly")


def error_of(code: str) -> tuple[str, str]:
    """The message and the traceback by which a kernel tells of an error."""
    import nbformat
    from nbclient import NotebookClient

    cell = nbformat.v4.new_code_cell(code)
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), allow_errors=True).execute()
    [error] = cell.outputs
    return error["evalue"], upstream.plain_text(error["traceback"])


@check("plain_text")
def _() -> None:
    assert upstream.plain_text(["\x1b[31mred\x1b[39m", "plain"]) == "red\nplain"


@check("line_of_error")
def _() -> None:
    traceback = error_of("def half(n):\n    return n / 0\n\nhalf(1)\n1")[1]
    assert upstream.line_of_error(traceback) == 4, traceback
    traceback = error_of("a = 1\nb = = 2")[1]
    assert upstream.line_of_error(traceback) == 2, traceback


@check("without_file_of_cell")
def _() -> None:
    assert upstream.without_file_of_cell(error_of("b = = 2")[0]) == "invalid syntax"


@check("wait_for_pending_kernels")
def _() -> None:
    from jupyter_client.multikernelmanager import MultiKernelManager

    has(MultiKernelManager, "_pending_kernels")
    writes(MultiKernelManager._async_start_kernel, "self._pending_kernels[kernel_id] = ")
    writes(MultiKernelManager._async_shutdown_kernel, "self._pending_kernels[kernel_id] = ")
    writes(MultiKernelManager._add_kernel_when_ready, "self._pending_kernels.pop(kernel_id")


@check("restart_idle_clock")
def _() -> None:
    from jupyter_server._tz import utcnow
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

    writes(MappingKernelManager.cull_kernels, "await self.cull_kernel_if_idle(kernel_id)")
    writes(
        MappingKernelManager.cull_kernel_if_idle,
        "dt_now = utcnow()",
        "dt_idle = dt_now - kernel.last_activity",
    )
    kernel = SimpleNamespace()
    upstream.restart_idle_clock(kernel)
    assert abs(utcnow() - kernel.last_activity) < timedelta(minutes=1)
    writes(MappingKernelManager.start_watching_activity, "kernel.last_activity = utcnow()")


@check("with_arguments")
def _() -> None:
    from jupyter_client.manager import KernelManager
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    writes(
        LocalProvisioner.pre_launch,
        'extra_arguments = kwargs.pop("extra_arguments", [])',
        "km.format_kernel_cmd(",
    )
    command = KernelManager(kernel_name="python3").format_kernel_cmd(extra_arguments=["--x"])
    assert command[-1] == "--x"


@check("arguments_of_python_kernel")
def _() -> None:
    from ipykernel.kernelspec import make_ipkernel_cmd
    from jupyter_client.manager import KernelManager

    assert make_ipkernel_cmd()[1:] == ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = KernelManager(kernel_name="python3", connection_file="/file")
    command = manager.format_kernel_cmd()
    assert upstream.arguments_of_python_kernel(command) == ["-f", "/file"], command


@check("adopt")
def _() -> None:
    from jupyter_client.provisioning.local_provisioner import LocalProvisioner

    from recsys.serving.kernels import Forked

    has(LocalProvisioner, "process", "pid", "pgid", "cwd")
    code = getsource(LocalProvisioner)
    used = set(re.findall(r"self\.process\.(\w+)", code)) - {"win32_interrupt_event"}
    assert used | {"stdout", "stderr", "stdin"} <= set(dir(Forked)) | {"pid"}, used
    contains(code, re.escape('for attr in ["stdout", "stderr", "stdin"]'))


@check("leave_out_debugger")
def _() -> None:
    code = Path(find_spec("ipykernel.debugger").origin).read_text()  # its import starts debugpy
    contains(code, r"try:\n.*\n\s+from debugpy.server import api")
    contains(code, r"except ImportError:\n\s+_is_debugpy_available = False")


@check("without_pyarrow")
def _() -> None:
    import pandas.compat.pyarrow

    code = getsource(pandas.compat.pyarrow)
    contains(code, r"try:\n\s+import pyarrow as pa\n(.*\n)*?except ImportError:")


@check("run_kernel")
def _() -> None:
    import ipywidgets
    from ipykernel.kernelapp import IPKernelApp

    settable(IPKernelApp, "parent_handle")
    writes(IPKernelApp.init_poller, "self.parent_handle and self.parent_handle != 1")
    has(IPKernelApp, "instance", "initialize", "start", "control_thread")
    writes(IPKernelApp.init_control, "self.control_thread = ControlThread(daemon=True)")
    writes(ipywidgets._handle_ipython, "get_ipython()", "register_comm_target()")


@check("_draw_in_new_views")
def _() -> None:
    number = r'"number"==typeof this\.model\.get\("_view_count"\)'
    set_to = r'this\.model\.set\("_view_count",this\.model\.get\("_view_count"\)'
    for event, change in (("remove", r"-1\)"), ("displayed", r"\+1\)")):
        contains(lab_widgets(), rf'once\("{event}",[^;]*{number}&&\({set_to}{change}')
    contains(
        plotly_extension(),
        r'renderModel\((\w)\)\{[^}]*let (\w)=\1\.data\["image/png"\];[^}]*this\.updateImage\(\2\)',
        r'setData\(\{data:\{\.\.\.\w+\.data,"image/png":',
    )


@check("plotlyOfExtension")
def _() -> None:
    text = plotly_extension()
    contains(
        text,
        r"var _JUPYTERLAB;",
        r'\(_JUPYTERLAB=[^()]*\)\["jupyterlab-plotly"\]=',
        r'"\./mimeExtension":',
        r"RenderedPlotly",
        # the first thing that `createGraph` does, after it has read `this._mimeType`
        r"createGraph\((\w+)\)\{let\{[^}]*\}=\1\.data\[this\._mimeType\];return (?:(?!this).)*?"
        r"\((\w+)\.Plotly=await ",
    )


@check("drawnWidth")
def _() -> None:
    contains(plotly_extension(), r"\._fullLayout\b")


@check("CELL")
def _() -> None:
    contains(voila_page(), r'<div cell-index="\{\{')


@check("cellOutputs")
def _() -> None:
    contains(voila_page(), r'<script type="application/vnd.voila.cell-output\+json">\s+\{\{ output')


@check("cellsHavePrinted")
def _() -> None:
    contains(nbconvert_page(), r"block stream_stdout -%\}\s*<div class=\"jp-RenderedText ")


@check("pageConfig")
def _() -> None:
    contains(
        voila_page(),
        r"baseUrl=resources.base_url, kernelId=kernel_id",
        r'<script id="jupyter-config-data" type="application/json">\s+\{\{ page_config_full',
    )


@check("onProgress")
def _() -> None:
    import voila.handler

    contains(voila_page(), r"voila_process\(\{\{ cellloop.index \}\}, \{\{ cell_count \}\}\)")
    contains(voila_macros(), "window.voila_process =", "window.voila_heartbeat =")
    writes(voila.handler, "<script>window.voila_heartbeat()</script>")


@check("startAfterLoad")
def _() -> None:
    contains(voila_front_end(), r'addEventListener\("load",\(?async function\(\)')


@check("showCellsWithTheme")
def _() -> None:
    contains(
        voila_macros(),
        r"window.voila_finish =",
        r"if\(!window.themeLoaded\)\{\s+window.cellLoaded = true",
        r'getElementById\("loading"\)',
        r'getElementById\("rendered_cells"\)',
    )
    contains(
        voila_front_end(), r"window\.themeLoaded=!0,window\.cellLoaded&&window\.voila_finish\(\)"
    )


@check("endKernelOnLeaving")
def _() -> None:
    import voila.app
    import voila.server_extension
    from voila import shutdown_kernel_handler

    for module in (voila.app, voila.server_extension):
        writes(module, r"/voila/api/shutdown/(.*)")
    writes(shutdown_kernel_handler, "def post(self, kernel_id)", "shutdown_kernel(kernel_id)")


@check("setXsrfCookie")
def _() -> None:
    from jupyter_server.base.handlers import JupyterHandler
    from tornado.web import RequestHandler

    writes(JupyterHandler.check_xsrf_cookie, "check_xsrf_cookie()")
    writes(RequestHandler.check_xsrf_cookie, '"_xsrf"', '"X-Xsrftoken"')
    writes(RequestHandler.xsrf_token.fget, "_get_raw_xsrf_token")
    # A value of our own making is taken as it is.
    handler = RequestHandler.__new__(RequestHandler)
    assert handler._decode_xsrf_token("0123456789abcdef")[1]


@check("openChannels")
def _() -> None:
    from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    header = {"msg_id": "1"}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": {}}
    parts = [json.dumps(part).encode() for part in message.values()] + [b"buffer"]
    written = serialize_msg_to_ws_v1(parts, "iopub")
    numbers = [int.from_bytes(written[at : at + 8], "little") for at in range(0, 64, 8)]
    count, *offsets = numbers
    assert count == len(offsets) == 7
    read = [
        written[start:end] for start, end in zip(offsets, [*offsets[1:], len(written)], strict=True)
    ]
    assert read[:-1] == [b"iopub", *parts]
    assert offsets[-1] == len(written)
    writes(KernelWebsocketHandler, "v1.kernel.websocket.jupyter.org")


@check("onFileChosen")
def _() -> None:
    contains(
        voila_widgets(),
        r'this\.fileInput=document\.createElement\("input"\),this\.fileInput\.type="file"',
        r"this\.fileInput\.click\(\)",
    )
    assert not re.search(r"append(Child)?\(this\.fileInput\)", voila_widgets())


@check("offerPlugins")
def _() -> None:
    contains(
        voila_front_end(),
        r"=window\._JUPYTERLAB\[(\w+)\];await \w+\.init\(",
        r"await window\._JUPYTERLAB\[(\w+)\]\.get\(",
    )


@check("widgetManager")
def _() -> None:
    contains(
        voila_front_end(),
        r"get widgetManagerPromise\(\)",
        r"await \w+\.widgetManagerPromise\.promise",
    )


@check("modelsAreThere")
def _() -> None:
    contains(voila_widgets(), r"get restored\(\)", r"get restoredStatus\(\)", r"_restored\.emit\(")


@check("passOverVersions")
def _() -> None:
    contains(voila_widgets(), "Unsatisfied version", r"console\.warn")
    contains(voila_widgets() + voila_front_end(), "No satisfying version")


@check("widget_states")
def _() -> None:
    import nbclient
    from voila.notebook_renderer import NotebookRenderer

    writes(NotebookRenderer.generate_content_generator, "partial(", "self._jinja_kernel_start")
    contains(getsource(NotebookRenderer), r'"kernel_start": inner_kernel_start')
    writes(NotebookRenderer._jinja_kernel_start, "self.executor = VoilaExecutor(")
    writes(nbclient.NotebookClient, "self.widget_state: ", "self.store_widget_state")


@check("plotly_extension")
def _() -> None:
    import voila.utils

    writes(voila.utils, "fullLabextensionsUrl", "federated_extensions")
    contains(voila_front_end(), r"\.federated_extensions\b|\"federated_extensions\"")


@check("patience_with_anywidget")
def _() -> None:
    contains(shipped("labextensions/anywidget/static/*.js"), r"AbortSignal\.timeout\(2000\)")


@check("voila_front_end")
def _() -> None:
    from voila.notebook_renderer import NotebookRenderer

    for file in ("index.css", "theme-light.css", "voila-style.js"):
        assert shipped(f"*/templates/*/static/{file}"), f"there is no {file}"
    contains(
        voila_macros(),
        r"<script src=\"\{\{ page_config\['fullStaticUrl'\] \| e \}\}/\{\{ main_js \}\}",
    )
    contains(getsource(NotebookRenderer), r'"main_js": "voila.js"')


@check("index.html.j2")
def _() -> None:
    ours = re.findall(r"\{%- block (\w+)", (PAGE / "index.html.j2").read_text())
    theirs = voila_page() + nbconvert_page()
    for name in ours:
        contains(theirs, rf"\{{%-?\s*block {name}\b")
    contains(voila_page(), r"set cellloop = loop", r"block any_cell scoped")
    contains(nbconvert_page(), r"set nb_title = nb\.metadata\.get\('title'")
    contains(voila_macros(), r"macro voila_setup_helper_functions\(\)")


# The tests


def verify(name: str) -> None:
    """Check, and fail with the paragraph in whatever way the check fails."""
    found = None
    try:
        CHECKS[name]()
    except (Exception, pytest.fail.Exception) as error:
        found = f"{type(error).__name__}: {error}"
    if found:
        pytest.fail(f"{name}: {SAID[name]}\n\nFound: {found}", pytrace=False)


@pytest.mark.parametrize("name", SAID)
def test_upstream_is_as_we_rely_on(name: str) -> None:
    verify(name)


def test_every_paragraph_is_checked() -> None:
    assert CHECKS.keys() == SAID.keys()
    assert len(SAID) > 30


@pytest.mark.parametrize(
    ("name", "dropped"),
    {
        "wait_for_pending_kernels": "jupyter_client.multikernelmanager.MultiKernelManager"
        "._pending_kernels",
        "write_pages_with": "voila.exporter.VoilaExporter",
        "run_kernel": "ipykernel.kernelapp.IPKernelApp.control_thread",
    }.items(),
)
def test_what_upstream_drops_is_told_with_what_it_is_for(
    name: str, dropped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(dropped)
    with pytest.raises(pytest.fail.Exception) as told:
        verify(name)
    assert SAID[name] in str(told.value)
    assert dropped.split(".")[-1] in str(told.value)


def test_what_a_script_drops_is_told_with_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = plotly_extension().replace("createGraph", "makeGraph")
    monkeypatch.setattr(sys.modules[__name__], "plotly_extension", lambda: changed)
    with pytest.raises(pytest.fail.Exception, match="createGraph") as told:
        verify("plotlyOfExtension")
    assert SAID["plotlyOfExtension"] in str(told.value)


@pytest.mark.parametrize("file", ["voila.json", "jupyter_config.json"])
def test_every_setting_in_our_files_is_a_setting_still(file: str) -> None:
    import voila.app
    import voila.configuration
    from jupyter_client.manager import KernelManager
    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
    from nbconvert.preprocessors import TagRemovePreprocessor
    from voila import notebook_renderer

    kinds: dict[str, type[HasTraits]] = {
        "Voila": voila.app.Voila,
        "VoilaConfiguration": voila.configuration.VoilaConfiguration,
        "VoilaExecutor": notebook_renderer.VoilaExecutor,
        "VoilaExporter": notebook_renderer.VoilaExporter,
        "TagRemovePreprocessor": TagRemovePreprocessor,
        "ServerApp": ServerApp,
        "MappingKernelManager": MappingKernelManager,
        "KernelManager": KernelManager,
    }
    for kind, settings in json.loads((ROOT / file).read_text()).items():
        settable(kinds[kind], *settings)


# Nothing else uses such things

OTHERS = sorted(set(PACKAGE.rglob("*.py")) - {Path(upstream.__file__)})
DOCUMENTED = {"_exit", "_replace"}  # of os, and of named tuples


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


@cache
def own_private_names() -> set[str]:
    """What the package itself defines, or sets on an object."""
    names: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


def foreign_names(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name that is imported from another package, with where it is from."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for one in node.names:
                yield (one.asname or one.name).split(".")[0], one.name
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            for one in node.names:
                yield one.asname or one.name, f"{node.module}.{one.name}"


def uses_of_interiors(module: ast.Module) -> Iterator[str]:
    """What a module uses that only `upstream` may."""
    foreign = {name: path for name, path in foreign_names(module) if not path.startswith("recsys")}
    for path in foreign.values():
        if any(map(is_private, path.split("."))):
            yield f"imports {path}"
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            unknown = is_private(node.attr) and node.attr not in own_private_names() | DOCUMENTED
            if unknown or node.attr in ("__self__", "__func__", "__closure__"):
                yield f"line {node.lineno}: reads {node.attr}"
            owner = ast.unparse(node.value).split(".")[0]
            if isinstance(node.ctx, ast.Store) and owner in foreign:
                yield f"line {node.lineno}: rebinds {ast.unparse(node)}"
        elif isinstance(node, ast.Subscript):
            changed = not isinstance(node.ctx, ast.Load)
            if changed and ast.unparse(node.value) == "sys.modules":
                yield f"line {node.lineno}: changes sys.modules"


@pytest.mark.parametrize("file", OTHERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_other_module_uses_private_names(file: Path) -> None:
    assert not list(uses_of_interiors(parsed(file)))


def test_uses_of_private_names_are_found() -> None:
    code = """
        import sys
        import voila.app
        from jupyter_server._tz import utcnow
        from voila import notebook_renderer as renderer

        sys.modules["debugpy"] = None
        renderer.VoilaExporter = object
        voila.app.TemplateStaticFileHandler = object
        manager._pending_kernels.clear()
        start.func.__self__
    """
    assert len(list(uses_of_interiors(ast.parse(dedent(code))))) == 6
    assert list(uses_of_interiors(parsed(Path(upstream.__file__))))


def test_no_other_script_uses_interiors() -> None:
    interiors = re.compile(
        r"_JUPYTERLAB|_fullLayout|widgetManagerPromise|restoredStatus|RenderedPlotly|prototype"
        r"|voila_|vnd\.voila|voila/api|jupyter-config-data|cell-index|_xsrf\b|kernel\.websocket"
    )
    scripts = list(SCRIPTS.glob("*.js"))
    assert len(scripts) > 6
    for script in scripts:
        found = set(interiors.findall(script.read_text()))
        assert len(found) > 9 if script.name == "upstream.js" else not found, (script, found)
