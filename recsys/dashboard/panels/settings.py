"""The chosen model's idea, and a control for each of its hyperparameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ipywidgets as widgets

from recsys.dashboard.glossary import definition, explained, term_html
from recsys.dashboard.link import MOST_RECOMMENDATIONS
from recsys.dashboard.panels.frame import create, frame, row, show_if, text, watch
from recsys.dashboard.state import Choice, Selection, View
from recsys.models import Hyperparameter, Recommender

SETTINGS_SHOWN = 2  # models declare the most important ones first; a click shows the others
SETTINGS = "settings"  # the name of the others in links


def settings(choice: Choice, view: View, selection: Selection) -> widgets.VBox:
    """Set the chosen model's hyperparameters, and how many recommendations to show."""
    summary = text(kind="summary")
    controls, rarely_used = create(widgets.VBox), create(widgets.VBox)
    more = create(widgets.Button, css="recsys-more")
    top_n = create(
        widgets.IntSlider,
        description="How many to recommend",
        value=choice.top_n,
        min=1,
        max=MOST_RECOMMENDATIONS,
        continuous_update=True,
    )
    # Created when a model is first chosen. A class that was edited in the notebook is a new one,
    # and each noun of a data set ("course", "film") has labels of its own.
    controls_of: dict[tuple[type[Recommender], str], dict[str, Control]] = {}
    drawn: list[tuple[type[Recommender], str]] = []

    def set_value(name: str, value: Any) -> None:
        if value != choice.values[name]:
            choice.set_value(name, value)

    def set_top_n(change: dict[str, Any]) -> None:
        if change["new"] != choice.top_n:
            choice.set_top_n(change["new"])

    def show() -> None:
        wanted = choice.model, selection.dataset.noun
        if drawn != [wanted]:
            draw(wanted)
        for name, one in controls_of[wanted].items():
            one.show(choice.values[name])

    def draw(wanted: tuple[type[Recommender], str]) -> None:
        drawn[:] = [wanted]
        worded = selection.dataset.worded
        summary.value = f"<p>{explained(worded(choice.model.summary))}</p>"
        if wanted not in controls_of:
            controls_of[wanted] = {
                one.name: Control(
                    replace(one, label=worded(one.label), help=worded(one.help)),
                    choice.values[one.name],
                    set_value,
                )
                for one in choice.model.hyperparameters()
            }
        boxes = [one.box for one in controls_of[wanted].values()]
        controls.children, rarely_used.children = boxes[:SETTINGS_SHOWN], boxes[SETTINGS_SHOWN:]
        show_if(rarely_used.children, more)

    def fold() -> None:
        unfolded = SETTINGS in view.opened
        show_if(unfolded, rarely_used)
        more.description = "Fewer settings" if unfolded else "More settings"

    def follow_number() -> None:
        top_n.value = choice.top_n

    view.add_openable(SETTINGS)
    watch(choice, "chosen", show)
    selection.observe(lambda _: show(), "dataset")
    watch(view, "opened", fold)
    watch(choice, "top_n", follow_number)
    more.on_click(lambda _: view.set_open(SETTINGS, SETTINGS not in view.opened))
    top_n.observe(set_top_n, "value")
    return frame(summary, controls, rarely_used, more, top_n, name="settings")


class Control:
    """The widget for a hyperparameter: a dropdown, a checkbox or a slider.

    If the value may be None (such as "all"), there is a checkbox for it next to the slider.

    Parameters
    ----------
    one : the declaration
    value : the initial value
    changed : called with name and value when the visitor changes it
    """

    def __init__(
        self, one: Hyperparameter, value: Any, changed: Callable[[str, Any], None]
    ) -> None:
        label = f"{one.label} ({one.unit})" if one.unit else one.label
        self._nothing: widgets.Checkbox | None = None
        self._updating = False
        if one.choices:
            self._widget = create(
                widgets.Dropdown, description=label, options=one.choices, value=value
            )
        elif one.kind is bool:
            self._widget = create(widgets.Checkbox, description=label, indent=False, value=value)
        else:
            self._widget = _slider(one, label, value)
        shown = self._widget
        if one.none:
            self._nothing = create(
                widgets.Checkbox,
                description=one.none,
                indent=False,
                value=value is None,
                css="recsys-none",
            )
            shown = row(self._widget, self._nothing, css="recsys-slider-or-none")
        self.box = _with_help(shown, one)
        self._widget.disabled = self._is_none

        def on_change(_: Any) -> None:
            self._widget.disabled = self._is_none
            if not self._updating:
                changed(one.name, None if self._is_none else self._widget.value)

        for widget in filter(None, (self._widget, self._nothing)):
            widget.observe(on_change, "value")

    @property
    def _is_none(self) -> bool:
        return self._nothing is not None and self._nothing.value

    def show(self, value: Any) -> None:
        """Show a value that was set by code, without calling `changed`."""
        self._updating = True
        if self._nothing is not None:
            self._nothing.value = value is None
        if value is not None:
            self._widget.value = value
        self._widget.disabled = self._is_none
        self._updating = False


def _slider(one: Hyperparameter, label: str, value: float | None) -> widgets.Widget:
    assert one.low is not None
    assert one.high is not None
    settings: dict[str, Any] = {
        **{"min": one.low, "max": one.high, "value": one.high if value is None else value},
        **{"description": label, "continuous_update": True},  # live models follow the hand
    }
    if one.kind is int:
        return create(widgets.IntSlider, **settings)
    step = (one.high - one.low) / 100
    digits = max(_decimals(f"{one.low:.6g}", f"{one.default or 0:.6g}", f"{step:.1g}"))
    return create(widgets.FloatSlider, **settings, step=step, readout_format=f".{digits}f")


def _decimals(*numbers: str) -> list[int]:
    """How many digits each number has behind its decimal point."""
    exponents = (Decimal(number).normalize().as_tuple().exponent for number in numbers)
    return [max(0, -int(exponent)) for exponent in exponents]


def _with_help(widget: widgets.Widget, one: Hyperparameter) -> widgets.VBox:
    words = " ".join(filter(None, [one.help, definition(one.label)]))
    asked = f"<p>{term_html('What does it do?', words)}</p>" if words else ""
    hint = create(widgets.HTML, asked, css="recsys-hint")
    return create(widgets.VBox, [widget, hint], css="recsys-setting")
