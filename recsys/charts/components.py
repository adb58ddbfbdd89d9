"""Charts of components: directions in which users differ, and bundles of courses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.charts.drawing import BLUE, GREY, INK, VERMILION, Chart, blank, hatched, nothing
from recsys.charts.wording import count, hover, percent, short


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
    reached = f"{percent(total[n_kept - 1])} of the variance"
    title = f"{n_kept} of {len(share)} components hold {reached}"
    text = (
        f"Bars of the variance per principal component, from {percent(share[0])} down to "
        f"{percent(share[-1])}, with their running total: {n_kept} components reach {reached}, "
        f"where {percent(target)} is asked for."
    )
    figure = blank(title, height=360, legend=True)
    figure.add_bar(
        x=number,
        y=100 * share,
        name="each component",
        marker={
            "color": np.where(kept, BLUE, GREY).tolist(),
            "pattern": hatched(~kept),
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
        return nothing("No component has a course in it", pd.DataFrame(columns=["title", *numbers]))
    names = pd.Series(np.asarray(titles, str)[courses])
    shown = weights[:, courses].T
    led = np.array([np.isin(courses, row) for row in best]).T & (shown > 0)
    title = f"{count(len(weights), 'component')}, the first led by {names[0]}"
    text = (
        f"Heat map of the weight of {count(len(courses), 'course')} in "
        f"{count(len(weights), 'component')}, 1 being the strongest course of each."
    )
    figure = blank(title, height=26 * len(courses) + 60, legend=True)
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
        customdata=np.repeat(names.map(hover).to_numpy()[:, None], len(weights), axis=1),
        hovertemplate="%{customdata}<br>component %{x}: %{z:.2f}<extra></extra>",
    )
    figure.update_layout(margin_t=figure.layout.margin.t + 16)
    figure.update_xaxes(title="Component (dot: leads it)", type="category", showgrid=False)
    figure.update_yaxes(
        tickvals=np.arange(len(courses)),
        ticktext=names.map(short),
        range=[len(courses) - 0.5, -0.5],
        showgrid=False,
    )
    table = pd.DataFrame(shown, columns=numbers)
    table.insert(0, "title", names)
    return Chart(figure, title, text, table)
