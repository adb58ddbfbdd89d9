"""An estimate of how long a training will still take, from the progress it has reported.

Must not know the state, nor widgets.
"""

from __future__ import annotations

from dataclasses import dataclass

_MIN_PROGRESS = 0.05  # of the whole fit, before an estimate is possible


@dataclass
class Pace:
    """The pace of a fit, computed from its first and its last progress report.

    The time before the first step is not counted, since it only starts libraries such as
    TensorFlow.

    Attributes
    ----------
    first, last : the reports, each as progress from 0 to 1 and seconds since the start
    """

    first: tuple[float, float] | None = None
    last: tuple[float, float] | None = None

    def update(self, done: float, seconds: float) -> None:
        """Record a progress report.

        Parameters
        ----------
        done : progress, from 0 to 1
        seconds : time since the start
        """
        if done > 0:
            self.first = self.first or (done, seconds)
            self.last = (done, seconds)

    def left(self, seconds: float) -> float | None:
        """How many seconds are left, `seconds` after the start; None if that is not known yet."""
        if self.first is None or self.last is None:
            return None
        passed, took = (end - start for end, start in zip(self.last, self.first, strict=True))
        if passed < _MIN_PROGRESS or took <= 0:
            return None
        done, reported_at = self.last
        return max(0.0, (1 - done) * took / passed - (seconds - reported_at))


def in_words(seconds: float) -> str:
    """A duration such as "8 s" or "2 min"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def waiting(done: float, seconds: float, left: float | None, usual: float | None) -> str:
    """The progress of a training, in words.

    Parameters
    ----------
    done : progress, from 0 to 1
    seconds : time since the start
    left : estimated seconds left, if known
    usual : seconds that the last training of this model took, if there was one
    """
    words = [in_words(seconds)]
    if left is not None:
        words.append("nearly done" if left < 2 else f"about {in_words(left)} left")
    elif done > 0:
        words.append(f"{done:.0%}")
    elif usual is not None:
        words.append(f"the last training took {in_words(usual)}")
    return " · ".join(words)
