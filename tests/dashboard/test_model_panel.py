"""The model panel shows what the state says, whoever changed it."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from recsys.dashboard import State, panels
from recsys.store import Store


def test_the_dropdown_follows_a_model_chosen_in_code(tmp_path: Path) -> None:
    state = State("bundled", Store(tmp_path))
    panel = panels.model(state)
    dropdown = next(one for one in panel.children if isinstance(one, widgets.Dropdown))

    state.choose_model("knn")
    state.set_value("neighbours", 7)
    state.choose_model("nmf")
    assert dropdown.value == "nmf"

    dropdown.value = "knn"
    assert state.model_key == "knn"
    assert state.values["neighbours"] == 7
