"""Improvements to the pages that Voilà writes: its templates are compiled only once, plotly.js is
requested early, files are sent compressed, and malformed addresses are answered with 404.

Must not know what is on the pages.
"""

from __future__ import annotations

from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from recsys.serving import compression, upstream


class Compiled(BytecodeCache):
    """A cache of compiled templates in the memory of this process, by name and content.

    Voilà makes an exporter for every visitor, and each would compile all templates again. That
    takes 0.3 s of a core, a quarter of the server's time for a visit. A template that was edited is
    compiled again.
    """

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))  # None: Jinja compiles it

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


def improve_voila(*, errors_in_full: bool) -> None:
    """Apply the improvements to all pages of this process.

    Parameters
    ----------
    errors_in_full : whether the pages may show code and paths where a cell has failed
    """
    # Plotly's extension requests plotly.js in its first script. The page requests it before that,
    # so that it arrives earlier.
    upstream.write_pages_with(
        Compiled(), plotly_script=upstream.plotly_script(), errors_in_full=errors_in_full
    )
    # Voilà would answer 500 and write a traceback into the log.
    upstream.answer_404_to_malformed_addresses()
    copies = compression.Copies()
    if plotly := upstream.plotly_file():
        copies.compress(str(plotly.resolve()))  # before the first visitor comes
    upstream.send_files_compressed(copies.ready, compression.accepts_gzip)
