"""The data-set selector."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys import sources
from recsys.dashboard.panels.frame import frame, paragraph, text, watch
from recsys.dashboard.state import State


def data_set(state: State) -> widgets.VBox:
    """Choose among the data sets on this machine; says what the chosen one holds."""
    present = {one.key: one for one in sources.available()}
    selector = widgets.Dropdown(
        description="Data set",
        options=[(one.title, key) for key, one in present.items()],
        value=state.source,
    )
    facts = text(kind="hint")

    def choose(change: Any) -> None:
        if change["new"] != state.source:
            state.choose_source(change["new"])
            selector.value = state.source  # the former one, if the new one cannot be opened

    def show() -> None:
        dataset = state.dataset
        counts = (
            f"{dataset.n_courses:,} {dataset.noun}s, {dataset.n_users:,} users, "
            f"{dataset.interactions.nnz:,} ratings."
        )
        facts.value = paragraph(" ".join((counts, *dataset.repairs)))

    selector.observe(choose, "value")
    watch(state, "dataset", show)
    return frame(selector, facts, name="data-set")
