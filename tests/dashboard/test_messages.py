"""Every error is shown on the page and logged."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from letters import Letters, train
from scipy.sparse import csr_matrix

from recsys.dashboard.state import State


def test_an_unexpected_error_is_shown_in_words_and_logged_in_full(
    state: State, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    train(state)

    def broken(self: Letters, histories: csr_matrix) -> np.ndarray:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(Letters, "_score", broken)
    with caplog.at_level(logging.ERROR):
        state.selection.add(["a"])
    assert state.messages.error == (
        "Something went wrong while adding a pick: division by zero. "
        "The server's log has the details."
    )
    assert "ZeroDivisionError" in caplog.text


def test_an_answer_that_fails_does_not_keep_the_page_from_following_the_choice(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(state)
    seen: list[tuple[str, ...]] = []
    state.selection.observe(lambda change: seen.append(change["new"].ids), "history")

    def broken(self: Letters, histories: csr_matrix) -> np.ndarray:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(Letters, "_score", broken)
    state.selection.add(["a"])
    assert "while adding a pick: division by zero" in state.messages.error
    assert seen == [("a",)]
