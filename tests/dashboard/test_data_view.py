"""A chart's data, as a table and as a file."""

from __future__ import annotations

import base64
import csv
import io
import re

import pandas as pd

from recsys.dashboard.data_view import MOST_ROWS, as_csv, as_details

TABLE = pd.DataFrame({"=title": ["=1+1", 'A "B", <C>'], "score": [0.123456789, -2.0]})


def test_the_file_has_all_figures_and_no_formula() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(TABLE))))
    assert rows == [["'=title", "score"], ["'=1+1", "0.123457"], ['A "B", <C>', "-2"]]


def test_the_table_is_folded_and_escaped() -> None:
    html = as_details(TABLE, "scores", "Scores")
    assert html.startswith("<details><summary>Data</summary>")
    assert "A &quot;B&quot;, &lt;C&gt;" in html
    assert 'download="scores.csv"' in html
    assert 'aria-label="Data: Scores"' in html
    assert as_details(TABLE[:0], "scores", "Scores") == ""


def test_a_long_table_is_cut_in_the_page_but_not_in_the_file() -> None:
    html = as_details(pd.DataFrame({"number": range(MOST_ROWS + 7)}), "numbers", "Numbers")
    assert html.count("<tr>") == 1 + MOST_ROWS
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 7} rows." in html
    link = re.search(r"base64,([^\"]+)", html)
    assert link
    assert base64.b64decode(link[1]).decode("utf-8-sig").split()[-1] == str(MOST_ROWS + 6)
