"""The recommendations as an HTML table; each row opens to a description and an explanation.

The page and the saved report use the same table. All text from the data is escaped. Must not know
widgets.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape

import numpy as np
import pandas as pd

from recsys.charts import aligned
from recsys.dashboard.glossary import explained
from recsys.dashboard.state import Answer
from recsys.dataset import History
from recsys.explanation import Explanation, explain_all, readable
from recsys.models.base import Evidence

MOST_BARS = 12  # contributions per explanation; the others are added up in one line
MOST_EVIDENCE = 8  # rows shown of a model's evidence


def as_table(answer: Answer, history: History, opened: Collection[str] | None = None) -> str:
    """An answer as an HTML table, with an explanation per row.

    Parameters
    ----------
    answer : a model's recommendations; it must have a model
    history : the picked courses, which the model answers
    opened : ids of the courses whose explanation is open; None for all of them
    """
    dataset = history.dataset
    assert answer.model is not None
    course_ids = list(answer.table["course_id"])
    reasons = explain_all(answer.model, history, course_ids)
    marks = {one: _mark(places) for one, places in answer.moves.items()}
    scores = answer.table["score"].to_numpy()
    rows = "".join(
        _row(dataset.courses.iloc[index], dataset.topics, rank, score, share, why, is_open)
        for index, rank, score, share, why, is_open in zip(
            dataset.positions(course_ids),
            [f"{rank}{marks.get(one, '')}" for rank, one in enumerate(course_ids, 1)],
            aligned(scores),
            _shares(scores),
            reasons,
            [opened is None or one in opened for one in course_ids],
            strict=True,
        )
    )
    columns = ("Rank", dataset.noun.capitalize(), "Topics", "Score")
    heads = "".join(f'<th role="columnheader" scope="col">{escape(one)}</th>' for one in columns)
    return (
        f'<table role="table"><caption>Recommended {dataset.noun}s, best first. '
        f"Score: {escape(dataset.worded(answer.model.score_label))}.</caption>"
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>{rows}</table>'
    )


def why_html(why: Explanation) -> str:
    """An explanation as HTML: a sentence, what each picked course adds, and the evidence."""
    evidence = _evidence(why.evidence) if why.evidence else ""
    return (
        f'<p class="recsys-words">{explained(why.words)}</p>'
        f'<div class="recsys-reasons">{_contributions(why)}{evidence}</div>'
    )


def _row(
    course: pd.Series,
    topics: Sequence[str],
    rank: str,
    score: str,
    share: float,
    why: Explanation,
    opened: bool,
) -> str:
    """A course in two rows; the second is shown while the title in the first is open."""
    tags = " ".join(f"<span>{escape(name)}</span>" for name in topics if course[name])
    about = f'<p class="recsys-about">{escape(course["description"])}</p>'
    return (
        f'<tbody role="rowgroup" data-course="{escape(course["id"])}">'
        f'<tr role="row" class="recommended"><td role="cell" class="rank">{rank}</td>'
        f'<th role="rowheader" scope="row"><details{" open" * opened}>'
        f"<summary>{escape(why.title)}</summary></details></th>"
        f'<td role="cell" class="topics">{tags}</td>'
        f'<td role="cell" class="score"><span class="number">{score}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{share:.0%}"></i></span></td></tr>'
        f'<tr role="row" class="why"><td role="cell" colspan="4">'
        f"{about * bool(course['description'])}{why_html(why)}</td></tr></tbody>"
    )


def _mark(places: int | None) -> str:
    """How far a course has moved, as a mark beside its rank."""
    if places is None:
        return ' <span class="moved came">new</span>'
    up = places > 0
    words = f"{'up' if up else 'down'} by {abs(places)}"
    return (
        f' <span class="moved {"up" if up else "down"}" title="{words}">'
        f'<span aria-hidden="true">{"▲" if up else "▼"}{abs(places)}</span>'
        f'<span class="recsys-said-only">{words}</span></span>'
    )


def _contributions(why: Explanation) -> str:
    """Signed bars around a common zero, each with its number."""
    table = why.contributions
    if table.empty or np.isnan(why.score):
        return ""
    shown, rest = table.head(MOST_BARS), table.iloc[MOST_BARS:]
    numbers = shown["contribution"].to_numpy(float)
    low, high = min(0.0, numbers.min()), max(0.0, numbers.max())
    span = (high - low) or 1.0
    bars = "".join(
        f'<li><span class="of">{escape(title)}</span><span class="track" aria-hidden="true">'
        f'<i class="{"against" if value < 0 else "for"}" style="left:'
        f'{(min(value, 0) - low) / span:.1%};width:{abs(value) / span:.1%}"></i>'
        f'<b style="left:{-low / span:.1%}"></b></span>'
        f'<span class="number">{"+" if value > 0 else ""}{figure}</span></li>'
        for title, value, figure in zip(shown["title"], numbers, aligned(numbers), strict=True)
    )
    if len(rest):
        bars += (
            f'<li class="rest">{len(rest)} other picks together: '
            f"{readable(float(rest['contribution'].sum()))}</li>"
        )
    head = "What each of your picks adds" if why.exact else "What the score loses without each pick"
    how = (
        "These add up to the score."
        if why.exact
        else "Leave-one-out: each pick is removed in turn. These need not add up to the score."
    )
    return (
        f'<section class="recsys-contributions"><h4>{head}</h4><ul>{bars}</ul>'
        f"<p>{how}</p></section>"
    )


def _evidence(evidence: Evidence) -> str:
    """The model's evidence, as a table."""
    table = evidence.table.drop(columns="course_id", errors="ignore").head(MOST_EVIDENCE)
    columns = [cells(table[name]) for name in table]
    heads = "".join(f'<th scope="col">{escape(heading(name))}</th>' for name in table)
    rows = "".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True))
    left = len(evidence.table) - len(table)
    more = f"<p>And {left} more.</p>" if left else ""
    return (
        f'<section class="recsys-evidence"><h4>Evidence from the model</h4>'
        f"<p>{explained(evidence.caption)}</p>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}</section>"
    )


def cells(column: pd.Series) -> list[str]:
    """A column of a table as HTML cells."""
    if pd.api.types.is_bool_dtype(column):
        return [f"<td>{'yes' if one else 'no'}</td>" for one in column]
    if pd.api.types.is_integer_dtype(column):
        return [f'<td class="number">{one:,}</td>' for one in column]
    if pd.api.types.is_numeric_dtype(column):
        return [f'<td class="number">{one}</td>' for one in aligned(column)]
    return [f"<td>{escape(str(one))}</td>" for one in column]


def heading(name: object) -> str:
    """A column's name as a heading: "course_id" becomes "Course id"."""
    words = str(name).replace("_", " ")
    return words[:1].upper() + words[1:]  # the name of a model keeps its capitals


def _shares(scores: np.ndarray) -> np.ndarray:
    """(n,) each score as a share of the best one, for the bars; 0 for negative scores."""
    best = scores.max()
    return np.clip(scores / best, 0, 1) if best > 0 else np.zeros_like(scores)
