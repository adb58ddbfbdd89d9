"""The list as HTML, with its explanations."""

from __future__ import annotations

import re

from recsys.charts import aligned
from recsys.dashboard.listing import as_table, why_html
from recsys.dashboard.state import Answer
from recsys.dataset import Dataset
from recsys.explanation import explain
from recsys.models import KNN, Popularity


def test_numbers_of_a_column_have_the_same_decimals() -> None:
    assert aligned([1.618, 1.4, 0.05]) == ["1.62", "1.40", "0.05"]
    assert aligned([0.02311, 0.0045]) == ["0.0231", "0.0045"]
    assert aligned([1234.5, -3]) == ["1,234", "−3"]  # a true minus sign
    assert aligned([]) == []


def test_reasons_name_every_pick_with_its_signed_contribution(tiny: Dataset) -> None:
    model = KNN().fit(tiny)
    why = explain(model, {"PY1": 3, "DB1": 3}, "DA1")
    html = why_html(why)
    for title, value in zip(
        why.contributions["title"], aligned(why.contributions["contribution"]), strict=True
    ):
        assert re.search(rf"<li>.*{title}.*{re.escape(value)}.*</li>", html)


def titles(html: str) -> list[str]:
    return re.findall("<summary>(.*?)</summary>", html)


def ranks(html: str) -> list[str]:
    return re.findall(r'class="rank">(\d+)', html)


def test_a_row_has_its_topics_its_facts_and_its_buttons(tiny: Dataset) -> None:
    history = tiny.history(["PY1"])
    model = KNN().fit(tiny)
    html = as_table(Answer(model.recommend(history), model), history, actions=True)
    row = re.search('<tbody [^>]*data-course="PY2".*?</tbody>', html)
    assert row
    assert "<span>Python</span> <span>Analysis</span>" in row[0]
    assert "3 of 5 people took it. Most similar in words: Python basics" in row[0]
    assert 'data-act="add"' in row[0]
    assert 'aria-label="Add Python for data to my courses"' in row[0]
    assert 'aria-label="Python for data is not for me"' in row[0]
    assert "<button" not in as_table(Answer(model.recommend(history), model), history)


def test_by_popularity_the_ranks_are_still_those_of_the_scores(tiny: Dataset) -> None:
    history = tiny.history(["PY1"])
    model = Popularity().fit(tiny)
    table = model.recommend(history)[::-1].reset_index(drop=True)  # as if the last were the best
    best, popular = (as_table(Answer(table, model), history, order=o) for o in ("", "popularity"))
    assert titles(popular) == [
        "SQL basics",
        "Python for data",
        "Reading charts",
        "Databases at scale",
    ]
    assert titles(best)[0] == "Databases at scale"
    assert (ranks(best), sorted(ranks(popular))) == (["1", "2", "3", "4"], ["1", "2", "3", "4"])
    assert ranks(popular)[-1] == "1"
    assert "3 took it" in popular
