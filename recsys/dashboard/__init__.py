"""The dashboard: one observable state, and panels that show it.

from recsys.dashboard import Dashboard
app = Dashboard()
app.picker          # displays the panel
"""

from __future__ import annotations

from recsys.dashboard import panels
from recsys.dashboard.state import State

__all__ = ["Dashboard", "State", "panels"]


class Dashboard:
    """All panels over one state, for `dashboard.ipynb` to lay out.

    Parameters
    ----------
    source : key of the first data set; by default the first that is present
    """

    def __init__(self, source: str | None = None) -> None:
        self.state = State(source)
        self.data_set = panels.data_set(self.state)
        self.picker = panels.picker(self.state)
        self.picked = panels.picked(self.state)
        self.model = panels.model(self.state)
        self.training = panels.training(self.state)
        self.notices = panels.notices(self.state)
        self.recommendations = panels.recommendations(self.state)
        self.charts = panels.charts(self.state)
