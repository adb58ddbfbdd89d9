"""The leaderboard: how well each model predicts which courses held-out users took."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import ipywidgets as widgets
import pandas as pd

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
from recsys.dashboard.state.leaderboard import LENGTH, Leaderboard

LEADERBOARD = "leaderboard"  # the panel's name in links
_COLUMNS = {
    "coverage": "Coverage",
    "novelty": "Novelty",
    "diversity": "Diversity",
    "fit_seconds": "Fit (s)",
}


def leaderboard(board: Leaderboard, view: View) -> widgets.VBox:
    """The standings, how they are measured, and a button that evaluates the missing models."""
    opened = create(widgets.Button, description="Show the leaderboard")
    refresh = create(widgets.Button, description="Evaluate the missing models")
    cancel = create(widgets.Button, description="Cancel the evaluation")
    bar = create(widgets.FloatProgress, min=0.0, max=1.0, css="recsys-evaluating")
    status, about = text(kind="status"), text(kind="hint")
    table = create(widgets.HTML, css="recsys-board")
    shown = create(widgets.VBox, [row(refresh, cancel), bar, status, table, about], shown=False)

    def show() -> None:
        is_open = LEADERBOARD in view.opened
        if is_open and not is_shown(shown):
            board.show()
        show_if(not is_open, opened)
        show_if(is_open, shown)

    def show_table() -> None:
        table.value = as_table(board.table, board.failed)
        about.value = f"<p>{explained(board.about)}</p>" if board.about else ""

    def show_progress() -> None:
        refresh.disabled = board.running or board.reading or not board.missing
        show_if(board.running, cancel)
        show_if(board.running, bar)
        bar.value = board.progress
        status.value = paragraph(board.status)

    view.add_openable(LEADERBOARD)
    opened.on_click(lambda _: view.set_open(LEADERBOARD, True))
    refresh.on_click(lambda _: board.refresh())
    cancel.on_click(lambda _: board.cancel())
    watch(board, ["table", "failed", "about"], show_table)
    watch(view, "opened", show)
    watch(board, ["running", "reading", "progress", "status", "missing"], show_progress)
    return frame(opened, shown, name="leaderboard")


def as_table(standings: pd.DataFrame, failed: Iterable[tuple[str, str]] = ()) -> str:
    """The standings as an HTML table; each accuracy has its 95 % interval as numbers and as a mark.

    Parameters
    ----------
    standings : as `recsys.jobs.standings.standings` returns them; may be empty
    failed : name of each model that could not be evaluated, and why; they are the last rows

    Returns "" if there are no rows.
    """
    heads = [f"NDCG@{LENGTH}", f"Recall@{LENGTH}", *_COLUMNS.values()]
    rows = "".join(f"<tr>{cells}</tr>" for cells in [*_figures(standings), *_failures(failed)])
    if not rows:
        return ""
    return (
        '<div role="region" aria-label="Leaderboard" tabindex="0"><table><thead><tr>'
        f'<th scope="col">Model</th>{"".join(f"<th scope=col>{explained(h)}</th>" for h in heads)}'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{explained('Each mark is the 95 % confidence interval over the held-out users.')}</p>"
    )


def _figures(standings: pd.DataFrame) -> list[str]:
    """The cells of each evaluated model."""
    if standings.empty:
        return []
    columns = [
        [f'<th scope="row">{escape(name)}{_near(one)}</th>' for name, one in _named(standings)],
        _intervals(standings, "ndcg"),
        _intervals(standings, "recall"),
        *([f'<td class="number">{one}</td>' for one in aligned(standings[c])] for c in _COLUMNS),
    ]
    return ["".join(cells) for cells in zip(*columns, strict=True)]


def _failures(failed: Iterable[tuple[str, str]]) -> list[str]:
    """The cells of each model that could not be evaluated."""
    return [
        f'<th scope="row">{escape(name)}</th>'
        f'<td colspan="{2 + len(_COLUMNS)}">Could not be evaluated: {escape(why)}</td>'
        for name, why in failed
    ]


def _named(standings: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    return [(str(one["model"]), one) for _, one in standings.iterrows()]


def _near(one: pd.Series) -> str:
    """A remark if the difference to the best model may be chance; else ""."""
    if one["ndcg_over_best"] < 0 <= one["ndcg_over_best_high"]:
        return '<span class="near">as good as the best, within chance</span>'
    return ""


def _intervals(standings: pd.DataFrame, metric: str) -> list[str]:
    low, high = standings[f"{metric}_low"], standings[f"{metric}_high"]
    top = max(float(high.max()), 1e-9)
    figures = zip(aligned(standings[metric]), aligned(low), aligned(high), low, high, strict=True)
    return [
        f'<td class="interval"><span class="number">{mean}</span> '
        f'<span class="number range">{at_least}–{at_most}</span>'
        f'<span class="track" aria-hidden="true"><i style="left:{start / top:.1%};'
        f'width:max(3px, {(end - start) / top:.1%})"></i></span></td>'
        for mean, at_least, at_most, start, end in figures
    ]
