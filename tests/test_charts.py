"""What the charts draw and say; pixels are not compared."""

from __future__ import annotations

import html
import json
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from recsys import charts, models
from recsys.charts import Chart, View
from recsys.charts.drawing import PALETTE, ROW, SYMBOLS
from recsys.charts.wording import percent, plain, tick
from recsys.dataset import Dataset
from recsys.explanation import Explanation
from recsys.models import Recommender, registry

TITLES = [
    "Data Analysis with Python",
    "Build <b>Chatbots</b> & more",
    "Accelerating Deep Learning with GPUs, and a Title that Never Ends, Not Even Here",
]
RECOMMENDATIONS = pd.DataFrame(
    {
        "course_id": ["DA", "CB", "DL"],
        "title": TITLES,
        "score": [1.1534, 0.9, 0.25],
        "rank": [1, 2, 3],
    }
)
RATIO = np.array([0.5, 0.3, 0.15, 0.05])


def explanation(*adds: float, exact: bool = True) -> Explanation:
    table = pd.DataFrame({"course_id": list("ABC"), "title": TITLES, "contribution": adds})
    return Explanation("X", "Statistics 101", sum(adds), table, exact, "Because.", None)


COUNTS = pd.DataFrame(
    {
        "clusters": [1, 2, 3, 4, 5],
        "inertia": [100.0, 60.0, 20.0, 18.0, 16.0],
        "silhouette": [np.nan, 0.4, 0.6, 0.5, 0.3],
    }
)
# Two clusters over three courses, of which the first is on Python and SQL, the second on R.
TAKEN = np.array([[0.9, 0.1, 0.0], [0.0, 0.8, 0.0]])
TOPICS_OF = np.array([[1, 1, 0], [0, 0, 1], [0, 1, 0]])
LOADINGS = np.array([[0.8, -0.6, 0.0], [0.0, 0.0, 1.0]])
# Six courses on a line of length 5, and a second direction that hardly counts.
EMBEDDINGS = np.array([[0, 0.1], [1, -0.1], [2, 0.1], [3, -0.1], [5, 0.1], [0, 0]])

ALL = {
    "scores": charts.scores(RECOMMENDATIONS, "Similarity"),
    "no scores": charts.scores(RECOMMENDATIONS[:0], "Similarity"),
    "contributions": charts.contributions(explanation(0.6, -0.2, 0.1)),
    "topics": charts.topic_profile(np.array([3.0, 0.0, 9.0]), ["SQL", "R", "<Python>"]),
    "no topics": charts.topic_profile(np.zeros(3), ["SQL", "R", "Python"]),
    "sizes": charts.cluster_sizes(np.array([70, 10, 20]), yours=2),
    "map": charts.user_map(np.eye(4)[:, :2], np.array([0, 1, 1, 2]), np.array([0.5, 0.5]), 1),
    "variance": charts.explained_variance(RATIO, n_kept=3, target=0.9),
    "training": charts.training_curve(np.array([[4.0, 4.1], [3.0, 3.5]]), epochs=5),
    "untrained": charts.training_curve(np.empty((0, 2)), epochs=5),
    "components": charts.component_heatmap(np.array([[4.0, 2.0, 0.0], [0.0, 0.0, 3.0]]), TITLES, 2),
    "portraits": charts.cluster_portraits(
        TAKEN, TOPICS_OF, ["<Python>", "SQL", "R"], TITLES, np.array([70, 30]), yours=1
    ),
    "counts": charts.cluster_counts(COUNTS, yours=4, sample=50),
    "no counts": charts.cluster_counts(COUNTS[:0], yours=4, sample=50),
    "loadings": charts.loadings(LOADINGS, ["Python", "SQL", "R"], RATIO),
    "courses": charts.course_map(EMBEDDINGS, list("ABCDEF"), np.array([0]), np.array([1])),
    "no courses": charts.course_map(np.zeros((3, 2)), TITLES, np.array([0]), np.array([1])),
    "ranks": charts.rank_lines(
        {"<KNN>": RECOMMENDATIONS, "NMF": RECOMMENDATIONS[::-1].assign(rank=[1, 2, 3])},
        "<KNN> and NMF agree on 3 of 3 courses",
    ),
    "no ranks": charts.rank_lines({}, "Nobody answers"),
    "popularity": charts.popularity_bias(
        np.array([3.0, 2.0, 1.0]), np.array([100, 10, 0]), TITLES, np.array([0])
    ),
}
# And every chart that a registered model declares, so that a new one needs no example here.
DECLARED = [(kind, key) for kind in registry() for key in kind.charts]


@cache
def view(kind: type[Recommender], dataset: Dataset) -> View:
    """A visitor's view of what a model recommends."""
    model, history = kind().fit(dataset), dataset.history({"PY1": 3.0, "DA1": 3.0})
    table = model.recommend(history, threshold=-np.inf)
    return View(model, dataset, history, table, cluster_counts=COUNTS, silhouette_users=50)


@pytest.fixture(
    params=[*ALL.values(), *DECLARED],
    ids=[*ALL, *(f"{key} of {kind.key()}" for kind, key in DECLARED)],
)
def chart(request: pytest.FixtureRequest, tiny: Dataset) -> Chart:
    if isinstance(request.param, Chart):
        return request.param
    kind, key = request.param
    return charts.find(key).draw(view(kind, tiny))


def test_every_chart_says_what_it_shows(chart: Chart) -> None:
    assert chart.title
    assert chart.text.endswith(".")
    drawn = chart.figure.layout.title.text.replace("<br>", " ")
    assert drawn == plain(chart.title)


def test_every_chart_fits_any_width_and_either_theme(chart: Chart) -> None:
    layout = chart.figure.layout
    assert layout.width is None
    assert layout.height > 0
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    assert layout.font.family == "inherit"
    lines = html.unescape(layout.title.text).split("<br>")
    assert all(len(line) <= 64 for line in lines)


def test_every_chart_can_leave_its_title_to_the_page(chart: Chart) -> None:
    """Nothing else changes: what is below the title only moves up."""
    figure = chart.bundle(titled=False)["application/vnd.plotly.v1+json"]
    whole = chart.bundle()["application/vnd.plotly.v1+json"]
    assert "title" in whole["layout"]
    assert "title" not in figure["layout"]
    gone = chart.drawing.title_height
    assert gone == 18 * (1 + whole["layout"]["title"]["text"].count("<br>"))
    assert figure["layout"]["height"] == whole["layout"]["height"] - gone
    assert figure["layout"]["margin"]["t"] == whole["layout"]["margin"]["t"] - gone
    for bare, full in zip(figure["data"], whole["data"], strict=True):
        bars = bare.pop("colorbar", None), full.pop("colorbar", None)
        assert bare == full
        if bars[0]:
            from_top = [
                (1 - bar["y"]) * one["layout"]["height"]
                for bar, one in zip(bars, (figure, whole), strict=True)
            ]
            assert from_top[1] - from_top[0] == pytest.approx(gone)


def test_every_axis_that_is_seen_is_labelled(chart: Chart) -> None:
    for axis in (chart.figure.layout.xaxis, chart.figure.layout.yaxis):
        named_by_its_ticks = axis.ticktext is not None
        assert axis.visible is False or named_by_its_ticks or axis.title.text


def test_every_chart_shows_itself_in_a_notebook(chart: Chart) -> None:
    bundle = chart._repr_mimebundle_()
    figure = bundle["application/vnd.plotly.v1+json"]
    json.dumps(figure, allow_nan=False)
    assert figure["config"] == charts.CONFIG
    assert "responsive" not in charts.CONFIG  # it would be as high as its cell's output, which is 0
    assert bundle["text/plain"] == chart.text


def test_the_charts_stand_in_this_order_on_the_page() -> None:
    """Whatever other charts have been added."""
    order = [kind.key for kind in charts.registered()]
    ours = [
        "scores", "topics", "map", "portraits", "sizes", "counts", "variance", "loadings",
        "bundles", "loss", "courses", "popularity",
    ]  # fmt: skip
    assert [key for key in order if key in ours] == ours
    assert len({kind.name for kind in charts.registered()}) == len(order)


def test_scores_are_bars_with_the_best_on_top() -> None:
    chart = ALL["scores"]
    (bar,) = chart.figure.data
    assert bar.orientation == "h"
    assert list(bar.x) == [1.1534, 0.9, 0.25]
    assert list(bar.y) == [0, 1, 2]
    top, bottom = chart.figure.layout.yaxis.range
    assert top > bottom  # the axis runs downwards
    assert list(bar.text) == ["1.15", "0.90", "0.25"]
    assert chart.title == "Data Analysis with Python leads with 1.15"
    assert chart.figure.layout.xaxis.title.text == "Similarity"
    assert chart.figure.layout.xaxis.range[0] == 0
    assert chart.table["id"].tolist() == ["DA", "CB", "DL"]


def test_a_shared_first_rank_is_in_the_title() -> None:
    tied = RECOMMENDATIONS.assign(score=[1.0, 1.0, 0.5])
    title = charts.scores(tied, "Similarity").title
    assert title == "Data Analysis with Python and 1 other lead with 1"


def test_titles_are_plain_text_cut_beside_the_bars_and_whole_on_hover() -> None:
    chart = ALL["scores"]
    ticks = chart.figure.layout.yaxis.ticktext
    assert ticks[1] == "Build &lt;b&gt;Chatbots&lt;/b&gt; &amp;<br>more"
    assert ticks[2].endswith("…")
    assert all(len(line) <= 24 for line in ticks[2].split("<br>"))
    hover = chart.figure.data[0].customdata
    assert hover[2].replace("<br>", " ") == TITLES[2]
    assert "<b>" not in hover[1]


def test_a_label_that_is_cut_keeps_the_brackets_at_its_end() -> None:
    titles = [f"The long story of data analysis using Python ({one})" for one in ("DA1", "DA2")]
    first, second = map(tick, titles)
    assert first.endswith("… (DA1)")
    assert second.endswith("… (DA2)")
    assert all(len(line) <= 24 for line in first.split("<br>"))


def test_equal_titles_keep_bars_of_their_own() -> None:
    chart = charts.scores(RECOMMENDATIONS.assign(title="SQL"), "Similarity")
    assert len(set(chart.figure.data[0].y)) == 3


def test_height_follows_the_number_of_bars() -> None:
    one, three = (charts.scores(RECOMMENDATIONS[:n], "Similarity") for n in (1, 3))
    assert three.figure.layout.height - one.figure.layout.height == 2 * ROW


def test_contributions_are_signed_and_hatched_below_zero() -> None:
    chart = ALL["contributions"]
    (bar,) = chart.figure.data
    assert list(bar.x) == [0.6, -0.2, 0.1]
    assert list(bar.text) == ["+0.600", "−0.200", "+0.100"]
    assert list(bar.marker.pattern.shape) == ["", "/", ""]
    assert bar.marker.color[0] != bar.marker.color[1]
    assert chart.title.startswith("Data Analysis with Python supports Statistics 101 most")
    assert "Because." in chart.text
    assert chart.figure.layout.xaxis.title.text == "Adds to the score"


def test_contributions_by_leaving_out_say_so() -> None:
    chart = charts.contributions(explanation(0.6, -0.2, 0.1, exact=False))
    assert chart.figure.layout.xaxis.title.text == "Score lost without the pick"


def test_topics_come_strongest_first() -> None:
    chart = ALL["topics"]
    assert chart.table["topic"].tolist() == ["<Python>", "SQL", "R"]
    assert list(chart.figure.data[0].x) == [9, 3, 0]
    assert chart.title == "Your picks are mostly about <Python>"
    assert chart.figure.layout.yaxis.ticktext[0] == "&lt;Python&gt;"


def test_your_cluster_is_named_labelled_and_hatched() -> None:
    chart = ALL["sizes"]
    (bar,) = chart.figure.data
    assert list(bar.x) == [1, 2, 3]
    assert list(bar.y) == [70, 10, 20]
    assert list(bar.marker.pattern.shape) == ["", "", "/"]
    (you,) = chart.figure.layout.annotations
    assert (you.text, you.x, you.y) == ("You", 3, 20)
    assert chart.title == "You are in cluster 3, with 20 of 100 users (20 %)"


def test_the_map_gives_each_cluster_a_symbol_and_you_a_star() -> None:
    chart = ALL["map"]
    *clusters, you = chart.figure.data
    assert [trace.name for trace in clusters] == ["Cluster 1", "Cluster 2", "Cluster 3"]
    assert len({(trace.marker.symbol, trace.marker.color) for trace in clusters}) == 3
    assert sum(len(trace.x) for trace in clusters) == 4
    assert clusters[1].marker.opacity > clusters[0].marker.opacity
    assert (you.name, you.marker.symbol, you.x[0], you.y[0]) == ("You", "star", 0.5, 0.5)
    assert all(trace.type == "scatter" and trace.x.dtype == np.float32 for trace in clusters)
    labels = {note.text for note in chart.figure.layout.annotations}
    assert labels == {"<b>1</b>", "<b>2</b>", "<b>3</b>", "<b>You</b>"}


def test_thirty_clusters_look_different() -> None:
    looks = {(PALETTE[i % len(PALETTE)], SYMBOLS[i % len(SYMBOLS)]) for i in range(30)}
    assert len(looks) == 30


def test_a_map_of_three_thousand_users_is_small() -> None:
    random = np.random.default_rng(0)
    chart = charts.user_map(random.normal(size=(3000, 2)), random.integers(0, 30, 3000))
    assert len(chart.figure.to_json()) < 100_000


def test_the_variance_is_cut_where_components_are_left_out() -> None:
    chart = ALL["variance"]
    bars, line = chart.figure.data
    assert list(bars.y) == pytest.approx([50, 30, 15, 5])
    assert list(line.y) == pytest.approx([50, 80, 95, 100])
    assert list(bars.marker.pattern.shape) == ["", "", "", "/"]
    target, cut = chart.figure.layout.shapes
    assert (target.y0, target.y1) == (90, 90)
    assert (cut.x0, cut.x1) == (3.5, 3.5)
    assert chart.title == "3 of 4 components hold 95 % of the variance"


@pytest.fixture
def beginners() -> Dataset:
    """A hundred users with random courses on three topics."""
    random = np.random.default_rng(1)
    ids = [f"C{i}" for i in range(12)]
    courses = pd.DataFrame({"id": ids, "title": ids})
    for t, topic in enumerate(("Python", "SQL", "R")):
        courses[topic] = [int(i % 3 == t) for i in range(12)]
    pairs = [(u, i) for u in range(100) for i in random.choice(ids, 1 + u % 5, replace=False)]
    ratings = pd.DataFrame(pairs, columns=["user", "item"]).assign(rating=3)
    return Dataset.from_tables("beginners", courses, ratings)


@pytest.mark.parametrize("cls", [models.Clustering, models.ClusteringPCA])
def test_the_map_of_a_clustering_keeps_distances(
    cls: type[models.Clustering], beginners: Dataset
) -> None:
    from sklearn.decomposition import PCA

    model = cls(n_clusters=3, scaling="standardised").fit(beginners)
    chart = charts.cluster_map(model, beginners, {"C0": 3, "C3": 3})
    you, users = chart.table[chart.table["who"] == "you"], chart.table[chart.table["who"] == "user"]
    assert len(users) == 100
    assert users["cluster"].value_counts().sort_index().tolist() == model.cluster_sizes_.tolist()

    profiles = model.standardise(beginners.profiles)
    known = PCA(2).fit(profiles)
    mine = users[["x", "y"]].to_numpy()
    assert np.sort(np.abs(mine), axis=0) == pytest.approx(
        np.sort(np.abs(known.transform(profiles)), axis=0), abs=1e-5
    )
    visitor = model.standardise(np.array([[6.0, 0.0, 0.0]]))
    assert np.abs(you[["x", "y"]].to_numpy()) == pytest.approx(
        np.abs(known.transform(visitor)), abs=1e-5
    )
    share = percent(known.explained_variance_ratio_[0])
    assert share in chart.figure.layout.xaxis.title.text


def test_the_map_without_a_history_has_no_star(beginners: Dataset) -> None:
    model = models.Clustering(n_clusters=2).fit(beginners)
    chart = charts.cluster_map(model, beginners, {}, sample=40)
    assert [trace.name for trace in chart.figure.data] == ["Cluster 1", "Cluster 2"]
    assert len(chart.table) == 40


def test_the_heat_map_marks_the_courses_that_lead_a_component() -> None:
    chart = ALL["components"]
    (heat,) = chart.figure.data
    assert heat.z.tolist() == [[1, 0], [0.5, 0], [0, 1]]
    assert heat.text.tolist() == [["●", ""], ["●", ""], ["", "●"]]
    assert chart.table.columns.tolist() == ["title", "1", "2"]
    assert chart.title == "2 components, the first led by Data Analysis with Python"


@pytest.mark.parametrize(
    ("curve", "title"),
    [
        ([[4, 4.1]], "After epoch 1 the validation loss is 4.1"),
        ([[4, 4.1], [3, 3.5]], "The validation loss falls to 3.5 by epoch 2"),
        ([[4, 4.1], [3, 3.5], [2, 3.9]], "The validation loss is lowest after epoch 2, at 3.5"),
        ([[4, np.nan], [3, np.nan]], "The training loss falls to 3 by epoch 2"),
    ],
)
def test_a_training_curve_tells_where_it_stands(curve: list[list[float]], title: str) -> None:
    assert charts.training_curve(np.array(curve)).title == title


@pytest.mark.parametrize(
    "kind", [models.NeuralNetwork, models.EmbeddingRegression, models.EmbeddingClassification]
)
def test_the_chart_of_losses_says_why_the_validation_loss_can_be_the_lower_one(
    kind: type[models.NeuralNetwork],
) -> None:
    text = charts.training_curve(np.array([[4, 3.9]]), remark=kind.loss_sentence).text
    assert "mean over a whole epoch" in text
    assert ("fewer users than Neural Network" in text) == (kind is not models.NeuralNetwork)


SCORES = {
    "course-similarity": "similarity",
    "user-profile": "alignment",
    "clustering": "popularity",
    "clustering-pca": "popularity",
    "knn": "similarity",
    "nmf": "fit",
    "neural-network": "probability",
    "embedding-regression": "expected rating",
    "embedding-classification": "expected rating",
    "popularity": "share",
    "random": "random number",
    "ease": "prediction",
    "ials": "fit",
}


@pytest.mark.parametrize(
    "kind",
    [one for one in (*registry(), *models.baselines()) if one.key() in SCORES],
    ids=lambda kind: kind.key(),
)
def test_a_score_has_one_word_on_the_axis_in_the_list_and_in_its_explanation(
    kind: type[Recommender],
) -> None:
    word = SCORES[kind.key()]
    assert re.search(rf"\b{word}\b", kind.score_label.lower())
    assert re.search(rf"\b{word}\b", kind.score_sentence.lower())
    others = {*SCORES.values(), "chance", "preference"} - {word}
    for text in (kind.score_label, *kind.score_sentence.split(":")[:1]):
        assert not [one for one in others if re.search(rf"\b{one}\b", text.lower())]


def test_labels_of_many_columns_leave_room_and_the_hover_text_has_them_whole() -> None:
    titles = [f"Course {number} on a long subject" for number in range(40)]
    figure = charts.component_heatmap(np.eye(30, 40), titles).figure
    assert list(figure.layout.xaxis.ticktext) == ["1", "5", "9", "13", "17", "21", "25", "29"]
    assert list(figure.layout.xaxis.tickvals) == [0, 4, 8, 12, 16, 20, 24, 28]
    assert figure.data[0].customdata[6][6] == "Course 6 on a long subject<br>component 7"

    topics = [f"Topic {number} with a name that is long" for number in range(20)]
    weights = np.eye(2, 20) + np.linspace(0, 0.5, 20)
    for chart in (
        charts.loadings(weights, topics, np.array([0.6, 0.4])),
        charts.cluster_portraits(
            np.ones((2, 20)), weights[:1].repeat(20, 0), topics, topics, np.ones(2)
        ),
    ):
        labels = chart.figure.layout.xaxis.ticktext
        assert len(labels) == chart.figure.data[0].z.shape[1] == 14
        assert labels[0].startswith("Topic 0")
        assert labels[-1].startswith("Topic 19")
        assert "the strongest 14 of 20 topics" in chart.text
        assert topics[-1] in chart.table
        assert topics[-1] in chart.figure.data[0].customdata[0][-1].replace("<br>", " ")


def test_a_training_curve_keeps_its_axis_while_it_grows() -> None:
    lines = ALL["training"].figure.data
    assert [list(line.y) for line in lines] == [[4.0, 3.0], [4.1, 3.5]]
    assert lines[0].line.dash != lines[1].line.dash
    ranges = [ALL[name].figure.layout.xaxis.range for name in ("training", "untrained")]
    assert ranges == [(0.5, 5.5)] * 2


def test_popularity_bias_is_put_in_words() -> None:
    chart = ALL["popularity"]
    assert chart.title == "Scores follow popularity closely (rank correlation 1)"
    other, recommended = chart.figure.data
    assert (list(recommended.x), list(recommended.y)) == ([100], [3.0])
    assert list(other.x) == [10, 0.5]  # 0 users, on a logarithmic axis
    assert chart.table["users"].tolist() == [100, 10, 0]


def test_portraits_put_the_visitors_cluster_first() -> None:
    chart = ALL["portraits"]
    (heat,) = chart.figure.data
    # Cluster 2 takes the second course alone, which is on R; cluster 1 has 0.9 + 0.9 + 0.1 topics.
    assert heat.z.tolist() == [[0, 0, 100], [47.4, 47.4, 5.3]]
    assert heat.text.tolist() == [["", "", "●"], ["●", "●", ""]]
    assert chart.table["cluster"].tolist() == [2, 1]
    assert chart.table["mostly about"].tolist() == ["R", "<Python> and SQL"]
    assert chart.table["favourites"].tolist() == [TITLES[1], f"{TITLES[0]}; {TITLES[1]}"]
    assert chart.figure.layout.yaxis.ticktext[0] == "<b>You:</b> 2 · 30 users<br>R"
    assert chart.title == f"You are in cluster 2, mostly about R; its favourite is {TITLES[1]}"


def test_portraits_without_a_visitor_begin_with_the_largest_cluster() -> None:
    chart = charts.cluster_portraits(TAKEN, TOPICS_OF, list("PSR"), TITLES, np.array([30, 70]))
    assert chart.title.startswith("The largest is cluster 2")


def test_the_bend_is_farthest_below_the_line_between_the_ends() -> None:
    chart = ALL["counts"]
    spread, silhouettes = chart.figure.data
    assert list(spread.y) == [100, 60, 20, 18, 16]
    assert list(silhouettes.y)[1:] == [0.4, 0.6, 0.5, 0.3]
    # The line from 100 to 16 is at 58 for 3 clusters, 38 above the curve: more than anywhere.
    assert chart.title == (
        "The curve bends most at 3 clusters, the silhouette is best at 3; you use 4"
    )
    (line,) = chart.figure.layout.shapes
    assert (line.x0, line.x1) == (4, 4)
    assert list(spread.marker.size) == [6, 6, 6, 12, 6]
    assert "50 randomly sampled users" in chart.text
    assert chart.figure.layout.yaxis2.title.text == "Silhouette (−1 to 1)"


def test_loadings_are_described_in_words() -> None:
    chart = ALL["loadings"]
    assert chart.table["in words"].tolist() == ["Python against SQL", "R"]
    assert chart.title == "Users differ most in Python against SQL"
    assert chart.figure.data[0].text.tolist() == [["+", "−", ""], ["", "", "+"]]
    assert chart.table["variance"].tolist() == [0.5, 0.3]


def test_the_map_of_courses_marks_yours_and_the_recommended_by_shape() -> None:
    chart = ALL["courses"]
    other, recommended, yours = chart.figure.data
    assert len({one.marker.symbol for one in chart.figure.data}) == 3
    assert (list(recommended.text), len(yours.x), len(other.x)) == (["1"], 1, 3)
    # F has no embedding. B is √1.04 away from A; C, D and E are 2, √9.04 and 5.
    assert chart.table["title"].tolist() == ["A", "B", "C", "D", "E"]
    assert chart.title == (
        "Recommended courses lie nearer to yours than the others do: 1.02 against 3.34 on average"
    )


def test_a_map_of_many_courses_is_a_random_sample_and_says_so() -> None:
    embeddings = np.random.default_rng(0).normal(size=(50, 3))
    args = embeddings, [f"Course {one}" for one in range(50)], np.array([0]), np.array([1, 2])
    chart = charts.course_map(*args, most=10)
    assert chart.table["role"].value_counts().to_dict() == {
        "other": 10, "recommended": 2, "yours": 1,
    }  # fmt: skip
    assert "37 others, randomly chosen, are not drawn" in chart.text
    assert chart.table.equals(charts.course_map(*args, most=10).table)


def test_equal_popularity_has_no_correlation_and_says_so() -> None:
    chart = charts.popularity_bias(np.arange(4.0), np.ones(4), list("abcd"), np.array([3]), "Score")
    assert chart.title == "Scores or popularity are the same for all, so they cannot be compared"
    assert "nan" not in chart.text


def test_popularity_draws_a_random_sample_but_correlates_all_courses() -> None:
    scores = np.arange(40.0)
    titles = [f"Course {one}" for one in range(40)]
    chart = charts.popularity_bias(scores, np.arange(40), titles, np.array([39]), "Chance", most=5)
    assert chart.title == "Scores follow popularity closely (rank correlation 1)"
    assert len(chart.table) == 6
    assert "34 others, randomly chosen, are not drawn" in chart.text
    assert chart.figure.layout.yaxis.title.text == "Chance"
