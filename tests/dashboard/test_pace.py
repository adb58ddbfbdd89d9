"""The estimated time left of a training, from given times."""

from __future__ import annotations

import pytest

from recsys.dashboard.pace import Pace, waiting


def test_the_time_left_of_a_steady_fit_is_estimated_without_its_start() -> None:
    pace = Pace()
    assert pace.left(0) is None
    pace.update(0.0, 0.1)  # starting TensorFlow, which takes long
    pace.update(0.1, 7.0)
    assert pace.left(7) is None  # the start does not count
    pace.update(0.3, 9.0)  # 0.1 a second
    assert pace.left(9) == pytest.approx(7)
    assert pace.left(12) == pytest.approx(4)
    assert pace.left(99) == 0
    pace.update(0.8, 14.0)
    assert pace.left(14) == pytest.approx(2)


def test_there_is_no_estimate_from_too_little_progress() -> None:
    pace = Pace()
    pace.update(0.50, 1.0)
    pace.update(0.51, 1.1)
    assert pace.left(2) is None
    pace.update(0.60, 1.0)  # no time has passed
    assert pace.left(2) is None


@pytest.mark.parametrize(
    ("done", "seconds", "left", "usual", "words"),
    [
        (0.0, 3.4, None, None, "3 s"),
        (0.0, 3.4, None, 21.0, "3 s · the last training took 21 s"),
        (0.4, 3.4, None, 21.0, "3 s · 40%"),
        (0.4, 12.0, 7.8, 21.0, "12 s · about 8 s left"),
        (0.4, 70.0, 130.0, None, "1 min · about 2 min left"),
        (0.9, 12.0, 1.2, None, "12 s · nearly done"),
    ],
)
def test_the_words_say_what_is_known(
    done: float, seconds: float, left: float | None, usual: float | None, words: str
) -> None:
    assert waiting(done, seconds, left, usual) == words
