"""The download of IBM's public files: resumable, atomic, limited in time, and checked by content.

Must not know who asks for the files. pooch and requests are imported only when files are fetched.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recsys.dataset import DataError
from recsys.machine import home
from recsys.sources import ibm

IBM_URL = (
    "https://cf-courses-data.s3.us.cloud-object-storage.appdomain.cloud/"
    "IBM-ML321EN-SkillsNetwork/labs/datasets/"
)
_RETRIES = 2
_CHUNK = 16 * 1024
_ABSENT = (403, 404, 410)  # object stores answer 403 for missing files


class FetchError(RuntimeError):
    """The files could not be fetched. The message says in one line why, and what to do next.

    Not a `DataError`, since the data on this machine has not changed.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"{ibm.NAME} could not be fetched ({reason}); the bundled set is used instead. "
            "Try again with: make data"
        )


def fetch_ibm(
    folder: str | os.PathLike[str] | None = None,
    *,
    base_url: str = IBM_URL,
    timeout: float = 10.0,
    budget: float | None = None,
    report: Callable[[str], object] = print,
) -> Path:
    """Download the five files into a folder. Valid files that exist already are not fetched again.

    After a failure the downloaded part is kept, and the next call continues from there.

    Parameters
    ----------
    folder : by default `data/ibm-courses` under `home()`
    timeout : seconds to wait for a connection, and for each next piece of data
    budget : seconds for the whole download; no limit by default
    report : called with a line of text about each file

    Returns
    -------
    The folder.

    Raises
    ------
    FetchError : if one of the three required files could not be fetched
    """
    target = Path(folder) if folder is not None else home() / "data" / ibm.FOLDER
    files = _Files(target, base_url.rstrip("/") + "/", timeout, budget, report)
    _within(budget, files.fetch)
    return target


@dataclass
class _Files:
    """The download of all files, once."""

    folder: Path
    base_url: str
    timeout: float
    budget: float | None
    report: Callable[[str], object]

    def fetch(self) -> None:
        from filelock import FileLock, Timeout

        partial = self.folder / ".partial"
        download = _ResumingDownload(partial, self.timeout, self.budget)
        try:
            partial.mkdir(parents=True, exist_ok=True)
            with FileLock(partial / "lock", timeout=-1 if self.budget is None else self.budget):
                for name in (*ibm.FILES, *ibm.OPTIONAL, *ibm.UNUSED):
                    self._fetch_one(name, download)
            shutil.rmtree(partial, ignore_errors=True)
        except Timeout as error:
            raise FetchError(f"another process is fetching into {self.folder}") from error
        except OSError as error:  # network errors were turned into FetchError before
            raise FetchError(f"cannot write to {self.folder}: {error.strerror or error}") from error

    def _fetch_one(self, name: str, download: _ResumingDownload) -> None:
        if self._is_sound(self.folder / name):
            self.report(f"{name}: already downloaded")
            return
        try:
            _fetch_with_pooch(self.folder, self.base_url, name, download)
        except FetchError as error:
            if name in ibm.FILES:
                raise
            self.report(f"{name}: not fetched ({error.reason}); it is optional")
            return
        size = (self.folder / name).stat().st_size
        self.report(f"{name}: {size / 1e6:.1f} MB")
        if name == "ratings.csv" and not ibm.is_published(self.folder / name):
            self.report(f"{name}: {ibm.NOT_PUBLISHED}")

    def _is_sound(self, path: Path) -> bool:
        if not path.exists():
            return False
        try:
            ibm.check(path)
        except DataError as error:
            self.report(f"{error} Fetching it again.")
            path.unlink()
            return False
        return True


def _fetch_with_pooch(folder: Path, url: str, name: str, download: _ResumingDownload) -> None:
    import pooch
    import requests

    host = urlsplit(url).netloc
    pooch.get_logger().setLevel("WARNING")
    files = pooch.create(folder, url, registry={name: None}, retry_if_failed=_RETRIES)
    try:
        files.fetch(name, downloader=download)
    except requests.HTTPError as error:
        raise FetchError(f"{host} answered for {name}: {error}") from error
    except requests.RequestException as error:
        raise FetchError(
            f"the connection to {host} was lost {_RETRIES + 1} times during {name}; "
            "the downloaded part is kept"
        ) from error


class _ResumingDownload:
    """A downloader for pooch that resumes an interrupted download.

    It requests the rest with `Range`, on the condition (`If-Range`) that the file on the server
    has not changed. pooch retries after an exception of `requests`, not after a `FetchError`.
    """

    def __init__(self, partial: Path, timeout: float, budget: float | None) -> None:
        self.partial = partial
        self.timeout = timeout
        self.budget = float("inf") if budget is None else budget
        self.deadline = time.monotonic() + self.budget

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        self._check_time()  # pooch may try again after a wait that used all of it
        part = self.partial / url.rsplit("/", 1)[-1]
        self._complete(url, part)
        try:
            if not part.read_bytes().endswith(b"\n"):
                raise DataError("is cut off in the middle of its last line.", part.name)
            ibm.check(part)
        except DataError as error:
            part.unlink()
            raise FetchError(f"what {urlsplit(url).netloc} sent is wrong: {error}") from error
        part.replace(output_file)

    def _complete(self, url: str, part: Path) -> None:
        import requests
        from tqdm import tqdm  # type: ignore[import-untyped]

        version = part.with_suffix(".version")  # ETag of the partial file
        start = part.stat().st_size if part.exists() and version.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": version.read_text()}
        with self._ask(url, headers) as answer:
            if answer.status_code == requests.codes.range_not_satisfiable:
                part.unlink()
            if answer.status_code in _ABSENT:
                raise FetchError(
                    f"{urlsplit(url).netloc} has no {part.name}, it answered {answer.status_code}"
                )
            answer.raise_for_status()
            resumed = answer.status_code == requests.codes.partial_content
            version.unlink(missing_ok=True)
            if tag := answer.headers.get("ETag", answer.headers.get("Last-Modified")):
                version.write_text(tag)
            size = int(answer.headers.get("Content-Length", 0)) + start * resumed
            bar = tqdm(
                total=size or None,
                initial=start * resumed,
                desc=part.name,
                unit="B",
                unit_scale=True,
                disable=not sys.stderr.isatty(),
            )
            with part.open("ab" if resumed else "wb") as file, bar:
                for chunk in answer.iter_content(_CHUNK):
                    file.write(chunk)
                    bar.update(len(chunk))
                    self._check_time()
                file.flush()
                os.fsync(file.fileno())
        version.unlink(missing_ok=True)

    def _check_time(self) -> None:
        if time.monotonic() > self.deadline:
            raise _out_of_time(self.budget)

    def _ask(self, url: str, headers: dict[str, str]) -> Any:
        import requests

        host = urlsplit(url).netloc
        timeout = min(self.timeout, max(self.deadline - time.monotonic(), 0.001))
        try:
            return requests.get(url, headers=headers, stream=True, timeout=timeout)
        except requests.Timeout as error:
            raise FetchError(f"no answer from {host} within {timeout:.3g} s") from error
        except requests.ConnectionError as error:
            raise FetchError(f"no connection to {host}") from error


def _within(seconds: float | None, work: Callable[[], None]) -> None:
    """Do the work, and stop waiting for it after `seconds`: a DNS lookup has no timeout."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="fetch", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if seconds is not None and thread.is_alive():
        raise _out_of_time(seconds)


def _out_of_time(seconds: float) -> FetchError:
    return FetchError(f"not done within {seconds:.3g} s; the downloaded part is kept")
