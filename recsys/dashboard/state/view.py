"""What is open, compared, hidden and presented: all that is seen beside the choice and its answer.

Must not know what the names stand for, nor widgets.
"""

from __future__ import annotations

from traitlets import HasTraits, Int, Tuple


class View(HasTraits):
    """Names of panels and charts, and which of them are open."""

    hideable = Tuple(help="names of the panels that a link can hide")
    hidden = Tuple(help="those that are hidden")
    openable = Tuple(help="names of the panels and charts that can be opened")
    opened = Tuple(help="those that somebody has opened")
    closed = Tuple(help="those that somebody has closed, of what opens by itself")
    compared = Tuple(help="keys of the models that are compared; empty while nobody has chosen")
    explained = Tuple(help="ids of the recommended courses whose explanation is open")
    step = Int(0, help="which step is presented, from 1; 0 outside the presenter's mode")

    def offer(self, *names: str) -> None:
        """Let panels or charts be opened by links too."""
        self.openable = tuple(dict.fromkeys((*self.openable, *names)))

    def set_open(self, name: str, is_open: bool, *, open_by_default: bool = False) -> None:
        """Open or close a panel or a chart.

        Parameters
        ----------
        open_by_default : whether it is open by default; then it is remembered that it was closed
        """
        opened = tuple(one for one in self.opened if one != name)
        closed = tuple(one for one in self.closed if one != name)
        with self.hold_trait_notifications():
            self.opened = (*opened, name) if is_open else opened
            self.closed = (*closed, name) if open_by_default and not is_open else closed
