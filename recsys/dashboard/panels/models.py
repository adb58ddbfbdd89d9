"""The choice of a model: a button for each."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys.dashboard.panels.frame import after_each_cell, create, frame, row, watch
from recsys.dashboard.state import Choice
from recsys.models import Recommender


def models(choice: Choice) -> widgets.VBox:
    """A button for each model; the pressed one is the chosen model."""
    buttons: dict[str, widgets.ToggleButton] = {}
    box = row(css="recsys-choose-model")

    def press(key: str, change: dict[str, Any]) -> None:
        if change["new"] and key != choice.chosen.key:  # else the code set it, not the visitor
            choice.choose_model(key)
        show()  # a second press must not release the button

    def offer() -> None:
        for number, model in enumerate(choice.offered, 1):
            key = model.key()
            if key not in buttons:
                buttons[key] = create(widgets.ToggleButton)
                buttons[key].observe(lambda change, key=key: press(key, change), "value")
            _name(buttons[key], number, model)
        box.children = [buttons[model.key()] for model in choice.offered]

    def show() -> None:
        chosen = choice.chosen.key
        for key in sorted(buttons, key=chosen.__eq__):  # the chosen one last: never two are pressed
            buttons[key].value = key == chosen

    watch(choice, "offered", offer)
    watch(choice, "chosen", show)
    after_each_cell(choice.update_offered)
    return frame(box, name="models")


def _name(button: widgets.ToggleButton, number: int, model: type[Recommender]) -> None:
    button.description, button.tooltip = f"{number} {model.short}", model.name
