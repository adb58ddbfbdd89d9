"""A menu with the data sets, and the form to upload your own."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from recsys import sources
from recsys.dashboard.panels.frame import create, frame, menu, name_menu, paragraph, text, watch
from recsys.dashboard.panels.upload import upload
from recsys.dashboard.state import OWN, State


def data_set(state: State) -> widgets.VBox:
    """A menu with the installed data sets and your own, and the size of the open one."""
    selection = state.selection
    present = [(one.title, one.key) for one in sources.available()]
    selector = create(
        widgets.Dropdown, description="Data set", options=present, value=selection.source
    )
    facts = text(kind="hint")
    choose_data = menu("Data", selector, facts, upload(state))

    def choose(change: Any) -> None:
        if change["new"] not in (None, selection.source):
            facts.value = paragraph("Opening the data set…")
            state.choose_source(change["new"])
            show()  # shows the old one if the new one cannot be opened

    def offer() -> None:
        own = [(f"Yours: {selection.own.dataset.name}", OWN)] if selection.own else []
        if selector.options != (*present, *own):
            selector.options = (*present, *own)
            selector.value = selection.source

    def show() -> None:
        dataset = selection.dataset
        selector.value = selection.source
        name_menu(choose_data, dataset.name)
        counts = (
            f"{dataset.n_courses:,} {dataset.noun}s, {dataset.n_users:,} users, "
            f"{dataset.interactions.nnz:,} ratings."
        )
        facts.value = paragraph(" ".join((counts, *dataset.repairs)))

    selector.observe(choose, "value")
    watch(selection, "own", offer)
    watch(selection, "dataset", show)
    return frame(choose_data, name="data-set")
