"""The chart of scores against popularity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.charts.drawing import BLUE, GREY, Chart, blank, nothing
from recsys.charts.plane import random_subset
from recsys.charts.registry import View, chart
from recsys.charts.wording import count, hover, plain
from recsys.explanation import readable


@chart("popularity", "Popularity")
def _popularity(view: View) -> Chart:
    scores = view.model.score_one(view.history)
    scores[view.picked] = np.nan  # picked courses are not recommended
    return popularity_bias(
        scores,
        view.model.popularity_,
        view.model.course_titles_,
        view.recommended,
        view.dataset.worded(view.model.score_label),
        noun=view.dataset.noun,
    )


def popularity_bias(
    scores: np.ndarray,
    popularity: np.ndarray,
    titles: Sequence[str] | np.ndarray,
    recommended: np.ndarray,
    score_label: str = "Score",
    most: int = 600,
    noun: str = "course",
) -> Chart:
    """The score of each course against its number of users; recommended ones are diamonds.

    Parameters
    ----------
    scores : (n_courses,) one visitor's scores; NaN if a course has none
    popularity : (n_courses,) users per course
    titles : (n_courses,) the courses' titles
    recommended : indices of the recommended courses
    score_label : the title of the axis
    most : how many of the other courses are drawn at most; they are randomly sampled, while the
        correlation is computed from all courses
    noun : what the data set calls an item
    """
    table = pd.DataFrame({"title": list(titles), "users": popularity, "score": scores})
    table["recommended"] = np.isin(np.arange(len(table)), recommended)
    table = table[table["score"].notna()].reset_index(drop=True)
    if len(table) < 3:
        return nothing(f"Too few {noun}s have a score to compare it with popularity", table)
    relation = table["users"].rank().corr(table["score"].rank())
    title = _relation_in_words(relation)
    if not np.isnan(relation):
        title += f" (rank correlation {readable(round(relation, 2))})"
    chosen = table["recommended"] | random_subset(~table["recommended"].to_numpy(), most)
    left_out = int((~chosen).sum())
    others = f" ({left_out:,} others, randomly chosen, are not drawn)" if left_out else ""
    table = table[chosen].reset_index(drop=True)
    text = (
        f"Scatter plot of {count(len(table), noun)} by score and number of users{others}. {title}."
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
    if np.isnan(correlation):
        return "Scores or popularity are the same for all, so they cannot be compared"
    if abs(correlation) < 0.2:
        return "Scores hardly follow popularity"
    if correlation < 0:
        return "The fewer people took it, the higher the score"
    strength = "closely" if correlation > 0.7 else "partly"
    return f"Scores follow popularity {strength}"
