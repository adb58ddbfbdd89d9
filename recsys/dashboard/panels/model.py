"""The model choice, with its description and the sliders that follow from its declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from recsys import models
from recsys.dashboard.glossary import explained, question
from recsys.dashboard.panels.frame import frame, row, text, watch
from recsys.dashboard.state import MOST_RECOMMENDATIONS, State
from recsys.models import Hyperparameter

SETTINGS_SHOWN = 2  # the models declare the telling ones first; the rest is a click away


def model(state: State) -> widgets.VBox:
    """Choose a model and set its hyperparameters; and how many recommendations to show."""
    choice = widgets.Dropdown(
        description="Model",
        options=[(f"{i} · {one.name}", one.key()) for i, one in enumerate(models.registry(), 1)],
        value=state.model_key,
    )
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

    def choose(change: dict[str, Any]) -> None:
        if change["new"] != state.model_key:  # else the dropdown has only followed the state
            state.choose_model(change["new"])

    def show() -> None:
        choice.value = state.model_key
        summary.value = f"<p>{explained(state.model.summary)}</p>"
        settings = [
            control(one, state.values[one.name], state.set_value)
            for one in state.model.hyperparameters()
        ]
        controls.children = settings[:SETTINGS_SHOWN]
        rarely_used.children = settings[SETTINGS_SHOWN:]
        more.layout.display = "" if settings[SETTINGS_SHOWN:] else "none"
        fold(True)

    def fold(folded: bool) -> None:
        rarely_used.layout.display = "none" if folded else ""
        more.description = "More settings" if folded else "Fewer settings"

    more.on_click(lambda _: fold(rarely_used.layout.display == ""))
    choice.observe(choose, "value")
    top_n.observe(lambda change: state.set_top_n(change["new"]), "value")
    watch(state, "model_key", show)
    return frame(choice, summary, controls, rarely_used, more, top_n, name="model")


def control(one: Hyperparameter, value: Any, changed: Callable[[str, Any], None]) -> widgets.Widget:
    """The widget for a hyperparameter: a dropdown, a checkbox or a slider, as declared."""
    label = f"{one.label} ({one.unit})" if one.unit else one.label
    if one.choices:
        widget = widgets.Dropdown(description=label, options=one.choices, value=value)
    elif one.kind is bool:
        widget = widgets.Checkbox(description=label, value=value, indent=False)
    elif one.none:
        return _with_help(_slider_or_none(one, label, value, changed), one)
    else:
        widget = _slider(one, label, value)
    widget.observe(lambda change: changed(one.name, change["new"]), "value")
    return _with_help(widget, one)


def _slider(one: Hyperparameter, label: str, value: float | None) -> widgets.Widget:
    assert one.low is not None
    assert one.high is not None
    value = one.high if value is None else value
    bounds = {"min": one.low, "max": one.high, "value": value, "description": label}
    if one.kind is int:
        return widgets.IntSlider(**bounds, continuous_update=False)
    step = (one.high - one.low) / 100
    return widgets.FloatSlider(**bounds, step=step, readout_format=".4g", continuous_update=False)


def _slider_or_none(
    one: Hyperparameter, label: str, value: float | None, changed: Callable[[str, Any], None]
) -> widgets.Widget:
    """A slider with a checkbox for the value None ("all") beside it."""
    slider = _slider(one, label, value)
    nothing = widgets.Checkbox(description=one.none, value=value is None, indent=False)

    def tell(_: Any) -> None:
        slider.disabled = nothing.value
        changed(one.name, None if nothing.value else slider.value)

    slider.disabled = nothing.value
    slider.observe(tell, "value")
    nothing.observe(tell, "value")
    nothing.add_class("recsys-none")
    box = row(slider, nothing)
    box.add_class("recsys-slider-or-none")
    return box


def _with_help(widget: widgets.Widget, one: Hyperparameter) -> widgets.VBox:
    hint = text(kind="hint")
    words = " ".join(filter(None, [explained(one.help), question(one.label)]))
    hint.value = f"<p>{words}</p>" if words else ""
    box = widgets.VBox([widget, hint])
    box.add_class("recsys-setting")
    return box
