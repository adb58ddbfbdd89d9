"""What a visitor sends who writes the page's messages by hand, to a kernel of a real server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest
import websocket
from serving import Server, served
from visits import PATIENCE, Widgets, ask, kernel_of, wired

HUGE = "x" * 5_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[Widgets]:
    with wired(server.url, kernel_of(ask(server.url, "/")[2])) as wire:
        yield Widgets(wire)


def notice(page: Widgets) -> str:
    return str(page.of_class("recsys-error")["value"])


def assert_it_works(page: Widgets) -> None:
    page.click("Clear")
    assert page.of_class("recsys-chips")["children"] == []
    page.click("Cloud engineer")
    assert page.of_class("recsys-chips")["children"]
    assert not notice(page)


@pytest.mark.parametrize(
    "state",
    [
        {"value": 10**9},
        {"value": -(10**9)},
        {"value": 1e308},
        {"value": float("nan")},
        {"value": "ten"},
        {"value": None},
        {"value": [1, 2]},
        {"min": -(10**9), "max": 10**9, "value": 10**8},
        {"max": 10**9, "value": 10**9},
    ],
    ids=str,
)
def test_a_slider_takes_nothing_out_of_its_bounds(page: Widgets, state: dict[str, Any]) -> None:
    """Not even with its bounds set aside: the model and the list have their own."""
    for slider in ("How many to recommend", "Similarity threshold (%)"):
        page.change(page.named(slider), **state)
    shown = page.of_class("recsys-table")["value"]
    assert shown.count('class="recommended"') <= 100
    assert_it_works(page)


@pytest.mark.parametrize(
    "value", [HUGE, "\u202e\ufffe\x00🎓", 7, None, {"a": [[]]}], ids=lambda v: repr(v)[:9]
)
@pytest.mark.parametrize(
    "field",
    [
        *("Search", "What is open on the page", "The link that was opened"),
        *("What was pressed in a row", "Which pick is pointed at"),
    ],
)
def test_a_text_field_takes_any_text_and_nothing_else(
    page: Widgets, field: str, value: object
) -> None:
    page.change(page.named(field), value=value)
    assert_it_works(page)


@pytest.mark.parametrize(
    "index", [[10**6], [-1], ["x"], 10**6, None, [0] * 100_000], ids=lambda v: str(v)[:9]
)
def test_a_list_takes_none_but_its_entries(page: Widgets, index: object) -> None:
    for name in ("Courses", "Data set", "Topic", "Only topic", "Order by"):
        page.change(page.named(name), index=index)
    page.click("Add")
    assert_it_works(page)


def test_a_flood_of_trainings_is_one_training(server: Server, page: Widgets) -> None:
    """Each press asks for another model and takes the place of the last: besides the one that is
    trained there is at the most the one that is being ended.
    """

    def trainings() -> int:
        children = psutil.Process(server.pid).children(recursive=True)
        return sum("recsys.jobs.worker" in one.cmdline() for one in alive(children))

    page.change(page.named("7 Network"), value=True)
    train = next(
        key for key, one in page.states.items() if "recsys-train" in one.get("_dom_classes", ())
    )
    seen = set()
    for number in range(30):
        page.change(page.named("Embedding size"), value=1 + number % 30)
        page.press(train)
        seen.add(trainings())
    assert 1 in seen
    assert max(seen) <= 2
    page.click("Cancel")
    until = time.monotonic() + PATIENCE
    while trainings() and time.monotonic() < until:
        time.sleep(0.1)
    assert trainings() == 0
    assert_it_works(page)


def alive(processes: list[psutil.Process]) -> Iterator[psutil.Process]:
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            if one.status() != psutil.STATUS_ZOMBIE:
                yield one


def test_options_cannot_be_added(page: Widgets) -> None:
    """Who spoils the lists of their own page has spoilt them there."""
    page.change(page.named("Topic"), _options_labels=["os"], index=0)
    page.change(page.named("Courses"), _options_labels=["GONE"] * 9, index=[8])
    page.click("Add")
    assert_it_works(page)


def test_a_message_that_is_too_large_ends_the_connection_only(server: Server) -> None:
    kernel = kernel_of(ask(server.url, "/")[2])
    with wired(server.url, kernel) as wire, pytest.raises((websocket.WebSocketException, OSError)):
        wire.reply(wire.send("kernel_info_request", {"padding": HUGE * 3}))
    with wired(server.url, kernel) as wire:
        assert_it_works(Widgets(wire))
