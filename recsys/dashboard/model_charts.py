"""Which charts belong to an answer: the scores for every model, and what the model itself shows.

Reads fitted attributes and calls `charts`; must not know widgets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recsys import charts
from recsys.charts import Chart
from recsys.dashboard.state import Answer
from recsys.dataset import Dataset
from recsys.models import Recommender
from recsys.models.clustering import Clustering
from recsys.models.clustering_pca import ClusteringPCA
from recsys.models.user_profile import UserProfile

MOST_BARS = 20

History = Mapping[str, float]


def charts_for(answer: Answer, dataset: Dataset, history: History) -> list[Chart]:
    """The charts of an answer, in the order shown; none where there is no answer."""
    model = answer.model
    if model is None or answer.table.empty:
        return []
    shown = [charts.scores(answer.table.head(MOST_BARS), model.score_label)]
    shown += [draw(model, dataset, history) for kind, draw in _OF_A_KIND if isinstance(model, kind)]
    curve = getattr(model, "training_curve_", None)
    if curve is not None and len(curve):
        shown.append(charts.training_curve(curve))
    return shown


def _topic_profile(model: UserProfile, dataset: Dataset, history: History) -> Chart:
    return charts.topic_profile(model.profile(dataset.histories([history]))[0], dataset.topics)


def _cluster_sizes(model: Clustering, dataset: Dataset, history: History) -> Chart:
    yours = model.assign(dataset.histories([history]))[0]
    return charts.cluster_sizes(model.cluster_sizes_, int(yours))


def _explained_variance(model: ClusteringPCA, dataset: Dataset, history: History) -> Chart:
    ratio = model.explained_variance_ratio_
    return charts.explained_variance(ratio, model.n_components_, model.variance / 100)


_OF_A_KIND: tuple[tuple[type[Recommender], Callable[..., Chart]], ...] = (
    (UserProfile, _topic_profile),
    (Clustering, _cluster_sizes),
    (Clustering, charts.cluster_map),
    (ClusteringPCA, _explained_variance),
)
