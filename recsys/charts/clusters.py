"""Charts of clusters of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys.charts.drawing import (
    BLUE,
    INK,
    PALETTE,
    SYMBOLS,
    VERMILION,
    YELLOW,
    Chart,
    blank,
    hatched,
)
from recsys.charts.plane import principal_components
from recsys.charts.wording import percent

if TYPE_CHECKING:
    from recsys.dataset import Dataset
    from recsys.models.clustering import Clustering


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
            f"You are in cluster {yours + 1}, with {sizes[yours]:,} of {total} ({percent(share)})"
        )
    text = (
        f"Bar chart of {total} in {len(sizes)} clusters: the largest, cluster {largest + 1}, has "
        f"{sizes[largest]:,}, the smallest {sizes.min():,}."
    )
    own = table["yours"].to_numpy()
    figure = blank(title, height=320)
    figure.add_bar(
        x=numbers,
        y=sizes,
        marker={
            "color": np.where(own, VERMILION, BLUE).tolist(),
            "pattern": hatched(own),
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
    figure = blank(title, height=440)
    # All at once: Plotly checks the whole list again with every one that is added.
    figure.add_traces([trace for trace, _ in marks])
    figure.update_layout(annotations=[note for _, note in marks])
    shares = (None, None) if variance is None else variance
    for axis, which, share in zip("xy", ("First", "Second"), shares, strict=True):
        held = "" if share is None else f" ({percent(share)} of variance)"
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
    variance, directions = principal_components(profiles)
    chosen = np.random.default_rng(0).permutation(dataset.n_users)[:sample]
    points = profiles[chosen] @ directions
    clusters = model.assign(dataset.likes[chosen])
    if not history:
        return user_map(points, clusters, variance=variance)
    visitor = dataset.histories([history])
    you = model.standardise(model.profile(visitor)) @ directions
    return user_map(points, clusters, you[0], int(model.assign(visitor)[0]), variance)


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
