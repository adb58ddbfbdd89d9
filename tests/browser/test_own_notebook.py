"""A learner's own notebook, served by `recsys serve`."""

from __future__ import annotations

from collections.abc import Iterator

import own_notebook
import pytest
from playwright.sync_api import Page, expect
from serving import Server, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("own")
    notebook = own_notebook.write(folder / "own.ipynb")
    with served(folder, str(notebook)) as server:
        yield server


def test_what_a_learner_adds_is_seen(page: Page, server: Server) -> None:
    page.goto(server.url)
    own_notebook.expect_whole(page, in_full=True)

    page.set_viewport_size({"width": 390, "height": 800})
    told = page.get_by_role("alert").filter(has_text="This cell failed.")
    told.locator("summary").click()
    expect(told.locator("pre")).to_contain_text("Cell In[")
    for shown in (told, told.locator("pre")):
        box = own_notebook.box_of(shown)
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    ends = page.locator("math[display=block] > :last-child > :last-child").all()
    for end in ends:
        end.scroll_into_view_if_needed()
        expect(end).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    expect(told).to_have_css("background-color", "rgb(253, 236, 234)")
    page.emulate_media(color_scheme="dark")
    expect(told).to_have_css("background-color", "rgb(58, 28, 26)")
    expect(told).to_have_css("color", "rgb(228, 232, 237)")
