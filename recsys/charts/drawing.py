"""The common style of all charts, and the two common kinds: bars and heat maps.

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

# Plotly's configuration. Without `typesetMath`, a title with two $ signs would become a formula.
CONFIG = {
    "displaylogo": False,
    "typesetMath": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "svg"},
}

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, YELLOW, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#808080",
)  # fmt: skip
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE)
SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
)  # 5 symbols × 6 colours: 30 combinations
INK = "#767676"  # contrast 4.5 : 1 on white and on black
GRID = "rgba(128, 128, 128, 0.3)"
# Labels inside a chart have a background, so that they are readable on light and on dark pages.
LABEL: dict[str, Any] = {
    "showarrow": False,
    "bgcolor": "rgba(255, 255, 255, 0.85)",
    "font": {"size": 11, "color": "#222222"},
    "borderpad": 1,
}

ROW = 36  # px, height of a bar with a label of two lines
LINE = 18  # px, height of a line of text
MOST_NUMBERS = 8  # labels of numbered columns that fit side by side in a panel of 340 px
MOST_NAMES = 14  # upright labels of columns that do
TITLE_WIDTH = 64  # characters in a line of a figure's own title, which is then 450 px wide


class Drawing:
    """A Plotly figure as plain dicts.

    Plotly's `Figure` checks each property against a schema, which took half of the time of a click.
    `Chart.figure` is such a `Figure`, for those who want to change the chart.

    Attributes
    ----------
    traces, layout : as in Plotly's reference
    title_height : px that the title takes; 0 if it has none, or one that has to stay
    """

    def __init__(self, layout: dict[str, Any], title_height: int = 0) -> None:
        self.traces: list[dict[str, Any]] = []
        self.layout = layout
        self.title_height = title_height

    def without_title(self) -> Drawing:
        """The figure without its title, for a page that shows it as text above: Plotly cannot wrap
        a title to the width of its place.
        """
        if not self.title_height:
            return self
        old, gone = self.layout, self.title_height
        margin = {**old["margin"], "t": old["margin"]["t"] - gone}
        drawing = Drawing({**old, "height": old["height"] - gone, "margin": margin})
        del drawing.layout["title"]
        drawing.traces = [_lifted(one, old["height"], gone) for one in self.traces]
        return drawing

    def add(self, kind: str, **properties: Any) -> None:
        """Add a trace.

        Parameters
        ----------
        kind : Plotly's type of trace, such as "bar"
        properties : the properties of the trace
        """
        self.traces.append({"type": kind, **properties})

    def axis(self, name: str, title: str = "", **properties: Any) -> None:
        """Set the title and other properties of the axis "x" or "y"."""
        axis = self.layout[f"{name}axis"]
        axis |= properties
        axis["title"] |= {"text": title} if title else {}

    def line(self, across: str, at: float, **looks: Any) -> None:
        """Draw a straight line across the whole chart, at a value of the axis "x" or "y"."""
        along = "y" if across == "x" else "x"
        ends = {f"{across}0": at, f"{across}1": at, f"{along}0": 0, f"{along}1": 1}
        refs = {f"{across}ref": across, f"{along}ref": "paper"}
        line = {"type": "line", **refs, **ends, "line": {"width": 1.5, **looks}}
        self.layout.setdefault("shapes", []).append(line)

    def note(self, **properties: Any) -> None:
        """Add an annotation."""
        self.layout.setdefault("annotations", []).append(properties)


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure with its finding, a text alternative, and its data.

    Attributes
    ----------
    drawing : the figure, including the title
    title : the finding, as plain text
    text : the text alternative, as plain text
    table : the data of the figure
    """

    drawing: Drawing
    title: str
    text: str
    table: pd.DataFrame

    @property
    def figure(self) -> go.Figure:
        """The drawing as a Plotly `Figure`, which can be changed and shown like any other."""
        import plotly.graph_objects as go

        return go.Figure(self.drawing.traces, {"template": "none", **self.drawing.layout})

    def bundle(self, titled: bool = True, **config: Any) -> dict[str, Any]:
        """What a notebook shows, by MIME type: the figure, and the text where there is no Plotly.

        Parameters
        ----------
        titled : whether the figure has its title in it
        config : Plotly's configuration, in addition to `CONFIG`
        """
        shown = self.drawing if titled else self.drawing.without_title()
        drawing = {"data": shown.traces, "layout": shown.layout}
        figure = _as_json({**drawing, "config": CONFIG | config})
        return {"application/vnd.plotly.v1+json": figure, "text/plain": self.text}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.bundle()


def _lifted(trace: dict[str, Any], height: int, gone: int) -> dict[str, Any]:
    """A trace whose colour bar stands where it stood, in a figure that has lost `gone` px on top.

    Parameters
    ----------
    height : px of the figure before; Plotly places the bar by a share of it, from the bottom
    """
    bar = trace.get("colorbar", {})
    if bar.get("yref") != "container":
        return trace
    from_top = (1 - bar["y"]) * height - gone
    return {**trace, "colorbar": {**bar, "y": 1 - from_top / (height - gone)}}


def _as_json(value: Any) -> Any:
    """Convert to JSON types; arrays of floats become the base64 form that plotly.js reads."""
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
    """An empty drawing in the common style.

    Parameters
    ----------
    title : plain text; it is wrapped onto several lines
    height : px of the axes and what is below them; the title is added
    legend : whether to show a legend
    """
    lines = textwrap.wrap(title, TITLE_WIDTH)
    # Plotly aligns a single line by its top, but several lines by the baseline of the first.
    above = 8 if len(lines) == 1 else 18
    title_height = LINE * len(lines)
    top = 14 + title_height + 26 * legend
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
        },
        title_height,
    )


def _axis() -> dict[str, Any]:
    return {
        "automargin": True,
        "gridcolor": GRID,
        "zerolinecolor": INK,
        "linecolor": GRID,
        "title": {"font": {"size": 12}, "standoff": 4},
        "fixedrange": True,  # on a touch screen, dragging scrolls the page and does not zoom
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
    """Horizontal bars from top to bottom, each with its value; negative bars are hatched.

    Parameters
    ----------
    title : the finding, as plain text
    labels : (n,) the labels of the bars
    values : (n,) their lengths
    axis : the title of the axis
    row : height of a bar, px
    signed : whether to write a plus sign before positive values
    """
    below = values.to_numpy() < 0
    lines = textwrap.wrap(axis, 28)
    figure = blank(title, height=row * len(labels) + 40 + LINE * len(lines))
    figure.add(
        "bar",
        # By row number, not by label: two courses may have the same title.
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
    """A heat map, the first row on top.

    Parameters
    ----------
    title : the finding, as plain text
    cells : (n_rows, n_columns) the numbers, shown as colours
    columns, rows : the labels, escaped for Plotly; of many numbered columns, not all are labelled
    marks : (n_rows, n_columns) a symbol to write on each cell, or ""
    row : height of a row, px
    bar : title of the colour bar
    more : further Plotly properties, for the colour scale and the hover text
    """
    longest = max(map(len, columns))
    upright = longest > 2  # names do not fit side by side
    step = 1 if upright else -(-len(columns) // MOST_NUMBERS)
    figure = blank(title, height=row * len(rows) + 60 + 6 * longest * upright, legend=True)
    colour_bar = {
        # Plotly draws the last line of the title over the bar; so the last line is empty.
        "title": {"text": f"{bar}<br>\u00a0" * bool(bar), "side": "top", "font": {"size": 12}},
        "orientation": "h",
        "thickness": 10,
        "nticks": 4,
        "yref": "container",  # in the space reserved for a legend, below the title
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
    # Small labels leave room for the cells on a phone.
    small: dict[str, Any] = {"showgrid": False, "tickfont": {"size": 10}}
    labels: dict[str, Any] = {"tickvals": x[::step], "ticktext": columns[::step]}
    figure.axis("x", **labels, tickangle=-90 if upright else 0, **small)
    figure.axis("y", tickvals=y, ticktext=rows, range=[len(rows) - 0.5, -0.5], **small)
    return figure


def strongest_columns(cells: np.ndarray) -> np.ndarray:
    """The columns of a heat map whose names fit below it: those with the largest cells, in order.

    Parameters
    ----------
    cells : (n_rows, n_columns) the numbers
    """
    largest = np.abs(cells).max(axis=0)
    return np.sort(np.argsort(-largest, kind="stable")[:MOST_NAMES])


def hatched(where: np.ndarray) -> dict[str, Any]:
    """The pattern of bars that are hatched where the (n,) booleans are True."""
    shapes = np.where(where, "/", "").tolist()
    return {"shape": shapes, "fillmode": "overlay", "fgcolor": "rgba(255, 255, 255, 0.7)"}


def nothing(title: str, table: pd.DataFrame) -> Chart:
    """An empty chart, for no data.

    Parameters
    ----------
    title : why there is nothing to draw
    table : the empty table
    """
    figure = blank(title, height=40)
    figure.axis("x", visible=False)
    figure.axis("y", visible=False)
    return Chart(figure, title, f"{title.rstrip('.')}.", table)
