"""Charts of an answer: the scores, what they are made of, and how they follow popularity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.charts.drawing import BLUE, GREY, Chart, bars, blank, nothing
from recsys.charts.plane import drawn_by_lot
from recsys.charts.wording import count, hover, listed, plain
from recsys.explanation import Explanation, readable


def scores(recommendations: pd.DataFrame, score_label: str) -> Chart:
    """Recommendations as bars, the best on top.

    Parameters
    ----------
    recommendations : as `Recommender.recommend` returns them
    score_label : what a score means, as an axis title
    """
    table = recommendations[["rank", "course_id", "title", "score"]].reset_index(drop=True)
    if table.empty:
        return nothing("There is nothing to recommend yet", table)
    titles, values = table["title"], table["score"]
    ties = int((values == values[0]).sum()) - 1
    others = f" and {ties} other{'s' * (ties > 1)} lead" if ties else " leads"
    title = f"{titles[0]}{others} with {readable(values[0])}"
    text = (
        f"Bar chart of {count(len(table), 'recommendation')} by {score_label}, from "
        f"“{titles[0]}” with {readable(values[0])} to “{titles.iloc[-1]}” with "
        f"{readable(values.iloc[-1])}."
    )
    return Chart(bars(title, titles, values, score_label), title, text, table)


def contributions(explanation: Explanation) -> Chart:
    """What each course of the history adds to a score (to the right) or takes away (hatched)."""
    table = explanation.contributions
    if table.empty or np.isnan(explanation.score):
        return nothing(explanation.words, table)
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
    figure = bars(title, table["title"], adds, axis, signed=True)
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
        return nothing("Your profile is empty: no course with a topic is picked", table)
    leaders = table.loc[table["weight"] == table["weight"].max(), "topic"].tolist()
    title = f"Your courses are mostly about {listed(leaders)}"
    touched = int((table["weight"] > 0).sum())
    text = (
        f"Bar chart of your topic profile: {touched} of {len(table)} topics are touched, most of "
        f"all {listed(leaders)} with {readable(table['weight'].max())}."
    )
    axis = "Sum of your ratings over a topic's courses"
    return Chart(bars(title, table["topic"], table["weight"], axis, row=26), title, text, table)


def popularity_bias(
    scores: np.ndarray,
    popularity: np.ndarray,
    titles: Sequence[str] | np.ndarray,
    recommended: np.ndarray,
    score_label: str = "Score",
    most: int = 600,
) -> Chart:
    """Every course's score against how many users took it, the recommended ones as diamonds.

    Parameters
    ----------
    scores : (n_courses,) one visitor's scores; NaN where there is none
    popularity : (n_courses,) users per course
    titles : (n_courses,) the courses' titles
    recommended : positions of the courses that were recommended
    score_label : what a score means, as an axis title
    most : how many of the other courses are drawn, drawn by lot; the correlation is over all
    """
    table = pd.DataFrame({"title": list(titles), "users": popularity, "score": scores})
    table["recommended"] = np.isin(np.arange(len(table)), recommended)
    table = table[table["score"].notna()].reset_index(drop=True)
    if len(table) < 3:
        return nothing("Too few courses have a score to compare it with popularity", table)
    relation = table["users"].rank().corr(table["score"].rank())
    title = f"{_relation_in_words(relation)} (rank correlation {readable(round(relation, 2))})"
    chosen = table["recommended"] | drawn_by_lot(~table["recommended"].to_numpy(), most)
    left_out = int((~chosen).sum())
    others = f", {left_out:,} others left out by lot" if left_out else ""
    table = table[chosen].reset_index(drop=True)
    text = (
        f"Scatter plot of {count(len(table), 'course')} by score and number of users{others}. "
        f"{title}."
    )
    figure = blank(title, height=400, legend=True)
    looks = {False: ("other", GREY, "circle", 7), True: ("recommended", BLUE, "diamond", 11)}
    for picked, (name, colour, symbol, size) in looks.items():
        part = table[table["recommended"] == picked]
        figure.add(
            "scatter",
            x=part["users"].clip(lower=0.5),  # a logarithmic axis has no zero
            y=part["score"],
            name=name,
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": size},
            customdata=np.stack([part["title"].map(hover), part["users"]], axis=1),
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} users: %{y:.3g}<extra></extra>",
        )
    ticks = [0.5, *(10.0 ** np.arange(6))]
    labels = ["0", "1", "10", "100", "1,000", "10,000", "100,000"]
    figure.axis("x", title="Users who took it", type="log", tickvals=ticks, ticktext=labels)
    figure.axis("y", title=plain(score_label))
    return Chart(figure, title, text, table)


def _relation_in_words(correlation: float) -> str:
    if np.isnan(correlation) or abs(correlation) < 0.2:
        return "Scores hardly follow popularity"
    if correlation < 0:
        return "The fewer people took a course, the higher its score"
    strength = "closely" if correlation > 0.7 else "partly"
    return f"Scores follow popularity {strength}"
