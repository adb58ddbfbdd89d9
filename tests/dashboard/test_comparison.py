"""What lists have in common, by lists written by hand; and lists that follow the state."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest
from letters import Letters, until_trained
from scipy.sparse import csr_matrix

from recsys import models
from recsys.charts import rank_lines
from recsys.dashboard import panels
from recsys.dashboard.link import write
from recsys.dashboard.panels.comparison import as_grid, as_words
from recsys.dashboard.state import State
from recsys.dashboard.state.comparison import (
    Comparison,
    ModelList,
    list_counts,
    overlap,
    unique_courses,
)


def model_list(name: str, ids: str, why_empty: str = "") -> ModelList:
    table = pd.DataFrame(
        {
            "course_id": list(ids),
            "title": [f"Title <{one}>" for one in ids],
            "score": np.arange(len(ids), 0.0, -1),
            "rank": range(1, len(ids) + 1),
        }
    )
    return ModelList(name.lower(), name, table, why_empty)


ABCD, CDEA, DXY = model_list("One", "abcd"), model_list("Two", "cdea"), model_list("Three", "dxy")


def backwards() -> type[Letters]:
    """Letters in reverse order: not instant, and as if defined in a notebook."""

    @dataclass(eq=False)
    class Backwards(Letters):
        name: ClassVar[str] = "Backwards"
        instant: ClassVar[bool] = False

        def _score(self, histories: csr_matrix) -> np.ndarray:
            return 999 - super()._score(histories)

    return Backwards


@dataclass(eq=False)
class Broken(Letters):
    """Can be fitted, but raises when it scores."""

    name: ClassVar[str] = "Broken"

    def _score(self, histories: csr_matrix) -> np.ndarray:
        raise ValueError("no letters left")


@pytest.fixture
def registered(state: State, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state over Letters and Backwards, with course a picked."""
    monkeypatch.setattr(models, "_MODELS", [Letters, backwards()])
    state.selection.add(["a"])
    return state


def a_panel(state: State) -> widgets.VBox:
    return panels.comparison(Comparison(state), state.view, state.training, state.messages)


def ids(one: ModelList) -> str:
    return "".join(one.table["course_id"])


def train_missing(comparison: Comparison, state: State) -> None:
    comparison.train_missing()
    until_trained(state)


# Lists written by hand


def test_overlap_counts_the_courses_in_all_lists() -> None:
    two = overlap([ABCD, CDEA])
    assert two.common == ("a", "c", "d")
    assert (two.most, two.different, two.jaccard) == (4, 5, 3 / 5)
    three = overlap([ABCD, CDEA, DXY])
    assert three.common == ("d",)
    assert (three.most, three.different, three.jaccard) == (3, 7, 1 / 7)
    assert overlap([ABCD, model_list("None", "xyz")]).jaccard == 0


def test_unique_courses_are_in_no_other_list() -> None:
    own = [list(one["course_id"]) for one in unique_courses([ABCD, CDEA, DXY])]
    assert own == [["b"], ["e"], ["x", "y"]]
    assert [list(one["rank"]) for one in unique_courses([ABCD, CDEA, DXY])] == [[2], [3], [2, 3]]


def test_lists_are_counted_over_their_first_courses() -> None:
    assert list_counts([ABCD, CDEA, DXY], 2).to_dict() == {
        **{"a": 1, "b": 1, "c": 1},
        **{"d": 2, "x": 1},
    }


def test_the_words_have_the_overlap_the_unique_courses_and_why_a_list_is_empty() -> None:
    html = as_words([ABCD, DXY, model_list("Empty", "", "It knows <nothing>.")], "film")
    assert "<td>1 of 3 films</td><td>0.17 (1 of 6 different films)</td>" in html
    assert '<li value="2">Title &lt;x&gt;</li>' in html
    assert "<b>Empty</b>: It knows &lt;nothing&gt;." in html
    assert as_words([ABCD, model_list("Empty", "", "Why.")], "film") == "<p><b>Empty</b>: Why.</p>"


def test_the_grid_marks_in_words_what_several_models_recommend() -> None:
    html = as_grid([ABCD, CDEA, DXY, model_list("Empty", "", "Not trained yet.")], "film")
    assert html.count("in 3 lists") == 3
    assert html.count("in 2 lists") == 4
    assert "“Title &lt;d&gt;” is among the first 5 of 3 of 3 models." in html
    assert '<td colspan="5">Not trained yet.</td>' in html
    assert "No film is" in as_grid([ABCD, model_list("Other", "xyz")], "film")


def test_lines_join_the_ranks_of_a_course_dashed_past_a_list_without_it() -> None:
    lists = {"One": ABCD.table, "Two": DXY.table, "Three": CDEA.table}
    chart = rank_lines(lists, "All agree on 1", "film")
    lines = [one for one in chart.figure.data if one.mode == "lines"]
    drawn = {(one.x, one.y, one.line.dash) for one in lines}
    assert drawn == {
        ((0, 2), (1, 4), "dash"),  # a
        ((0, 2), (3, 1), "dash"),  # c
        ((0, 1), (4, 1), "solid"),  # d
        ((1, 2), (1, 2), "solid"),
    }
    assert chart.title == "All agree on 1"
    assert chart.text.startswith("Slope chart of the 4 best films of One, Two and Three")
    assert list(chart.table.columns) == ["title", "One", "Two", "Three"]
    assert chart.table["Two"].tolist() == [pd.NA, pd.NA, pd.NA, 1, 2, 3, pd.NA]


# The lists of the registered models


def test_no_model_runs_before_the_panel_is_opened(registered: State) -> None:
    comparison = Comparison(registered)
    registered.selection.add(["b"])
    assert comparison.model_lists == ()
    assert Letters.fits == 0


def test_what_is_missing_is_named_and_trained_and_all_follow_the_choice(registered: State) -> None:
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    letters, backwards = comparison.model_lists
    assert ids(letters) == "fedcb"
    assert backwards.why_empty == "Not trained yet."
    assert comparison.missing[0].name == "Backwards"
    assert comparison.chart is None

    train_missing(comparison, registered)
    assert comparison.missing == ()
    assert [ids(one) for one in comparison.compared] == ["fedcb", "bcdef"]
    assert comparison.finding == "Letters and Backwards agree on 5 of 5 courses"

    registered.selection.remove(["a"])
    letters, backwards = comparison.model_lists
    assert letters.table.empty
    assert letters.why_empty.startswith("Pick something first")
    registered.selection.add(["c"])
    assert [ids(one) for one in comparison.compared] == ["fedba", "abdef"]


def test_the_chosen_model_answers_with_the_visitors_settings_once_it_is_fitted(
    registered: State,
) -> None:
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    registered.fitting.train()
    until_trained(registered)
    registered.choice.set_value("threshold", 4)
    assert (ids(comparison.model_lists[0]), comparison.model_lists[0].settings) == (
        "fed",
        "with your settings",
    )
    registered.choice.set_value("power", 2)
    assert (ids(comparison.model_lists[0]), comparison.model_lists[0].settings) == (
        "fedcb",
        "at its default settings",
    )
    registered.choice.choose_model("backwards")
    assert (ids(comparison.model_lists[0]), comparison.model_lists[0].settings) == ("fedcb", "")


def test_the_missing_chosen_model_is_trained_as_chosen(registered: State) -> None:
    registered.choice.choose_model("backwards")
    registered.choice.set_value("power", 3)
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    train_missing(comparison, registered)
    assert not registered.fitting.outdated
    assert comparison.model_lists[1].settings == "with your settings"


def test_a_pinned_list_is_compared_with_the_current_one_of_the_same_model(
    registered: State,
) -> None:
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    registered.fitting.pin()  # nothing to pin yet
    assert registered.fitting.pinned is None
    registered.fitting.train()
    until_trained(registered)
    registered.fitting.pin()
    registered.choice.set_value("threshold", 4)
    assert [(one.name, ids(one)) for one in comparison.compared] == [
        ("Pinned: Letters, power 1", "fedcb"),
        ("Letters, power 1, threshold 4", "fed"),
    ]
    assert comparison.chart
    assert comparison.chart.title.endswith("agree on 3 of 3 courses")
    assert "Pinned: Letters, power 1" in comparison.chart.table
    registered.fitting.unpin()
    assert comparison.compared[0].name == "Letters"
    registered.fitting.pin()
    registered.choose_source("two")
    assert registered.fitting.pinned is None


def test_a_model_registered_later_appears_and_one_that_fails_says_so(registered: State) -> None:
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    models.register(Broken)
    registered.selection.add(["b"])
    assert [one.name for one in comparison.model_lists] == ["Letters", "Backwards", "Broken"]
    assert comparison.model_lists[2].why_empty == "This model failed: no letters left."
    assert registered.messages.error == ""


def test_the_choice_offers_what_is_registered_when_it_is_opened_and_later(
    registered: State,
) -> None:
    def every(widget: widgets.Widget) -> list[widgets.Widget]:
        inner = [every(one) for one in getattr(widget, "children", ())]
        return [widget, *itertools.chain.from_iterable(inner)]

    panel = a_panel(registered)
    models.register(Broken)
    next(one for one in every(panel) if isinstance(one, widgets.Button)).click()
    first, second, third = (one for one in every(panel) if isinstance(one, widgets.Dropdown))
    assert [name for name, _ in first.options] == ["Letters", "Backwards", "Broken"]
    assert (first.value, second.value, third.value) == ("letters", "backwards", "")

    third.value = "broken"
    models.register(models.NMF)
    registered.selection.add(["b"])
    assert third.options[-2:] == (("NMF", "nmf"), ("none", ""))
    assert (first.value, second.value, third.value) == ("letters", "backwards", "broken")

    second.value = "letters"
    words = [one.value for one in every(panel) if isinstance(one, widgets.HTML)]
    assert any("<b>Broken</b>: This model failed" in one for one in words)


def test_another_data_set_is_answered_by_models_fitted_on_it(registered: State) -> None:
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    registered.choose_source("two")
    registered.selection.add(["x"])
    assert ids(comparison.model_lists[0]) == "zydcb"


def test_the_chosen_model_is_compared_with_another_by_default(registered: State) -> None:
    comparison = Comparison(registered)
    assert comparison.picked == ("letters", "backwards")
    registered.choice.choose_model("backwards")
    assert comparison.picked == ("backwards", "letters")
    comparison.pick(["a", "b", "a", "", "c", "d"])
    assert registered.view.compared == comparison.picked == ("a", "b", "c")


def test_a_link_opens_the_comparison_of_its_models(registered: State) -> None:
    a_panel(registered)
    registered.view.set_open("comparison", True)
    registered.view.compared = ("backwards", "letters")
    query = write(registered.link)
    registered.open_link("")
    assert "comparison" not in registered.view.opened
    registered.open_link(query)
    assert "comparison" in registered.view.opened
    assert registered.view.compared == ("backwards", "letters")


def test_no_model_runs_while_the_panel_is_closed(registered: State) -> None:
    comparison = Comparison(registered)
    registered.view.set_open("comparison", True)
    before = comparison.model_lists
    registered.view.set_open("comparison", False)
    registered.selection.add(["b"])
    assert comparison.model_lists is before
    registered.view.set_open("comparison", True)
    assert ids(comparison.model_lists[0]) == "fedc"
