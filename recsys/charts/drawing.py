"""How charts look: the house style all of them share, and the bars most of them are made of.

Must not know what is drawn.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys.charts.wording import aligned, hover, plain, tick

if TYPE_CHECKING:
    import plotly.graph_objects as go

# How the page shows figures. MathJax would read a title with two $ signs as a formula.
CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "typesetMath": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "svg"},
}

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, YELLOW, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#808080",
)  # fmt: skip
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE)
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")  # 5 and 6: 30 different pairs
INK = "#767676"  # 4.5 : 1 on white and on black
GRID = "rgba(128, 128, 128, 0.3)"
# Words on a chart, on a ground of their own, so that they can be read in the light and in the dark.
LABEL: dict[str, Any] = {
    "showarrow": False,
    "bgcolor": "rgba(255, 255, 255, 0.85)",
    "font": {"size": 11, "color": "#222222"},
    "borderpad": 1,
}

ROW = 36  # px, for a bar whose label takes two lines
LINE = 18  # px


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure that can also be read.

    Attributes
    ----------
    figure : the Plotly figure, its title included
    title : what it shows, as a finding in plain text
    text : a one-sentence text alternative, in plain text
    table : what is drawn
    """

    figure: go.Figure
    title: str
    text: str
    table: pd.DataFrame

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Let a notebook show the figure with `CONFIG`, and the text where it cannot."""
        figure = json.loads(self.figure.to_json()) | {"config": CONFIG}
        return {"application/vnd.plotly.v1+json": figure, "text/plain": self.text}


def blank(title: str, height: int, legend: bool = False) -> go.Figure:
    """An empty figure in the house style; `height` is that of the axes and what is below."""
    import plotly.graph_objects as go

    lines = textwrap.wrap(title, 42)
    # Plotly aligns the top of a single line, but the baseline of the first of several.
    above = 8 if len(lines) == 1 else 18
    top = 14 + LINE * len(lines) + 26 * legend
    axis = {
        "automargin": True,
        "gridcolor": GRID,
        "zerolinecolor": INK,
        "linecolor": GRID,
        "title": {"font": {"size": 12}, "standoff": 4},
        "fixedrange": True,  # a finger on the chart scrolls the page, it does not zoom
    }
    return go.Figure(
        layout={
            "template": "none",
            "autosize": True,
            "height": height + top,
            "margin": {"t": top, "l": 8, "r": 12, "b": 48, "pad": 4},
            "title": {
                "text": "<br>".join(map(plain, lines)),
                "font": {"size": 14},
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yanchor": "top",
                "pad": {"t": above, "l": 2},
            },
            "font": {"family": "inherit", "size": 12, "color": INK},
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "xaxis": axis,
            "yaxis": axis,
            "showlegend": legend,
            "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
            "hoverlabel": {
                "bgcolor": "#222222",
                "font": {"family": "inherit", "color": "#FFFFFF"},
                "align": "left",
                "namelength": -1,
            },
            "bargap": 0.3,
        }
    )


def bars(
    title: str,
    labels: pd.Series,
    values: pd.Series,
    axis: str,
    *,
    row: int = ROW,
    signed: bool = False,
) -> go.Figure:
    """Horizontal bars from top to bottom, each with its value at its end; below 0 hatched."""
    below = values.to_numpy() < 0
    lines = textwrap.wrap(axis, 28)
    figure = blank(title, height=row * len(labels) + 40 + LINE * len(lines))
    figure.add_bar(
        # By position, not by label: two courses may have the same title.
        y=np.arange(len(labels)),
        x=values.to_numpy(float),
        orientation="h",
        marker={"color": np.where(below, VERMILION, BLUE).tolist(), "pattern": hatched(below)}
        if below.any()
        else {"color": BLUE},
        text=[
            f"{'+' if signed and value > 0 else ''}{figure}"
            for value, figure in zip(values, aligned(values), strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        customdata=labels.map(hover),
        hovertemplate="%{customdata}<br><b>%{text}</b><extra></extra>",
    )
    low, high = min(0.0, values.min()), max(0.0, values.max())
    room = 0.22 * ((high - low) or 1)  # for the values at the bars' ends
    figure.update_xaxes(
        title="<br>".join(map(plain, lines)),
        range=[low - room * (low < 0), high + room * (high > 0 or low == 0)],
        nticks=5,
    )
    figure.update_yaxes(
        tickvals=np.arange(len(labels)),
        ticktext=labels.map(tick),
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure


def heat_map(
    title: str,
    cells: np.ndarray,
    columns: Sequence[str],
    rows: Sequence[str],
    *,
    marks: np.ndarray,
    row: int = ROW,
    bar: str = "",
    **more: Any,
) -> go.Figure:
    """Numbers as colours, the first row on top.

    Parameters
    ----------
    cells, marks : (n_rows, n_columns) the numbers, and a sign upon each or ""
    columns, rows : their labels, as Plotly is to show them
    row : the height of a row, px
    bar : what the colours mean
    more : Plotly's own words for the scale and the hover
    """
    slanted = any(len(one) > 2 for one in columns)
    figure = blank(title, height=row * len(rows) + (110 if slanted else 60), legend=True)
    colour_bar = {
        # Plotly puts the last line of a title onto the bar.
        "title": {"text": f"{bar}<br>\u00a0" * bool(bar), "side": "top", "font": {"size": 12}},
        "orientation": "h",
        "thickness": 10,
        "nticks": 4,
        "yref": "container",  # in the room kept for a legend, below the title
        "y": 1 - (figure.layout.margin.t - 34) / figure.layout.height,
        "yanchor": "top",
    }
    x, y = np.arange(len(columns)), np.arange(len(rows))
    figure.add_heatmap(
        **{"z": cells, "x": x, "y": y, "text": marks, "texttemplate": "%{text}"},
        **{"xgap": 1, "ygap": 1, "colorbar": colour_bar, **more},
    )
    figure.update_layout(margin_t=figure.layout.margin.t + 30)
    figure.update_xaxes(
        tickvals=x, ticktext=columns, tickangle=-60 if slanted else 0, showgrid=False
    )
    figure.update_yaxes(tickvals=y, ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=False)
    return figure


def hatched(where: np.ndarray) -> dict[str, Any]:
    shapes = np.where(where, "/", "").tolist()
    return {"shape": shapes, "fillmode": "overlay", "fgcolor": "rgba(255, 255, 255, 0.7)"}


def nothing(title: str, table: pd.DataFrame) -> Chart:
    """The chart of no data: a title that says why."""
    figure = blank(title, height=40)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return Chart(figure, title, f"{title.rstrip('.')}.", table)
