"""Technical terms with a one-line definition, and HTML text that shows the definitions.

The definitions suit every model that uses a term, and every data set, whether its items are courses
or films. Must not know widgets.
"""

from __future__ import annotations

import re
from html import escape

TERMS = {
    "bundle": "What the same people tend to like; also called a latent component.",
    "catalogue": "All there is to recommend.",
    "cluster": "A group of users with similar topics.",
    "component": "A pattern found in the data: in PCA a direction in which users differ, in NMF a "
    "bundle of what the same people like. It has no name.",
    "confidence interval": "A range that contains the true value for 95 of 100 samples of users.",
    "cosine similarity": "How similar the directions of two vectors are: 1 the same, 0 unrelated.",
    "coverage": "The share of the catalogue that is recommended to at least one user.",
    "diversity": "How different the topics in one list are.",
    "embedding": "A short vector, learned from the data, that describes a user or what they like.",
    "epoch": "A round of the training, after which its losses are measured.",
    "held-out": "Hidden from the model, to test whether it recommends it.",
    "Jaccard": "What is in all lists as a share of what is in any list: 0 none, 1 all.",
    "lasso": "Regression that sets the least useful weights to zero.",
    "latent": "Computed from the data, not observed.",
    "loss": "How wrong the model still is; training makes it smaller.",
    "NDCG": "0 to 1: how much of what was held out the list finds, and how near the top.",
    "neighbour": "One of those that are most similar.",
    "novelty": "How unpopular the recommendations are; higher is less popular.",
    "overlap": "How much the lists have in common, at any rank.",
    "penalty": "A cost for large weights, so that the model does not overfit.",
    "principal component": "A direction in which the users' topics differ most.",
    "rank correlation": "How well two orders agree: 1 the same, 0 unrelated, −1 reversed.",
    "recall": "The share of what was held out that the list contains.",
    "regression": "Predicting a number, such as a rating, by a weighted sum.",
    "regularisation": "Keeping a model from fitting random patterns.",
    "ridge": "Regression that keeps all weights small.",
    "shrinkage": "Reducing a similarity that is based on few people.",
    "silhouette": "How much closer users are to their cluster than to the next: 1 clear, 0 not.",
    "TF-IDF": "A word count with more weight for words that few texts use.",
    "variance": "How much the users differ; components are ordered by the share they explain.",
}

_TERM = re.compile(
    r"(?<![\w-])("
    + "|".join(sorted(map(re.escape, TERMS), key=len, reverse=True))
    + r")s?(?![\w-])",
    re.IGNORECASE,
)
_SPELLING = {term.lower(): term for term in TERMS}


def explained(text: str) -> str:
    """Plain text as HTML; the first use of each term shows its definition on hover or focus."""
    parts, end = [], 0
    seen: set[str] = set()
    for found in _TERM.finditer(text):
        term = _SPELLING[found[1].lower()]
        if term in seen:
            continue
        seen.add(term)
        parts += [escape(text[end : found.start()]), term_html(found[0], TERMS[term])]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def definition(label: str) -> str:
    """What the term in a plain-text label means, as in "Neighbour: one of …"; "" without a term."""
    found = _TERM.search(label)
    if not found:
        return ""
    term = _SPELLING[found[1].lower()]
    return f"{term[0].upper()}{term[1:]}: {TERMS[term]}"


def term_html(shown: str, meaning: str) -> str:
    """A word whose definition shows on hover and on focus; `style.css` displays it."""
    full = f"{shown} {meaning}" if shown.endswith("?") else f"{shown}: {meaning}"
    return (
        f'<span class="recsys-term" role="note" tabindex="0" '
        f'aria-label="{escape(full)}">{escape(shown)}</span>'
    )
