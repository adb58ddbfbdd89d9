"""The leaderboard's table: its marks, its axes, and what it tells a screen reader."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from recsys.dashboard.panels.leaderboard import ON_THE_AXIS, as_table, axis

NDCG = {
    "Neural Network": 0.576,
    "EASE": 0.561,
    "KNN": 0.560,
    "NMF": 0.553,
    "iALS": 0.517,
    "Clustering": 0.500,
    "Popularity": 0.354,
    "Random": 0.043,
}


@pytest.fixture
def table() -> pd.DataFrame:
    """Standings with intervals of ±0.006."""
    rows = [
        {"model": name, "ndcg_over_best": ndcg - 0.576, "ndcg_over_best_high": ndcg - 0.570}
        | dict.fromkeys(("ndcg", "recall"), ndcg)
        | {f"{metric}_low": ndcg - 0.006 for metric in ("ndcg", "recall")}
        | {f"{metric}_high": ndcg + 0.006 for metric in ("ndcg", "recall")}
        | {"coverage": 0.5, "novelty": 2.0, "diversity": 0.8, "fit_seconds": 0.1}
        for name, ndcg in NDCG.items()
    ]
    return pd.DataFrame(rows)


def row_of(name: str, html: str) -> str:
    (row,) = (one for one in re.findall("<tr.*?</tr>", html) if f">{name}" in one)
    return str(row)


def test_the_axis_is_that_of_the_first_six(table: pd.DataFrame) -> None:
    assert axis(table, "ndcg") == (0.49, 0.59)
    html = as_table(table)
    assert '<span class="ends"><i>0.49</i><i>0.59</i></span>' in html
    starts = [
        float(re.search(r"left:([\d.]+)%", row_of(name, html))[1])
        for name in list(NDCG)[:ON_THE_AXIS]
    ]
    assert starts == sorted(starts, reverse=True)
    assert len({round(one) for one in starts}) == ON_THE_AXIS, "no two at the same place"
    assert "◂" in row_of("Random", html)
    assert "0.037–0.049" in row_of("Random", html), "in numbers too"


def test_baselines_and_the_chosen_model_are_marked(table: pd.DataFrame) -> None:
    html = as_table(table, chosen="KNN")
    for name in ("EASE", "iALS", "Popularity", "Random"):
        assert '<span class="mark">baseline</span>' in row_of(name, html)
    assert '<span class="mark">chosen</span>' in row_of("KNN", html)
    assert row_of("KNN", html).startswith("<tr aria-current=true>")
    assert html.count("aria-current") == 1
    assert "mark" not in row_of("NMF", html)


def test_each_column_says_which_way_is_better_and_which_one_sorts(table: pd.DataFrame) -> None:
    heads = re.findall("<th scope=.col.*?</th>", as_table(table, sorted_by="fit_seconds"))
    ways = [re.findall(r'role="img" aria-label="(.*?)"', head) for head in heads]
    either = ["higher is not always better"]
    higher = ["higher is better"]
    assert ways == [[], higher, higher, either, either, either, ["lower is better"]]
    assert [re.findall(r'aria-sort="(\w+)"', head) for head in heads] == [[]] * 6 + [["ascending"]]
