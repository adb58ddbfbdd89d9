"""A chart's data as a folded HTML table, and as a link that saves it as CSV.

Must not know widgets.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from html import escape

import pandas as pd

from recsys.dashboard.listing import cells, heading

MOST_ROWS = 100  # in the page; the CSV file has all

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_details(table: pd.DataFrame, name: str, title: str) -> str:
    """A chart's table as a folded HTML element; "" if the table is empty.

    Parameters
    ----------
    name : file name for the CSV, without its ending
    title : what the table shows, for screen readers
    """
    if table.empty:
        return ""
    shown = table.head(MOST_ROWS)
    heads = "".join(f'<th scope="col">{escape(heading(one))}</th>' for one in shown)
    columns = [cells(shown[one]) for one in shown]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in zip(*columns, strict=True))
    more = f" The first {MOST_ROWS} of {len(table):,} rows." if len(table) > MOST_ROWS else ""
    save = csv_link("Save as CSV", f"{name}.csv", table)
    return (
        f"<details><summary>Data</summary><p>{save}{more}</p>"
        f'<div role="region" tabindex="0" aria-label="{escape(f"Data: {title}")}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def as_csv(table: pd.DataFrame) -> str:
    """A table as CSV, with numbers to six significant digits.

    A text that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([_inert(one) for one in table.columns])
    for row in table.itertuples(index=False):
        writer.writerow([f"{one:.6g}" if isinstance(one, float) else _inert(one) for one in row])
    return lines.getvalue()


def _inert(value: object) -> object:
    """Escape a text that a spreadsheet would run as a formula; return other values unchanged."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_link(words: str, name: str, table: pd.DataFrame) -> str:
    """A link that saves a table as CSV. It starts with a byte order mark, so that spreadsheets
    recognise UTF-8.
    """
    return download(words, name, "text/csv", f"\ufeff{as_csv(table)}")


def download(words: str, name: str, kind: str, content: str) -> str:
    """A link that saves a text as a file. The link contains the text and needs no server.

    Parameters
    ----------
    words : the link's text
    name : the file's name
    kind : its media type, such as "text/csv"
    content : what to save
    """
    data = b64encode(content.encode("utf-8")).decode("ascii")
    return (
        f'<a class="recsys-download" download="{name}" '
        f'href="data:{kind};charset=utf-8;base64,{data}">{words}</a>'
    )
