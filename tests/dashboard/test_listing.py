"""The list as HTML, with its explanations."""

from __future__ import annotations

import re

from recsys.charts import aligned
from recsys.dashboard.listing import why_html
from recsys.dataset import Dataset
from recsys.explanation import explain
from recsys.models import KNN


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
