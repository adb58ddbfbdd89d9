"""The page of a copy of the repository in which docs/extend.md has been followed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dashboard_page import Dashboard
from extending import extended
from playwright.sync_api import expect
from serving import Server, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard of the copy."""
    folder = tmp_path_factory.mktemp("extended")
    copy = extended(folder)
    with served(folder, root=copy, PYTHONPATH=str(copy)) as server:
        yield server


def test_the_new_model_has_its_chart_and_the_new_data_set_its_books(opened: Dashboard) -> None:
    page = opened.page
    opened.model.select_option(label="10 · Association")
    expect(opened.slider("Caution")).to_be_visible()
    opened.recommend()
    expect(opened.button("Users of your courses")).to_have_attribute("aria-pressed", "true")
    box = page.get_by_role("group", name="Bar chart of the users of")
    box.scroll_into_view_if_needed()
    drawing = box.locator(".main-svg").first
    expect(drawing).to_be_in_viewport()
    size = drawing.bounding_box()
    assert size is not None
    assert size["height"] > 100
    assert size["width"] > 300

    page.get_by_label("Data set", exact=True).select_option(label="Book club")
    expect(page.get_by_text("6 books, 5 users, 14 ratings.")).to_be_visible()
    opened.button("Start fresh").click()
    expect(opened.picked).to_have_count(0)
    opened.list.select_option(label="Walden")
    opened.button("Add").click()
    opened.recommend()
    expect(opened.rows.filter(has_text="The Sea Around Us")).to_be_visible()
    expect(opened.error).to_be_hidden()
