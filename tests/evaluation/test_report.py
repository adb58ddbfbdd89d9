"""A page of results is Markdown that anybody's renderer understands."""

from __future__ import annotations

from recsys.dataset import Dataset
from recsys.evaluation.report import about, markdown


def test_a_table_has_words_on_the_left_and_numbers_on_the_right() -> None:
    table = markdown(["model", "NDCG", "note"], [["KNN", "0.5", "ours"], ["ALS", "0.4", ""]], "lrl")
    assert table.splitlines() == [
        "| model | NDCG | note |",
        "|---|---:|---|",
        "| KNN | 0.5 | ours |",
        "| ALS | 0.4 |  |",
    ]


def test_a_page_says_what_it_was_measured_on(tiny: Dataset) -> None:
    assert about(tiny, "2 test users") == (
        "- 5 users, 6 courses of which 5 are liked by somebody, 12 likes; 2 test users; "
        f"fingerprint `{tiny.fingerprint}`."
    )
