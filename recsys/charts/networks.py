"""Charts of a network: how its training goes, and where it puts the courses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys.charts.drawing import BLUE, VERMILION, Chart, blank
from recsys.charts.wording import plain
from recsys.explanation import readable


def training_curve(curve: np.ndarray, epochs: int | None = None, loss_label: str = "Loss") -> Chart:
    """Losses after each epoch, so far: the chart can be drawn while the training runs.

    Parameters
    ----------
    curve : (epochs so far, 2) training and validation loss; NaN where there is none
    epochs : how many there will be, so that the axis stands still
    loss_label : what the loss is, as an axis title
    """
    curve = np.asarray(curve, float).reshape(-1, 2)
    done = len(curve)
    epochs = max(epochs or 0, done, 1)
    table = pd.DataFrame(
        {"epoch": np.arange(1, done + 1), "training": curve[:, 0], "validation": curve[:, 1]}
    )
    title = _training_finding(table)
    text = f"Line chart of the losses after {done} of {epochs} epochs. {title}."
    figure = blank(title, height=340, legend=True)
    looks = {"training": (BLUE, "circle", "solid"), "validation": (VERMILION, "diamond", "dash")}
    for name, (colour, symbol, dash) in looks.items():
        figure.add_scatter(
            x=table["epoch"],
            y=table[name],
            name=f"{name} loss",
            mode="lines+markers",
            line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"Epoch %{{x}}: {name} loss %{{y:.4g}}<extra></extra>",
        )
    figure.update_xaxes(title="Epoch", range=[0.5, epochs + 0.5], dtick=1)
    figure.update_yaxes(title=plain(loss_label))
    return Chart(figure, title, text, table)


def _training_finding(table: pd.DataFrame) -> str:
    kind = "validation" if table["validation"].notna().any() else "training"
    told = table[table[kind].notna()]
    if told.empty:
        return "Training has not finished an epoch yet"
    lowest = int(told[kind].to_numpy().argmin())
    epoch, loss = told["epoch"].iloc[lowest], readable(told[kind].iloc[lowest])
    if len(told) == 1:
        return f"After epoch {epoch} the {kind} loss is {loss}"
    if lowest == len(told) - 1:
        return f"The {kind} loss falls to {loss} by epoch {epoch}"
    return f"The {kind} loss is lowest after epoch {epoch}, at {loss}"
