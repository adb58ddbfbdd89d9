"""Formulas in Markdown become MathML."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from serving import ROOT

from recsys.serving import maths, notebooks

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def to_html() -> Callable[[str], str]:
    """As Voilà turns a Markdown cell into HTML."""
    from nbconvert.filters.markdown_mistune import MarkdownWithMath

    return lambda text: str(MarkdownWithMath(maths.Renderer(contents_manager=None)).render(text))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_formula_of_a_lesson_is_converted(
    lesson: Path, to_html: Callable[[str], str]
) -> None:
    texts = [c["source"] for c in notebooks.read(lesson)["cells"] if c["cell_type"] == "markdown"]
    written = html.unescape("".join(map(to_html, texts)))
    formulas = re.findall(r"<math .*?</math>", written, re.DOTALL)
    assert len(formulas) == len(re.findall(r"\$\$.+?\$\$|\$.+?\$", "".join(texts), re.DOTALL)) > 4
    assert sum('display="block"' in one for one in formulas) > 0
    for formula in formulas:
        assert "".join(ET.fromstring(formula).itertext()).strip()
    assert not set(re.sub(r"<(pre|code)\b.*?</\1>", "", written, flags=re.DOTALL)) & {"$", "\\"}


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("a $x$ b", "inline"),
        (r"a \\(x\\) b", "inline"),
        ("$$\nx\n$$", "block"),
        (r"\\[x\\]", "block"),
        (r"\begin{align}x\end{align}", "block"),
    ],
)
def test_every_way_to_write_a_formula(
    to_html: Callable[[str], str], text: str, display: str
) -> None:
    written = to_html(text)
    assert f'display="{display}"' in written
    assert "<mi>x</mi>" in written
    assert "\\" not in written


def test_what_is_no_formula_or_none_that_can_be_converted_stays(
    to_html: Callable[[str], str],
) -> None:
    assert "<math" not in to_html("`$x$`, \\$5 and \\$6\n\n    $x$")
    assert to_html(r"$\frac{<b>}{$") == "<p>$\\frac{&lt;b&gt;}{$</p>\n"
