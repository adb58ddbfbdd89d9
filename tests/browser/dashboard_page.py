"""The dashboard's page, in the words of its tests."""

from __future__ import annotations

import re
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from recsys import models

# Milliseconds after which a test is broken, not slow. On two cores with twenty processes at work,
# a page took half a minute to load and a network more than two minutes to train.
PATIENCE = 300_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Dashboard:
    """What a person sees and does on the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.search = page.get_by_label("Search")
        self.topic = page.get_by_label("Topic", exact=True)
        self.list = page.get_by_role("listbox")
        self.picked = page.locator(".recsys-chips .recsys-remove")
        self.models = page.locator(".recsys-choose-model button")
        self.model = page.locator(".recsys-choose-model [aria-pressed=true]")  # the chosen one
        self.rows = page.locator(".recsys-table tr.recommended")
        self.reasons = page.locator(".recsys-table tr.why")
        self.charts = page.locator(".recsys-chart .js-plotly-plot .main-svg:first-child:visible")
        self.captions = page.locator(".recsys-caption:visible")
        self.heading = page.locator(".recsys-heading")  # the model of the list and its settings
        self.train = page.locator(".recsys-train:visible")  # "Train (about 8 s)", or "Cancel"
        self.advice = page.locator(".recsys-outdated")
        self.status = page.locator(".recsys-training .recsys-status")
        self.clock = page.locator(".recsys-clock")
        self.error = page.get_by_role("alert")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def slider(self, name: str) -> Locator:
        return self.page.get_by_role("slider", name=name)

    def pick(self, number: int) -> None:
        """Pick so many courses from the top of the list."""
        before = self.picked.count()
        self.search.focus()
        self.list.select_option(index=list(range(number)))
        self.button("Add").click()
        expect(self.picked).to_have_count(before + number)
        self.stop_searching()

    def stop_searching(self) -> None:
        """Close the list of courses, which lies over those that are picked."""
        self.search.press("Escape")
        expect(self.list).to_be_hidden()

    def choose(self, model: str, noun: str = "course") -> None:
        """Choose a model by its key; `noun` is what the data set calls an item."""
        keys = [one.key() for one in models.registry()]
        self.models.nth(keys.index(model)).click()
        summary = self.page.locator(".recsys-summary")
        expect(summary).to_have_text(models.find(model).summary.replace("course", noun))

    def choose_quick(self, model: str) -> None:
        """Choose a model; of a network, one that is trained for a single epoch."""
        self.choose(model)
        if issubclass(models.find(model), models.NeuralNetwork):
            self.slider("Epochs").press("Home")
            expect(self.page).to_have_url(re.compile(r"epochs=1\b"))

    def open_menu(self, name: str) -> Locator:
        """Open a menu by the words on its button; returns what it shows."""
        opener = self.page.locator(".recsys-opener").filter(has_text=name)
        if opener.get_attribute("aria-expanded") != "true":
            opener.click()
        content = self.page.locator(".recsys-menu-content:visible")
        expect(content).to_be_visible()
        return content

    def pick_example(self, name: str) -> None:
        """Replace the picks by those of an example learner."""
        self.open_menu("Examples").get_by_role("button", name=name).click()

    def data_sets(self) -> Locator:
        """The choice of a data set, whose menu has the name of the one that is open."""
        opener = self.page.locator(".recsys-data-set .recsys-opener")
        if opener.get_attribute("aria-expanded") != "true":
            opener.click()
        choice = self.page.get_by_label("Data set", exact=True)
        expect(choice).to_be_visible()
        return choice

    def recommend(self) -> None:
        """Wait until the list is the chosen model's; press Train if its fit takes long."""
        name = self.model.get_attribute("title") or ""
        listed = self.heading.filter(has_text=name)
        expect(self.train.or_(listed).first).to_be_visible()
        if self.train.is_visible():
            self.train.click()
        expect(listed).to_be_visible()
        expect(self.advice).to_have_text("")
        expect(self.train).to_be_hidden()
        expect(self.page.locator(".recsys-updating")).to_have_count(0)

    def open_chart(self, name: str) -> None:
        """Open a chart by its button, and wait until it is drawn."""
        before = self.page.locator(".recsys-choose [aria-pressed=true]").count()
        expect(self.charts).to_have_count(before)  # those of an earlier model have gone
        self.button(name).click()
        expect(self.button(name)).to_have_attribute("aria-pressed", "true")
        expect(self.charts).to_have_count(before + 1)

    def overflows(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(
            self.page.evaluate("document.documentElement.scrollWidth - document.body.clientWidth")
        )

    def barriers(self) -> list[tuple[str, str]]:
        """What keeps people from reading or using the page as it is now: all that axe finds."""
        found = Axe().run(self.page).response["violations"]
        return [(one["id"], one["nodes"][0]["html"]) for one in found]


def visit(page: Page, address: str) -> Dashboard:
    """Open a link, and wait until what it says is shown."""
    page.goto(address)
    expect(page.locator("#loading")).to_have_count(0)
    expect(page.locator("html")).not_to_have_class("opening-link")
    return Dashboard(page)
