"""Changes that can be undone, the latest first.

All parts of the state share one stack. Before a change, they push a snapshot of the old value and
the function that restores it. Must not know what a snapshot contains.
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

    possible = Bool(False, help="whether there is a change to undo")

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self.messages = messages
        self._stack: list[Callable[[], None]] = []

    def remember(self, snapshot: _Snapshot, restore: Callable[[_Snapshot], None]) -> None:
        """Record the value that is about to change.

        Parameters
        ----------
        snapshot : the current value; must be immutable
        restore : called with the snapshot to restore it
        """
        self._stack.append(partial(restore, snapshot))
        self.possible = True

    @guarded("undoing the last change")
    def undo(self) -> None:
        """Restore the value before the last change, if there was one."""
        if self._stack:
            restore = self._stack.pop()
            self.possible = bool(self._stack)
            restore()

    def forget(self) -> None:
        """Forget all changes, so that none of them can be undone."""
        self._stack.clear()
        self.possible = False
