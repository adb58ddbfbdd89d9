"""The toolbar without its page's script, as in JupyterLab, and what links hide."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets
import pytest
from inside import parts

from recsys.dashboard import Dashboard


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    monkeypatch.setenv("RECSYS_STORE", str(tmp_path))
    return Dashboard("bundled")


def field(app: Dashboard, name: str) -> widgets.Widget:
    return next(one for one in parts(app.toolbar) if f"recsys-{name}" in one._dom_classes)


def test_copy_link_shows_the_link_where_no_script_copies_it(app: Dashboard) -> None:
    address = field(app, "address")
    assert address.layout.display == "none"
    field(app, "copy-link").click()
    assert not address.layout.display
    assert 'href="?data=bundled&amp;courses=PY0101EN,' in address.value
    app.state.choice.choose_model("knn")
    assert "model=knn" in address.value


def test_the_page_can_report_its_address_more_than_once(app: Dashboard) -> None:
    asked = field(app, "asked")
    for _ in range(2):
        asked.value = "?courses=ML0101EN&model=nmf"
        assert (app.state.selection.history.ids, app.state.choice.chosen.key) == (
            ("ML0101EN",),
            "nmf",
        )
        assert asked.value == ""
        app.state.reset()
    assert 'data-heard="2"' in field(app, "address").value


def test_a_link_hides_panels_by_the_names_they_have_in_the_notebook(app: Dashboard) -> None:
    app.state.open_link("hide=settings,training,notices")
    assert "recsys-hidden" in app.settings._dom_classes
    assert "recsys-hidden" in app.training._dom_classes
    assert "recsys-hidden" not in app.notices._dom_classes
    assert "“notices” cannot be hidden here" in app.state.messages.note
    app.state.reset()
    assert "recsys-hidden" not in app.settings._dom_classes


def test_nothing_of_a_link_is_markup(app: Dashboard) -> None:
    app.state.open_link("model=<img src=x>&courses=<b>&<i>=1&hide=<u>")
    notes = [one for one in app.notices.children[0].children if "recsys-note" in one._dom_classes]
    assert "&lt;img" in notes[0].value
    for sign in ("<img", "<b>", "<i>", "<u>"):
        assert sign not in notes[0].value
        assert sign not in field(app, "address").value


def test_what_platforms_add_to_a_link_is_ignored_without_a_word(app: Dashboard) -> None:
    app.state.open_link("?utm_source=mail&model=knn&fbclid=Iw&gclid=x&gclid=y&utm_id=<b>")
    assert app.state.choice.chosen.key == "knn"
    assert app.state.messages.note == ""


def test_a_question_sets_the_model_and_leaves_the_courses(app: Dashboard) -> None:
    app.state.selection.pick(["ML0101EN"])
    panel = app.ask({"One neighbour?": "model=knn&neighbours=1"})
    question = next(
        one for one in parts(panel) if getattr(one, "description", "") == "One neighbour?"
    )
    question.click()
    assert (app.state.choice.chosen.key, app.state.choice.values["neighbours"]) == ("knn", 1)
    assert app.state.selection.history.ids == ("ML0101EN",)
