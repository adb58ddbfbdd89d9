"""Bringing one's own data, in a real browser."""

from __future__ import annotations

import pytest
from dashboard_page import SCHEMES, Dashboard
from playwright.sync_api import Locator, expect
from serving import Server

from recsys.sources.upload import TEMPLATE_COURSES, TEMPLATE_RATINGS

MARKUP = "<img src=x onerror=alert(1)> <b>bold</b>"


class Form:
    """The form behind “Bring your own data…”."""

    def __init__(self, app: Dashboard) -> None:
        self.app = app
        self.panel: Locator = app.page.locator(".recsys-upload")
        self.told = self.panel.locator(".recsys-status")
        app.data_sets()
        app.button("Bring your own data…").click()

    def send(self, what: str, name: str, content: str | bytes) -> None:
        """Choose a file for “items” or “ratings”."""
        with self.app.page.expect_file_chooser() as chooser:
            self.panel.get_by_role("button", name=what).click()
        content = content.encode() if isinstance(content, str) else content
        chooser.value.set_files({"name": name, "mimeType": "text/csv", "buffer": content})


@pytest.fixture
def form(app: Dashboard) -> Form:
    return Form(app)


def test_a_pair_of_files_becomes_a_data_set_that_recommends(form: Form) -> None:
    app = form.app
    expect(form.panel).to_contain_text("up to 8 MB")
    form.send("items", "my courses.csv", TEMPLATE_COURSES.replace("Reading charts", MARKUP))
    expect(form.told).to_contain_text("Now choose the file of ratings")
    form.send("ratings", "took.csv", TEMPLATE_RATINGS.replace(",", ";").encode("utf-16"))
    preview = form.panel.locator(".recsys-preview")
    expect(preview).to_contain_text("UTF-8, separated by commas; 5 rows")
    expect(preview).to_contain_text("UTF-16, separated by semicolons; 10 rows")
    expect(preview).to_contain_text("5 items, 5 users, 10 ratings")
    expect(preview).to_contain_text(MARKUP)
    expect(form.panel).to_contain_text("10 of 10 ratings are likes")
    app.button("Use this data").click()
    expect(app.data_sets().locator("option:checked")).to_have_text("Yours: my courses")
    expect(form.panel.get_by_role("button", name="Use this data")).to_be_hidden()

    app.search.focus()
    app.list.select_option(label=MARKUP)
    app.button("Add").click()
    app.stop_searching()
    expect(app.picked).to_have_text([MARKUP])
    app.choose("knn", noun="item")
    app.recommend()
    expect(app.rows.first).to_be_visible()
    app.picked.first.click()
    app.search.focus()
    app.list.select_option(label="Python for data")
    app.button("Add").click()
    expect(app.rows.locator("summary", has_text=MARKUP)).to_be_visible()
    expect(app.captions.first).to_contain_text("Scatter plot of 4 items")
    assert app.page.locator("img[src=x]").count() == 0


def test_a_mistake_is_named_and_a_better_file_heals_it(form: Form) -> None:
    form.send("items", "courses.csv", TEMPLATE_COURSES)
    form.send("ratings", "took.csv", TEMPLATE_RATINGS.replace("3,DB1,3", "3,DB1,many"))
    expect(form.told).to_have_text(
        "took.csv, line 6, column “rating”: must be a number above 0, not “many”."
    )
    use = form.app.button("Use this data")
    expect(use).to_be_hidden()
    form.send("ratings", "took.csv", TEMPLATE_RATINGS)
    expect(use).to_be_visible()
    expect(form.told).to_contain_text("Both files can be read")


def test_a_file_too_large_is_not_sent_and_the_page_lives_on(form: Form) -> None:
    form.send("items", "large.csv", b"id,title\n" + b"A,B\n" * 3_000_000)
    expect(form.told).to_have_text(
        "large.csv: has 12.0 MB; at most 8 MB is allowed. It was not sent."
    )
    form.send("items", "courses.csv", TEMPLATE_COURSES)
    expect(form.told).to_contain_text("The items can be read")


def test_another_visitor_sees_nothing_of_it(form: Form, server: Server) -> None:
    form.send("items", "quokkas.csv", TEMPLATE_COURSES)
    form.send("ratings", "took.csv", TEMPLATE_RATINGS)
    form.app.button("Use this data").click()
    expect(form.app.page.get_by_label("Data set")).to_contain_text("Yours: quokkas")
    other = form.app.page.context.new_page()
    other.goto(server.url)
    expect(other.locator("#loading")).to_have_count(0)
    expect(other.locator(".recsys-data-set button").first).to_be_visible()
    assert "quokkas" not in other.content()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_form_can_be_read_and_used_by_all(form: Form, width: int) -> None:
    app = form.app
    app.page.set_viewport_size({"width": width, "height": 800})
    form.send("items", "courses.csv", TEMPLATE_COURSES)
    form.send("ratings", "took.csv", TEMPLATE_RATINGS)
    expect(app.button("Use this data")).to_be_visible()
    for scheme in SCHEMES:
        app.page.emulate_media(color_scheme=scheme)
        assert app.overflows() == 0, scheme
        assert app.barriers() == [], scheme
