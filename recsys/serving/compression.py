"""Compression of what the server sends, for browsers that accept gzip.

Pages and other texts are compressed while they are sent. Files do not change, so a file is
compressed once, in the background, and the copy is kept in memory: plotly.js when the server
starts, any other file when it is first requested. Brotli would save more, but browsers accept it
only over HTTPS, and a class usually opens plain HTTP. Must not know what is in the files.
"""

from __future__ import annotations

import gzip
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

# Level 6 makes plotly.js only .3 % larger than level 9, in three quarters of the time.
LEVEL_OF_FILES = 6
# What is compressed for each visitor delays the visitor, also on a fast network.
LEVEL_OF_PAGES = 1
SMALLEST = 1024  # bytes; a smaller file fits into one packet anyway
TEXTS = frozenset({".css", ".html", ".js", ".json", ".map", ".mjs", ".svg", ".txt"})


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client that sends this header Accept-Encoding can read gzip."""
    for offer in accept_encoding.lower().split(","):
        name, *parameters = (word.strip() for word in offer.split(";"))
        if name == "gzip":
            return not any(word.startswith("q=") and _is_zero(word[2:]) for word in parameters)
    return False


def _is_zero(quality: str) -> bool:
    return quality.strip("0.") == ""  # as in "0" and "0.000"


class Copies:
    """Compressed copies of files in the memory of this process.

    All files of Voilà, its extensions and the project together take less than 5 MB.
    """

    def __init__(self) -> None:
        self._copies: dict[str, tuple[tuple[int, int], Future[bytes | None]]] = {}
        # One thread, so that visits keep the other cores. zlib runs without Python's lock.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="compression")

    def compress(self, path: str) -> Future[bytes | None]:
        """The compressed content of a file, compressed in the background.

        A file that was edited is compressed again. The result is None if a copy would not help: the
        file is small, is no text, does not get smaller, or cannot be read.
        """
        try:
            about = Path(path).stat()
        except OSError:
            return self._thread.submit(lambda: None)
        version = (about.st_mtime_ns, about.st_size)
        known = self._copies.get(path)
        if known is None or known[0] != version:
            known = self._copies[path] = version, self._thread.submit(_compressed, path)
        return known[1]

    def ready(self, path: str) -> bytes | None:
        """The compressed content of a file, if it is there; if not, it is made for later."""
        copy = self.compress(path)
        return copy.result() if copy.done() else None


def _compressed(path: str) -> bytes | None:
    if Path(path).suffix.lower() not in TEXTS:
        return None
    try:
        content = Path(path).read_bytes()
    except OSError:
        return None
    if len(content) < SMALLEST:
        return None
    copy = gzip.compress(content, LEVEL_OF_FILES, mtime=0)
    return copy if len(copy) < len(content) else None
