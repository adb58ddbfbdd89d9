"""Save the list as CSV or as a report, and show the code that reproduces it."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets

from recsys.dashboard.data_view import download
from recsys.dashboard.panels.frame import create, row, watch
from recsys.dashboard.state import Choice, Fitting, Selection
from recsys.dashboard.takeaway import as_code, as_csv, as_report


def takeaway(selection: Selection, choice: Choice, fitting: Fitting) -> widgets.VBox:
    """A link to the CSV, a button that creates the report, and the code with a Copy button.

    The page's script downloads the report as soon as it arrives, and removes its link. JupyterLab
    has no such script, so the link stays there.
    """
    table = create(widgets.HTML)
    make = create(
        widgets.Button,
        description="Report",
        tooltip="One HTML page with all explanations, which opens offline",
    )
    report, code = create(widgets.HTML), create(widgets.HTML, css="recsys-code-box")

    def show() -> None:
        report.value = ""
        answer = fitting.answer
        make.disabled = answer.model is None
        text = as_code(selection, answer, choice.top_n)
        csv = f"\ufeff{as_csv(answer)}"  # byte order mark, so that spreadsheets recognise UTF-8
        some = len(answer.table) > 0
        table.value = download("Save as CSV", "recommendations.csv", "text/csv", csv) * some
        code.value = (
            "<details><summary>The code for this list</summary>"
            '<button type="button" class="recsys-copy jupyter-button">Copy</button>'
            f'<pre class="recsys-code" tabindex="0">{escape(text)}</pre></details>'
            if text
            else ""
        )

    def write(_: widgets.Button) -> None:
        page = as_report(selection, fitting.answer, choice.top_n)
        report.value = ""  # or a second press would change nothing, and so send nothing
        report.value = download("Save the report", "report.html", "text/html", page)

    make.on_click(write)
    watch(fitting, "answer", show)
    return create(widgets.VBox, [row(table, make, report), code], css="recsys-takeaway")
