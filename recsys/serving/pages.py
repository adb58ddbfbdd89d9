"""How pages are written and their files found: as Voilà does it, but with its templates compiled
once, plotly.js asked for at once, and an answer to malformed addresses.

Must not know what is on the pages.
"""

from __future__ import annotations

from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from recsys.serving import upstream


class Compiled(BytecodeCache):
    """Compiled templates, in the memory of this process, by name and content.

    Voilà makes an exporter for every visitor, each of which would compile all templates anew:
    0.3 s of a core, a quarter of what a visit costs the server. A template that was edited is
    compiled again.
    """

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))  # None: it is compiled

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


def improve_voila() -> None:
    """Change how Voilà answers, for all pages of this process."""
    # Plotly's extension asks for plotly.js in its first script. A page that asks for it at once has
    # it a moment earlier.
    upstream.write_pages_with(Compiled(), plotly_script=upstream.plotly_script())
    # Voilà would answer 500 and fill the log.
    upstream.answer_404_to_malformed_addresses()
