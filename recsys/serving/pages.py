"""How pages are written and their files found: as Voilà does it, but with its templates compiled
once, plotly.js asked for at once, and an answer to odd addresses.

Must not know what is on them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import CodeType

import voila.app
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from jupyter_core.paths import jupyter_path
from tornado.web import HTTPError
from voila import notebook_renderer
from voila.exporter import VoilaExporter
from voila.static_file_handler import TemplateStaticFileHandler


class Compiled(BytecodeCache):
    """Compiled templates, in the memory of this process, by name and content."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))  # None: it is compiled

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


class Exporter(VoilaExporter):  # type: ignore[misc]  # Voilà has no types
    """Voilà makes an exporter for every visitor, each of which would compile all templates anew:
    0.3 s of a core, a quarter of what a visit costs the server. A template that was edited is
    compiled again.
    """

    compiled = Compiled()

    @property
    def environment(self) -> Environment:
        environment: Environment = super().environment
        environment.bytecode_cache = self.compiled
        environment.globals["plotly_script"] = plotly_script()
        return environment


@cache
def plotly_script() -> str:
    """Where the script with plotly.js is, below the address of the extensions; "" if it is nowhere.

    The extension's own first script asks for it, by this address. A page that does so at once has
    it a moment earlier.
    """
    for folder in jupyter_path("labextensions"):
        parts = [*Path(folder, "jupyterlab-plotly", "static").glob("*.*.js")]
        if parts:
            largest = max(parts, key=lambda one: one.stat().st_size).name
            return f"jupyterlab-plotly/static/{largest}?v={largest.split('.')[-2]}"
    return ""


class TemplateFiles(TemplateStaticFileHandler):  # type: ignore[misc]  # nor has its handler
    """The files that pages load. Voilà's stumbles over an address that is not made as it should be:
    it answers 500 and fills the log.
    """

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


def improve_voila() -> None:
    """For all pages of this process."""
    notebook_renderer.VoilaExporter = Exporter
    voila.app.TemplateStaticFileHandler = TemplateFiles
