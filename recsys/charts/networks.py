"""Charts of a neural network: its training curve, and a map of its course embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from recsys.charts.drawing import BLUE, GREY, VERMILION, Chart, blank, nothing
from recsys.charts.plane import principal_components, random_subset
from recsys.charts.registry import View, chart
from recsys.charts.wording import count, hover, percent, plain
from recsys.explanation import readable


@chart("loss", "Loss")
def _loss(view: View) -> Chart:
    """The losses of the current training, if it reports any; else of the model in use."""
    if view.losses is None:
        model, curve, epochs = view.model, view.model.training_curve_, None
    else:
        model, curve = view.in_training, view.losses
        epochs = getattr(model, "epochs", None)
    label, remark = getattr(model, "loss_label", "Loss"), getattr(model, "loss_sentence", "")
    return training_curve(curve, epochs, view.dataset.worded(label), view.dataset.worded(remark))


@chart("courses", "Map of courses")
def _courses(view: View) -> Chart:
    embeddings, titles = view.model.course_embeddings_, view.model.course_titles_
    noun = view.dataset.noun
    return course_map(embeddings, titles, view.picked, view.recommended, noun=noun)


def training_curve(
    curve: np.ndarray, epochs: int | None = None, loss_label: str = "Loss", remark: str = ""
) -> Chart:
    """The losses after each epoch; can also be drawn during a training.

    Parameters
    ----------
    curve : (epochs so far, 2) training and validation loss; NaN if not measured
    epochs : the total number of epochs; fixes the range of the axis
    loss_label : the title of the axis
    remark : a sentence on how to read the losses, for the text alternative
    """
    curve = np.asarray(curve, float).reshape(-1, 2)
    done = len(curve)
    epochs = max(epochs or 0, done, 1)
    table = pd.DataFrame(
        {"epoch": np.arange(1, done + 1), "training": curve[:, 0], "validation": curve[:, 1]}
    )
    title = _training_finding(table)
    text = f"Line chart of the losses after {done} of {epochs} epochs. {title}. {remark}".rstrip()
    figure = blank(title, height=340, legend=True)
    looks = {"training": (BLUE, "circle", "solid"), "validation": (VERMILION, "diamond", "dash")}
    for name, (colour, symbol, dash) in looks.items():
        figure.add(
            "scatter",
            x=table["epoch"],
            y=table[name],
            name=f"{name} loss",
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"Epoch %{{x}}: {name} loss %{{y:.4g}}<extra></extra>",
        )
    figure.axis("x", title="Epoch", range=[0.5, epochs + 0.5], dtick=1)
    figure.axis("y", title=plain(loss_label))
    return Chart(figure, title, text, table)


def _training_finding(table: pd.DataFrame) -> str:
    kind = "validation" if table["validation"].notna().any() else "training"
    measured = table[table[kind].notna()]
    if measured.empty:
        return "Training has not finished an epoch yet"
    lowest = int(measured[kind].to_numpy().argmin())
    epoch, loss = measured["epoch"].iloc[lowest], readable(measured[kind].iloc[lowest])
    if len(measured) == 1:
        return f"After epoch {epoch} the {kind} loss is {loss}"
    if lowest == len(measured) - 1:
        return f"The {kind} loss falls to {loss} by epoch {epoch}"
    return f"The {kind} loss is lowest after epoch {epoch}, at {loss}"


def course_map(
    embeddings: np.ndarray,
    titles: Sequence[str] | np.ndarray,
    picked: np.ndarray,
    recommended: np.ndarray,
    most: int = 600,
    noun: str = "course",
) -> Chart:
    """The course embeddings, projected onto their first two principal components.

    Parameters
    ----------
    embeddings : (n_courses, embedding_size); a row of zeros for a course without an embedding
    titles : (n_courses,) the courses' titles
    picked : indices of the visitor's courses
    recommended : indices of the recommended courses, best first
    most : how many of the other courses are drawn at most; they are randomly sampled
    noun : what the data set calls an item
    """
    embeddings = np.asarray(embeddings, float)
    known = embeddings.any(axis=1)
    if known.sum() < 3:
        return nothing(f"Too few {noun}s are known for a map", pd.DataFrame(columns=["title"]))
    centred = embeddings - embeddings[known].mean(axis=0)
    share, directions = principal_components(embeddings[known])
    points = centred @ directions
    role = np.full(len(points), "other", dtype=object)
    role[recommended], role[picked] = "recommended", "yours"
    rank = np.zeros(len(points), int)
    rank[recommended] = np.arange(1, len(recommended) + 1)
    shown = known & ((role != "other") | random_subset(known & (role == "other"), most))
    table = pd.DataFrame(
        {
            "title": np.asarray(titles, str)[shown],
            "x": points[shown, 0].round(3),
            "y": points[shown, 1].round(3),
            "role": role[shown],
            "rank": np.where(rank > 0, rank.astype(str), "")[shown],
        }
    ).sort_values("role", ascending=False, ignore_index=True, kind="stable")
    title = _nearness(table, noun)
    left_out = int(known.sum() - shown.sum())
    others = f" ({left_out:,} others, randomly chosen, are not drawn)" if left_out else ""
    text = (
        f"Map of {count(len(table), noun)} by two principal components of their "
        f"embeddings{others}: triangles are yours, numbered diamonds are recommended. {title}."
    )
    figure = blank(title, height=440, legend=True)
    for name, (colour, symbol, size) in _ROLES.items():
        part = table[table["role"] == name]
        figure.add(
            "scatter",
            x=part["x"],
            y=part["y"],
            name=name,
            mode="markers+text",
            text=part["rank"],
            textposition="top center",
            marker={
                "color": colour,
                "symbol": symbol,
                "size": size,
                "line": {"width": int(name != "other"), "color": "#FFFFFF"},
            },
            customdata=part["title"].map(hover),
            hovertemplate="%{customdata}<extra></extra>",
        )
    for axis, which, held in zip("xy", ("First", "Second"), share, strict=True):
        label = f"{which} principal component ({percent(held)} of variance)"
        figure.axis(axis, label, zeroline=False)
    return Chart(figure, title, text, table)


_ROLES = {
    "other": (GREY, "circle", 6),
    "recommended": (BLUE, "diamond", 11),
    "yours": (VERMILION, "triangle-up", 13),
}


def _nearness(table: pd.DataFrame, noun: str) -> str:
    """A sentence on the distance of the recommended courses from the visitor's courses."""
    points = {name: table.loc[table["role"] == name, ["x", "y"]].to_numpy() for name in _ROLES}
    others, recommended, yours = points.values()
    if not (len(others) and len(recommended) and len(yours)):
        return f"A map of {len(table):,} {noun}s"
    centre = yours.mean(axis=0)
    near, usual = (
        float(np.linalg.norm(some - centre, axis=1).mean()) for some in (recommended, others)
    )
    ratio = near / (usual or 1)
    if 0.8 <= ratio <= 1.25:
        return f"Recommended {noun}s lie about as far from yours as the others do"
    relation = "nearer to" if ratio < 1 else "farther from"
    return (
        f"Recommended {noun}s lie {relation} yours than the others do: "
        f"{readable(near)} against {readable(usual)} on average"
    )
