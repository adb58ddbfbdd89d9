"""Changes that can be undone, the latest first.

All parts of the state share one stack. Before a change, they push a snapshot of the old value and
the function that restores it. Changes of the same thing that follow each other quickly, such as a
drag of a slider, are one step. Must not know what a snapshot contains.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from traitlets import Bool, HasTraits

from recsys.dashboard.state.messages import Messages, guarded

GESTURE = 1.0  # seconds: changes that follow each other sooner are one, such as a drag of a slider

_Snapshot = TypeVar("_Snapshot")


class Undo(HasTraits):
    """A stack of snapshots.

    Parameters
    ----------
    messages : where an error is reported
    """

    possible = Bool(False, help="whether there is a change to undo")

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.messages = messages
        self._stack: list[Callable[[], Any]] = []
        self._last = ("", 0.0)  # what has changed last, and when
        self._paused = False

    def remember(
        self, snapshot: _Snapshot, restore: Callable[[_Snapshot], Any], what: str = ""
    ) -> None:
        """Record the value that is about to change.

        Parameters
        ----------
        snapshot : the current value; must be immutable
        restore : called with the snapshot to restore it
        what : what changes, such as the name of a setting: if that has changed less than `GESTURE`
            ago, both changes are one step; by default each change is a step
        """
        if self._paused:
            return
        now, (last, then) = time.monotonic(), self._last
        self._last = (what, now)
        if what and what == last and now - then < GESTURE and self._stack:
            return
        self._stack.append(partial(restore, snapshot))
        self.possible = True

    @contextmanager
    def one_step(self, snapshot: _Snapshot, restore: Callable[[_Snapshot], Any]) -> Iterator[None]:
        """Record all that changes in the `with` block as one step.

        Parameters
        ----------
        snapshot, restore : as for `remember`
        """
        with self._without_recording():
            yield
        self.remember(snapshot, restore)

    @guarded("undoing the last change")
    def undo(self) -> None:
        """Restore the value before the last change, if there was one."""
        if self._stack:
            restore = self._stack.pop()
            self._last = ("", 0.0)
            self.possible = bool(self._stack)
            with self._without_recording():
                restore()

    def forget(self) -> None:
        """Forget all changes, so that none of them can be undone."""
        self._stack.clear()
        self.possible = False

    @contextmanager
    def _without_recording(self) -> Iterator[None]:
        paused, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = paused
