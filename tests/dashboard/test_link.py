"""What a link contains, and which parts are ignored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import SETS

from recsys import models
from recsys.dashboard.link import MOST_RECOMMENDATIONS, MOST_STEPS, ORDERS, Link, read, write
from recsys.dashboard.state import State
from recsys.dashboard.state import fitting as fitting_module
from recsys.models import Hyperparameter

SOURCES = ("bundled", "ibm", "Ein, zwei & 100 %")
PANELS = ("data_set", "leaderboard")
WORDS = (
    *("data", "courses", "audited", "without", "topic", "model", "top", "sort", "open", "close"),
    *("compare", "why", "hide", "present"),
)
KEYS = [one.key() for one in models.registry()]

ids = st.lists(st.text(min_size=1), unique=True, max_size=4).map(tuple)
panels = st.lists(st.sampled_from(PANELS), unique=True).map(tuple)


def read_here(query: str) -> tuple[Link, list[str]]:
    return read(query, sources=SOURCES, openable=PANELS, hideable=PANELS)


def value_of(one: Hyperparameter) -> st.SearchStrategy[object]:
    if one.choices:
        return st.sampled_from(one.choices)
    if one.kind is bool:
        return st.booleans()
    assert one.low is not None
    assert one.high is not None
    if one.kind is int:
        number: st.SearchStrategy[object] = st.integers(int(one.low), int(one.high))
    else:
        number = st.floats(one.low, one.high)
    return number | st.none() if one.none else number


@st.composite
def links(draw: st.DrawFn) -> Link:
    model = draw(st.none() | st.sampled_from(KEYS))
    values = {}
    for one in models.find(model).hyperparameters() if model else ():
        value = draw(st.just(one.default) | value_of(one))
        if value != one.default:
            values[one.name] = value
    return Link(
        source=draw(st.none() | st.sampled_from(SOURCES)),
        courses=draw(st.none() | ids),
        audited=draw(ids),
        excluded=draw(ids),
        topic=draw(st.just("") | st.text()),
        model=model,
        values=values,
        top_n=draw(st.integers(1, MOST_RECOMMENDATIONS)),
        order=draw(st.sampled_from(["", *ORDERS])),
        opened=draw(panels),
        closed=draw(panels),
        compared=draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3).map(tuple)),
        explained=draw(ids),
        hidden=draw(panels),
        step=draw(st.integers(0, MOST_STEPS)),
    )


@settings(deadline=None)
@given(links())
def test_a_link_is_read_as_it_was_written(link: Link) -> None:
    assert read_here(write(link)) == (link, [])
    assert read_here(f"?{write(link)}") == (link, [])


anything = st.text(st.characters(exclude_categories=()))
pieces = st.tuples(
    st.sampled_from([*WORDS, "neighbours", "seed"]), anything | st.sampled_from([*KEYS, "7"])
)


@settings(deadline=None)
@given(anything | st.lists(pieces).map(lambda all_of: "&".join(f"{a}={b}" for a, b in all_of)))
def test_anything_gives_a_link_that_can_be_written_and_short_notes(query: str) -> None:
    link, notes = read_here(query)
    assert all(len(one) < 300 and one.isprintable() for one in notes)
    unchecked = {"courses": None, "audited": (), "excluded": (), "topic": "", "explained": ()}
    known = Link(**{**vars(link), **unchecked})
    assert read_here(write(known)) == (known, [])
    for one in models.find(link.model).hyperparameters() if link.model else ():
        one.checked(link.values.get(one.name, one.default), "a test")


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("model=knn&neighbours=0", "“0” is not a value that KNN takes for “Neighbours”"),
        ("model=knn&neighbours=2.5", "“2.5” is not a value"),
        ("model=knn&neighbours=nan", "“nan” is not a value"),
        ("model=clustering&lift=maybe", "“maybe” is not a value"),
        ("model=knn&weighting=sideways", "“sideways” is not a value"),
        ("model=oracle", "There is no model “oracle” here."),
        ("model=oracle&neighbours=7", "“neighbours” is not a setting here."),
        ("data=elsewhere", "There is no data set “elsewhere” here."),
        ("top=101", "“top” takes a whole number from 1 to 100, not “101”."),
        ("top=-1", "not “-1”"),
        ("present=next", "not “next”"),
        ("sort=price", "There is no order “price” here."),
        ("open=attic", "“attic” cannot be opened here."),
        ("hide=a,b,c,d,e", "“a”, “b”, “c” and 2 more cannot be hidden here."),
        ("compare=knn,oracle", "“oracle” cannot be compared here."),
        ("model=knn&model=nmf", "“model” appears twice; the first one counts."),
        ("colour=<b>red</b>", "“colour” is not a setting here."),
    ],
)
def test_invalid_parts_are_reported_and_ignored(query: str, note: str) -> None:
    link, notes = read_here(query)
    assert len([one for one in notes if note in one]) == 1
    assert link in (Link(), Link(model="clustering"), Link(model="knn"), Link(compared=("knn",)))


def test_parameters_of_the_server_are_ignored_without_a_note() -> None:
    assert read_here("token=secret&voila-theme=dark") == (Link(), [])


def test_no_setting_of_a_model_is_called_like_another_part_of_a_link() -> None:
    for model in models.registry():
        assert not {one.name for one in model.hyperparameters()} & set(WORDS)


# With the state


def test_a_link_of_the_state_shows_the_same_state_elsewhere(
    new_state: Callable[[], State],
) -> None:
    here, there = new_state(), new_state()
    for state in (here, there):
        state.begin()
        state.view.add_openable("leaderboard")
        state.view.hideable = ("model",)
    here.choose_source("two")
    here.selection.clear()
    here.selection.add(["d", "b"])
    here.choice.choose_model("knn")
    here.choice.set_value("neighbours", 7)
    here.choice.set_top_n(3)
    here.selection.exclude("x")
    here.selection.show_topic("Ops")
    here.view.order = "popularity"
    here.view.set_open("leaderboard", True)
    here.update_from_page("why=x,y&present=2")
    here.view.hidden = ("model",)

    there.open_link(write(here.link))
    assert there.link == here.link
    assert there.selection.source == "two"
    assert there.selection.history.ids == ("d", "b")
    assert there.choice.values["neighbours"] == 7
    assert (there.messages.note, there.messages.error, there.undo.possible) == ("", "", False)
    assert there.fitting.wait(30)
    assert not there.fitting.outdated  # KNN is fast
    assert (there.fitting.advice, there.training.running) == ("", False)


@pytest.mark.parametrize("model", ["letters", "knn&neighbours=7"])  # KNN is fitted first
def test_a_page_that_opens_with_a_link_has_moved_nothing(
    state: State, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(fitting_module, "GESTURE", 0)
    state.begin()
    state.open_link(f"courses=a&model={model}&top=2")
    assert state.fitting.wait(30)
    assert not state.fitting.outdated
    assert (state.fitting.answer.before, state.fitting.answer.what_moved) == ((), "")
    state.choice.set_top_n(3)
    assert state.fitting.answer.before
    assert state.fitting.answer.what_moved


def test_an_examples_courses_are_the_example_again(state: State) -> None:
    state.begin()
    query = write(state.link)
    state.selection.clear()
    state.open_link(query)
    assert state.selection.example == state.selection.learners[0].name


def test_the_valid_parts_of_an_old_link_are_used(state: State) -> None:
    state.begin()
    state.open_link(
        "data=gone&courses=a,nope,b&model=letters&power=99&threshold=2&why=a,old"
        "&without=c,left&topic=Price"
    )
    assert (state.selection.excluded, state.selection.topic) == (("c",), "")
    assert state.selection.history.ids == ("a", "b")
    assert state.choice.values == {"power": 1, "threshold": 2}
    assert state.view.explained == ("a",)
    assert state.selection.source == "one"
    for words in ("“gone”", "“nope”", "“99”", "“old”", "“left”", "“Price”"):
        assert words in state.messages.note
    assert state.messages.error == ""
    state.selection.add(["c"])
    assert state.messages.note  # until it is dismissed


def test_a_data_set_that_cannot_be_opened_is_a_note(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.begin()
    monkeypatch.delitem(SETS, "two")
    monkeypatch.setattr(State, "_names", lambda self: {"one": "one", "two": "two"})
    state.open_link("data=two&courses=a")
    assert state.selection.source == "one"
    assert state.selection.history.ids == ("a",)
    assert "There is no data set “two”" in state.messages.note


def test_a_link_names_a_folder_of_this_machine_by_its_last_part(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.begin()
    monkeypatch.setitem(SETS, "/srv/sets/three", SETS["two"])
    state.choose_source("/srv/sets/three")
    assert "data=three" in write(state.link)
    state.open_link("data=%2Fsrv%2Fsets%2Fthree")
    assert "There is no data set" in state.messages.note
    assert state.selection.source == "one"


def test_reset_goes_back_to_the_start_and_undo_restores_the_courses(state: State) -> None:
    state.begin()
    beginning = state.link
    state.selection.clear()
    state.selection.add(["c"])
    state.choice.choose_model("knn")
    state.choice.set_value("neighbours", 7)
    state.choice.set_top_n(2)
    state.view.hidden = ("model",)
    state.messages.note = "Something"
    state.reset()
    assert state.link == beginning
    assert state.messages.note == ""
    state.undo.undo()
    assert state.selection.history.ids == ("c",)
    assert (state.choice.chosen.key, state.choice.values["neighbours"]) == ("knn", 7)
    state.reset()
    state.choice.choose_model("knn")
    assert state.choice.values == models.KNN().values()


def test_an_explanation_that_waits_for_a_training_stays_open(state: State) -> None:
    state.begin()
    state.open_link("courses=a&model=knn&why=b&top=1")
    state.update_from_page("why=&present=1")
    assert state.view.explained == ("b",)
    state.fitting.train()
    assert state.training.job is not None
    state.training.job.wait(30)
    state.update_from_page("why=&present=1")
    assert state.view.explained == ()
