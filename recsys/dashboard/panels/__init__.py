"""Panels: functions that build ipywidgets for parts of the state.

Each panel can be displayed alone in a cell. A panel binds widgets to the state. It creates no state
of its own, and contains no rules.
"""

from recsys.dashboard.panels.bench import bench
from recsys.dashboard.panels.charts import charts
from recsys.dashboard.panels.comparison import comparison
from recsys.dashboard.panels.data_set import data_set
from recsys.dashboard.panels.leaderboard import leaderboard
from recsys.dashboard.panels.models import models
from recsys.dashboard.panels.notices import notices
from recsys.dashboard.panels.picker import picked, picker
from recsys.dashboard.panels.questions import questions
from recsys.dashboard.panels.recommendations import recommendations
from recsys.dashboard.panels.settings import settings
from recsys.dashboard.panels.toolbar import toolbar
from recsys.dashboard.panels.training import training

__all__ = [
    "bench",
    "charts",
    "comparison",
    "data_set",
    "leaderboard",
    "models",
    "notices",
    "picked",
    "picker",
    "questions",
    "recommendations",
    "settings",
    "toolbar",
    "training",
]
