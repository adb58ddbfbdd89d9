"""Tables and arrays in, Plotly figures out; and the charts by name, as models declare them.

Every chart comes with a title that states its finding, a sentence for those who cannot see it,
and the table it draws. Must not know widgets, nor import a model: a chart reads what a model has
learned, and a model lists its charts by their keys.

Figures fit widths from 340 to 1200 px, have a height that follows from their content, and read on
light and on dark pages. Colours are those of Okabe & Ito, which colour-blind people can tell
apart; none of them is the only sign of anything.
"""

from recsys.charts.answers import contributions, scores, topic_profile
from recsys.charts.clusters import (
    cluster_counts,
    cluster_map,
    cluster_portraits,
    cluster_sizes,
    user_map,
)
from recsys.charts.comparison import rank_lines
from recsys.charts.components import component_heatmap, explained_variance, loadings
from recsys.charts.drawing import CONFIG, Chart
from recsys.charts.networks import course_map, training_curve
from recsys.charts.popularity import popularity_bias
from recsys.charts.registry import Kind, UnknownChartError, View, chart, find, registered
from recsys.charts.wording import aligned

__all__ = [
    "CONFIG",
    "Chart",
    "Kind",
    "UnknownChartError",
    "View",
    "aligned",
    "chart",
    "cluster_counts",
    "cluster_map",
    "cluster_portraits",
    "cluster_sizes",
    "component_heatmap",
    "contributions",
    "course_map",
    "explained_variance",
    "find",
    "loadings",
    "popularity_bias",
    "rank_lines",
    "registered",
    "scores",
    "topic_profile",
    "training_curve",
    "user_map",
]
