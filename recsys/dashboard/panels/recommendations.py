"""The list of recommendations, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import ipywidgets as widgets
import numpy as np
import pandas as pd

from recsys.dashboard.panels.frame import frame, paragraph, text, watch
from recsys.dashboard.state import State
from recsys.explanation import readable


def recommendations(state: State) -> widgets.VBox:
    """Rank, title, topics and score, the description on demand; and what the score means."""
    notice = text(kind="outdated")
    sentence = text(kind="hint")
    table = widgets.HTML()
    table.add_class("recsys-table")

    def show() -> None:
        answer = state.answer
        if len(answer.table):
            table.value = as_table(state)
        else:
            table.value = paragraph(answer.silence or "Your recommendations will appear here.")
        fitted = answer.model
        sentence.value = paragraph(fitted.score_sentence if fitted else "")

    def mark() -> None:
        notice.value = paragraph(state.advice)

    watch(state, "answer", show)
    watch(state, ["answer", "outdated", "values", "model_key", "training"], mark)
    return frame(notice, sentence, table, name="recommendations")


def as_table(state: State) -> str:
    """The answer as an HTML table; everything that comes from the data is escaped."""
    answer, dataset = state.answer, state.dataset
    label = escape(answer.model.score_label) if answer.model else ""
    positions = dataset.positions(answer.table["course_id"])
    scores = answer.table["score"].to_numpy()
    shares = _shares(scores)
    rows = []
    for place, score, share, rank in zip(
        positions, scores, shares, answer.table["rank"], strict=True
    ):
        course = dataset.courses.iloc[place]
        rows.append(
            f'<tr role="row"><td role="cell" class="rank">{rank}</td>'
            f'<th role="rowheader" scope="row">{_title(course)}</th>'
            f'<td role="cell" class="topics">{_topics(course, dataset.topics)}</td>'
            f'<td role="cell" class="score"><span class="number">{readable(score)}</span>'
            f'<span class="bar" aria-hidden="true"><i style="width:{share:.0%}"></i></span>'
            "</td></tr>"
        )
    columns = ("Rank", dataset.noun.capitalize(), "Topics", "Score")
    heads = "".join(f'<th role="columnheader" scope="col">{escape(one)}</th>' for one in columns)
    return (
        f'<table role="table"><caption>Recommended {dataset.noun}s, best first. '
        f"Score: {label}.</caption>"
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )


def _title(course: pd.Series) -> str:
    title, description = escape(course["title"]), escape(course["description"])
    if not description:
        return title
    return f"<details><summary>{title}</summary><p>{description}</p></details>"


def _topics(course: pd.Series, topics: Sequence[str]) -> str:
    return " ".join(f"<span>{escape(name)}</span>" for name in topics if course[name])


def _shares(scores: np.ndarray) -> np.ndarray:
    """Each score as a part of the best one, for the bars; negative scores have none."""
    best = scores.max()
    return np.clip(scores / best, 0, 1) if best > 0 else np.zeros_like(scores)
