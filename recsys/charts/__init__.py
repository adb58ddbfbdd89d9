"""Charts: tables and arrays in, Plotly figures out; and a registry of charts that models declare.

Every chart has a title that states its finding, a text alternative, and the table that it draws.
Must not know widgets, nor import a model: a chart reads a model's fitted attributes, and a model
lists the keys of its charts.

Figures fit widths from 340 to 1200 px; only their own titles need 460 px, and the page shows these
as text. Their height depends on their content. They are readable on
light and on dark pages. The colours are those of Okabe & Ito, which colour-blind people can
distinguish. No information is shown by colour alone.
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
