"""Terms in a text show their definitions."""

from __future__ import annotations

from recsys.dashboard.glossary import explained


def test_the_first_of_each_term_is_explained_whatever_its_case_and_number() -> None:
    html = explained("Clusters: a cluster of NDCG")
    assert html.count("recsys-term") == 2
    assert 'aria-label="Clusters: A group of users' in html


def test_parts_of_words_are_not_terms_and_text_is_escaped() -> None:
    assert explained("glossy <b> recalled") == "glossy &lt;b&gt; recalled"
