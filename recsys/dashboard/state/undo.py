"""Changes that can be taken back, the latest first.

One stack for all subjects: a change leaves a snapshot of what was there before, and the function
that brings it back. Must not know what a snapshot holds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from traitlets import Bool, HasTraits

from recsys.dashboard.state.messages import Messages, guarded

_Snapshot = TypeVar("_Snapshot")


class Undo(HasTraits):
    """A stack of snapshots.

    Parameters
    ----------
    messages : where an error is reported
    """

    possible = Bool(False, help="whether there is a change to take back")

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.messages = messages
        self._stack: list[Callable[[], None]] = []

    def remember(self, snapshot: _Snapshot, restore: Callable[[_Snapshot], None]) -> None:
        """Keep what is about to change.

        Parameters
        ----------
        snapshot : what is there now; a value that nobody changes
        restore : called with the snapshot to bring it back
        """
        self._stack.append(partial(restore, snapshot))
        self.possible = True

    @guarded("taking back the last change")
    def undo(self) -> None:
        """Bring back what was there before the last change, if there was one."""
        if self._stack:
            restore = self._stack.pop()
            self.possible = bool(self._stack)
            restore()

    def forget(self) -> None:
        """Forget all changes: none of them can be taken back any more."""
        self._stack.clear()
        self.possible = False
