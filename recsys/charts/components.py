"""Charts of components: principal components of users' profiles, and bundles of courses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.charts.drawing import (
    BLUE,
    GREY,
    INK,
    VERMILION,
    Chart,
    blank,
    hatched,
    heat_map,
    nothing,
    strongest_columns,
)
from recsys.charts.registry import View, chart
from recsys.charts.wording import count, hover, of_all, percent, short, tick

NOTABLE = 0.3  # the smallest weight of a topic that is named; components have length 1


@chart("variance", "Variance kept")
def _variance(view: View) -> Chart:
    return explained_variance(
        view.model.explained_variance_ratio_, view.model.n_components_, view.model.variance / 100
    )


@chart("loadings", "Components in words")
def _loadings(view: View) -> Chart:
    ratio = view.model.explained_variance_ratio_
    return loadings(view.model.components_, view.dataset.topics, ratio)


@chart("bundles", "Bundles of courses")
def _bundles(view: View) -> Chart:
    return component_heatmap(view.model.H_, view.model.course_titles_, noun=view.dataset.noun)


def explained_variance(ratio: np.ndarray, n_kept: int, target: float) -> Chart:
    """The variance of each principal component, the running total, and how many are kept.

    Parameters
    ----------
    ratio : (n_components,) each component's share of the variance, 0 to 1, in descending order
    n_kept : how many components are kept
    target : the share of the variance that they must reach, 0 to 1
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
    figure.add(
        "bar",
        x=number,
        y=100 * share,
        name="each component",
        marker={
            "color": np.where(kept, BLUE, GREY).tolist(),
            "pattern": hatched(~kept),
        },
        hovertemplate="Component %{x}: %{y:.1f} %<extra></extra>",
    )
    figure.add(
        "scatter",
        x=number,
        y=100 * total,
        name="running total",
        mode="lines+markers",
        line={"color": VERMILION},
        marker={"symbol": "diamond", "size": 8},
        hovertemplate="First %{x} components: %{y:.1f} %<extra></extra>",
    )
    figure.line("y", 100 * target, color=INK, dash="dot")
    figure.line("x", n_kept + 0.5, color=INK, dash="dash")
    figure.axis(
        "x",
        title="Principal component (hatched: left out)",
        dtick=1 + len(share) // 15,
        range=[0.4, len(share) + 0.6],
        showgrid=False,
    )
    figure.axis("y", title="Variance (%)", range=[0, 104])
    return Chart(figure, title, text, table)


def component_heatmap(
    components: np.ndarray,
    titles: Sequence[str] | np.ndarray,
    strongest: int = 3,
    noun: str = "course",
) -> Chart:
    """The weights of the strongest courses in each component, as a heat map.

    Parameters
    ----------
    components : (n_components, n_courses) weights, 0 or more
    titles : (n_courses,) the courses' titles
    strongest : how many courses to show for each component; a dot marks them
    noun : what the data set calls an item
    """
    components = np.asarray(components, float)
    peaks = components.max(axis=1, keepdims=True)
    weights = components / np.where(peaks > 0, peaks, 1)
    best = np.argsort(-weights, axis=1, kind="stable")[:, :strongest]
    courses = pd.unique(best.ravel())
    courses = courses[weights[:, courses].any(axis=0)]
    numbers = [f"{number}" for number in range(1, len(weights) + 1)]
    if not len(courses):
        return nothing("No component has anything in it", pd.DataFrame(columns=["title", *numbers]))
    names = pd.Series(np.asarray(titles, str)[courses])
    shown = weights[:, courses].T
    led = np.array([np.isin(courses, row) for row in best]).T & (shown > 0)
    title = f"{count(len(weights), 'component')}, the first led by {names[0]}"
    text = (
        f"Heat map of the weight of {count(len(courses), noun)} in "
        f"{count(len(weights), 'component')}, 1 being the strongest {noun} of each."
    )
    figure = heat_map(
        title,
        shown.round(3),
        numbers,
        [tick(one) for one in names],
        marks=np.where(led, "●", ""),
        row=30,
        bar="Weight, of the strongest",
        colorscale="Cividis",
        zmin=0,
        zmax=1,
        customdata=[[f"{hover(name)}<br>component {one}" for one in numbers] for name in names],
        hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
    )
    figure.axis("x", title="Component (dot: leads it)")
    table = pd.DataFrame(shown, columns=numbers)
    table.insert(0, "title", names)
    return Chart(figure, title, text, table)


def loadings(components: np.ndarray, topics: Sequence[str], ratio: np.ndarray) -> Chart:
    """The weights of the topics in each principal component, as a heat map with a summary.

    Parameters
    ----------
    components : (n_components, n_topics) weights; each row has length 1
    topics : the topics' names
    ratio : (n_components or more,) each component's share of the variance, 0 to 1
    """
    components = np.asarray(components, float)
    words = [loading_in_words(one, topics) for one in components]
    numbers = range(1, len(components) + 1)
    table = pd.DataFrame(
        {
            "component": numbers,
            "variance": np.asarray(ratio, float)[: len(components)],
            "in words": words,
            **{topic: components[:, column].round(3) for column, topic in enumerate(topics)},
        }
    )
    if table.empty or not len(topics):
        return nothing("There is no component", table)
    title = f"Users differ most in {words[0]}"
    drawn = strongest_columns(components)
    shown = components[:, drawn]
    text = (
        f"Heat map of the weights of {of_all(drawn, topics, 'topic')} in "
        f"{count(len(words), 'principal component')}, of which the first is {words[0]}."
    )
    figure = heat_map(
        title,
        shown.round(3),
        [short(topics[one]) for one in drawn],
        [tick(f"{number}: {one}") for number, one in zip(numbers, words, strict=True)],
        marks=np.select([shown >= NOTABLE, shown <= -NOTABLE], ["+", "−"], ""),
        colorscale=[(0, VERMILION), (0.5, "#F7F7F7"), (1, BLUE)],
        zmin=-1,
        zmax=1,
        customdata=[[hover(topics[one]) for one in drawn]] * len(components),
        hovertemplate="%{customdata}: %{z:.2f}<extra></extra>",
    )
    figure.axis("x", title=f"Topic (signs: from {NOTABLE} on)")
    figure.axis("y", title="Component and what it sets apart")
    return Chart(figure, title, text, table)


def loading_in_words(component: np.ndarray, topics: Sequence[str]) -> str:
    """The (n_topics,) weights of a component as words: “Python and SQL against Cloud”."""
    order = np.argsort(-np.abs(component), kind="stable")
    strong = [one for one in order if abs(component[one]) >= NOTABLE][:4]
    sides = [[topics[one] for one in strong if sign * component[one] > 0] for sign in (1, -1)]
    return " against ".join(" and ".join(side) for side in sides if side) or "nothing in particular"
