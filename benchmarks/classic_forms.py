"""How much better each model's default is than its classic form, for the pages in docs/models/.

    RECSYS_DATA=FOLDER python benchmarks/classic_forms.py

Every form is fitted and judged like a model of the leaderboard (strong generalisation, seed 0, the
rated courses), on the bundled set and, if it is present, on IBM's. The figures go between the
marks in docs/models/*.md. Answers are stored, so that a run that was stopped continues.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from tables import fill

from recsys import load_dataset
from recsys.dataset import DataError, Dataset
from recsys.evaluation import compare
from recsys.evaluation.report import markdown
from recsys.jobs.standings import cached_answers
from recsys.models import (
    EASE,
    IALS,
    KNN,
    NMF,
    Clustering,
    ClusteringPCA,
    CourseSimilarity,
    EmbeddingClassification,
    EmbeddingRegression,
    NeuralNetwork,
    Popularity,
    Progress,
    Random,
    Recommender,
    UserProfile,
)
from recsys.sources import ibm
from recsys.storage import Store

PAGES = Path(__file__).resolve().parents[1] / "docs" / "models"
K = 10


@dataclass(eq=False)
class ClassicRegression(NeuralNetwork):
    """The rating of what was taken, by regression on the sum of both embeddings."""

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        from sklearn.linear_model import LinearRegression

        super()._fit(dataset, progress)
        self.coef_ = LinearRegression().fit(*taken(self, dataset.likes)).coef_

    def _score(self, histories: csr_matrix) -> np.ndarray:
        users = self.embed(histories) @ self.coef_
        return users[:, None] + self.course_embeddings_ @ self.coef_


@dataclass(eq=False)
class ClassicClassification(NeuralNetwork):
    """The class of what was taken, audited or completed, by a forest on the same sum."""

    def _fit(self, dataset: Dataset, progress: Progress) -> None:
        from sklearn.ensemble import RandomForestClassifier

        super()._fit(dataset, progress)
        features, ratings = taken(self, dataset.likes)
        sample = np.random.default_rng(0).choice(len(ratings), min(20_000, len(ratings)), False)
        forest = RandomForestClassifier(40, max_depth=10, random_state=0)
        self.forest_ = forest.fit(features[sample], ratings[sample])

    def _score(self, histories: csr_matrix) -> np.ndarray:
        users = self.embed(histories)
        return np.stack(
            [self.forest_.predict_proba(users + one)[:, -1] for one in self.course_embeddings_],
            axis=1,
        )


def taken(network: NeuralNetwork, likes: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The training data of the classic forms: u + c and the rating, for each course taken."""
    user = np.repeat(np.arange(likes.shape[0]), np.diff(likes.indptr))
    return network.embed(likes)[user] + network.course_embeddings_[likes.indices], likes.data


# A page of docs/models -> what its table shows, the default first. README shows the forms called
# default and classic.
FORMS: dict[str, list[tuple[str, Recommender]]] = {
    "1-course-similarity": [
        ("default", CourseSimilarity()),
        ("plain word counts", CourseSimilarity(features="bag of words")),
        ("the closest course alone", CourseSimilarity(combine="closest")),
        ("the title counts once", CourseSimilarity(title_weight=1)),
        (
            "classic: all three",
            CourseSimilarity(features="bag of words", combine="closest", title_weight=1),
        ),
    ],
    "2-user-profile": [
        ("default", UserProfile()),
        ("classic: all topics alike, added up", UserProfile(topic_weight="alike")),
        ("a quarter of popularity", UserProfile(popularity_prior=25)),
        ("the full prior", UserProfile(popularity_prior=100)),
    ],
    "3-clustering": [
        ("default", Clustering()),
        ("fewer clusters", Clustering(n_clusters=11)),
        ("the nearest cluster alone", Clustering(membership="nearest")),
        ("standardised topics", Clustering(scaling="standardised")),
        (
            "classic: all three",
            Clustering(n_clusters=11, scaling="standardised", membership="nearest"),
        ),
        ("favour the unusual", Clustering(lift=True)),
    ],
    "4-clustering-pca": [
        ("default", ClusteringPCA()),
        ("half of the variance", ClusteringPCA(variance=50)),
        ("all of it", ClusteringPCA(variance=100)),
        (
            "classic",
            ClusteringPCA(n_clusters=11, scaling="standardised", membership="nearest"),
        ),
    ],
    "5-knn": [
        ("default", KNN()),
        ("no shrinkage", KNN(shrinkage=0)),
        ("each neighbour by its own similarity", KNN(weighting="similarity")),
        (
            "classic: neither pruned nor shrunk",
            KNN(weighting="similarity", neighbours=None, shrinkage=0),
        ),
    ],
    "6-nmf": [
        ("default", NMF()),
        ("all courses fitted alike", NMF(popularity_discount=0)),
        ("no regularisation", NMF(regularisation=0)),
        ("classic: neither", NMF(regularisation=0, popularity_discount=0)),
    ],
    "7-neural-network": [
        ("default", NeuralNetwork()),
        ("one epoch", NeuralNetwork(epochs=1)),
        ("two numbers each", NeuralNetwork(embedding_size=2)),
    ],
    "8-regression": [
        ("default", EmbeddingRegression()),
        ("classic: sums, taken courses alone", ClassicRegression()),
    ],
    "9-classification": [
        ("default", EmbeddingClassification()),
        ("classic: sums, taken courses alone", ClassicClassification()),
    ],
    "baselines": [
        ("Random", Random()),
        ("Popularity", Popularity()),
        ("EASE", EASE()),
        ("EASE, hardly regularised", EASE(regularisation=1)),
        ("EASE, too much so", EASE(regularisation=5000)),
        ("iALS", IALS()),
        ("iALS, a like weighs no more than a missing one", IALS(weight=0)),
    ],
}


def main() -> None:
    """Measure all forms and write the tables."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    everything = [form for forms in FORMS.values() for form in forms]
    yardstick = EASE()
    measured: dict[Recommender, list[float]] = {}  # NDCG and its ratio to EASE's, per data set
    datasets = present()
    for dataset in datasets:
        found = ndcg([yardstick, *(model for _, model in everything)], dataset)
        for model, value in found.items():
            measured.setdefault(model, []).extend((value, value / found[yardstick]))
    names = [title(dataset) for dataset in datasets]
    for page, forms in FORMS.items():
        write(page, table(forms, measured, names))
    both = [form for form in everything if form[0].startswith(("default", "classic"))]
    write("README", table(both, measured, names))


def present() -> list[Dataset]:
    """The data sets of the tables that are present; prints which are left out."""
    found = []
    for source in ("bundled", "ibm"):
        try:
            found.append(load_dataset(source))
        except DataError as error:
            print(f"{source}: left out, and out of the tables. {error}")
    return found


def title(dataset: Dataset) -> str:
    """The name of a data set in the tables."""
    inferred = any(ibm.NOT_PUBLISHED in repair for repair in dataset.repairs)
    return f"{dataset.name} (inferred ratings)" if inferred else dataset.name


def ndcg(models: list[Recommender], dataset: Dataset) -> dict[Recommender, float]:
    """NDCG@10 of each model."""

    def say(done: float, message: str, **figures: float) -> None:
        print(f"\r{dataset.name} {done:4.0%} {message[:60]:60}", end="", flush=True)

    results = compare(
        models, dataset, "strong", (K,), (0,), ("rated",), say, cached_answers(Store())
    )
    print()
    return {one.model: float(one.accuracy["ndcg"].mean()) for one in results}


def table(
    forms: list[tuple[str, Recommender]], measured: dict[Recommender, list[float]], names: list[str]
) -> str:
    """A Markdown table: a row per form, two columns per data set."""
    header = ["form", "as written"]
    header += [cell for name in names for cell in (f"NDCG@{K}, {name}", "÷ EASE")]
    rows = [
        [form, f"`{call(model)}`", *(f"{value:.3f}" for value in measured[model])]
        for form, model in forms
    ]
    return markdown(header, rows, "ll" + "rr" * len(names))


def call(model: Recommender) -> str:
    """The constructor's call, defaults left out."""
    changed = [
        f"{one.name}={getattr(model, one.name)!r}"
        for one in model.hyperparameters()
        if getattr(model, one.name) != one.default
    ]
    return f"{type(model).__name__}({', '.join(changed)})".replace("'", '"')


def write(page: str, text: str) -> None:
    """Put the table between the page's marks."""
    path = PAGES / f"{page}.md"
    fill(path, "measured", text)
    print(f"\n{path.name}\n{text}")


if __name__ == "__main__":
    main()
