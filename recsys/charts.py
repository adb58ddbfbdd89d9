"""Tables and arrays in, Plotly figures out.

Every chart comes with a title that states its finding, a sentence for those who cannot see it,
and the table it draws. Must not know widgets, nor how any model works.

Figures fit widths from 340 to 1200 px, have a height that follows from their content, and read on
light and on dark pages. Colours are those of Okabe & Ito, which colour-blind people can tell
apart; none of them is the only sign of anything.
"""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys.explanation import Explanation, readable

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from recsys.dataset import Dataset
    from recsys.models.clustering import Clustering

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


# What every model has


def scores(recommendations: pd.DataFrame, score_label: str) -> Chart:
    """Recommendations as bars, the best on top.

    Parameters
    ----------
    recommendations : as `Recommender.recommend` returns them
    score_label : what a score means, as an axis title
    """
    table = recommendations[["rank", "course_id", "title", "score"]].reset_index(drop=True)
    if table.empty:
        return _nothing("There is nothing to recommend yet", table)
    titles, values = table["title"], table["score"]
    ties = int((values == values[0]).sum()) - 1
    others = f" and {ties} other{'s' * (ties > 1)} lead" if ties else " leads"
    title = f"{titles[0]}{others} with {readable(values[0])}"
    text = (
        f"Bar chart of {_count(len(table), 'recommendation')} by {score_label}, from "
        f"“{titles[0]}” with {readable(values[0])} to “{titles.iloc[-1]}” with "
        f"{readable(values.iloc[-1])}."
    )
    return Chart(_bars(title, titles, values, score_label), title, text, table)


def contributions(explanation: Explanation) -> Chart:
    """What each course of the history adds to a score (to the right) or takes away (hatched)."""
    table = explanation.contributions
    if table.empty or np.isnan(explanation.score):
        return _nothing(explanation.words, table)
    adds = table["contribution"]
    main = explanation.main_reason
    if main is None:
        title = f"No single course of yours speaks for {explanation.title}"
    else:
        reason = table.loc[table["course_id"] == main].iloc[0]
        title = (
            f"{reason['title']} speaks most for {explanation.title}: "
            f"{readable(reason['contribution'])}, where the score is {readable(explanation.score)}"
        )
    axis = "Adds to the score" if explanation.exact else "Score lost without the course"
    figure = _bars(title, table["title"], adds, axis, signed=True)
    text = f"Bar chart with one bar per course you picked, {len(table)} in all. {explanation.words}"
    return Chart(figure, title, text, table)


def topic_profile(profile: np.ndarray, topics: Sequence[str]) -> Chart:
    """A visitor's topics as bars, the strongest on top.

    Parameters
    ----------
    profile : (n_topics,) the sum of the visitor's ratings over the courses of each topic
    topics : the topics' names
    """
    table = pd.DataFrame({"topic": list(topics), "weight": np.asarray(profile, float)})
    table = table.sort_values("weight", ascending=False, kind="stable", ignore_index=True)
    if not table["weight"].any():
        return _nothing("Your profile is empty: no course with a topic is picked", table)
    leaders = table.loc[table["weight"] == table["weight"].max(), "topic"].tolist()
    title = f"Your courses are mostly about {_listed(leaders)}"
    touched = int((table["weight"] > 0).sum())
    text = (
        f"Bar chart of your topic profile: {touched} of {len(table)} topics are touched, most of "
        f"all {_listed(leaders)} with {readable(table['weight'].max())}."
    )
    axis = "Sum of your ratings over a topic's courses"
    return Chart(_bars(title, table["topic"], table["weight"], axis, row=26), title, text, table)


# Clusters


def cluster_sizes(sizes: np.ndarray, yours: int | None = None) -> Chart:
    """How many users each cluster holds, the visitor's own one hatched and labelled.

    Parameters
    ----------
    sizes : (n_clusters,) users per cluster
    yours : the position of the visitor's cluster; clusters are shown counted from 1
    """
    sizes = np.asarray(sizes, int)
    numbers = np.arange(1, len(sizes) + 1)
    table = pd.DataFrame({"cluster": numbers, "users": sizes, "yours": numbers - 1 == yours})
    total = f"{sizes.sum():,} users"
    largest = int(sizes.argmax())
    if yours is None:
        title = f"The largest of {len(sizes)} clusters holds {sizes[largest]:,} of {total}"
    else:
        share = sizes[yours] / max(sizes.sum(), 1)
        title = (
            f"You are in cluster {yours + 1}, with {sizes[yours]:,} of {total} ({_percent(share)})"
        )
    text = (
        f"Bar chart of {total} in {len(sizes)} clusters: the largest, cluster {largest + 1}, has "
        f"{sizes[largest]:,}, the smallest {sizes.min():,}."
    )
    own = table["yours"].to_numpy()
    figure = _figure(title, height=320)
    figure.add_bar(
        x=numbers,
        y=sizes,
        marker={
            "color": np.where(own, VERMILION, BLUE).tolist(),
            "pattern": _hatched(own),
        },
        hovertemplate="Cluster %{x}: %{y:,} users<extra></extra>",
    )
    if yours is not None:
        figure.add_annotation(
            x=yours + 1, y=sizes[yours], text="You", yshift=4, yanchor="bottom", showarrow=False
        )
    figure.update_xaxes(title="Cluster", dtick=max(1, len(sizes) // 10), showgrid=False)
    figure.update_yaxes(title="Users", range=[0, 1.15 * max(sizes.max(), 1)])
    return Chart(figure, title, text, table)


def user_map(
    points: np.ndarray,
    clusters: np.ndarray,
    you: np.ndarray | None = None,
    your_cluster: int | None = None,
    variance: np.ndarray | None = None,
) -> Chart:
    """Users in two dimensions by cluster, with the visitor as a star.

    Parameters
    ----------
    points : (n, 2) where the users are
    clusters : (n,) which cluster each belongs to, counted from 0
    you, your_cluster : (2,) where the visitor is, and in which cluster
    variance : the shares of the variance that the two dimensions hold
    """
    points, clusters = np.asarray(points, np.float32), np.asarray(clusters)
    present = np.unique(clusters)
    table = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "cluster": clusters + 1})
    title = f"{len(points):,} users in {len(present)} clusters"
    if you is not None and your_cluster is not None:
        near = f"{(clusters == your_cluster).sum():,} of the {len(points):,} users shown"
        title = f"You are in cluster {your_cluster + 1}, with {near}"
        star = pd.DataFrame({"x": [you[0]], "y": [you[1]], "cluster": [your_cluster + 1]})
        table = pd.concat([star.assign(who="you"), table.assign(who="user")], ignore_index=True)
    text = f"Map of {len(points):,} users by two principal components of their profiles. {title}."
    marks = [
        _cluster_marks(points[clusters == cluster], int(cluster), cluster == your_cluster)
        for cluster in present
    ]
    marks += [] if you is None else [_your_marks(float(you[0]), float(you[1]))]
    figure = _figure(title, height=440)
    # All at once: Plotly checks the whole list again with every one that is added.
    figure.add_traces([trace for trace, _ in marks])
    figure.update_layout(annotations=[note for _, note in marks])
    shares = (None, None) if variance is None else variance
    for axis, which, share in zip("xy", ("First", "Second"), shares, strict=True):
        held = "" if share is None else f" ({_percent(share)} of variance)"
        figure.update_layout({f"{axis}axis_title": f"{which} principal component{held}"})
    return Chart(figure, title, text, table)


def cluster_map(
    model: Clustering, dataset: Dataset, history: Mapping[str, float], sample: int = 1500
) -> Chart:
    """The `user_map` of a fitted clustering: a sample of its users, and the visitor.

    The axes are the two principal components of all users' profiles, as `model.standardise`
    measures them.
    """
    profiles = model.standardise(dataset.profiles)
    variance, directions = _principal_components(profiles)
    chosen = np.random.default_rng(0).permutation(dataset.n_users)[:sample]
    points = profiles[chosen] @ directions
    clusters = model.assign(dataset.likes[chosen])
    if not history:
        return user_map(points, clusters, variance=variance)
    visitor = dataset.histories([history])
    you = model.standardise(model.profile(visitor)) @ directions
    return user_map(points, clusters, you[0], int(model.assign(visitor)[0]), variance)


def _principal_components(profiles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first two components' shares of the variance, and (n_topics, 2) their directions."""
    covariance = np.atleast_2d(np.cov(profiles, rowvar=False, bias=True))
    values, vectors = np.linalg.eigh(covariance)
    share, directions = np.zeros(2), np.zeros((len(values), 2))
    n = min(2, len(values))
    share[:n] = values[::-1][:n] / (values.sum() or 1)
    directions[:, :n] = vectors[:, ::-1][:, :n]
    # The sign of an eigenvector is arbitrary; this one does not depend on the machine.
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(2)]
    return share, directions * np.where(largest < 0, -1, 1)


def _cluster_marks(points: np.ndarray, cluster: int, own: bool) -> tuple[dict, dict]:
    """A cluster's users in a colour and a symbol of their own, its number in their midst."""
    x, y = points.mean(axis=0)
    users = {
        # SVG, not WebGL: a browser grants a page a few WebGL contexts, and every redraw takes more.
        "type": "scatter",
        "x": points[:, 0],
        "y": points[:, 1],
        "mode": "markers",
        "name": f"Cluster {cluster + 1}",
        "marker": {
            "color": PALETTE[cluster % len(PALETTE)],
            "symbol": SYMBOLS[cluster % len(SYMBOLS)],
            "size": 6,
            "opacity": 0.9 if own else 0.45,
        },
        "hovertemplate": f"Cluster {cluster + 1}<extra></extra>",
    }
    number = {
        "x": float(x),
        "y": float(y),
        "text": f"<b>{cluster + 1}</b>",
        "showarrow": False,
        "bgcolor": "rgba(255, 255, 255, 0.85)",
        "font": {"size": 11, "color": "#222222"},
        "borderpad": 1,
    }
    return users, number


def _your_marks(x: float, y: float) -> tuple[dict, dict]:
    star = {
        "type": "scatter",
        "x": [x],
        "y": [y],
        "mode": "markers",
        "name": "You",
        "marker": {
            "symbol": "star",
            "size": 24,
            "color": YELLOW,
            "line": {"color": "#000000", "width": 2},
        },
        "hovertemplate": "You<extra></extra>",
    }
    label = {
        "x": x,
        "y": y,
        "text": "<b>You</b>",
        "ax": 0,
        "ay": -34,
        "arrowcolor": INK,
        "bgcolor": YELLOW,
        "font": {"size": 13, "color": "#000000"},
    }
    return star, label


def explained_variance(ratio: np.ndarray, n_kept: int, target: float) -> Chart:
    """The variance each principal component holds, their running total, and where it was cut.

    Parameters
    ----------
    ratio : (n_components,) each component's share of the variance, 0 to 1, in descending order
    n_kept : how many components are used
    target : the share, 0 to 1, that they were asked to reach
    """
    share = np.asarray(ratio, float)
    number = np.arange(1, len(share) + 1)
    total = share.cumsum()
    kept = number <= n_kept
    table = pd.DataFrame(
        {"component": number, "variance": share, "cumulative": total, "kept": kept}
    )
    reached = f"{_percent(total[n_kept - 1])} of the variance"
    title = f"{n_kept} of {len(share)} components hold {reached}"
    text = (
        f"Bars of the variance per principal component, from {_percent(share[0])} down to "
        f"{_percent(share[-1])}, with their running total: {n_kept} components reach {reached}, "
        f"where {_percent(target)} is asked for."
    )
    figure = _figure(title, height=360, legend=True)
    figure.add_bar(
        x=number,
        y=100 * share,
        name="each component",
        marker={
            "color": np.where(kept, BLUE, GREY).tolist(),
            "pattern": _hatched(~kept),
        },
        hovertemplate="Component %{x}: %{y:.1f} %<extra></extra>",
    )
    figure.add_scatter(
        x=number,
        y=100 * total,
        name="running total",
        mode="lines+markers",
        line={"color": VERMILION},
        marker={"symbol": "diamond", "size": 8},
        hovertemplate="First %{x} components: %{y:.1f} %<extra></extra>",
    )
    figure.add_hline(y=100 * target, line={"color": INK, "dash": "dot", "width": 1.5})
    figure.add_vline(x=n_kept + 0.5, line={"color": INK, "dash": "dash", "width": 1.5})
    figure.update_xaxes(
        title="Principal component (hatched: left out)",
        dtick=1 + len(share) // 15,
        range=[0.4, len(share) + 0.6],
        showgrid=False,
    )
    figure.update_yaxes(title="Variance (%)", range=[0, 104])
    return Chart(figure, title, text, table)


# Components


def component_heatmap(components: np.ndarray, titles: Sequence[str], strongest: int = 3) -> Chart:
    """How much each course weighs in each component, for the components' strongest courses.

    Parameters
    ----------
    components : (n_components, n_courses) weights, 0 or more
    titles : (n_courses,) the courses' titles
    strongest : how many courses of each component are shown; a dot marks them
    """
    components = np.asarray(components, float)
    peaks = components.max(axis=1, keepdims=True)
    weights = components / np.where(peaks > 0, peaks, 1)
    best = np.argsort(-weights, axis=1, kind="stable")[:, :strongest]
    courses = pd.unique(best.ravel())
    courses = courses[weights[:, courses].any(axis=0)]
    numbers = [f"{number}" for number in range(1, len(weights) + 1)]
    if not len(courses):
        return _nothing(
            "No component has a course in it", pd.DataFrame(columns=["title", *numbers])
        )
    names = pd.Series(np.asarray(titles, str)[courses])
    shown = weights[:, courses].T
    led = np.array([np.isin(courses, row) for row in best]).T & (shown > 0)
    title = f"{_count(len(weights), 'component')}, the first led by {names[0]}"
    text = (
        f"Heat map of the weight of {_count(len(courses), 'course')} in "
        f"{_count(len(weights), 'component')}, 1 being the strongest course of each."
    )
    figure = _figure(title, height=26 * len(courses) + 60, legend=True)
    figure.add_heatmap(
        z=shown.round(3),
        x=numbers,
        y=np.arange(len(courses)),
        text=np.where(led, "●", ""),
        texttemplate="%{text}",
        colorscale="Cividis",
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        colorbar={
            "orientation": "h",
            "thickness": 10,
            "dtick": 0.5,
            "yref": "container",  # in the room kept for a legend, below the title
            "y": 1 - (figure.layout.margin.t - 34) / figure.layout.height,
            "yanchor": "top",
        },
        customdata=np.repeat(names.map(_hover).to_numpy()[:, None], len(weights), axis=1),
        hovertemplate="%{customdata}<br>component %{x}: %{z:.2f}<extra></extra>",
    )
    figure.update_layout(margin_t=figure.layout.margin.t + 16)
    figure.update_xaxes(title="Component (dot: leads it)", type="category", showgrid=False)
    figure.update_yaxes(
        tickvals=np.arange(len(courses)),
        ticktext=names.map(_short),
        range=[len(courses) - 0.5, -0.5],
        showgrid=False,
    )
    table = pd.DataFrame(shown, columns=numbers)
    table.insert(0, "title", names)
    return Chart(figure, title, text, table)


# Training


def training_curve(curve: np.ndarray, epochs: int | None = None, loss_label: str = "Loss") -> Chart:
    """Losses after each epoch, so far: the chart can be drawn while the training runs.

    Parameters
    ----------
    curve : (epochs so far, 2) training and validation loss; NaN where there is none
    epochs : how many there will be, so that the axis stands still
    loss_label : what the loss is, as an axis title
    """
    curve = np.asarray(curve, float).reshape(-1, 2)
    done = len(curve)
    epochs = max(epochs or 0, done, 1)
    table = pd.DataFrame(
        {"epoch": np.arange(1, done + 1), "training": curve[:, 0], "validation": curve[:, 1]}
    )
    title = _training_finding(table)
    text = f"Line chart of the losses after {done} of {epochs} epochs. {title}."
    figure = _figure(title, height=340, legend=True)
    looks = {"training": (BLUE, "circle", "solid"), "validation": (VERMILION, "diamond", "dash")}
    for name, (colour, symbol, dash) in looks.items():
        figure.add_scatter(
            x=table["epoch"],
            y=table[name],
            name=f"{name} loss",
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"Epoch %{{x}}: {name} loss %{{y:.4g}}<extra></extra>",
        )
    figure.update_xaxes(title="Epoch", range=[0.5, epochs + 0.5], dtick=1)
    figure.update_yaxes(title=_plain(loss_label))
    return Chart(figure, title, text, table)


def _training_finding(table: pd.DataFrame) -> str:
    kind = "validation" if table["validation"].notna().any() else "training"
    told = table[table[kind].notna()]
    if told.empty:
        return "Training has not finished an epoch yet"
    lowest = int(told[kind].to_numpy().argmin())
    epoch, loss = told["epoch"].iloc[lowest], readable(told[kind].iloc[lowest])
    if len(told) == 1:
        return f"After epoch {epoch} the {kind} loss is {loss}"
    if lowest == len(told) - 1:
        return f"The {kind} loss falls to {loss} by epoch {epoch}"
    return f"The {kind} loss is lowest after epoch {epoch}, at {loss}"


# Popularity bias


def popularity_bias(
    scores: np.ndarray, popularity: np.ndarray, titles: Sequence[str], recommended: np.ndarray
) -> Chart:
    """Every course's score against how many users took it, the recommended ones as diamonds.

    Parameters
    ----------
    scores : (n_courses,) one visitor's scores; NaN where there is none
    popularity : (n_courses,) users per course
    titles : (n_courses,) the courses' titles
    recommended : positions of the courses that were recommended
    """
    table = pd.DataFrame({"title": list(titles), "users": popularity, "score": scores})
    table["recommended"] = np.isin(np.arange(len(table)), recommended)
    table = table[table["score"].notna()].reset_index(drop=True)
    if len(table) < 3:
        return _nothing("Too few courses have a score to compare it with popularity", table)
    relation = table["users"].rank().corr(table["score"].rank())
    title = f"{_relation_in_words(relation)} (rank correlation {readable(round(relation, 2))})"
    text = f"Scatter plot of {len(table)} courses' scores against their number of users. {title}."
    figure = _figure(title, height=400, legend=True)
    looks = {False: ("other", GREY, "circle", 7), True: ("recommended", BLUE, "diamond", 11)}
    for picked, (name, colour, symbol, size) in looks.items():
        part = table[table["recommended"] == picked]
        figure.add_scatter(
            x=part["users"].clip(lower=0.5),  # a logarithmic axis has no zero
            y=part["score"],
            name=name,
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": size},
            customdata=np.stack([part["title"].map(_hover), part["users"]], axis=1),
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} users: %{y:.3g}<extra></extra>",
        )
    ticks = [0.5, *(10.0 ** np.arange(6))]
    labels = ["0", "1", "10", "100", "1,000", "10,000", "100,000"]
    figure.update_xaxes(title="Users who took it", type="log", tickvals=ticks, ticktext=labels)
    figure.update_yaxes(title="Score")
    return Chart(figure, title, text, table)


def _relation_in_words(correlation: float) -> str:
    if np.isnan(correlation) or abs(correlation) < 0.2:
        return "Scores hardly follow popularity"
    if correlation < 0:
        return "The fewer people took a course, the higher its score"
    strength = "closely" if correlation > 0.7 else "partly"
    return f"Scores follow popularity {strength}"


# How figures look


def _figure(title: str, height: int, legend: bool = False) -> go.Figure:
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
                "text": "<br>".join(map(_plain, lines)),
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


def _bars(
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
    figure = _figure(title, height=row * len(labels) + 40 + LINE * len(lines))
    figure.add_bar(
        # By position, not by label: two courses may have the same title.
        y=np.arange(len(labels)),
        x=values.to_numpy(float),
        orientation="h",
        marker={
            "color": np.where(below, VERMILION, BLUE).tolist(),
            "pattern": _hatched(below),
        },
        text=[
            f"{'+' if signed and value > 0 else ''}{figure}"
            for value, figure in zip(values, aligned(values), strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        customdata=labels.map(_hover),
        hovertemplate="%{customdata}<br><b>%{text}</b><extra></extra>",
    )
    low, high = min(0.0, values.min()), max(0.0, values.max())
    room = 0.22 * ((high - low) or 1)  # for the values at the bars' ends
    figure.update_xaxes(
        title="<br>".join(map(_plain, lines)),
        range=[low - room * (low < 0), high + room * (high > 0 or low == 0)],
        nticks=5,
    )
    figure.update_yaxes(
        tickvals=np.arange(len(labels)),
        ticktext=labels.map(_tick),
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure


def _hatched(where: np.ndarray) -> dict[str, Any]:
    shapes = np.where(where, "/", "").tolist()
    return {"shape": shapes, "fillmode": "overlay", "fgcolor": "rgba(255, 255, 255, 0.7)"}


def _nothing(title: str, table: pd.DataFrame) -> Chart:
    """The chart of no data: a title that says why."""
    figure = _figure(title, height=40)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return Chart(figure, title, f"{title.rstrip('.')}.", table)


# Words in figures


def aligned(numbers: Iterable[float]) -> list[str]:
    """Numbers for a column: all with the same decimals, three digits that count in the largest."""
    values = np.asarray(list(numbers), float)
    top = np.abs(values[np.isfinite(values)]).max(initial=0)
    decimals = int(np.clip(2 - np.floor(np.log10(top)), 0, 6)) if top > 0 else 0
    return [f"{value:,.{decimals}f}".replace("-", "−") for value in values]


def _plain(text: str) -> str:
    """Text that Plotly shows as it is, tags included."""
    return html.escape(text, quote=False)


def _tick(label: str) -> str:
    """A label in two short lines at most, for the side of a bar."""
    lines = textwrap.wrap(label, 24, max_lines=2, placeholder="…")
    return "<br>".join(map(_plain, lines))


def _short(label: str) -> str:
    """A label in one short line."""
    return _plain(label if len(label) <= 24 else f"{label[:23].rstrip()}…")


def _hover(label: str) -> str:
    return "<br>".join(map(_plain, textwrap.wrap(label, 40)))


def _percent(share: float) -> str:
    return f"{readable(100 * share)} %"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _listed(words: Sequence[str]) -> str:
    """a; a and b; a, b and c; a, b and 3 more."""
    if len(words) > 3:
        return f"{', '.join(words[:2])} and {len(words) - 2} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
