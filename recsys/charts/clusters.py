"""Charts of clusters of users."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys.charts.drawing import (
    BLUE,
    INK,
    LABEL,
    PALETTE,
    SYMBOLS,
    VERMILION,
    YELLOW,
    Chart,
    blank,
    hatched,
    heat_map,
    nothing,
    strongest_columns,
)
from recsys.charts.plane import principal_components
from recsys.charts.registry import View, chart
from recsys.charts.wording import count, hover, of_all, percent, plain, short
from recsys.dataset import Dataset
from recsys.explanation import readable


class Clusters(Protocol):
    """The methods of a fitted clustering that `cluster_map` calls."""

    def profile(self, histories: csr_matrix) -> np.ndarray:
        """(n, n_topics) the sum of each history's ratings per topic."""

    def standardise(self, profiles: np.ndarray) -> np.ndarray:
        """(n, n_topics) the profiles on the scale on which the clustering measures distances."""

    def assign(self, histories: csr_matrix) -> np.ndarray:
        """(n,) the cluster of each history, from 0."""


@chart("map", "Map of users")
def _map(view: View) -> Chart:
    return cluster_map(view.model, view.dataset, view.history)


@chart("portraits", "Cluster portraits")
def _portraits(view: View) -> Chart:
    return cluster_portraits(
        view.model.cluster_popularity_,
        view.model.course_topics_,
        view.dataset.topics,
        view.model.course_titles_,
        view.model.cluster_sizes_,
        _own_cluster(view),
    )


@chart("sizes", "Cluster sizes")
def _sizes(view: View) -> Chart:
    return cluster_sizes(view.model.cluster_sizes_, _own_cluster(view))


@chart("counts", "How many clusters")
def _counts(view: View) -> Chart:
    return cluster_counts(view.cluster_counts, view.model.n_clusters, view.silhouette_users)


def _own_cluster(view: View) -> int | None:
    if not view.history:
        return None
    return int(view.model.assign(view.dataset.histories([view.history]))[0])


def cluster_sizes(sizes: np.ndarray, yours: int | None = None) -> Chart:
    """How many users each cluster has; the visitor's own cluster is hatched and labelled.

    Parameters
    ----------
    sizes : (n_clusters,) users per cluster
    yours : index of the visitor's cluster; the chart numbers the clusters from 1
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
            f"You are in cluster {yours + 1}, with {sizes[yours]:,} of {total} ({percent(share)})"
        )
    text = (
        f"Bar chart of {total} in {len(sizes)} clusters: the largest, cluster {largest + 1}, has "
        f"{sizes[largest]:,}, the smallest {sizes.min():,}."
    )
    own = table["yours"].to_numpy()
    figure = blank(title, height=320)
    figure.add(
        "bar",
        x=numbers,
        y=sizes,
        marker={
            "color": np.where(own, VERMILION, BLUE).tolist(),
            "pattern": hatched(own),
        },
        hovertemplate="Cluster %{x}: %{y:,} users<extra></extra>",
    )
    if yours is not None:
        figure.note(x=yours + 1, y=sizes[yours], text="You", yshift=4, yanchor="bottom", **LABEL)
    figure.axis("x", title="Cluster", dtick=max(1, len(sizes) // 10), showgrid=False)
    figure.axis("y", title="Users", range=[0, 1.15 * max(sizes.max(), 1)])
    return Chart(figure, title, text, table)


def cluster_portraits(
    courses_taken: np.ndarray,
    course_topics: np.ndarray,
    topics: Sequence[str],
    titles: Sequence[str] | np.ndarray,
    sizes: np.ndarray,
    yours: int | None = None,
) -> Chart:
    """The topics of each cluster's courses: a row per cluster, the visitor's first, then by size.

    Parameters
    ----------
    courses_taken : (n_clusters, n_courses) the share of a cluster's users who took each course
    course_topics : (n_courses, n_topics) 1 where the course has the topic
    topics, titles : the names of topics and courses
    sizes : (n_clusters,) users per cluster
    yours : index of the visitor's cluster
    """
    taken, sizes = np.asarray(courses_taken, float), np.asarray(sizes, int)
    weights = taken @ course_topics
    total = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    order = np.lexsort((-sizes, np.arange(len(sizes)) != yours))
    portraits = [_portrait(shares[one], taken[one], topics, titles) for one in order]
    table = pd.DataFrame(
        {
            "cluster": order + 1,
            "yours": order == yours,
            "users": sizes[order],
            "mostly about": [about for about, _ in portraits],
            "favourites": ["; ".join(favourites) for _, favourites in portraits],
            **{topic: shares[order, column].round(3) for column, topic in enumerate(topics)},
        }
    )
    about, favourites = portraits[0]
    whose = "You are in" if yours is not None else "The largest is"
    led = f"; its favourite is {favourites[0]}" if favourites else ""
    title = f"{whose} cluster {order[0] + 1}, mostly about {about}{led}"
    drawn = strongest_columns(shares)
    text = (
        f"Heat map of how the picks of {count(len(sizes), 'cluster')} of users spread over "
        f"{of_all(drawn, topics, 'topic')}, the lightest being the most. {title}."
    )
    shown = shares[order][:, drawn]
    figure = heat_map(
        title,
        (100 * shown).round(1),
        [short(topics[one]) for one in drawn],
        [
            f"{'<b>You:</b> ' if one == yours else ''}{one + 1} · {count(sizes[one], 'user')}"
            f"<br>{plain(textwrap.shorten(about, 24, placeholder='…'))}"
            for one, (about, _) in zip(order, portraits, strict=True)
        ],
        marks=np.where(shown == shares[order].max(axis=1, keepdims=True), "●", ""),
        bar="Share of the topic (%)",
        colorscale="Cividis",
        zmin=0,
        customdata=[
            [f"{hover(topics[one])}<br>Favourites: {hover('; '.join(liked))}" for one in drawn]
            for _, liked in portraits
        ],
        hovertemplate="%{z} % %{customdata}<extra></extra>",
    )
    figure.axis("x", title="Topic (dot: the cluster's first)")
    figure.axis("y", title="Cluster")
    return Chart(figure, title, text, table)


def _portrait(
    shares: np.ndarray, taken: np.ndarray, topics: Sequence[str], titles: Sequence[str] | np.ndarray
) -> tuple[str, list[str]]:
    """A cluster's two strongest topics in words, and the titles of its three favourite courses."""
    strongest = [one for one in np.argsort(-shares, kind="stable")[:2] if shares[one] > 0]
    favourites = [one for one in np.argsort(-taken, kind="stable")[:3] if taken[one] > 0]
    about = " and ".join(topics[one] for one in strongest) or "nothing in particular"
    return about, [str(titles[one]) for one in favourites]


def cluster_counts(counts: pd.DataFrame, yours: int, sample: int) -> Chart:
    """The inertia (above) and the silhouette (below) for each number of clusters.

    Parameters
    ----------
    counts : columns `clusters`, `inertia` and `silhouette`, a row per number of clusters
    yours : the number of clusters in use
    sample : how many users the silhouettes were measured on
    """
    if counts.empty:
        return nothing("Other numbers of clusters have not been tried yet", counts)
    number = counts["clusters"].to_numpy()
    inertia = counts["inertia"].to_numpy(float)
    left = 100 * inertia / (inertia[0] or 1)
    silhouette = counts["silhouette"].to_numpy(float)
    bend, peak = number[_bend(left)], number[counts["silhouette"].fillna(-np.inf).argmax()]
    title = (
        f"The curve bends most at {count(bend, 'cluster')}, the silhouette is best at {peak}; "
        f"you use {yours}"
    )
    table = counts.assign(**{"spread left (%)": left.round(2), "in use": number == yours})
    text = (
        f"Two line charts over {number[0]} to {number[-1]} clusters: the spread left within "
        f"them falls to {readable(left[-1])} % of that of one cluster and bends most at {bend}; "
        f"the silhouette of {sample:,} randomly sampled users is highest at {peak}; "
        f"{yours} are in use."
    )
    figure = blank(title, height=440)
    lines = {
        "y": (left, BLUE, "circle", "%{y:.1f} %"),
        "y2": (silhouette, VERMILION, "diamond", "%{y:.3f}"),
    }
    for axis, (values, colour, symbol, shown) in lines.items():
        figure.add(
            "scatter",
            x=number,
            y=values,
            yaxis=axis,
            mode="lines+markers",
            line={"color": colour},
            marker={"symbol": symbol, "size": np.where(number == yours, 12, 6).tolist()},
            hovertemplate=f"%{{x}} clusters: {shown}<extra></extra>",
        )
    figure.line("x", yours, color=INK, dash="dash")
    figure.note(x=yours, y=1, yref="paper", text="in use", xanchor="left", xshift=4, **LABEL)
    figure.axis("x", title="Number of clusters", dtick=5, anchor="y2")
    house = figure.layout["yaxis"]
    title_below = house["title"] | {"text": "Silhouette (−1 to 1)"}
    figure.layout["yaxis2"] = house | {"title": title_below, "domain": [0, 0.46]}
    figure.axis("y", title="Spread left (%)", domain=[0.54, 1], range=[0, 105])
    return Chart(figure, title, text, table)


def _bend(falling: np.ndarray) -> int:
    """The index at which a falling curve bends: farthest below the line between its ends."""
    line = np.linspace(falling[0], falling[-1], len(falling))
    return int((line - falling).argmax())


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
    points : (n, 2) coordinates of the users
    clusters : (n,) the cluster of each user, from 0
    you : (2,) coordinates of the visitor
    your_cluster : the cluster of the visitor, from 0
    variance : (2,) the share of the variance in each dimension, 0 to 1
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
    figure = blank(title, height=440)
    figure.traces = [trace for trace, _ in marks]
    figure.layout["annotations"] = [note for _, note in marks]
    shares = (None, None) if variance is None else variance
    for axis, which, share in zip("xy", ("First", "Second"), shares, strict=True):
        held = "" if share is None else f" ({percent(share)} of variance)"
        figure.axis(axis, f"{which} principal component{held}")
    return Chart(figure, title, text, table)


def cluster_map(
    model: Clusters, dataset: Dataset, history: Mapping[str, float], sample: int = 1500
) -> Chart:
    """The `user_map` of a fitted clustering: a random sample of users, and the visitor.

    The axes are the first two principal components of all users' standardised profiles.

    Parameters
    ----------
    model : the fitted clustering
    dataset : the data set it was fitted on
    history : the visitor's ratings by course id; no star is drawn if it is empty
    sample : how many users to draw
    """
    profiles = model.standardise(dataset.profiles)
    variance, directions = principal_components(profiles)
    chosen = np.random.default_rng(0).permutation(dataset.n_users)[:sample]
    points = profiles[chosen] @ directions
    clusters = model.assign(dataset.likes[chosen])
    if not history:
        return user_map(points, clusters, variance=variance)
    visitor = dataset.histories([history])
    you = model.standardise(model.profile(visitor)) @ directions
    return user_map(points, clusters, you[0], int(model.assign(visitor)[0]), variance)


def _cluster_marks(
    points: np.ndarray, cluster: int, own: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The points of a cluster, with its own colour and symbol, and its number at their centre."""
    x, y = points.mean(axis=0)
    users = {
        # SVG, not WebGL: a browser allows a page few WebGL contexts, and each redraw uses another.
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
        **LABEL,
    }
    return users, number


def _your_marks(x: float, y: float) -> tuple[dict[str, Any], dict[str, Any]]:
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
