"""Which panels and charts are open or hidden, the order of the list, what is compared, and which
step is presented.

Must not know what the names stand for, nor widgets.
"""

from __future__ import annotations

from traitlets import Bool, HasTraits, Int, Tuple, Unicode


class View(HasTraits):
    """Names of the panels and charts, and their visibility."""

    hideable = Tuple(help="names of the panels that a link can hide")
    hidden = Tuple(help="names of the panels that are hidden")
    openable = Tuple(help="names of the panels and charts that can be opened")
    opened = Tuple(help="those that the visitor has opened")
    closed = Tuple(help="those that the visitor has closed, of those open by default")
    order = Unicode(help="the order of the list, one of `link.ORDERS`; empty for the best first")
    compared = Tuple(help="keys of the compared models; empty for the default ones")
    explained = Tuple(help="ids of the recommended courses whose explanation is open")
    told = Bool(False, help="whether the page tells which explanations are open")
    step = Int(0, help="number of the presented step, from 1; 0 outside the presenter mode")

    def add_openable(self, *names: str) -> None:
        """Register names of panels or charts that links may open."""
        self.openable = tuple(dict.fromkeys((*self.openable, *names)))

    def set_open(self, name: str, is_open: bool, *, open_by_default: bool = False) -> None:
        """Open or close a panel or a chart.

        Parameters
        ----------
        name : its name in links
        is_open : True to open it, False to close it
        open_by_default : whether it is open by default; if so, remember when the visitor closes it
        """
        opened = tuple(one for one in self.opened if one != name)
        closed = tuple(one for one in self.closed if one != name)
        with self.hold_trait_notifications():
            self.opened = (*opened, name) if is_open else opened
            self.closed = (*closed, name) if open_by_default and not is_open else closed
