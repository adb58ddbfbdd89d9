"""The chart that compares the lists of several models."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd

from recsys.charts.drawing import GREY, GRID, PALETTE, Chart, blank, nothing
from recsys.charts.wording import hover, in_two_lines, listed, plain

_BOX = 132  # px, width of a title; two of them and the lines between them fit on a phone
_STEP = 42  # px between two ranks


def rank_lines(lists: Mapping[str, pd.DataFrame], finding: str, noun: str = "course") -> Chart:
    """Lists of recommendations side by side, with lines between the same course in two lists.

    A line is dashed if it passes a list without the course.

    Parameters
    ----------
    lists : the lists by the model's name, as `Recommender.recommend` returns them, in order
    finding : what the lists have in common; the title of the chart
    noun : what the data set calls an item
    """
    table = _ranks(lists)
    if table.empty:
        return nothing(finding, table)
    names = list(lists)
    longest = max(map(len, lists.values()))
    figure = blank(finding, height=_STEP * longest + 8)
    lines = [
        line
        for row, (_, course) in enumerate(table.iterrows())
        for line in _lines(course, names, PALETTE[row % len(PALETTE)])
    ]
    figure.traces = [*lines, _points(table, names)]
    heads = [textwrap.wrap(name, 20) for name in names]
    room = 36 + 15 * max(map(len, heads))  # px on top, for the models' names and the axis title
    figure.layout["annotations"] = _titles(table, names)
    figure.layout["height"] += room
    figure.layout["margin"]["t"] += room
    figure.layout["margin"]["b"] = 8
    figure.axis(
        "x",
        title="Model",
        side="top",
        tickvals=list(range(len(names))),
        ticktext=["<br>".join(map(plain, head)) for head in heads],
        range=[-0.5, len(names) - 0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.axis(
        "y",
        title="Rank",
        tickvals=list(range(1, longest + 1)),
        range=[longest + 0.6, 0.4],
        showgrid=False,
        zeroline=False,
    )
    best = [f"“{one['title'].iloc[0]}” for {name}" for name, one in lists.items() if not one.empty]
    text = (
        f"Slope chart of the {longest} best {noun}s of {listed(names)}, with a line from each "
        f"{noun} to itself. {finding}; on rank 1: {listed(best)}."
    )
    return Chart(figure, finding, text, table)


def _ranks(lists: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row for each course, a column of ranks for each list; NA if the list lacks the course."""
    titles: dict[str, str] = {}
    ranks: dict[str, dict[str, int]] = {name: {} for name in lists}
    for name, one in lists.items():
        titles |= dict(zip(one["course_id"], one["title"], strict=True)) if len(one) else {}
        ranks[name] = dict(zip(one["course_id"], one["rank"], strict=True)) if len(one) else {}
    columns = {name: pd.array([ranks[name].get(one) for one in titles], "Int64") for name in lists}
    return pd.DataFrame({"title": pd.Series(titles, dtype=object).to_numpy(), **columns})


def _lines(course: pd.Series, names: list[str], colour: str) -> list[dict[str, Any]]:
    columns = [column for column, name in enumerate(names) if not pd.isna(course[name])]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [start, end],
            "y": [int(course[names[start]]), int(course[names[end]])],
            "line": {"color": colour, "width": 3, "dash": "solid" if end == start + 1 else "dash"},
            "hoverinfo": "skip",
        }
        for start, end in itertools.pairwise(columns)
    ]


def _points(table: pd.DataFrame, names: list[str]) -> dict[str, Any]:
    """A point behind each title, for the hover text."""
    found = [
        (column, int(rank), f"{hover(title)}<br>rank {rank} of {plain(name)}")
        for column, name in enumerate(names)
        for title, rank in zip(table["title"], table[name], strict=True)
        if not pd.isna(rank)
    ]
    x, y, words = zip(*found, strict=True)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "customdata": list(words),
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"color": GREY, "size": 10},
    }


def _titles(table: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """A box with rank and title over each point; it covers the ends of the lines."""
    return [
        {
            "x": column,
            "y": int(rank),
            "text": f"<b>{rank}</b> {_in_two_lines(title)}",
            "width": _BOX,
            "height": _STEP - 8,
            "align": "left",
            "showarrow": False,
            "bgcolor": "#FFFFFF",
            "bordercolor": GRID,
            "borderwidth": 1,
            "borderpad": 3,
            "font": {"size": 11, "color": "#222222"},
        }
        for column, name in enumerate(names)
        for title, rank in zip(table["title"], table[name], strict=True)
        if not pd.isna(rank)
    ]


def _in_two_lines(title: str) -> str:
    return "<br>".join(map(plain, in_two_lines(title, 22, indent="   "))).lstrip()
