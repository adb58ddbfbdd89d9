"""Formulas in Markdown cells, as MathML, which browsers draw without a script.

voila.json and jupyter_config.json name `Renderer`, by which Voilà turns Markdown into HTML. Must
not know what else is in a cell. Formulas that a cell displays when it runs are not drawn here, but
by Voilà's front end.
"""

from __future__ import annotations

from latex2mathml.converter import convert

from recsys.serving import upstream


def mathml(latex: str, display: bool) -> str | None:
    """A formula as MathML; None if it cannot be converted.

    Parameters
    ----------
    latex : without dollar signs
    display : whether it stands in a line of its own
    """
    try:
        return convert(latex, display="block" if display else "inline")
    except Exception:  # the converter raises errors of many classes
        return None


Renderer = upstream.markdown_renderer(mathml)
