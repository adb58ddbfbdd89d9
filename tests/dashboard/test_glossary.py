"""Terms in a text show their definitions."""

from __future__ import annotations

from recsys.dashboard.glossary import TERMS, definition, explained
from recsys.models import NeuralNetwork


def test_the_first_of_each_term_is_explained_whatever_its_case_and_number() -> None:
    html = explained("Clusters: a cluster of NDCG")
    assert html.count("recsys-term") == 2
    assert 'aria-label="Clusters: A group of users' in html


def test_parts_of_words_are_not_terms_and_text_is_escaped() -> None:
    assert explained("glossy <b> recalled") == "glossy &lt;b&gt; recalled"


def test_the_term_of_a_label_is_defined_in_a_sentence() -> None:
    assert definition("Neighbours").startswith("Neighbour: One of those")
    assert definition("Title weight") == ""


def test_a_definition_suits_every_model_and_every_data_set() -> None:
    assert "PCA" in TERMS["component"]
    assert "NMF" in TERMS["component"]
    assert not [meaning for meaning in TERMS.values() if "course" in meaning.lower()]


def test_an_epoch_is_explained_in_one_way() -> None:
    """The help of the slider and the glossary both call it a round of the training."""
    (epochs,) = (one for one in NeuralNetwork.hyperparameters() if one.name == "epochs")
    assert "round" in epochs.help
    assert "round of the training" in TERMS["epoch"]
    assert "epoch" not in epochs.help  # its definition follows
