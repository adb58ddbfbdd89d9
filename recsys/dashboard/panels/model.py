"""The model choice, with its description and the sliders that follow from its declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from recsys import models
from recsys.dashboard.glossary import explained, question
from recsys.dashboard.link import MOST_RECOMMENDATIONS
from recsys.dashboard.panels.frame import after_each_cell, frame, plain, row, text, watch
from recsys.dashboard.state import State
from recsys.models import Hyperparameter, Recommender

SETTINGS_SHOWN = 2  # the models declare the telling ones first; the rest is a click away
SETTINGS = "settings"  # the name of that rest, in links


def model(state: State) -> widgets.VBox:
    """Choose a model and set its hyperparameters; and how many recommendations to show."""
    choice = widgets.Dropdown(description="Model")
    summary = text(kind="summary")
    controls, rarely_used = widgets.VBox(), widgets.VBox()
    more = widgets.Button()
    more.add_class("recsys-more")
    top_n = widgets.IntSlider(
        description="How many to recommend",
        value=state.top_n,
        min=1,
        max=MOST_RECOMMENDATIONS,
        continuous_update=False,
    )
    shown: dict[str, Control] = {}
    drawn: list[type[Recommender]] = []

    def choose(change: dict[str, Any]) -> None:
        if change["new"] not in (None, state.model_key):  # else it has only followed the state
            state.choose_model(change["new"])

    def set_value(name: str, value: Any) -> None:
        if value != state.values[name]:
            state.set_value(name, value)

    def set_top_n(change: dict[str, Any]) -> None:
        if change["new"] != state.top_n:
            state.set_top_n(change["new"])

    def offer() -> None:
        options = tuple(
            (f"{i} · {one.name}", one.key()) for i, one in enumerate(models.registry(), 1)
        )
        if choice.options != options:
            choice.unobserve(choose, "value")  # setting options chooses the first of them
            choice.options = options
            choice.value = state.model_key
            choice.observe(choose, "value")

    def show() -> None:
        offer()
        choice.value = state.model_key
        if drawn != [state.model]:
            draw()
        for name, one in shown.items():
            one.show(state.values[name])

    def draw() -> None:
        drawn[:] = [state.model]
        summary.value = f"<p>{explained(state.model.summary)}</p>"
        shown.clear()
        for one in state.model.hyperparameters():
            shown[one.name] = Control(one, state.values[one.name], set_value)
        boxes = [one.box for one in shown.values()]
        controls.children, rarely_used.children = boxes[:SETTINGS_SHOWN], boxes[SETTINGS_SHOWN:]
        more.layout.display = "" if rarely_used.children else "none"

    def fold() -> None:
        unfolded = SETTINGS in state.opened
        rarely_used.layout.display = "" if unfolded else "none"
        more.description = "Fewer settings" if unfolded else "More settings"

    def follow_number() -> None:
        top_n.value = state.top_n

    choice.observe(choose, "value")
    state.offer(SETTINGS)
    watch(state, ["model_key", "values"], show)
    watch(state, "opened", fold)
    watch(state, "top_n", follow_number)
    more.on_click(lambda _: state.set_open(SETTINGS, SETTINGS not in state.opened))
    top_n.observe(set_top_n, "value")
    after_each_cell(offer)
    return frame(choice, summary, controls, rarely_used, more, top_n, name="model")


class Control:
    """The widget for a hyperparameter: a dropdown, a checkbox or a slider, as declared; for one
    that may be None ("all"), a checkbox beside the slider.

    Parameters
    ----------
    one : the declaration
    value : what to show first
    changed : told name and value when the visitor changes it
    """

    def __init__(
        self, one: Hyperparameter, value: Any, changed: Callable[[str, Any], None]
    ) -> None:
        label = f"{one.label} ({one.unit})" if one.unit else one.label
        self._nothing: widgets.Checkbox | None = None
        self._following = False
        if one.choices:
            self._widget = widgets.Dropdown(
                description=label, options=one.choices, style=plain(widgets.Dropdown)
            )
        elif one.kind is bool:
            self._widget = widgets.Checkbox(
                description=label, indent=False, style=plain(widgets.Checkbox)
            )
        else:
            self._widget = _slider(one, label)
        shown = self._widget
        if one.none:
            self._nothing = widgets.Checkbox(
                description=one.none, indent=False, style=plain(widgets.Checkbox)
            )
            self._nothing.add_class("recsys-none")
            shown = row(self._widget, self._nothing)
            shown.add_class("recsys-slider-or-none")
        self.box = _with_help(shown, one)
        self.show(value)

        def tell(_: Any) -> None:
            self._widget.disabled = self._is_none
            if not self._following:
                changed(one.name, None if self._is_none else self._widget.value)

        for widget in filter(None, (self._widget, self._nothing)):
            widget.observe(tell, "value")

    @property
    def _is_none(self) -> bool:
        return self._nothing is not None and self._nothing.value

    def show(self, value: Any) -> None:
        """Follow a value that was set elsewhere."""
        self._following = True
        if self._nothing is not None:
            self._nothing.value = value is None
        if value is not None:
            self._widget.value = value
        self._widget.disabled = self._is_none
        self._following = False


def _slider(one: Hyperparameter, label: str) -> widgets.Widget:
    assert one.low is not None
    assert one.high is not None
    settings = {
        **{"min": one.low, "max": one.high, "value": one.high, "description": label},
        **{"continuous_update": False, "style": plain(widgets.IntSlider)},
    }
    if one.kind is int:
        return widgets.IntSlider(**settings)
    return widgets.FloatSlider(**settings, step=(one.high - one.low) / 100, readout_format=".4g")


def _with_help(widget: widgets.Widget, one: Hyperparameter) -> widgets.VBox:
    hint = text(kind="hint")
    words = " ".join(filter(None, [explained(one.help), question(one.label)]))
    hint.value = f"<p>{words}</p>" if words else ""
    box = widgets.VBox([widget, hint])
    box.add_class("recsys-setting")
    return box
