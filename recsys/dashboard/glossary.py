"""The terms of the trade in a line each, and text in which they can be looked up.

Must not know widgets.
"""

from __future__ import annotations

import re
from html import escape

TERMS = {
    "bundle": "Courses that the same people tend to take; also called a latent component.",
    "catalogue": "All the courses there are.",
    "cluster": "A group of users whose courses are about similar topics.",
    "co-enrolment": "Two courses taken by the same people.",
    "component": "A direction in which users differ, found from the data and not named by anyone.",
    "confidence interval": "Where the true value lies, in 95 of 100 such samples of users.",
    "cosine similarity": "How alike two lists of numbers point: 1 the same way, 0 unrelated.",
    "coverage": "The share of the catalogue that is recommended to anybody at all.",
    "diversity": "How unlike each other, by topics, the courses of one list are.",
    "embedding": "A short list of numbers that places a user or course in a space of tastes.",
    "epoch": "One pass of the training over all users.",
    "held-out": "Hidden from the model, to see whether it would have recommended it.",
    "Jaccard": "Courses in all lists, as a share of the different courses in any: 0 none, 1 all.",
    "lasso": "Regression that sets the least useful weights to zero.",
    "latent": "Found from the data, not given in it.",
    "loss": "How wrong the model still is; training makes it smaller.",
    "NDCG": "0 to 1: how many held-out courses the list finds, and how near the top.",
    "neighbour": "A course that is among the most similar ones to another.",
    "novelty": "How little known the recommended courses are; higher is less popular.",
    "overlap": "How many courses lists have in common, whatever their ranks.",
    "penalty": "What a model pays for large weights, so that it does not learn by heart.",
    "principal component": "A direction in which the users' topics differ most.",
    "rank correlation": "How far two orders agree: 1 the same, 0 unrelated, −1 reversed.",
    "recall": "The share of the held-out courses that the list finds.",
    "regression": "Predicting a number, such as a rating, by a weighted sum.",
    "regularisation": "Holding a model back from learning chance patterns by heart.",
    "ridge": "Regression that keeps all weights small.",
    "shrinkage": "Pulling a similarity towards 0 where few people stand behind it.",
    "silhouette": "How much nearer users are to their cluster than to the next: 1 clear, 0 not.",
    "TF-IDF": "Counts a word more, the fewer courses use it.",
    "variance": "How much the users differ; components are ranked by how much of it they hold.",
}

_TERM = re.compile(
    r"(?<![\w-])("
    + "|".join(sorted(map(re.escape, TERMS), key=len, reverse=True))
    + r")s?(?![\w-])",
    re.IGNORECASE,
)
_SPELLING = {term.lower(): term for term in TERMS}


def explained(text: str) -> str:
    """Plain text as HTML; the first of each term shows its meaning, by mouse or by keyboard."""
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


def question(label: str) -> str:
    """For a label that is no HTML: “What is shrinkage?” with the answer; "" if it has no term."""
    found = _TERM.search(label)
    if not found:
        return ""
    term = _SPELLING[found[1].lower()]
    verb = "is" if found[0].lower() == found[1].lower() else "are"
    return term_html(f"What {verb} {found[0].lower()}?", TERMS[term])


def term_html(shown: str, meaning: str) -> str:
    """A word with a line about it that shows on hover and on focus; `style.css` does the rest."""
    return (
        f'<span class="recsys-term" role="note" tabindex="0" '
        f'aria-label="{escape(f"{shown}: {meaning}")}">{escape(shown)}</span>'
    )
