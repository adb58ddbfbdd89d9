"""The page of a copy of the repository in which docs/extend.md has been followed; the last cells of
its notebook are README's model of one's own and the widget of docs/edit.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from dashboard_page import Dashboard
from extending import extended
from own_model import notebook_cell, run_cell
from playwright.sync_api import expect
from serving import ROOT, Server, served

from recsys import evaluate, models
from recsys.dataset import Dataset

EDIT = ROOT / "docs" / "edit.md"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard of the copy."""
    folder = tmp_path_factory.mktemp("extended")
    copy = extended(folder)
    import nbformat  # takes two seconds, which collecting the fast tests need not wait for

    notebook = nbformat.read(copy / "dashboard.ipynb", as_version=4)
    blocks = re.findall(r"```python\n(.*?)```", EDIT.read_text("utf-8"), re.DOTALL)
    notebook.cells += [nbformat.v4.new_code_cell(one) for one in (notebook_cell(), blocks[0])]
    nbformat.write(notebook, copy / "dashboard.ipynb")
    with served(folder, root=copy, PYTHONPATH=str(copy)) as server:
        yield server


def test_the_new_model_has_its_chart_and_the_new_data_set_its_books(opened: Dashboard) -> None:
    page = opened.page
    opened.models.filter(has_text="10 Association").click()
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

    opened.data_sets().select_option(label="Book club")
    expect(page.get_by_text("6 books, 5 users, 14 ratings.")).to_be_visible()
    opened.button("Clear").click()
    expect(opened.picked).to_have_count(0)
    opened.search.focus()
    opened.list.select_option(label="Walden")
    opened.button("Add").click()
    opened.recommend()
    expect(opened.rows.filter(has_text="The Sea Around Us")).to_be_visible()
    expect(opened.error).to_be_hidden()


def test_a_model_of_ones_own_reaches_the_leaderboard(
    opened: Dashboard, bundled: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is evaluated in the notebook's process, before the others in a child process."""
    page = opened.page
    opened.button("Show the leaderboard").click()
    panel = page.locator(".recsys-leaderboard")
    status = panel.locator(".recsys-status")
    expect(status).to_contain_text(re.compile("Not evaluated yet: .*Followers"))
    opened.button("Evaluate the missing models").click()
    expect(status).to_contain_text(re.compile("(Similarity|Profile|Clustering|KNN), split 0"))
    opened.button("Cancel the evaluation").click()
    expect(status).to_contain_text("The evaluation was cancelled. Not evaluated yet: ")
    expect(status).not_to_contain_text("Followers")

    monkeypatch.setattr(models, "_MODELS", [])
    (ndcg,) = evaluate([run_cell()()], bundled)["ndcg"]
    row = panel.locator("tr", has=page.get_by_role("rowheader", name="Followers"))
    expect(row.locator(".number").first).to_have_text(f"{ndcg:.3f}")
    row.scroll_into_view_if_needed()
    expect(row).to_be_in_viewport()
    size = row.bounding_box()
    assert size is not None
    assert size["height"] > 10
    expect(opened.error).to_be_hidden()


def test_a_cell_without_a_tag_joins_the_region_of_the_cell_before(opened: Dashboard) -> None:
    """The cell is the one of docs/edit.md, whose widget follows the recommendations."""
    slider = opened.page.get_by_role("slider", name="How many", exact=True)
    slider.scroll_into_view_if_needed()
    expect(slider).to_be_in_viewport()
    box, region = slider.bounding_box(), opened.page.locator(".region-more").bounding_box()
    assert box is not None
    assert region is not None
    assert region["y"] < box["y"] < box["y"] + box["height"] < region["y"] + region["height"]
    assert box["height"] > 10
    told = opened.page.locator(".widget-html-content", has_text=re.compile(r"^The first \d+: "))
    expect(told).to_contain_text("The first 5: ")
    slider.press("ArrowRight")
    expect(told).to_contain_text("The first 6: ")
    first = opened.rows.first.locator("summary").inner_text()
    opened.recommend()
    expect(told).to_contain_text(f"The first 6: {first}")
