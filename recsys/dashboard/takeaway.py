"""What a visitor can save: the list as CSV, a report, and Python code that reproduces the list.

Must not know widgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from importlib.resources import files

from recsys import models
from recsys.dashboard import data_view
from recsys.dashboard.listing import as_table
from recsys.dashboard.state import OWN, Answer, Selection


def as_csv(answer: Answer) -> str:
    """The answer as CSV, safe to open in a spreadsheet."""
    table = answer.table[["rank", "course_id", "title", "score"]]
    return data_view.as_csv(table.rename(columns={"course_id": "id"}))


def as_code(selection: Selection, answer: Answer, top_n: int) -> str:
    """Python code that reproduces the answer; "" if there is none.

    Parameters
    ----------
    top_n : how many recommendations were asked for
    """
    model = answer.model
    if model is None:
        return ""
    kind = type(model)
    known = getattr(models, kind.__name__, None) is kind
    defaults = kind().values()
    settings = ", ".join(
        f"{name}={value!r}" for name, value in model.values().items() if value != defaults[name]
    )
    title = selection.dataset.title
    picked = {f"{one!r}: {rating:g}": title(one) for one, rating in selection.history.items()}
    limits, arguments = "", ""
    if selection.excluded:
        unwanted = {repr(one): title(one) for one in selection.excluded}
        limits, arguments = f"unwanted = [{_lines(unwanted)}]\n", ", without=unwanted"
    if selection.topic:
        limits += f'on_topic = dataset.courses["id"][dataset.courses[{selection.topic!r}] == 1]\n'
        arguments += ", among=on_topic"
    imports = [
        *(["models"] if known else []),
        *([] if selection.source == OWN else ["load_dataset"]),
    ]
    own = "from recsys.sources import load_pair\n" if selection.source == OWN else ""
    first = f"from recsys import {', '.join(sorted(imports))}\n" if imports else ""
    return (
        f"{first}{own}\n"
        f"dataset = {_loading(selection)}\n"
        f"model = {'models.' if known else ''}{kind.__name__}({settings}).fit(dataset)\n"
        f"picked = {{{_lines(picked)}}}\n{limits}"
        f"model.recommend(picked, k={top_n}{arguments})\n"
    )


def as_report(selection: Selection, answer: Answer, top_n: int) -> str:
    """The answer with all its explanations as one HTML page that works offline.

    Parameters
    ----------
    top_n : how many recommendations were asked for

    Returns "" if there is no answer.
    """
    dataset, model = selection.dataset, answer.model
    if model is None:
        return ""
    title, worded = f"Recommendations by {model.name}", dataset.worded
    settings = "; ".join(
        f"{escape(worded(one.label))}: {escape(_shown(one.none if value is None else value))}"
        for one in model.hyperparameters()
        for value in [model.values()[one.name]]
    )
    usual, words = dataset.typical_rating, {rating: one for one, rating in dataset.levels.items()}
    picked = "".join(
        f"<li>{escape(dataset.title(one))}{f', {words[rating]}' * (rating < usual)}</li>"
        for one, rating in selection.history.items()
    )
    unwanted = ", ".join(escape(dataset.title(one)) for one in selection.excluded)
    limits = f"<dt>Left out</dt><dd>{unwanted}</dd>" if unwanted else ""
    limits += f"<dt>Only topic</dt><dd>{escape(selection.topic)}</dd>" if selection.topic else ""
    listed = f"<p>{escape(answer.why_empty)}</p>"
    if len(answer.table):
        listed = as_table(answer, selection.history) + f"<p>{escape(answer.remarks)}</p>"
    code = as_code(selection, answer, top_n)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_read('report.css')}{_read('style.css')}</style></head>"
        f'<body><main class="recsys"><h1>{escape(title)}</h1>'
        f"<p>{escape(worded(f'{model.summary} {model.score_sentence}'))}</p>"
        f"<dl><dt>Data set</dt><dd>{escape(dataset.name)}: {dataset.n_courses:,} "
        f"{dataset.noun}s, {dataset.n_users:,} users</dd>"
        f"<dt>Settings</dt><dd>{settings}</dd>{limits}<dt>Made on</dt><dd>{date.today()}</dd></dl>"
        f"<h2>Picked</h2><ul>{picked}</ul><h2>Recommended, and why</h2>"
        f'<div class="recsys-table"><div class="widget-html-content">{listed}</div></div>'
        f'<h2>The same list, in Python</h2><pre class="recsys-code">{escape(code)}</pre>'
        "</main></body></html>"
    )


def _loading(selection: Selection) -> str:
    """The code that loads the data set; for a visitor's own, from their files."""
    if selection.source != OWN or selection.own is None:
        return f"load_dataset({selection.source!r})"
    files = f"{selection.own.courses.file!r}, {selection.own.ratings.file!r}"
    liked = selection.dataset.like_threshold
    return f"load_pair({files}, like_threshold={liked:g})" if liked else f"load_pair({files})"


def _lines(entries: Mapping[str, str]) -> str:
    """The entries of a list or a dictionary in Python, each on its line with a comment."""
    lines = "".join(f"    {code},  # {_one_line(words)}\n" for code, words in entries.items())
    return f"\n{lines}" if lines else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _shown(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _read(name: str) -> str:
    return files("recsys.dashboard").joinpath(name).read_text("utf-8")
