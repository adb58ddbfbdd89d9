"""How pages are written: as Voilà does it, but with its templates compiled once.

Must not know what is on them.
"""

from __future__ import annotations

from types import CodeType

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from voila import notebook_renderer
from voila.exporter import VoilaExporter


class Compiled(BytecodeCache):
    """Compiled templates, in the memory of this process, by name and content."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))  # None: it is compiled

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


class Exporter(VoilaExporter):
    """Voilà makes an exporter for every visitor, each of which would compile all templates anew:
    0.3 s of a core, a quarter of what a visit costs the server. A template that was edited is
    compiled again.
    """

    compiled = Compiled()

    @property
    def environment(self) -> Environment:
        environment = super().environment
        environment.bytecode_cache = self.compiled
        return environment


def compile_templates_once() -> None:
    """For all pages of this process."""
    notebook_renderer.VoilaExporter = Exporter
