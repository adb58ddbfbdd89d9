"""One noun for each data set: on a set of films, no text of the page speaks of courses."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from inside import parts
from ipywidgets import DOMWidget

from recsys import charts, models, sources
from recsys.charts import Chart, View
from recsys.dashboard import Dashboard
from recsys.dashboard.takeaway import as_report
from recsys.dataset import Dataset
from recsys.explanation import explain_all
from recsys.models import Recommender
from recsys.sources.upload import read_courses, read_pair

COURSE = re.compile(r"(?<![\w-])courses?(?![a-z=])", re.IGNORECASE)
# What is no text: the model's name, code, links, and the style sheet of a report.
NAMES = re.compile(
    r"Course Similarity|course-similarity|CourseSimilarity|\?data=[^\"<]*|<style>.*?</style>", re.S
)
TITLE = "Collision Course"  # a title of the data, which no wording may change


def films() -> Dataset:
    """Twelve films in two genres, which two groups of twenty users like; one has no genre."""
    rng = np.random.default_rng(0)
    ids = [f"F{i}" for i in range(12)]
    table = pd.DataFrame(
        {
            "id": ids,
            "title": [f"Picture {i}" if i else TITLE for i in range(12)],
            "description": [
                f"A story of {'war' if i % 2 else 'love'} {i // 2}." for i in range(12)
            ],
            "War": [i % 2 for i in range(12)],
            "Romance": [(i + 1) % 2 if i < 11 else 0 for i in range(12)],
        }
    )
    rows = [
        (user, ids[i], rng.choice([3.5, 4.0, 5.0]))
        for user in range(40)
        for i in rng.choice(np.arange(user % 2, 12, 2), 5, replace=False)
    ]
    ratings = pd.DataFrame(rows, columns=["user", "item", "rating"])
    return Dataset.from_tables("Films", table, ratings, noun="film")


FILMS = films()


def speaking_of_courses(text: object) -> list[str]:
    """The places where a text speaks of courses."""
    plain = NAMES.sub("", str(text)).replace(TITLE, "")
    return [plain[max(0, m.start() - 40) : m.end() + 40] for m in COURSE.finditer(plain)]


def words_of(chart: Chart) -> list[str]:
    """What can be read in a chart."""
    layout = chart.drawing.layout
    found = [chart.title, chart.text, *map(str, chart.table), str(layout)]
    return [
        *found,
        *(str({k: v for k, v in t.items() if k != "meta"}) for t in chart.drawing.traces),
    ]


@pytest.fixture(scope="module")
def fitted() -> list[Recommender]:
    small = {"epochs": 1, "n_trees": 5}
    made = []
    said: list[str] = []
    for kind in (*models.registry(), *models.baselines()):
        known = {one.name for one in kind.hyperparameters()}
        settings = {name: value for name, value in small.items() if name in known}
        made.append(kind(**settings).fit(FILMS, lambda _, message, **__: said.append(message)))
    assert "Comparing films by the users they share" in said
    assert not speaking_of_courses(said)
    return made


def test_no_chart_and_no_explanation_of_films_speaks_of_courses(fitted: list[Recommender]) -> None:
    history = FILMS.history(["F0", "F2"])
    drawn = set()
    for model in fitted:
        listed = model.recommend(history, threshold=-np.inf)
        view = View(model, FILMS, history, listed)
        for key in model.charts:
            drawn.add(key)
            words = words_of(charts.find(key).draw(view))
            assert not speaking_of_courses(words), (model.name, key)
        for one in explain_all(model, history, list(FILMS.courses["id"])):
            shown = one.evidence
            evidence = shown and (
                shown.caption,
                *shown.table.drop(columns="course_id", errors="ignore"),
            )
            assert not speaking_of_courses((one.words, evidence)), model.name
        for picks in ((), ["F0"], ["F11"], FILMS.courses["id"]):
            assert not speaking_of_courses(model.why_empty(FILMS.history(picks))), model.name
            assert not speaking_of_courses(model.why_empty(FILMS.history(picks), 99)), model.name
    assert drawn == {kind.key for kind in charts.registered()}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    """The dashboard over the films, with two models, one of them trained in the background."""
    shown = sources.Source("films", "Films", "film", "", sources.home())
    monkeypatch.setattr(sources, "available", lambda: (shown,))
    monkeypatch.setattr(sources, "load_dataset", lambda _: FILMS)
    return Dashboard()


def texts_in(app: Dashboard) -> dict[str, list[str]]:
    """What all widgets of each panel can show, but for the style sheets."""
    found: dict[str, list[str]] = {}
    for name, panel in vars(app).items():
        if isinstance(panel, DOMWidget):
            found[name] = [
                str(value)
                for one in parts(panel)
                for trait, value in one.get_state().items()
                if trait
                in ("value", "description", "tooltip", "placeholder", "_options_labels", "outputs")
                and not str(value).startswith("<style>")
            ]
    return found


def test_no_panel_of_films_speaks_of_courses(page: Dashboard, fitted: list[Recommender]) -> None:
    state = page.state
    state.view.opened = state.view.openable
    (own_data,) = (
        one
        for one in parts(page.data_set)
        if one.has_trait("description") and one.description == "Bring your own data…"
    )
    own_data.click()
    for model in fitted[: len(models.registry())]:
        state.fitting.fitted = model
        state.choice.begin_with(model.key(), model.values())
        assert state.fitting.answer.model is not None
        assert not speaking_of_courses(as_report(state.selection, state.fitting.answer, 10))
        for name, texts in texts_in(page).items():
            assert not speaking_of_courses(texts), (name, model.name)
    assert any(
        TITLE in text for text in texts_in(page)["recommendations"] + texts_in(page)["picked"]
    )
    state.open_link("courses=F1,X9&filter=1")
    assert "X9" in state.messages.note
    state.selection.add(["X9"])
    assert state.messages.error.startswith("There is no film “X9” in Films.")
    state.selection.clear()
    for name, texts in texts_in(page).items():
        assert not speaking_of_courses(texts), name


def test_fixed_texts_are_put_into_the_words_of_the_data_set() -> None:
    text = (
        "Courses like yours; a course counts once. Course Similarity compares each course's words."
    )
    assert FILMS.worded(text) == (
        "Films like yours; a film counts once. Course Similarity compares each film's words."
    )
    assert replace(FILMS, noun="item").worded("A course, of courses") == "An item, of items"
    assert replace(FILMS, noun="course").worded(text) == text


@pytest.mark.parametrize(
    ("header", "noun"),
    [
        ("id,title", "item"),
        ("movieId,title", "film"),
        ("COURSE_ID,TITLE", "course"),
        ("id,course title", "course"),
    ],
)
def test_a_visitors_own_files_are_of_items_unless_their_columns_say_more(
    header: str, noun: str
) -> None:
    read = read_courses("my.csv", f"{header}\n1,A\n2,B\n".encode())
    pair = read_pair(read, "ratings.csv", b"user,item,rating\n1,1,3\n1,2,3\n")
    assert pair.dataset.noun == noun
    assert not [
        one for one in pair.dataset.repairs if noun != "course" and speaking_of_courses(one)
    ]
