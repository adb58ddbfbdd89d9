"""The leaderboard: how well each model predicts which courses held-out users took."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from html import escape

import ipywidgets as widgets
import pandas as pd

from recsys import models
from recsys.charts import aligned
from recsys.dashboard.glossary import explained
from recsys.dashboard.panels.frame import (
    create,
    frame,
    is_shown,
    paragraph,
    row,
    show_if,
    text,
    watch,
)
from recsys.dashboard.state import View
from recsys.dashboard.state.leaderboard import BEST_FIRST, LENGTH, Leaderboard

LEADERBOARD = "leaderboard"  # the panel's name in links
ON_THE_AXIS = 6  # how many of the best models an axis is drawn for
_ACCURACY = {"ndcg": f"NDCG@{LENGTH}", "recall": f"Recall@{LENGTH}"}
_COLUMNS = {
    "coverage": "Coverage",
    "novelty": "Novelty",
    "diversity": "Diversity",
    "fit_seconds": "Fit (s)",
}
EVALUATE, MEASURE_AGAIN = "Evaluate the missing models", "Measure again"
_HEADS = {"model": "Model"} | _ACCURACY | _COLUMNS
_HIGHER = ("↑", "higher is better")
_LOWER = ("↓", "lower is better")
_NEITHER = ("↕", "higher is not always better")
_BETTER = {
    "ndcg": _HIGHER,
    "recall": _HIGHER,
    "coverage": _NEITHER,
    "novelty": _NEITHER,
    "diversity": _NEITHER,
    "fit_seconds": _LOWER,
}
_NOTES = (
    f"↑ higher is better, ↓ lower is better, ↕ neither: Random has high coverage and novelty. "
    f"Each mark is the 95 % confidence interval over the held-out users, on an axis for the best "
    f"{ON_THE_AXIS} models; ◂ is left of it."
)


def leaderboard(board: Leaderboard, view: View) -> widgets.VBox:
    """The standings, how they are sorted and measured, and a button that measures them."""
    opened = create(widgets.Button, description="Show the leaderboard")
    refresh = create(widgets.Button, description=EVALUATE)
    cancel = create(widgets.Button, description="Cancel the evaluation")
    sort = create(
        widgets.Dropdown,
        description="Sort by",
        options=[(_HEADS[one], one) for one in BEST_FIRST],
        value=board.sort_by,
    )
    bar = create(widgets.FloatProgress, min=0.0, max=1.0, css="recsys-evaluating")
    status, about = text(kind="status"), text(kind="hint")
    table = create(widgets.HTML, css="recsys-board")
    shown = create(
        widgets.VBox, [row(sort, refresh, cancel), bar, status, table, about], shown=False
    )

    def show() -> None:
        is_open = LEADERBOARD in view.opened
        if is_open and not is_shown(shown):
            board.show()
        show_if(not is_open, opened)
        show_if(is_open, shown)

    def show_table() -> None:
        sort.value = board.sort_by
        table.value = as_table(board.in_order(), board.failed, board.sort_by, board.chosen)
        about.value = f"<p>{explained(board.about)}</p>" if board.about else ""

    def show_progress() -> None:
        refresh.disabled = board.running or board.reading
        if not refresh.disabled:
            refresh.description = MEASURE_AGAIN if board.complete else EVALUATE
        show_if(board.running, cancel)
        show_if(board.running, bar)
        bar.value = board.progress
        status.value = paragraph(board.status)

    view.add_openable(LEADERBOARD)
    opened.on_click(lambda _: view.set_open(LEADERBOARD, True))
    refresh.on_click(lambda _: board.refresh())
    cancel.on_click(lambda _: board.cancel())
    sort.observe(lambda _: board.set_trait("sort_by", sort.value), "value")
    watch(board, ["table", "failed", "about", "sort_by", "chosen"], show_table)
    watch(view, "opened", show)
    watch(board, ["running", "reading", "progress", "status", "missing"], show_progress)
    return frame(opened, shown, name="leaderboard")


def as_table(
    standings: pd.DataFrame,
    failed: Iterable[tuple[str, str]] = (),
    sorted_by: str = "ndcg",
    chosen: str = "",
) -> str:
    """The standings as an HTML table; each accuracy has its 95 % interval as numbers and as a mark.

    Parameters
    ----------
    standings : as `recsys.jobs.standings.standings` returns them, in the order to show; may be
        empty
    failed : name of each model that could not be evaluated, and why; they are the last rows
    sorted_by : the column that the rows are sorted by
    chosen : the name of the model that the visitor has chosen

    Returns "" if there are no rows.
    """
    axes = {} if standings.empty else {metric: axis(standings, metric) for metric in _ACCURACY}
    cells = [*_figures(standings, axes, chosen), *_failures(failed)]
    if not cells:
        return ""
    heads = "".join(_head(column, column == sorted_by, axes.get(column)) for column in _HEADS)
    return (
        '<div role="region" aria-label="Leaderboard" tabindex="0">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(cells)}</tbody></table></div>"
        f"<p>{explained(_NOTES)}</p>"
    )


def axis(standings: pd.DataFrame, metric: str) -> tuple[float, float]:
    """The two ends of a metric's axis: the intervals of the best six models, in hundredths."""
    best = standings.nlargest(ON_THE_AXIS, metric)
    start = math.floor(best[f"{metric}_low"].min() * 100) / 100
    end = math.ceil(best[f"{metric}_high"].max() * 100) / 100
    return start, max(end, start + 0.01)


def _head(column: str, is_sorted: bool, ends: tuple[float, float] | None) -> str:
    """The head of a column: its name, which way is better, and the ends of its axis."""
    order = f' aria-sort="{BEST_FIRST[column]}"' if is_sorted else ""
    sign, meaning = _BETTER.get(column, ("", ""))
    way = f' <span role="img" aria-label="{meaning}" title="{meaning}">{sign}</span>'
    scale = f'<span class="ends"><i>{ends[0]:.2f}</i><i>{ends[1]:.2f}</i></span>' if ends else ""
    name = explained(_HEADS[column])
    return f'<th scope="col"{order}>{name}{way if sign else ""}{scale}</th>'


def _figures(
    standings: pd.DataFrame, axes: Mapping[str, tuple[float, float]], chosen: str
) -> list[str]:
    """The row of each evaluated model."""
    if standings.empty:
        return []
    baselines = {one.name for one in models.baselines()}
    names = [str(name) for name in standings["model"]]
    marks = [_marks(one, str(one["model"]) in baselines, chosen) for _, one in standings.iterrows()]
    columns = [
        [f'<th scope="row">{escape(n)}{m}</th>' for n, m in zip(names, marks, strict=True)],
        *(_intervals(standings, metric, *ends) for metric, ends in axes.items()),
        *([f'<td class="number">{one}</td>' for one in aligned(standings[c])] for c in _COLUMNS),
    ]
    starts = [f"<tr{' aria-current=true' if name == chosen else ''}>" for name in names]
    return ["".join([*cells, "</tr>"]) for cells in zip(starts, *columns, strict=True)]


def _failures(failed: Iterable[tuple[str, str]]) -> list[str]:
    """The row of each model that could not be evaluated."""
    return [
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td colspan="{len(_HEADS) - 1}">Could not be evaluated: {escape(why)}</td></tr>'
        for name, why in failed
    ]


def _marks(one: pd.Series, is_baseline: bool, chosen: str) -> str:
    """Whether the model is a baseline or chosen, and if its distance to the best may be chance."""
    kind = "baseline" if is_baseline else "chosen" if one["model"] == chosen else ""
    mark = f' <span class="mark">{kind}</span>' if kind else ""
    if one["ndcg_over_best"] < 0 <= one["ndcg_over_best_high"]:
        mark += '<span class="near">as good as the best, within chance</span>'
    return mark


def _intervals(standings: pd.DataFrame, metric: str, start: float, end: float) -> list[str]:
    """The cells of an accuracy: its mean, its interval in numbers, and as a mark on the axis."""
    low, high = standings[f"{metric}_low"], standings[f"{metric}_high"]
    figures = zip(aligned(standings[metric]), aligned(low), aligned(high), low, high, strict=True)
    return [
        f'<td class="interval"><span class="number">{mean}</span> '
        f'<span class="number range">{at_least}–{at_most}</span>'
        f'<span class="track" aria-hidden="true">'
        f"{_mark((left - start) / (end - start), (right - start) / (end - start))}</span></td>"
        for mean, at_least, at_most, left, right in figures
    ]


def _mark(left: float, right: float) -> str:
    """An interval on an axis from 0 to 1; a triangle if all of it is further left."""
    if right <= 0:
        return "<b>◂</b>"
    left, right = max(left, 0.0), min(right, 1.0)
    return f'<i style="left:{left:.1%};width:max(3px, {right - left:.1%})"></i>'
