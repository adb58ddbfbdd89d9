"""A strict reader of CSV files: an error names the file, the line in that file, and the column.

Knows text, rows and columns. Must not know what a course or a rating is.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np

from recsys.dataset import DataError

MOST_COLUMNS = 5_000
LONGEST_NAME = 300  # characters of an id or title; in an array each takes as much as the longest
_LONGEST_LINE = 20_000_000  # characters
_MOST_PACKED = 100  # a gzip file may unpack to this many times its size; ratings unpack to 6 times
_BLOCK = 50_000  # rows converted at a time, so that a large file is never in memory as strings


@dataclass(frozen=True, eq=False)
class Column:
    """A column of texts, stored by its distinct values, since most columns repeat a few of them.

    Attributes
    ----------
    values : the distinct values, in order of appearance
    codes : (n_rows,) the index of each row's value in `values`
    """

    values: list[str]
    codes: np.ndarray

    def texts(self) -> np.ndarray:
        """(n_rows,) the value of each row, as Python strings."""
        return np.asarray(np.array(self.values, dtype=object)[self.codes])


@dataclass(frozen=True, eq=False)
class Table:
    """The columns of a CSV file, and the line on which each row begins.

    Attributes
    ----------
    source : the file's name
    columns : name -> column, in the order of the file
    lines : (n_rows,) the number of that line, counted from 1 for the header
    """

    source: str
    columns: dict[str, Column]
    lines: np.ndarray

    def __getitem__(self, column: str) -> Column:
        return self.columns[column]

    def refuse(self, column: str, broken: Callable[[str], bool], problem: str) -> None:
        """Raise a `DataError` for the first row whose value is invalid, if there is one.

        Parameters
        ----------
        broken : whether a value is invalid
        problem : what is wrong; `{value}` in it is replaced by the value
        """
        bad = [code for code, value in enumerate(self[column].values) if broken(value)]
        if bad:
            row = int(np.flatnonzero(np.isin(self[column].codes, bad))[0])
            value = self[column].values[self[column].codes[row]]
            self.fail(row, column, problem.format(value=_shortened(value)))

    def fail(self, row: int, column: str, problem: str) -> NoReturn:
        """Raise a `DataError` that names a row and a column."""
        raise DataError(problem, self.source, int(self.lines[row]), column)

    def numbers(self, column: str, valid: Callable[[float], bool], wanted: str) -> np.ndarray:
        """(n_rows,) the numbers in a column.

        Parameters
        ----------
        valid : whether a number is accepted
        wanted : what a value must be, for the error

        Raises
        ------
        DataError : for the first value that is not a number or not `valid`
        """
        self.refuse(
            column,
            lambda value: not valid(_number(value)),
            f"must be {wanted}, not “{{value}}”.",
        )
        numbers = np.array([_number(value) for value in self[column].values])
        return np.asarray(numbers[self[column].codes])

    def require_ids(self, *columns: str) -> None:
        """Raise a `DataError` for the first value that is empty or longer than `LONGEST_NAME`."""
        for column in columns:
            self.refuse(column, lambda value: not value.strip(), "is empty.")
            self.refuse(
                column,
                lambda value: len(value) > LONGEST_NAME,
                f"is longer than {LONGEST_NAME} characters.",
            )


def read_table(path: Path, required: Sequence[str]) -> Table:
    """Read a CSV file, plain or gzipped (`.gz`), in UTF-8 with or without a byte order mark.

    Raises
    ------
    DataError : if the file is missing, empty, not UTF-8 or not CSV; if it lacks a required column;
        if a row has more or fewer fields than the header
    """
    with _opened(path) as text:
        return parse_table(path.name, text, required)


def parse_table(
    source: str,
    text: TextIO,
    required: Sequence[str],
    separator: str = ",",
    most_rows: float = math.inf,
) -> Table:
    """Turn the text of a CSV file into a table.

    Blank lines are skipped; a field may hold line breaks if it is in quotation marks.

    Parameters
    ----------
    source : the file's name
    required : the columns that it must have
    separator : the character between two fields
    most_rows : reading stops with an error at the first row beyond this number

    Raises
    ------
    DataError : as for `read_table`
    """
    rows = _rows(source, text, separator)
    _, header = next(rows, (0, []))
    names = _checked_header(source, header, required)
    codebooks: list[dict[str, int]] = [{} for _ in names]
    codes = [array("i") for _ in names]
    lines = array("q")
    block: list[list[str]] = []
    for line, row in rows:
        if len(row) != len(names):
            raise DataError(
                f"has {_fields(len(row))} where the header has {len(names)}.", source, line
            )
        if len(lines) >= most_rows:
            raise DataError(f"exceeds the limit of {most_rows:,} rows.", source, line)
        lines.append(line)
        block.append(row)
        if len(block) == _BLOCK:
            _encode(block, codebooks, codes)
            block = []
    _encode(block, codebooks, codes)
    if not lines:
        raise DataError("has a header but no rows.", source)
    columns = {
        name: Column(list(book), np.array(code, np.int32))
        for name, book, code in zip(names, codebooks, codes, strict=True)
    }
    return Table(source, columns, np.array(lines, np.int64))


def read_header(source: str, text: TextIO, separator: str = ",") -> list[str]:
    """The names of the columns, without checks; none if the text has only blank lines.

    Raises
    ------
    DataError : if the text is not CSV
    """
    return [name.strip() for name in next(_rows(source, text, separator), (0, []))[1]]


def plural(count: int, noun: str) -> str:
    """A number and a noun in the right form: "1 rating", "2,000 ratings"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _encode(block: list[list[str]], books: list[dict[str, int]], codes: list[array[int]]) -> None:
    for values, book, code in zip(zip(*block, strict=True), books, codes, strict=False):
        code.extend([book.setdefault(value, len(book)) for value in values])


def _rows(source: str, text: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its first line."""
    reader = csv.reader(_lines(source, text), delimiter=separator, strict=True)
    line = 1
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"cannot be read as CSV ({error}); look for a quotation mark that is not closed.",
            source,
            line,
        ) from error


def _lines(source: str, text: TextIO) -> Iterator[str]:
    """The lines, limited in length: a line without an end would fill the memory."""
    number = 1
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise DataError(f"is longer than {_LONGEST_LINE:,} characters.", source, number)
        if "\0" in line:
            raise DataError("contains a zero character, so it is not a text file.", source, number)
        yield line
        number += 1


def _checked_header(source: str, header: Sequence[str], required: Sequence[str]) -> list[str]:
    names = [name.strip() for name in header]
    if not names:
        raise DataError("is empty.", source)
    if len(names) > MOST_COLUMNS:
        raise DataError(
            f"has {len(names):,} columns; at most {MOST_COLUMNS:,} are allowed.", source, 1
        )
    shown = ", ".join(_shortened(name) for name in names[:20])
    for name in required:
        if name not in names:
            hint = " It seems to be a web page." if names[0].startswith("<") else ""
            if ";" in names[0]:
                hint = " Save it with commas between the fields, not semicolons."
            raise DataError(f"is missing; the columns are: {shown}.{hint}", source, 1, name)
    for i, name in enumerate(names):
        if not name:
            raise DataError(f"column {i + 1} has no name.", source, 1)
        if name in names[:i]:
            raise DataError("is there twice.", source, 1, name)
    return names


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """Open a file as text; raises a `DataError` if it cannot be read."""
    try:
        _refuse_bomb(path)
        with _bytes(path) as raw:
            if raw.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise DataError("is in UTF-16; save it as “CSV UTF-8”.", path.name)
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
                yield text
    except UnicodeDecodeError as error:
        raise DataError(
            "contains bytes that are not UTF-8; save it as “CSV UTF-8”.",
            path.name,
            _line_of_bad_byte(path),
        ) from error
    except FileNotFoundError as error:
        raise DataError(f"is not in {path.parent}.", path.name) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError("is incomplete, or not a gzip file.", path.name) from error
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}).", path.name) from error


def _bytes(path: Path) -> io.BufferedReader | gzip.GzipFile:
    return gzip.GzipFile(path) if path.suffix == ".gz" else path.open("rb")


def _refuse_bomb(path: Path) -> None:
    if path.suffix != ".gz":
        return
    left = _MOST_PACKED * path.stat().st_size + 2**20
    with _bytes(path) as raw:
        while content := raw.read(2**20):
            left -= len(content)
            if left < 0:
                raise DataError(f"unpacks to more than {_MOST_PACKED} times its size.", path.name)


def _line_of_bad_byte(path: Path) -> int:
    with _bytes(path) as raw:
        for line, content in enumerate(raw, start=1):
            try:
                content.decode()
            except UnicodeDecodeError:
                return line
    return 1


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _shortened(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"


def _fields(count: int) -> str:
    return plural(count, "field")
