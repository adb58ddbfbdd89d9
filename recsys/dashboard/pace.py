"""How long a training may still take, from what it has told so far.

Must not know the state, nor widgets.
"""

from __future__ import annotations

from dataclasses import dataclass

_ENOUGH = 0.05  # of the whole, seen to pass, before a pace can be told


@dataclass
class Pace:
    """The pace of a fit, by the first and the last it told of how far it is.

    What comes before the first step, such as starting TensorFlow, says nothing of the pace.
    """

    first: tuple[float, float] | None = None  # how far, and after how many seconds
    last: tuple[float, float] | None = None

    def update(self, done: float, seconds: float) -> None:
        """It is `done` (from 0 to 1) after so many seconds."""
        if done > 0:
            self.first = self.first or (done, seconds)
            self.last = (done, seconds)

    def left(self, seconds: float) -> float | None:
        """How many seconds are left, so many after the start; None while nobody can tell."""
        if self.first is None or self.last is None:
            return None
        passed, took = (end - start for end, start in zip(self.last, self.first, strict=True))
        if passed < _ENOUGH or took <= 0:
            return None
        done, told_at = self.last
        return max(0.0, (1 - done) * took / passed - (seconds - told_at))


def in_words(seconds: float) -> str:
    """ "8 s", "2 min"; as exactly as an estimate is."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def waiting(done: float, seconds: float, left: float | None, usual: float | None) -> str:
    """Where a training stands, in words.

    Parameters
    ----------
    done : from 0 to 1
    seconds : since it began
    left : how many are left, if that can be told
    usual : how many the last training of this model took, if there was one
    """
    words = [in_words(seconds)]
    if left is not None:
        words.append("nearly done" if left < 2 else f"about {in_words(left)} left")
    elif done > 0:
        words.append(f"{done:.0%}")
    elif usual is not None:
        words.append(f"the last training took {in_words(usual)}")
    return " · ".join(words)
