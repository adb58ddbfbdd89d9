"""The saved files contain the same as the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pandas as pd
import pytest
from letters import SETS

from recsys import models
from recsys.dashboard.state import Answer, State
from recsys.dashboard.takeaway import as_code, as_csv, as_report
from recsys.dataset import Dataset


def answered(state: State) -> State:
    """A state with an answer by KNN, with one setting that is not at its default."""
    state.selection.add(["a", "b"])
    state.choice.choose_model("knn")
    state.choice.set_value("shrinkage", 1)
    state.fitting.train()
    assert state.training.job is not None
    assert state.training.job.wait(30) is not None
    return state


def code_of(state: State) -> str:
    return as_code(state.selection, state.fitting.answer, state.choice.top_n)


def report_of(state: State) -> str:
    return as_report(state.selection, state.fitting.answer, state.choice.top_n)


def test_the_code_gives_the_same_list(new_state: Callable[[], State]) -> None:
    state = answered(new_state())
    code = code_of(state)
    assert "shrinkage=1" in code
    names: dict[str, object] = {}
    body, last = code.rstrip().rsplit("\n", 1)
    exec(f"{body}\nresult = {last}", names)
    pd.testing.assert_frame_equal(names["result"], state.fitting.answer.table)  # type: ignore[arg-type]


def test_the_code_and_the_report_have_what_is_left_out(new_state: Callable[[], State]) -> None:
    state = answered(new_state())
    state.selection.exclude("e")
    state.selection.show_topic("Ops")
    code = code_of(state)
    names: dict[str, object] = {}
    body, last = code.rstrip().rsplit("\n", 1)
    exec(f"{body}\nresult = {last}", names)
    pd.testing.assert_frame_equal(names["result"], state.fitting.answer.table)  # type: ignore[arg-type]
    assert "# Title e" in code
    assert "<dt>Left out</dt><dd>Title e</dd><dt>Only topic</dt><dd>Ops</dd>" in report_of(state)


def test_the_code_and_the_report_say_what_was_audited(
    new_state: Callable[[], State], monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = SETS["one"].ratings.assign(rating=[2.0, 3.0, *[3.0] * 19])
    monkeypatch.setitem(SETS, "one", Dataset.from_tables("One", SETS["one"].courses, ratings))
    state = answered(new_state())
    state.selection.rate("b", 2)
    assert "'a': 3,  # Python Basics" in code_of(state)
    assert "'b': 2,  # Python for Data" in code_of(state)
    assert "<li>Python Basics</li><li>Python for Data, audited</li>" in report_of(state)


def test_a_title_that_looks_like_a_formula_is_made_inert(new_state: Callable[[], State]) -> None:
    state = new_state()
    table = pd.DataFrame(
        {
            "course_id": ["=x", "b"],
            "title": ["=HYPERLINK(1)", "Plain, with a comma"],
            "score": [0.5, -0.25],
            "rank": [1, 2],
        }
    )
    state.fitting.answer = Answer(table, models.KNN())
    first, second = csv.DictReader(io.StringIO(as_csv(state.fitting.answer)))
    assert (first["id"], first["title"]) == ("'=x", "'=HYPERLINK(1)")
    assert (second["title"], second["score"]) == ("Plain, with a comma", "-0.25")


def test_the_report_is_a_page_of_its_own(new_state: Callable[[], State]) -> None:
    state = answered(new_state())
    report = report_of(state)
    for title in state.fitting.answer.table["title"]:
        assert title.replace("<b>", "&lt;b&gt;") in report
    assert "<b>" not in report.replace('<b style="left', "")
    assert "http" not in report.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in report


def test_before_there_is_an_answer_there_is_nothing_to_take(new_state: Callable[[], State]) -> None:
    state = new_state()
    assert code_of(state) == report_of(state) == ""


def test_without_an_answer_the_table_has_its_head_alone(state: State) -> None:
    assert as_csv(state.fitting.answer) == "rank,id,title,score\r\n"
