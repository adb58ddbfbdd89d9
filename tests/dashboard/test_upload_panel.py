"""The form for a visitor's own data, without a browser."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import ipywidgets as widgets
import pytest
from inside import labelled, parts
from letters import Letters

from recsys import models
from recsys.dashboard.panels.upload import upload
from recsys.dashboard.state import OWN, State
from recsys.sources.upload import TEMPLATE_COURSES, TEMPLATE_RATINGS


@pytest.fixture
def state(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return state


def choose_files(panel: widgets.Widget, courses: str = TEMPLATE_COURSES) -> None:
    """Open the form and choose two files."""
    labelled(panel, "Bring your own data…").click()
    for label, content in (("items", courses), ("ratings", TEMPLATE_RATINGS)):
        about = {"type": "text/csv", "size": len(content), "last_modified": datetime.now(UTC)}
        sent = {"name": f"{label}.csv", "content": memoryview(content.encode()), **about}
        labelled(panel, f"Choose the {label}…").set_trait("value", (sent,))


def test_the_button_stands_between_the_files_and_their_preview(state: State) -> None:
    panel = upload(state)
    choose_files(panel)
    shown = list(parts(panel))
    classes = [one._dom_classes for one in shown]
    (preview,) = (index for index, names in enumerate(classes) if "recsys-preview" in names)
    choosers = [index for index, one in enumerate(shown) if isinstance(one, widgets.FileUpload)]
    button = shown.index(labelled(panel, "Use this data"))
    hints = [one for names in classes[choosers[-1] : button] for one in names if "hint" in one]
    assert choosers[-1] < button < preview
    assert len(hints) <= 1  # how many ratings are likes


def test_fast_models_work_at_once_on_the_data(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = [models.CourseSimilarity, models.UserProfile, models.KNN, models.NMF]
    monkeypatch.setattr(models, "_MODELS", [*fast, Letters])
    state.begin()
    panel = upload(state)
    choose_files(panel)
    labelled(panel, "Use this data").click()
    assert (state.selection.source, state.messages.error) == (OWN, "")
    for kind in fast:
        state.choice.choose_model(kind.key())
        assert state.fitting.wait(60)
        assert state.fitting.answer.model is not None
        assert type(state.fitting.answer.model) is kind
        assert not state.fitting.to_train
        assert len(state.fitting.answer.table) or state.fitting.answer.why_empty


def test_a_model_that_was_slow_on_other_own_data_is_tried_again(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_MODELS", [Letters, models.NMF])
    assert not models.NMF.instant  # else the page begins with it
    state.begin()
    panel = upload(state)
    choose_files(panel)
    labelled(panel, "Use this data").click()
    live = state.fitting._live
    live._remember(models.NMF(), 8.0)
    state.choice.choose_model("nmf")
    assert state.fitting.wait(30)
    assert state.fitting.to_train

    again = upload(state)
    choose_files(again, TEMPLATE_COURSES.replace("Python basics", "Python for all"))
    labelled(again, "Use this data").click()
    assert state.fitting.wait(30)
    assert not state.fitting.to_train
    assert state.fitting.answer.model is not None
