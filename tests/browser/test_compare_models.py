"""Models compared, as a visitor does it."""

from __future__ import annotations

import re

import pytest
from dashboard_page import SCHEMES, Dashboard
from playwright.sync_api import Locator, expect
from serving import Server


def ranks(table: Locator) -> list[list[str]]:
    """The cells of a table's body, row by row."""
    rows: list[list[str]] = table.locator("tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows


@pytest.fixture
def nothing_is_trained(server: Server) -> None:
    """Whatever tests came before this one: the server's store is empty."""
    for file in (server.log.parent / "store").glob("*.model"):
        file.unlink()


@pytest.mark.usefixtures("nothing_is_trained")
def test_three_lists_are_joined_by_lines_and_follow_the_choice(app: Dashboard) -> None:
    page = app.page
    app.pick(4)
    app.button("Compare models").click()
    panel = page.locator(".recsys-comparison")
    for place, name in {"First": "Course Similarity", "Second": "KNN", "Third": "NMF"}.items():
        page.get_by_label(f"{place} model").select_option(label=name)
    expect(panel).to_contain_text("NMF: Not trained yet.")

    train = panel.get_by_role("button", name="Train the")
    expect(train).to_be_visible()
    train.click()
    expect(panel).to_contain_text("then 5 more")
    overlap = panel.locator(".recsys-overlap table tbody tr")
    expect(overlap).to_have_count(4)  # the three of them, and each pair
    app.button("Cancel the training").click()
    expect(train).to_be_enabled()

    data = panel.locator(".recsys-data table")  # folded

    def lists_agree_with_the_words() -> list[list[str]]:
        """The ranks that are drawn give the overlap that is told."""
        rows = ranks(data)
        lists = [{row[0] for row in rows if row[place].isdigit()} for place in (1, 2, 3)]
        for words, chosen in zip(
            overlap.all_inner_texts(),
            (lists, lists[:2], lists[::2], lists[1:]),
            strict=True,
        ):
            common, either = set.intersection(*chosen), set.union(*chosen)
            assert f"{len(common)} of 10 courses" in words
            assert f"({len(common)} of {len(either)} different courses)" in words
        joined = sum(sum(cell.isdigit() for cell in row[1:]) - 1 for row in rows)
        expect(panel.locator(".js-plotly-plot .lines path.js-line")).to_have_count(joined)
        return rows

    before = lists_agree_with_the_words()
    grid = panel.get_by_role("region", name="Every model")
    named_before = grid.inner_text()
    assert re.search(r"in \d lists", named_before)

    removed = app.picked.first.inner_text()
    app.picked.first.click()
    expect(grid).not_to_have_text(named_before, use_inner_text=True)
    after = lists_agree_with_the_words()
    assert after != before
    assert any(row[0] == removed for row in after)

    page.set_viewport_size({"width": 390, "height": 844})
    assert app.overflows() == 0
    figure = panel.locator(".recsys-figure")
    for region in (grid, figure):
        expect(region).to_have_attribute("tabindex", "0")
        assert region.evaluate("one => one.scrollWidth > one.clientWidth")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert app.barriers() == [], scheme
    expect(app.error).to_be_hidden()
