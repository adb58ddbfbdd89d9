"""Titles, descriptions, ids and topics are text wherever they come out; a forged message is only
what the page could have sent. tests/browser/test_faults.py looks at the same in a browser.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hostile import ATTACKS, FORMULAS, hostile

from recsys import explain, models
from recsys.dashboard.link import MOST_RECOMMENDATIONS
from recsys.dashboard.listing import as_table, why_html
from recsys.dashboard.state import State
from recsys.dashboard.state.model_charts import ModelCharts
from recsys.dashboard.takeaway import as_code, as_csv, as_report
from recsys.storage import Store

NETWORKS = ("neural-network", "embedding-regression", "embedding-classification")
QUICK = [one for one in models.registry() if one.key() not in NETWORKS]


class Tags(HTMLParser):
    """The tags of a page, and the attributes that could do something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.active: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("src", "href", "action", "srcdoc"):
                self.active.append(f"{tag} {name}={value}")


@pytest.fixture(params=QUICK, ids=lambda kind: kind.key())
def state(request: pytest.FixtureRequest, tmp_path: Path) -> State:
    """A state over the hostile data, with an answer by each model."""
    one = State(str(hostile(tmp_path / "<i>set</i>")), Store(tmp_path / "store"))
    one.selection.add(one.selection.dataset.courses["id"][:2])
    one.choice.choose_model(request.param.key())
    one.choice.set_value("threshold", 0) if "threshold" in one.choice.values else None
    one.fitting.train()
    assert one.training.job is None or one.training.job.wait(120)
    assert one.messages.error == ""
    assert len(one.fitting.answer.table)
    return one


def code_of(state: State) -> str:
    return as_code(state.selection, state.fitting.answer, state.choice.top_n)


def test_html_holds_them_as_text(state: State) -> None:
    first = state.fitting.answer.table["course_id"].iloc[0]
    assert state.fitting.answer.model is not None
    why = why_html(explain(state.fitting.answer.model, state.selection.history, first))
    answer, history = state.fitting.answer, state.selection.history
    report = as_report(state.selection, answer, state.choice.top_n)
    for page in (as_table(answer, history, ()), as_table(answer, history), why, report):
        found = Tags(page)
        assert not found.tags & {"script", "img", "svg", "a", "br", "sup", "textarea", "iframe"}
        assert found.active == []
    assert report.count("<style") == 1


def test_charts_hold_them_as_text(state: State) -> None:
    """Plotly takes <b>, <a href> and the like in any text for markup."""
    model_charts = ModelCharts(state)
    for kind in model_charts.offered:
        drawn = json.dumps(model_charts.chart(kind.key).figure.to_plotly_json(), default=str)
        assert not re.search(r"<(script|img|svg|a |/?style|/?a>|sup|b>bold|!)", drawn), drawn


def test_the_csv_holds_no_formula(state: State) -> None:
    state.fitting.answer.table.loc[:, "title"] = [
        FORMULAS[i % len(FORMULAS)] for i in range(len(state.fitting.answer.table))
    ]
    rows = list(csv.reader(io.StringIO(as_csv(state.fitting.answer))))
    for row in rows[1:]:
        assert not row[1].startswith(FORMULAS)
        assert row[2][0] == "'"


def test_the_code_does_what_it_says_whatever_the_titles(state: State) -> None:
    tree = ast.parse(code_of(state))
    called = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
    assert called <= {
        "load_dataset", "dict.fromkeys", "model.recommend",
        f"models.{state.choice.model.__name__}", f"models.{state.choice.model.__name__}().fit",
        f"models.{state.choice.model.__name__}(threshold=0).fit",
    }  # fmt: skip


@pytest.mark.parametrize(
    "title", ["x\nimport os", "x\rimport os", "x\x0cimport os", "\u2028import"]
)
def test_a_title_does_not_end_a_comment(tmp_path: Path, title: str) -> None:
    state = State(str(hostile(tmp_path / "set")), Store(tmp_path / "store"))
    state.selection.dataset.courses.loc[0, "title"] = title
    state.selection.add([state.selection.dataset.courses["id"][0]])
    state.choice.choose_model("knn")
    state.fitting.train()
    assert state.training.job is not None
    state.training.job.wait(60)
    assert "import os" not in [line.strip() for line in code_of(state).splitlines()]
    ast.parse(code_of(state))


def test_a_forged_message_sets_nothing_out_of_range(tmp_path: Path) -> None:
    """A widget's frontend sends a state; whatever it says, the model gets what it declares."""
    state = State(str(hostile(tmp_path / "set")), Store(tmp_path / "store"))
    for kind in models.registry():
        state.choice.choose_model(kind.key())
        for one in kind.hyperparameters():
            before = dict(state.choice.values)
            for forged in (
                10**30,
                -(10**30),
                float("nan"),
                float("inf"),
                "x" * 10**6,
                [],
                {},
                b"x",
            ):
                state.choice.set_value(one.name, forged)
                assert state.messages.error
                assert state.choice.values == before
        state.choice.set_value("__class__", 1)
        assert state.messages.error
    state.choice.set_top_n(10**30)
    assert state.choice.top_n == MOST_RECOMMENDATIONS
    state.selection.add(["no such course", ATTACKS[0]])
    assert state.messages.error
    assert state.selection.history.ids == ()
    state.choice.choose_model("../../os")
    assert state.messages.error
    state.choose_source("no such set")
    assert state.messages.error


def test_one_visitor_trains_one_model_at_a_time(tmp_path: Path) -> None:
    state = State(str(hostile(tmp_path / "set")), Store(tmp_path / "store"))
    state.choice.choose_model("nmf")
    store = state.selection.store
    with store.lock(store.key(state.choice.model(), state.selection.dataset)):
        state.fitting.train()
        first = state.training.job
        assert first is not None
        state.fitting.train()
        state.fitting.train()
        jobs = (state.training.job, first)
        assert [job for job in jobs if job and job.running] in ([first] * 2, [first])
        state.training.cancel()
        first.wait(60)
    assert not first.running
