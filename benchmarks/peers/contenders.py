"""Who is compared: libraries, their models, and the grids their hyperparameters are chosen from.

Every model gets the same budget, `BUDGET` settings. What a grid does not name is left at the
library's default, but for seeds, which are 0, and threads, of which there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

BUDGET = 8

Settings = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """One model of a library.

    Attributes
    ----------
    model : its name in the library's peer script
    grid : hyperparameter -> values
    knows_queries : whether it is trained on the test users' queries too, since it cannot fold in
    note : what a reader of the results has to know
    """

    model: str
    grid: Mapping[str, Sequence[Any]]
    knows_queries: bool = False
    note: str = ""

    def settings(self) -> Iterator[Settings]:
        """Every combination of the grid."""
        for values in product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


@dataclass(frozen=True)
class Library:
    """A library with an environment of its own; `key` names its script and requirements."""

    key: str
    name: str
    contenders: tuple[Contender, ...]


REGULARISATIONS = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 4000.0)
FACTORS = (4, 8, 12, 16, 24, 32, 48, 64)
NEIGHBOURS = (10, 20, 40, 60, 80, 100, 150, 300)
ALS = {"factors": (16, 64), "regularization": (30.0, 200.0), "alpha": (5.0, 15.0)}
BPR = {"factors": (16, 48), "learning_rate": (0.01, 0.05), "regularization": (0.01, 0.1)}
BM25 = {"K": (20, 60, 100, 300), "B": (0.25, 0.75)}

EASE_NOTE = (
    "RecTools' EASE multiplies a user's likes by the *transposed* weights: its ranker takes the "
    "dot product of the likes with each row of the matrix of weights, where column j holds what "
    "speaks for item j. “EASE, transposed back” is the same fit with the matrix "
    "turned around by us, which makes it the EASE of the paper."
)
LIBRARIES = (
    Library(
        "implicit",
        "implicit",
        (
            Contender("ALS", ALS),
            Contender("BPR", BPR, knows_queries=True),
            Contender("cosine", {"K": NEIGHBOURS}),
            Contender("BM25", BM25),
        ),
    ),
    Library(
        "lenskit",
        "LensKit",
        (
            Contender("EASE", {"regularization": REGULARISATIONS}),
            Contender("SLIM", {"l1_reg": (1.0, 10.0), "l2_reg": (1.0, 10.0, 100.0, 1000.0)}),
            Contender("ItemKNN", {"max_nbrs": NEIGHBOURS}),
            Contender(
                "ALS",
                {
                    "embedding_size": (16, 64),
                    "regularization": (30.0, 200.0),
                    "weight": (5.0, 15.0),
                },
            ),
        ),
    ),
    Library(
        "cornac",
        "Cornac",
        (
            Contender("EASE", {"lamb": (50.0, 200.0, 500.0, 2000.0), "posB": (True, False)}),
            Contender(
                "BPR",
                {"k": (16, 48), "learning_rate": (0.01, 0.05), "lambda_reg": (0.001, 0.01)},
                knows_queries=True,
            ),
        ),
    ),
    Library(
        "rectools",
        "RecTools",
        (
            Contender("EASE", {"regularization": REGULARISATIONS}, note=EASE_NOTE),
            Contender("EASE, transposed back", {"regularization": REGULARISATIONS}),
            Contender("BM25", BM25),
            Contender("PureSVD", {"factors": FACTORS}, knows_queries=True),
            Contender("ALS", ALS, knows_queries=True),
            Contender("BPR", BPR, knows_queries=True),
        ),
    ),
)

NOTES = (
    "The grids of ALS were moved twice, since the best settings lay at their upper ends. By then "
    "its figures for the test users had been seen, so “once” is not strictly true of it; the "
    "settings themselves were always chosen on the validation users. No other grid was touched.",
    "Surprise is left out: it predicts ratings of pairs and cannot rank by likes.",
    "Cornac's ItemKNN is left out for the same reason. Its similarity looks at the users who like "
    "both items, and its score is a mean of ratings: with likes alone both are always 1, and the "
    "order is that of rounding.",
    "LensKit's BPR (FlexMF) was left out after trial runs, for its time: 6 to 62 seconds a fit, on "
    "a busy machine. With a budget as above it had reached an NDCG@10 of 0.476 on the bundled "
    "courses and 0.173 on MovieLens; on IBM's courses it was not tuned.",
    "Models of Cornac and RecTools that need PyTorch are left out, for their size.",
)
