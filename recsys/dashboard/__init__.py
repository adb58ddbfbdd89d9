"""The dashboard: an observable state, and the panels that show it.

from recsys.dashboard import Dashboard
app = Dashboard()
app.picker          # displays the panel
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping

import ipywidgets as widgets

from recsys.dashboard import panels
from recsys.dashboard.panels.frame import watch
from recsys.dashboard.state import State
from recsys.dashboard.state.comparison import Comparison
from recsys.dashboard.state.leaderboard import Leaderboard
from recsys.dashboard.state.model_charts import ModelCharts

__all__ = ["Dashboard", "State", "panels"]


class Dashboard:
    """All panels over one state, for `dashboard.ipynb` to lay out.

    It creates the state and the models that follow it, and passes each panel those it shows.

    Parameters
    ----------
    source : key of the data set to open; by default the first that is installed
    """

    def __init__(self, source: str | None = None) -> None:
        _log_to_the_server()
        self.state = state = State(source)
        state.begin()
        selection, choice, view = state.selection, state.choice, state.view
        training, fitting, messages = state.training, state.fitting, state.messages
        self.data_set = panels.data_set(state)
        self.picker = panels.picker(selection)
        self.picked = panels.picked(selection)
        self.models = panels.models(choice)
        self.settings = panels.settings(choice, view, selection)
        self.training = panels.training(fitting, training, messages)
        self.notices = panels.notices(messages)
        self.recommendations = panels.recommendations(selection, fitting, view)
        self.comparison = panels.comparison(Comparison(state), view, training, messages)
        self.leaderboard = panels.leaderboard(Leaderboard(state), view)
        self.charts = panels.charts(ModelCharts(state), messages)
        self.toolbar = panels.toolbar(state)
        causes = (self.picker, self.picked, self.settings, self.training)
        self.bench = panels.bench(self.models, causes, self.recommendations, self.charts)
        self._let_links_hide_panels()

    def ask(self, questions: Mapping[str, str]) -> widgets.VBox:
        """A panel with questions to begin with; each sets the model as a link would.

        Parameters
        ----------
        questions : queries of links, such as "model=knn&neighbours=1", by the question
        """
        return panels.questions(self.state, questions)

    def _let_links_hide_panels(self) -> None:
        """Hide the panels that a link names, as in `hide=settings,leaderboard`.

        The names are the attributes of this object. The notices cannot be hidden.
        """
        hideable = {
            name: panel
            for name, panel in vars(self).items()
            if isinstance(panel, widgets.Widget) and panel is not self.notices
        }

        def hide() -> None:
            for name, panel in hideable.items():
                hidden = name in self.state.view.hidden
                (panel.add_class if hidden else panel.remove_class)("recsys-hidden")

        self.state.view.hideable = tuple(hideable)
        watch(self.state.view, "hidden", hide)


def _log_to_the_server() -> None:
    """Write the package's log to the standard error of the process, and so to the server's log.

    ipykernel sends `sys.stderr` to the page, which does not show the output of callbacks.
    """
    logger = logging.getLogger("recsys")
    if logger.handlers:
        return
    try:
        stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)
    except OSError:  # no file descriptor, as under some test runners
        return
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
