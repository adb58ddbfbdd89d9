"""The dashboard: one observable state, and panels that show it.

from recsys.dashboard import Dashboard
app = Dashboard()
app.picker          # displays the panel
"""

from __future__ import annotations

import logging
import os
import sys

import ipywidgets as widgets

from recsys.dashboard import panels
from recsys.dashboard.panels.frame import watch
from recsys.dashboard.state import State

__all__ = ["Dashboard", "State", "panels"]


class Dashboard:
    """All panels over one state, for `dashboard.ipynb` to lay out.

    Parameters
    ----------
    source : key of the first data set; by default the first that is present
    """

    def __init__(self, source: str | None = None) -> None:
        _log_to_the_server()
        self.state = State(source)
        self.state.begin()
        self.data_set = panels.data_set(self.state)
        self.picker = panels.picker(self.state)
        self.picked = panels.picked(self.state)
        self.model = panels.model(self.state)
        self.training = panels.training(self.state)
        self.notices = panels.notices(self.state)
        self.recommendations = panels.recommendations(self.state)
        self.takeaway = panels.takeaway(self.state)
        self.comparison = panels.comparison(self.state)
        self.leaderboard = panels.leaderboard(self.state)
        self.charts = panels.charts(self.state)
        self.link = panels.link(self.state)
        self._let_links_hide_panels()

    def _let_links_hide_panels(self) -> None:
        """All but the notices, by the names they have here: `hide=model,leaderboard`."""
        hideable = {
            name: panel
            for name, panel in vars(self).items()
            if isinstance(panel, widgets.Widget) and panel is not self.notices
        }

        def hide() -> None:
            for name, panel in hideable.items():
                hidden = name in self.state.hidden
                (panel.add_class if hidden else panel.remove_class)("recsys-hidden")

        self.state.hideable = tuple(hideable)
        watch(self.state, "hidden", hide)


def _log_to_the_server() -> None:
    """Send the package's log to this process's own standard error, and so to the server's log;
    what a kernel writes to `sys.stderr` goes to a page, which shows nothing of a callback's.
    """
    logger = logging.getLogger("recsys")
    if logger.handlers:
        return
    try:
        stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)
    except OSError:  # there is no such file, as under some test runners
        return
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
