"""The list follows the choice, or the page says that it does not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from letters import Letters, ids, train

from recsys import models
from recsys.dashboard.panels import recommendations
from recsys.dashboard.state import State
from recsys.dashboard.state import fitting as fitting_module
from recsys.dashboard.state.fitting import ties_in_words
from recsys.dataset import Dataset
from recsys.models import Progress
from recsys.ranking import top_k


def test_once_fitted_the_answer_follows_the_selection_and_the_number(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    assert ids(state) == list("fedcb")
    state.selection.add(["f"])
    assert ids(state) == list("edcb")
    state.choice.set_top_n(2)
    assert ids(state) == ["e", "d"]
    state.selection.remove(["f"])
    assert ids(state) == ["f", "e"]
    assert Letters.fits == 1


def test_what_is_left_out_makes_room_and_comes_back(state: State) -> None:
    state.choice.set_top_n(2)
    state.selection.add(["a"])
    train(state)
    state.selection.exclude("f")
    assert ids(state) == ["e", "d"]
    state.selection.exclude("e")
    assert (ids(state), state.selection.excluded) == (["d", "c"], ("f", "e"))
    state.undo.undo()
    assert ids(state) == ["e", "d"]
    state.selection.bring_back()
    assert ids(state) == ["f", "e"]
    state.selection.exclude("nope")
    assert "There is no course “nope”" in state.messages.error


def test_a_topic_gets_its_own_best_and_an_empty_list_says_why(state: State) -> None:
    state.choice.set_top_n(1)
    state.selection.add(["a"])
    train(state)
    state.selection.show_topic("Python")
    assert ids(state) == ["b"]
    state.selection.exclude("b")
    assert state.fitting.answer.why_empty == (
        "No course on Python is left to recommend. Choose another topic."
    )
    state.selection.show_topic("")
    assert ids(state) == ["f"]
    for one in "cdef":
        state.selection.exclude(one)
    assert "left out every course" in state.fitting.answer.why_empty


def test_what_moved_is_one_short_sentence(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting_module, "GESTURE", 0)
    state.choice.set_top_n(3)
    state.selection.add(["a"])
    train(state)
    state.selection.exclude("f")
    assert state.fitting.answer.what_moved == "3 of 3 changed: “Containers <b>” came in."
    state.selection.pick(["a"], excluded=["f", "d", "c"])
    assert state.fitting.answer.what_moved == "1 of 2 changed: “Python for Data” came in."
    state.selection.bring_back()
    assert state.fitting.answer.what_moved == "3 of 3 changed: “Title f” and 1 more came in."


def test_a_drag_right_after_another_model_begins_with_that_models_list(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting_module, "GESTURE", 5)
    state.choice.set_top_n(2)
    state.selection.add(["a"])
    train(state)
    assert ids(state) == ["f", "e"]
    state.selection.exclude("f")
    state.selection.exclude("e")
    assert state.fitting.answer.before == ("f", "e")


def test_a_preview_is_the_list_that_follows(state: State) -> None:
    state.choice.set_top_n(2)
    state.selection.add(["f", "a"])
    train(state)
    assert ids(state) == ["e", "d"]
    state.fitting.show_preview("f")
    preview = state.fitting.preview
    assert preview
    assert (preview.leaving, preview.coming) == (("d",), ("it",))
    assert preview.words == "Without “Title f”: 1 would leave, it would come in."
    state.selection.remove(["f"])
    assert (ids(state), state.fitting.preview) == (["f", "e"], None)
    state.fitting.show_preview("a")
    assert state.fitting.preview
    assert state.fitting.preview.words == (
        "Without “Python Basics”: 2 would leave, nothing would come in."
    )
    state.fitting.show_preview("")
    assert state.fitting.preview is None


def test_a_slow_model_has_no_preview(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting_module, "SLOW", 0)
    state.selection.add(["a"])
    train(state)
    state.fitting.show_preview("a")
    assert (state.fitting.preview, state.messages.error) == (None, "")


def test_a_course_that_is_picked_after_all_is_no_longer_left_out(state: State) -> None:
    state.selection.exclude("f")
    state.selection.add(["f"])
    assert state.selection.excluded == ()
    state.selection.exclude("e")
    state.selection.pick_example(state.selection.learners[0].name)  # another person
    assert state.selection.excluded == ()


def test_what_acts_when_scoring_acts_without_training(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("threshold", 4)
    assert ids(state) == ["f", "e", "d"]
    assert not state.fitting.outdated
    state.choice.set_value("threshold", 100)
    assert "Nothing reaches your threshold" in state.fitting.answer.why_empty
    assert Letters.fits == 1


def test_other_settings_leave_the_last_list_standing_and_say_so(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    state.choice.set_value("power", 2)
    assert state.fitting.outdated
    assert ids(state) == list("fedcb")
    assert state.fitting.advice == (
        "This list is from Letters with other settings. Train Letters to see its list."
    )
    train(state)
    assert not state.fitting.outdated
    assert state.fitting.answer.table["score"].iloc[0] == 36


def test_settings_go_back_to_a_fitted_model_at_once(state: State) -> None:
    state.choice.choose_model("knn")
    state.selection.add(["a"])
    train(state)
    default = state.choice.values["neighbours"]
    state.choice.set_value("neighbours", 3)
    assert state.fitting.outdated
    state.choice.set_value("neighbours", default)
    assert not state.fitting.outdated


def test_a_model_that_is_in_the_store_needs_no_training(new_state: Callable[[], State]) -> None:
    first = new_state()
    first.choice.choose_model("knn")
    train(first)
    second = new_state()
    second.selection.add(["a"])
    assert second.fitting.outdated
    second.choice.choose_model("knn")
    assert not second.fitting.outdated
    assert type(second.fitting.answer.model) is models.KNN


def test_without_courses_the_answer_says_what_to_do(state: State) -> None:
    train(state)
    assert state.fitting.answer.why_empty.startswith("Pick something first")


def test_settings_changed_during_a_training_do_not_get_its_model_for_theirs(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = Letters._fit

    def fit_while_the_slider_moves(self: Letters, dataset: Dataset, progress: Progress) -> None:
        state.choice.set_value("power", 3)
        fit(self, dataset, progress)

    monkeypatch.setattr(Letters, "_fit", fit_while_the_slider_moves)
    state.selection.add(["a"])
    train(state)
    assert state.fitting.answer.table["score"].iloc[0] == 6
    assert state.fitting.outdated
    assert state.choice.values["power"] == 3


def test_the_picked_courses_are_shown_before_the_list_is_computed(state: State) -> None:
    """A click is answered by its chip, which need not wait for the list and the charts."""
    state.selection.add(["a"])
    train(state)
    order: list[str] = []
    state.fitting.observe(lambda _: order.append("list"), "answer")
    state.selection.observe(lambda _: order.append("picked"), "history")  # after `Fitting` does
    state.selection.remove(["a"])
    state.selection.add(["b"])
    state.undo.undo()
    assert order == ["picked", "list"] * 3


def test_a_short_list_says_why_and_in_the_words_of_the_data_set(state: State) -> None:
    state.selection.add(["a"])
    train(state)
    assert state.fitting.answer.remarks == (
        "The list has 5 of the 10 asked for. Of 6 courses, you have picked 1."
    )
    state.choice.set_value("threshold", 4)
    assert state.fitting.answer.remarks == (
        "The list has 3 of the 10 asked for. Of 6 courses, you have picked 1; 2 are below the "
        "threshold of 4."
    )
    state.choice.set_top_n(3)
    assert state.fitting.answer.remarks == ""
    panel = recommendations(state.selection, state.fitting, state.view)
    state.choice.set_value("threshold", 6)
    (remarks,) = (one for one in panel.children if "recsys-remarks" in one._dom_classes)
    assert "The list has 1 of the 3 asked for" in remarks.value


def test_equal_scores_are_told_with_the_order_in_which_they_stand() -> None:
    assert ties_in_words(pd.Series([3.0, 2.0])) == ""
    words = ties_in_words(pd.Series([10.52, 10.5, 10.5, 10.5, 4.0, 4.0]))
    assert words.startswith("3 courses share the score 10.5 (other scores are shared too): among")
    scores, popularity = np.array([[1.0, 1.0, 1.0, 2.0]]), np.array([5, 9, 5, 1])
    assert top_k(scores, 4, popularity).tolist() == [[3, 1, 0, 2]]  # as the sentence says
    assert "more users like comes first, then the one that the data set lists first" in words
