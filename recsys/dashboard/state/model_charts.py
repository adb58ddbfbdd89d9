"""Which charts belong to an answer, which of them the visitor has opened, and how each is drawn.

Reads fitted attributes and calls `charts`; must not know widgets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from traitlets import HasTraits, Int, Tuple

from recsys import charts
from recsys.charts import Chart
from recsys.dashboard.state import State
from recsys.dashboard.state.cluster_comparison import ClusterComparison
from recsys.dataset import History
from recsys.jobs.cluster_counts import sample_of_users
from recsys.models import Recommender
from recsys.models.clustering import Clustering
from recsys.models.clustering_pca import ClusteringPCA
from recsys.models.neural_network import NeuralNetwork
from recsys.models.nmf import NMF
from recsys.models.user_profile import UserProfile

MOST_BARS = 20
OPEN_AT_FIRST = 2  # so many of a model's charts; every one that is open costs time at each click


@dataclass(frozen=True)
class Kind:
    """A kind of chart: the name on its button, the models that have it, and how to draw it."""

    key: str
    name: str
    suits: Callable[[Any], bool]
    draw: Callable[[Any, Gallery], Chart]


class Gallery(HasTraits):
    """The charts on offer for a state's answer, and those that are open.

    What a visitor opens or closes stays so when the model changes, so that the same chart can be
    compared between models.
    """

    offered = Tuple(help="the kinds of chart that suit the answering model, in order")
    opened = Tuple(help="keys of those that are shown")
    edition = Int(help="changes whenever one of the charts, or the choice among them, may have")

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        self.comparison = ClusterComparison(state)
        state.view.offer(*_KINDS)
        state.fitting.observe(lambda _: self._update(), "answer")
        state.training.observe(lambda _: self._update(), "measured")
        state.view.observe(lambda _: self._update(), ["opened", "closed"])
        self.comparison.observe(lambda _: self._update(), "table")
        self._update()

    def open(self, key: str, shown: bool = True) -> None:
        """Show a chart from now on, or show it no longer."""
        self.state.view.set_open(key, shown, opens_by_itself=True)

    def chart(self, key: str) -> Chart:
        """Draw one of the charts on offer."""
        if key == "loss" and self._losses is not None:
            return _live_loss(self.state.training.model, self._losses)
        return _KINDS[key].draw(self.state.fitting.answer.model, self)

    @property
    def _losses(self) -> np.ndarray | None:
        """(epochs so far, 2) of the training under way; None if there is none that tells them."""
        training = self.state.training
        told = [one for one in training.measured if "loss" in one] if training.running else []
        if not told:
            return None
        return np.array([(one["loss"], one.get("validation_loss", np.nan)) for one in told])

    def _update(self) -> None:
        answer, live = self.state.fitting.answer, self._losses is not None
        offered = [
            kind
            for kind in KINDS
            if (kind.suits(answer.model) and len(answer.table)) or (live and kind.key == "loss")
        ]
        first = {kind.key for kind in offered[:OPEN_AT_FIRST]} | ({"loss"} if live else set())
        with self.hold_trait_notifications():
            self.offered = tuple(offered)
            self.opened = tuple(
                kind.key
                for kind in offered
                if kind.key in self.state.view.opened
                or (kind.key in first and kind.key not in self.state.view.closed)
            )
            self.edition += 1


def _scores(model: Any, gallery: Gallery) -> Chart:
    return charts.scores(gallery.state.fitting.answer.table.head(MOST_BARS), model.score_label)


def _topic_profile(model: UserProfile, gallery: Gallery) -> Chart:
    history = gallery.state.selection.history
    return charts.topic_profile(model.profile(history.matrix)[0], history.dataset.topics)


def _cluster_map(model: Clustering, gallery: Gallery) -> Chart:
    history = gallery.state.selection.history
    return charts.cluster_map(model, history.dataset, history)


def _cluster_portraits(model: Clustering, gallery: Gallery) -> Chart:
    return charts.cluster_portraits(
        model.cluster_popularity_,
        model.course_topics_,
        gallery.state.selection.dataset.topics,
        model.course_titles_,
        model.cluster_sizes_,
        _own_cluster(model, gallery.state.selection.history),
    )


def _cluster_sizes(model: Clustering, gallery: Gallery) -> Chart:
    return charts.cluster_sizes(
        model.cluster_sizes_, _own_cluster(model, gallery.state.selection.history)
    )


def _own_cluster(model: Clustering, history: History) -> int | None:
    return int(model.assign(history.matrix)[0]) if history else None


def _cluster_counts(model: Clustering, gallery: Gallery) -> Chart:
    sample = sample_of_users(gallery.state.selection.dataset).shape[0]
    return charts.cluster_counts(gallery.comparison.table, model.n_clusters, sample)


def _explained_variance(model: ClusteringPCA, gallery: Gallery) -> Chart:
    ratio = model.explained_variance_ratio_
    return charts.explained_variance(ratio, model.n_components_, model.variance / 100)


def _loadings(model: ClusteringPCA, gallery: Gallery) -> Chart:
    topics = gallery.state.selection.dataset.topics
    return charts.loadings(model.components_, topics, model.explained_variance_ratio_)


def _components(model: NMF, gallery: Gallery) -> Chart:
    return charts.component_heatmap(model.H_, model.course_titles_)


def _loss(model: Any, gallery: Gallery) -> Chart:
    return charts.training_curve(model.training_curve_, loss_label=_loss_label(model))


def _live_loss(model: Recommender | None, losses: np.ndarray) -> Chart:
    return charts.training_curve(losses, getattr(model, "epochs", None), _loss_label(model))


def _loss_label(model: Any) -> str:
    return "Loss (nats per hidden course)" if isinstance(model, NeuralNetwork) else "Loss"


def _course_map(model: NeuralNetwork, gallery: Gallery) -> Chart:
    return charts.course_map(
        model.course_embeddings_,
        model.course_titles_,
        gallery.state.selection.history.positions,
        _recommended(gallery.state),
    )


def _popularity(model: Any, gallery: Gallery) -> Chart:
    history, recommended = gallery.state.selection.history, _recommended(gallery.state)
    scores = model.score_one(history)
    scores[history.positions] = np.nan  # what is picked is not recommended
    return charts.popularity_bias(
        scores, model.popularity_, model.course_titles_, recommended, model.score_label
    )


def _recommended(state: State) -> np.ndarray:
    """The positions of the recommended courses, best first."""
    return state.selection.dataset.positions(state.fitting.answer.table["course_id"])


def _any(model: Any) -> bool:
    return True


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda model: isinstance(model, kind)


def _has_losses(model: Any) -> bool:
    return len(getattr(model, "training_curve_", ())) > 0


KINDS = (
    Kind("scores", "Scores", _any, _scores),
    Kind("topics", "Your topics", _is(UserProfile), _topic_profile),
    Kind("map", "Map of users", _is(Clustering), _cluster_map),
    Kind("portraits", "Cluster portraits", _is(Clustering), _cluster_portraits),
    Kind("sizes", "Cluster sizes", _is(Clustering), _cluster_sizes),
    Kind("counts", "How many clusters", _is(Clustering), _cluster_counts),
    Kind("variance", "Variance kept", _is(ClusteringPCA), _explained_variance),
    Kind("loadings", "Components in words", _is(ClusteringPCA), _loadings),
    Kind("bundles", "Bundles of courses", _is(NMF), _components),
    Kind("loss", "Loss", _has_losses, _loss),
    Kind("courses", "Map of courses", _is(NeuralNetwork), _course_map),
    Kind("popularity", "Popularity", _any, _popularity),
)
_KINDS = {kind.key: kind for kind in KINDS}
