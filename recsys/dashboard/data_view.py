"""What a chart draws, to be read: a folded table, and a link that saves all of it as CSV.

HTML from tables; must not know widgets.
"""

from __future__ import annotations

import csv
import io
from base64 import b64encode
from html import escape

import pandas as pd

from recsys.dashboard.listing import cells, heading

MOST_ROWS = 100  # in the page; the file has all

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_details(table: pd.DataFrame, name: str, title: str) -> str:
    """A table folded away beneath its chart; "" for an empty one.

    Parameters
    ----------
    name : of the file, without its ending
    title : what the table shows, for its caption
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
    """A table as CSV, numbers with six digits that count. A text that a spreadsheet would take for
    a formula gets a ' in front.
    """
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([_inert(one) for one in table.columns])
    for row in table.itertuples(index=False):
        writer.writerow([f"{one:.6g}" if isinstance(one, float) else _inert(one) for one in row])
    return lines.getvalue()


def _inert(value: object) -> object:
    """Text that no spreadsheet takes for a formula; what is no text stays as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_link(words: str, name: str, table: pd.DataFrame) -> str:
    """A link that saves a table as CSV, with the mark by which spreadsheets know UTF-8."""
    return download(words, name, "text/csv", f"\ufeff{as_csv(table)}")


def download(words: str, name: str, kind: str, content: str) -> str:
    """A link that saves a text as a file; the text is in the link, so that no server is asked."""
    data = b64encode(content.encode("utf-8")).decode("ascii")
    return (
        f'<a class="recsys-download" download="{name}" '
        f'href="data:{kind};charset=utf-8;base64,{data}">{words}</a>'
    )
