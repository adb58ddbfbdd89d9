"""The recommendations as an HTML table; each row opens to a description and an explanation.

The page and the saved report use the same table. The page's script listens to the buttons of its
rows: their attribute `data-act` says what to do, and `data-course` of their row with which course.
All text from the data is escaped. Must not know widgets.
"""

from __future__ import annotations

from collections.abc import Collection
from html import escape

import numpy as np
import pandas as pd

from recsys.charts import aligned
from recsys.dashboard.glossary import explained, term_html
from recsys.dashboard.state import Answer
from recsys.dataset import Dataset, History
from recsys.explanation import Explanation, explain_all, readable
from recsys.models.base import Evidence

MOST_BARS = 12  # contributions per explanation; the others are added up in one line
MOST_EVIDENCE = 8  # rows shown of a model's evidence

# What the buttons of a row do: sign, tooltip, and name for a screen reader.
ACTIONS = {
    "add": ("+", "Add to my {noun}s", "Add {title} to my {noun}s"),
    "exclude": ("×", "Not for me", "{title} is not for me"),
}


def as_table(
    answer: Answer,
    history: History,
    opened: Collection[str] | None = None,
    *,
    explained: Collection[str] | None = None,
    order: str = "",
    actions: bool = False,
    still: bool = False,
) -> str:
    """An answer as an HTML table, with an explanation per row.

    Parameters
    ----------
    answer : a model's recommendations; it must have a model
    history : the picked courses, which the model answers
    opened : ids of the courses whose explanation is open; None for all of them
    explained : ids of the courses that have facts and an explanation; None for all of them
    order : "popularity" for the most popular course first; "" for the best first
    actions : whether the rows have buttons, which need the page's script
    still : whether the marks of what moved appear at once
    """
    dataset = history.dataset
    assert answer.model is not None
    course_ids = list(answer.table["course_id"])
    positions = dataset.positions(course_ids)
    wanted = [one for one in course_ids if explained is None or one in explained]
    whys = [why_html(why) for why in explain_all(answer.model, history, wanted)]
    facts = _facts(dataset, dataset.positions(wanted))
    reasons = {one: fact + why for one, fact, why in zip(wanted, facts, whys, strict=True)}
    marks = {one: _mark(places) for one, places in answer.moves.items()}
    scores = answer.table["score"].to_numpy()
    rows = [
        _row(dataset, index, course_id, title, rank, score, share, why, is_open, taken, actions)
        for index, course_id, title, rank, score, share, why, is_open, taken in zip(
            positions,
            course_ids,
            answer.table["title"],
            [f"{rank}{marks.get(one, '')}" for rank, one in enumerate(course_ids, 1)],
            aligned(scores),
            _shares(scores),
            [reasons.get(one, "") for one in course_ids],
            [opened is None or one in opened for one in course_ids],
            [order == "popularity"] * len(course_ids),
            strict=True,
        )
    ]
    if order == "popularity":
        rows = [rows[place] for place in np.argsort(-dataset.popularity[positions], kind="stable")]
    meaning = dataset.worded(answer.model.score_sentence)
    columns = {
        "rank": "Rank",
        "title": dataset.noun.capitalize(),
        "score": term_html("Score", meaning) if meaning else "Score",
    }
    if actions:
        columns["acts"] = '<span class="recsys-said-only">Actions</span>'
    heads = "".join(
        f'<th role="columnheader" scope="col" class="{kind}">{words}</th>'
        for kind, words in columns.items()
    )
    quiet = ' class="still"' if still else ""
    first = "most popular" if order == "popularity" else "best"
    return (
        f'<table role="table"{quiet}>'
        f"<caption>Recommended {dataset.noun}s, {first} first. "
        f"Score: {escape(dataset.worded(answer.model.score_label))}.</caption>"
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>{"".join(rows)}</table>'
    )


def why_html(why: Explanation) -> str:
    """An explanation as HTML: a sentence, what each picked course adds, and the evidence."""
    evidence = _evidence(why.evidence) if why.evidence else ""
    return (
        f'<p class="recsys-words">{explained(why.words)}</p>'
        f'<div class="recsys-reasons">{_contributions(why)}{evidence}</div>'
    )


def _row(
    dataset: Dataset,
    index: int,
    course_id: str,
    title: str,
    rank: str,
    score: str,
    share: float,
    why: str,
    opened: bool,
    taken: bool,
    actions: bool,
) -> str:
    """A course in two rows; the second is shown while the title in the first is open.

    Parameters
    ----------
    index : the position of the course
    why : what is known about the course and why it is recommended, as HTML
    taken : whether the first row says how many people took the course
    """
    own = np.flatnonzero(dataset.topic_matrix[index])
    tags = [f"<span>{escape(dataset.topics[topic])}</span>" for topic in own]
    if taken:
        tags.insert(0, f'<b class="number">{_taken(dataset, index)}</b>')
    description = str(dataset.courses["description"].iat[index])
    about = f'<p class="recsys-about">{escape(description)}</p>'
    buttons = f'<td role="cell" class="acts">{_buttons(title, dataset.noun)}</td>'
    return (
        f'<tbody role="rowgroup" data-course="{escape(course_id)}">'
        f'<tr role="row" class="recommended"><td role="cell" class="rank">{rank}</td>'
        f'<th role="rowheader" scope="row"><div><details{" open" * opened}>'
        f"<summary>{escape(title)}</summary></details>"
        f'<span class="topics">{" ".join(tags)}</span></div></th>'
        f'<td role="cell" class="score"><span class="number">{score}</span>'
        f'<span class="bar" aria-hidden="true"><i style="width:{share:.0%}"></i></span></td>'
        f"{buttons * actions}</tr>"
        f'<tr role="row" class="why"><td role="cell" colspan="{3 + actions}">'
        f"{about * bool(description)}{why}</td></tr></tbody>"
    )


def _buttons(title: str, noun: str) -> str:
    return "".join(
        f'<button type="button" data-act="{act}" title="{escape(tip.format(noun=noun))}" '
        f'aria-label="{escape(name.format(title=title, noun=noun))}">{sign}</button>'
        for act, (sign, tip, name) in ACTIONS.items()
    )


def _taken(dataset: Dataset, index: int) -> str:
    """How many people took a course: "1,024 took it"."""
    return f"{dataset.popularity[index]:,} {_verb(dataset)} it"


def _facts(dataset: Dataset, positions: np.ndarray) -> list[str]:
    """For each course how many people took it, and which have the most similar words, as HTML."""
    facts: list[str] = []
    if not len(positions):
        return facts
    for index, near in zip(positions, dataset.nearest(positions), strict=True):
        titles = "; ".join(escape(one) for one in dataset.courses["title"].iloc[near])
        words = f" Most similar in words: {titles}." if titles else ""
        taken = f"{dataset.popularity[index]:,} of {dataset.n_users:,} people {_verb(dataset)} it."
        facts.append(f'<p class="recsys-about">{taken}{words}</p>')
    return facts


def _verb(dataset: Dataset) -> str:
    return "liked" if dataset.like_threshold else "took"


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
        f'<section class="recsys-contributions"><h3>{head}</h3><ul>{bars}</ul>'
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
        f'<section class="recsys-evidence"><h3>Evidence from the model</h3>'
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
