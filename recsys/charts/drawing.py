"""How charts look: the house style all of them share, and the bars most of them are made of.

Must not know what is drawn.
"""

from __future__ import annotations

import textwrap
from base64 import b64encode
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


class Drawing:
    """A figure in Plotly's own words, as plain dicts.

    Plotly's `Figure` looks every property up in a schema as it is set, which took half of the time
    of a click; `Chart.figure` is one, for those who want to go on with it.

    Attributes
    ----------
    traces, layout : as in Plotly's reference
    """

    def __init__(self, layout: dict[str, Any]) -> None:
        self.traces: list[dict[str, Any]] = []
        self.layout = layout

    def add(self, kind: str, **properties: Any) -> None:
        """Draw a trace of this kind."""
        self.traces.append({"type": kind, **properties})

    def axis(self, name: str, title: str = "", **properties: Any) -> None:
        """Give the axis "x" or "y" a title and other properties."""
        axis = self.layout[f"{name}axis"]
        axis |= properties
        axis["title"] |= {"text": title} if title else {}

    def line(self, across: str, at: float, **looks: Any) -> None:
        """Draw a straight line at a value of the axis "x" or "y", all over the chart."""
        along = "y" if across == "x" else "x"
        ends = {f"{across}0": at, f"{across}1": at, f"{along}0": 0, f"{along}1": 1}
        refs = {f"{across}ref": across, f"{along}ref": "paper"}
        line = {"type": "line", **refs, **ends, "line": {"width": 1.5, **looks}}
        self.layout.setdefault("shapes", []).append(line)

    def note(self, **properties: Any) -> None:
        """Write words onto the chart."""
        self.layout.setdefault("annotations", []).append(properties)


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure that can also be read.

    Attributes
    ----------
    drawing : what is drawn, its title included
    title : what it shows, as a finding in plain text
    text : a one-sentence text alternative, in plain text
    table : what is drawn
    """

    drawing: Drawing
    title: str
    text: str
    table: pd.DataFrame

    @property
    def figure(self) -> go.Figure:
        """The drawing as Plotly's figure, to be changed and shown like any other."""
        import plotly.graph_objects as go

        return go.Figure(self.drawing.traces, {"template": "none", **self.drawing.layout})

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Let a notebook show the figure with `CONFIG`, and the text where it cannot."""
        figure = {"data": self.drawing.traces, "layout": self.drawing.layout, "config": CONFIG}
        return {"application/vnd.plotly.v1+json": _as_json(figure), "text/plain": self.text}


def _as_json(value: Any) -> Any:
    """What JSON can hold; numbers with a point as the bytes that plotly.js takes for an array."""
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, pd.Series):
        return _as_json(value.to_numpy())
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind != "f":
        return value.tolist()
    little = value.astype(f"<f{value.itemsize}")
    coded = {"dtype": f"f{value.itemsize}", "bdata": b64encode(little.tobytes()).decode("ascii")}
    return coded | ({"shape": ",".join(map(str, value.shape))} if value.ndim > 1 else {})


def blank(title: str, height: int, legend: bool = False) -> Drawing:
    """An empty drawing in the house style; `height` is that of the axes and what is below."""
    lines = textwrap.wrap(title, 42)
    # Plotly aligns the top of a single line, but the baseline of the first of several.
    above = 8 if len(lines) == 1 else 18
    top = 14 + LINE * len(lines) + 26 * legend
    return Drawing(
        {
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
            "xaxis": _axis(),
            "yaxis": _axis(),
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


def _axis() -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": GRID,
        "zerolinecolor": INK,
        "linecolor": GRID,
        "title": {"font": {"size": 12}, "standoff": 4},
        "fixedrange": True,  # a finger on the chart scrolls the page, it does not zoom
    }


def bars(
    title: str,
    labels: pd.Series,
    values: pd.Series,
    axis: str,
    *,
    row: int = ROW,
    signed: bool = False,
) -> Drawing:
    """Horizontal bars from top to bottom, each with its value at its end; below 0 hatched."""
    below = values.to_numpy() < 0
    lines = textwrap.wrap(axis, 28)
    figure = blank(title, height=row * len(labels) + 40 + LINE * len(lines))
    figure.add(
        "bar",
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
    figure.axis(
        "x",
        title="<br>".join(map(plain, lines)),
        range=[low - room * (low < 0), high + room * (high > 0 or low == 0)],
        nticks=5,
    )
    figure.axis(
        "y",
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
) -> Drawing:
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
        "y": 1 - (figure.layout["margin"]["t"] - 34) / figure.layout["height"],
        "yanchor": "top",
    }
    x, y = np.arange(len(columns)), np.arange(len(rows))
    figure.add(
        "heatmap",
        **{"z": cells, "x": x, "y": y, "text": marks, "texttemplate": "%{text}"},
        **{"xgap": 1, "ygap": 1, "colorbar": colour_bar, **more},
    )
    figure.layout["margin"]["t"] += 30
    figure.axis("x", tickvals=x, ticktext=columns, tickangle=-60 if slanted else 0, showgrid=False)
    figure.axis("y", tickvals=y, ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=False)
    return figure


def hatched(where: np.ndarray) -> dict[str, Any]:
    shapes = np.where(where, "/", "").tolist()
    return {"shape": shapes, "fillmode": "overlay", "fgcolor": "rgba(255, 255, 255, 0.7)"}


def nothing(title: str, table: pd.DataFrame) -> Chart:
    """The chart of no data: a title that says why."""
    figure = blank(title, height=40)
    figure.axis("x", visible=False)
    figure.axis("y", visible=False)
    return Chart(figure, title, f"{title.rstrip('.')}.", table)
