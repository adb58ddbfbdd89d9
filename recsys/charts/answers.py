"""Charts of recommendations: the scores, the contributions to a score, and the topic profile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.charts.drawing import Chart, bars, nothing
from recsys.charts.registry import View, chart
from recsys.charts.wording import count, listed
from recsys.explanation import Explanation, readable

MOST_BARS = 20  # recommendations in the chart


@chart("scores", "Scores")
def _scores(view: View) -> Chart:
    label = view.dataset.worded(view.model.score_label)
    return scores(view.recommendations.head(MOST_BARS), label)


@chart("topics", "Your topics")
def _topics(view: View) -> Chart:
    profile = view.model.profile(view.dataset.histories([view.history]))[0]
    return topic_profile(profile, view.dataset.topics)


def scores(recommendations: pd.DataFrame, score_label: str) -> Chart:
    """The scores of the recommendations as bars, the best on top.

    Parameters
    ----------
    recommendations : as `Recommender.recommend` returns them
    score_label : what a score means, as an axis title
    """
    table = recommendations[["rank", "course_id", "title", "score"]].reset_index(drop=True)
    table = table.rename(columns={"course_id": "id"})  # whatever the data set calls its items
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
    """What each picked course adds to a score (to the right) or subtracts (to the left)."""
    table = explanation.contributions
    if table.empty or np.isnan(explanation.score):
        return nothing(explanation.words, table)
    adds = table["contribution"]
    main = explanation.main_reason
    if main is None:
        title = f"No single pick of yours supports {explanation.title}"
    else:
        reason = table.loc[table["course_id"] == main].iloc[0]
        title = (
            f"{reason['title']} supports {explanation.title} most: "
            f"{readable(reason['contribution'])}, where the score is {readable(explanation.score)}"
        )
    axis = "Adds to the score" if explanation.exact else "Score lost without the pick"
    figure = bars(title, table["title"], adds, axis, signed=True)
    text = f"Bar chart with one bar per pick of yours, {len(table)} in all. {explanation.words}"
    return Chart(figure, title, text, table)


def topic_profile(profile: np.ndarray, topics: Sequence[str]) -> Chart:
    """A visitor's topic profile as bars, the strongest topic on top.

    Parameters
    ----------
    profile : (n_topics,) the sum of the visitor's ratings over the courses of each topic
    topics : the topics' names
    """
    table = pd.DataFrame({"topic": list(topics), "weight": np.asarray(profile, float)})
    table = table.sort_values("weight", ascending=False, kind="stable", ignore_index=True)
    if not table["weight"].any():
        return nothing("Your profile is empty: none of your picks has a topic", table)
    leaders = table.loc[table["weight"] == table["weight"].max(), "topic"].tolist()
    title = f"Your picks are mostly about {listed(leaders)}"
    touched = int((table["weight"] > 0).sum())
    text = (
        f"Bar chart of your topic profile: your picks cover {touched} of {len(table)} topics. "
        f"The strongest: {listed(leaders)} with {readable(table['weight'].max())}."
    )
    axis = "Sum of your ratings on the topic"
    return Chart(bars(title, table["topic"], table["weight"], axis, row=26), title, text, table)
