"""The dashboard as a visitor uses it: a real Voilà in a real browser."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from dashboard_page import SCHEMES, Dashboard
from playwright.sync_api import expect
from serving import Server

from recsys import models

# The chart that is open at first, by words of its text alternative.
CHARTS = {
    "user-profile": "topic profile",
    "clustering": "Map of",
    "clustering-pca": "Map of",
    "nmf": "Heat map",
    "neural-network": "losses",
    "embedding-regression": "losses",
    "embedding-classification": "losses",
}


@pytest.mark.parametrize("key", [one.key() for one in models.registry()])
def test_every_model_recommends_shows_its_charts_and_says_why(app: Dashboard, key: str) -> None:
    app.pick(3)
    app.choose_quick(key)
    app.recommend()
    expect(app.rows.first).to_be_visible()
    assert 1 <= app.rows.count() <= 10
    expect(app.captions).to_contain_text([CHARTS.get(key, "score and number of users")])
    expect(app.charts).to_have_count(1)

    app.rows.first.locator("summary").click()
    why = app.reasons.first
    expect(why).to_be_visible()
    expect(why.locator("li")).to_have_count(3)
    words = why.locator(".recsys-words").inner_text()
    assert ("Leave-one-out" in why.inner_text()) == ("leaving out each pick" in words)
    main_reason = re.search(r"main reason is “(.+?)”:", words)
    assert main_reason

    before = app.rows.first.inner_text()
    app.picked.filter(has_text=main_reason[1]).click()
    expect(app.picked).to_have_count(2)
    expect(app.rows.first).not_to_have_text(before, use_inner_text=True)
    assert before not in app.rows.all_inner_texts()
    expect(app.error).to_be_hidden()


def test_the_first_page_shows_an_example_that_one_click_clears(opened: Dashboard) -> None:
    whose = opened.page.locator(".recsys-whose")
    expect(whose).to_have_text("Example: Data beginner")
    expect(opened.rows).to_have_count(10)
    expect(opened.picked).not_to_have_count(0)
    before = opened.rows.first.inner_text()
    opened.pick_example("Cloud engineer")
    expect(whose).to_have_text("Example: Cloud engineer")
    expect(opened.rows.first).not_to_have_text(before, use_inner_text=True)
    opened.open_menu("Examples").get_by_role("button", name="Surprise me").click()
    expect(whose).to_be_hidden()
    expect(opened.rows.first).to_be_visible()
    opened.button("Undo").click()
    expect(whose).to_have_text("Example: Cloud engineer")
    opened.button("Clear").click()
    expect(opened.picked).to_have_count(0)
    expect(opened.page.locator(".recsys-table")).to_contain_text("Pick something first")


def test_the_questions_set_the_model_and_stay_away_once_dismissed(
    first_visit: Dashboard, server: Server
) -> None:
    page = first_visit.page
    first_visit.button("One neighbour: what drops out?").click()
    expect(first_visit.heading).to_have_text("KNN, 1 neighbour")
    expect(first_visit.slider("Neighbours")).to_have_value("1")
    expect(page).to_have_url(re.compile(r"model=knn&neighbours=1$"))
    page.go_back()
    expect(first_visit.heading).to_contain_text("Course Similarity")
    page.go_forward()
    expect(first_visit.heading).to_have_text("KNN, 1 neighbour")
    first_visit.button("Dismiss the questions").click()
    questions = page.locator(".recsys-questions")
    expect(questions).to_be_hidden()
    again = page.context.new_page()
    again.goto(server.url)
    expect(again.locator("#loading")).to_have_count(0)
    expect(again.locator(".recsys-questions")).to_be_hidden()


def test_the_list_the_code_and_the_report_can_be_taken_home(
    opened: Dashboard, tmp_path: Path
) -> None:
    page = opened.page
    with page.expect_download() as table:
        opened.open_menu("Share").get_by_role("link", name="Save as CSV").click()
    lines = list(csv.DictReader(table.value.path().read_text("utf-8-sig").splitlines()))
    assert [line["title"] for line in lines] == opened.rows.locator("summary").all_inner_texts()

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("The code for this list").click()
    opened.button("Copy").click()
    expect(opened.button("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("from recsys import")

    for _ in range(2):  # each press saves the report, without a second button
        with page.expect_download() as saved:
            opened.button("Report").click()
        expect(page.get_by_role("link", name="Save the report")).to_have_count(0)
    saved.value.save_as(tmp_path / "report.html")
    report = page.context.new_page()
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    report.goto((tmp_path / "report.html").as_uri())
    expect(report.locator("tr.why")).to_have_count(10)
    expect(report.locator("tr.why").last).to_be_visible()
    assert len(asked) == 1


def test_the_leaderboard_is_filled_sorted_and_measured_again(opened: Dashboard) -> None:
    page = opened.page
    opened.button("Show the leaderboard").click()
    panel = page.locator(".recsys-leaderboard")
    rows, sort = panel.locator("tbody tr"), panel.get_by_label("Sort by")
    expect(rows).to_have_count(13)
    expect(panel).to_contain_text("seed 0")
    expect(rows.filter(has_text="baseline")).to_have_count(4)
    expect(rows.filter(has_text="chosen")).to_have_attribute("aria-current", "true")
    marks = panel.locator(".track:has(i)").evaluate_all(
        "all => all.map((one) => one.querySelector('i').offsetWidth / one.offsetWidth)"
    )
    assert all(0.01 < share < 0.5 for share in marks[:6]), "marks that can be told apart"
    sort.select_option(label="Coverage")
    expect(rows.first).to_contain_text("Random")
    expect(panel.locator("[aria-sort]")).to_contain_text("Coverage")
    assert not opened.barriers()

    opened.button("Measure again").click()
    expect(page.get_by_role("progressbar", name="Evaluation")).to_be_visible()
    expect(rows).not_to_have_count(13)
    expect(panel.locator("tbody")).to_contain_text("Course Similarity")
    opened.button("Cancel the evaluation").click()
    expect(page.get_by_role("progressbar", name="Evaluation")).to_be_hidden()
    expect(rows).to_have_count(13)
    expect(opened.button("Measure again")).to_be_enabled()


def test_a_term_is_explained_to_the_keyboard(app: Dashboard) -> None:
    app.choose("knn")
    expect(app.slider("Neighbours")).to_be_visible()
    term = app.page.locator(".recsys-settings .recsys-term:visible").first
    term.focus()
    tip = app.page.locator(".recsys-tip")
    expect(tip).to_have_text(term.get_attribute("aria-label") or "none")
    box, own = tip.bounding_box(), term.bounding_box()
    assert box is not None
    assert own is not None
    assert box["x"] >= 0
    assert 0 <= box["y"] <= own["y"] - box["height"], "it hides what stands below"
    app.page.keyboard.press("Escape")
    expect(tip).to_have_count(0)


@pytest.mark.parametrize(
    ("key", "setting"),
    [("knn", "Neighbours"), ("clustering", "Number of clusters")],
)
def test_the_list_follows_a_slider_and_says_what_moved(
    app: Dashboard, key: str, setting: str
) -> None:
    app.pick(3)
    app.choose(key)
    app.recommend()
    before = app.rows.locator("summary").all_inner_texts()
    app.slider(setting).press("Home")
    expect(app.heading).to_have_text(re.compile("1 neighbour$|number of clusters 1$"))
    expect(app.page.locator(".recsys-moved")).to_contain_text(re.compile(r"^\d+ of 10 changed"))
    after = app.rows.locator("summary").all_inner_texts()
    new = app.rows.filter(has=app.page.get_by_text("new", exact=True))
    assert new.locator("summary").all_inner_texts() == [one for one in after if one not in before]
    expect(app.train).to_be_hidden()


def test_a_model_that_takes_longer_has_a_button_and_the_last_list_stays_until_then(
    app: Dashboard,
) -> None:
    app.pick(3)
    app.choose("course-similarity")
    app.recommend()
    app.choose("neural-network")
    app.slider("Epochs").press("Home")
    app.slider("Epochs").press("ArrowRight")
    expect(app.advice).to_contain_text("This list is from")
    expect(app.advice).to_contain_text("Train Neural Network to see its list.")
    expect(app.rows.first).to_be_visible()
    app.train.click()
    expect(app.status).to_contain_text("is trained")
    expect(app.advice).to_have_text("")
    expect(app.heading).to_have_text(re.compile("^Neural Network, .*2 epochs"))
    expect(app.train).to_be_hidden()


def test_the_list_follows_the_selection_the_number_and_the_threshold(app: Dashboard) -> None:
    app.pick(3)
    app.choose("user-profile")
    app.recommend()
    expect(app.rows).to_have_count(10)
    first = app.rows.first.locator("summary").inner_text()

    app.slider("How many to recommend").press("Home")
    expect(app.rows).to_have_count(1)
    app.slider("How many to recommend").press("ArrowRight")
    expect(app.rows).to_have_count(2)

    app.search.fill(first)
    expect(app.list.get_by_role("option")).to_have_count(1)
    app.pick(1)
    expect(app.rows.first.locator("summary")).not_to_have_text(first)

    app.slider("Score threshold").press("End")
    expect(app.rows).to_have_count(0)
    expect(app.page.locator(".recsys-table")).to_contain_text("Nothing reaches your threshold")


def test_search_by_title_id_and_topic(app: Dashboard) -> None:
    options = app.list.get_by_role("option")
    app.search.fill("no such course")
    expect(options).to_have_count(0)
    expect(app.page.get_by_text("Nothing matches")).to_be_visible()
    app.search.fill("MACHINE learning")
    expect(app.page.get_by_text(re.compile(r"^\d+ courses, titles before"))).to_be_visible()
    expect(options).not_to_have_count(0)
    app.search.fill("")
    topic = app.topic.locator("option", has_text="Blockchain")
    count = re.search(r"\((\d+)\)", topic.inner_text())
    assert count
    app.topic.select_option(label=topic.inner_text())
    expect(options).to_have_count(int(count[1]))


def test_remove_clear_and_undo(app: Dashboard) -> None:
    app.pick(3)
    title = app.picked.first.inner_text()
    app.picked.first.click()
    expect(app.picked).to_have_count(2)
    expect(app.page.locator(".recsys-list option", has_text=title)).to_be_attached()
    app.button("Clear").click()
    expect(app.picked).to_have_count(0)
    expect(app.page.get_by_text("None yet.")).to_be_visible()
    app.button("Undo").click()
    expect(app.picked).to_have_count(2)


def test_a_row_is_added_or_left_out_and_undone(app: Dashboard) -> None:
    page, titles = app.page, app.rows.locator("summary")
    app.pick(3)
    app.choose("knn")
    app.recommend()
    before = titles.all_inner_texts()
    heights = app.rows.evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert min(heights) <= 30  # a title of one line; one of two lines has its topics below
    assert sum(heights) <= 450
    name = f"{before[1]} is not for me"
    app.rows.nth(1).hover()
    app.button(name).click()
    expect(titles.nth(1)).to_have_text(before[2])
    expect(app.button(f"{before[2]} is not for me")).to_be_focused()
    expect(app.rows).to_have_count(10)
    left_out = page.locator(".recsys-left-out")
    expect(left_out).to_contain_text(f"1 course left out: {before[1]}.")
    expect(page).to_have_url(re.compile("&without="))

    page.keyboard.press("Shift+Tab")  # to the button beside it
    expect(app.button(f"Add {before[2]} to my courses")).to_be_focused()
    page.keyboard.press("Enter")
    expect(app.picked).to_have_count(4)
    expect(app.picked.last).to_have_text(before[2])
    expect(app.rows.nth(1).get_by_role("button", name="Add")).to_be_focused()
    app.button("Undo").click()
    app.button("Undo").click()
    expect(left_out).to_be_hidden()
    expect(titles).to_have_text(before)

    page.set_viewport_size({"width": 390, "height": 844})
    page.mouse.move(0, 0)
    expect(app.button(name)).to_have_css("opacity", "1")
    assert app.overflows() == 0


def test_a_pick_is_completed_or_audited_and_a_model_answers(app: Dashboard) -> None:
    app.pick(3)
    app.choose("user-profile")
    app.recommend()
    scores = app.rows.locator(".score .number")
    before = scores.all_inner_texts()
    title = app.picked.first.inner_text()
    app.page.get_by_role("button", name=f"{title}: completed.").click()
    expect(app.page.get_by_role("button", name=f"{title}: audited.")).to_be_visible()
    expect(scores).not_to_have_text(before)
    expect(app.page).to_have_url(re.compile("&audited="))
    app.choose("knn")
    app.recommend()
    expect(app.page.locator(".recsys-recommendations")).to_contain_text(
        "KNN counts a course the same, completed or audited."
    )


def test_the_list_has_a_topic_and_an_order(app: Dashboard) -> None:
    app.pick(3)
    app.choose("knn")
    app.recommend()
    on_topic = app.rows.filter(has=app.page.locator(".topics").get_by_text("Python", exact=True))
    before = on_topic.count()
    app.page.get_by_label("Only topic").select_option("Python")
    expect(on_topic).not_to_have_count(before)  # not only those of the ten
    expect(app.rows).to_have_count(on_topic.count())
    app.page.get_by_label("Order by").select_option("Popularity")
    taken = app.rows.locator(".topics b")
    expect(taken).to_have_count(app.rows.count())
    numbers = [int(one.split()[0].replace(",", "")) for one in taken.all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    expect(app.page).to_have_url(re.compile("&topic=Python&model=knn&sort=popularity$"))


def test_a_pick_that_is_pointed_at_previews_the_list_without_it(app: Dashboard) -> None:
    page, news = app.page, app.page.locator(".recsys-news")
    app.pick(3)
    app.choose("knn")
    app.recommend()
    top = app.rows.first.bounding_box()
    before = app.rows.locator("summary").all_inner_texts()
    app.picked.first.hover()
    expect(news).to_contain_text(f"Without “{app.picked.first.inner_text()}”: ")
    assert app.rows.first.bounding_box() == top
    leaving = page.locator(".recsys-leaving summary").all_inner_texts()
    expect(news).to_contain_text(f"{len(leaving)} would leave")
    app.picked.first.click()
    expect(app.picked).to_have_count(2)
    expect(page.locator(".recsys-leaving")).to_have_count(0)
    after = app.rows.locator("summary")
    expect(after).not_to_have_text(before)
    assert [one for one in before if one not in after.all_inner_texts()] == leaving
    expect(page.locator(".recsys-moved")).to_contain_text("came in.")

    app.picked.first.focus()
    page.keyboard.press("Tab")
    expect(news).to_contain_text(f"Without “{app.picked.last.inner_text()}”: ")
    app.search.focus()
    page.keyboard.press("Tab")
    expect(page.locator(".recsys-previewed")).to_have_text("")


def test_picking_and_removing_with_the_keyboard_alone(app: Dashboard) -> None:
    keyboard = app.page.keyboard
    for _ in range(40):
        keyboard.press("Tab")
        if app.search.evaluate("one => one === document.activeElement"):
            break
    keyboard.type("python")
    everything = re.compile(r"^307 courses, most taken first")
    expect(app.page.get_by_text(everything)).not_to_be_visible()  # the search has been answered
    keyboard.press("ArrowDown")
    expect(app.list).to_be_focused()
    keyboard.press("Enter")
    expect(app.picked).to_have_count(1)
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(app.picked).to_have_count(2)
    keyboard.press("Escape")
    expect(app.search).to_be_focused()
    for _ in range(8):
        keyboard.press("Tab")
        if app.picked.first.evaluate("one => one === document.activeElement"):
            break
    keyboard.press("Enter")
    expect(app.picked).to_have_count(1)
    expect(app.picked.first).to_be_focused()


def test_a_description_opens_on_demand(app: Dashboard) -> None:
    app.pick(3)
    app.recommend()
    description = app.reasons.first.locator(".recsys-about").first
    expect(description).to_be_hidden()
    app.rows.first.locator("summary").press("Enter")
    expect(description).to_be_visible()
    expect(app.reasons.nth(1)).to_be_hidden()


def test_without_a_course_the_page_says_what_to_do(app: Dashboard) -> None:
    app.recommend()
    expect(app.page.locator(".recsys-table")).to_contain_text("Pick something first")


def test_an_error_is_shown_in_words_and_can_be_dismissed(app: Dashboard, broken_data: Path) -> None:
    expect(app.error).to_be_hidden()
    data_sets = app.data_sets()
    data_sets.select_option(label=broken_data.name)
    expect(app.error).to_be_visible()
    expect(app.error).to_contain_text("ratings.csv, line 3, column “rating”")
    expect(data_sets.locator("option:checked")).not_to_have_text(broken_data.name)
    app.button("Dismiss").click()
    expect(app.error).to_be_hidden()


def test_a_training_is_followed_overtaken_and_cancelled(app: Dashboard) -> None:
    app.pick(3)
    app.choose("knn")
    app.recommend()
    app.choose("neural-network")
    for key in ("Home", "ArrowRight", "ArrowRight"):  # to 3, which no other test has fitted
        app.slider("Embedding size").press(key)
    expect(app.advice).to_contain_text("Train Neural Network to see its list.")
    first = app.rows.first.locator("summary").inner_text()
    epochs, train = app.slider("Epochs"), app.train
    epochs.press("End")
    train.click()
    expect(app.page.get_by_role("progressbar", name="Training")).to_be_visible()
    expect(train).to_have_text("Cancel")
    expect(app.clock).to_have_text(re.compile(r"^\d+ (s|min) · about \d+ (s|min) left$"))

    epochs.press("PageDown")
    expect(app.advice).to_contain_text(
        "is still being trained with the earlier settings. Train Neural Network instead"
    )
    expect(train).to_contain_text("Train")
    epochs.press("End")
    expect(app.advice).to_have_text(re.compile(r"is being trained\.$"))
    epochs.press("PageDown")
    expect(train).to_contain_text("Train")
    train.click()
    expect(app.advice).to_have_text(re.compile(r"is being trained\.$"))
    app.picked.last.click()
    expect(app.picked).to_have_count(2)
    app.button("Undo").click()
    expect(app.picked).to_have_count(3)

    app.button("Cancel").click()
    expect(app.status).to_have_text(re.compile(r"was cancelled\. .+ stays in use\."))
    expect(app.clock).to_have_text("")
    expect(train).to_contain_text("Train")
    assert app.rows.first.locator("summary").inner_text() == first
    app.picked.last.click()
    expect(app.picked).to_have_count(2)
    expect(app.advice).to_contain_text("This list is from")
    expect(app.rows.first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_window_and_can_be_read(app: Dashboard, width: int) -> None:
    app.page.set_viewport_size({"width": width, "height": 800})
    app.pick(3)
    app.choose("clustering-pca")
    app.recommend()
    expect(app.charts).to_have_count(1)
    for scheme in SCHEMES:
        app.page.emulate_media(color_scheme=scheme)
        assert app.overflows() == 0, scheme
        assert app.barriers() == [], scheme
