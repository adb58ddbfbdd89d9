"""Every model has a page in docs/models/ that knows its hyperparameters, as declared."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from recsys import models
from recsys.models import Hyperparameter, Recommender

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "models"
PAGE_OF = {
    model: next(PAGES.glob(f"{place}-*.md"))
    for place, model in enumerate(models.registry(), start=1)
} | dict.fromkeys(models.baselines(), PAGES / "baselines.md")


@pytest.mark.parametrize("model", PAGE_OF, ids=lambda model: model.key())
def test_a_page_names_its_model(model: type[Recommender]) -> None:
    assert re.search(rf"^##? (\d · )?{model.name}$", PAGE_OF[model].read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("model", "one"),
    [(model, one) for model in PAGE_OF for one in model.hyperparameters()],
    ids=lambda value: value.name if isinstance(value, Hyperparameter) else value.key(),
)
def test_a_page_lists_the_hyperparameters(model: type[Recommender], one: Hyperparameter) -> None:
    assert f"| `{one.name}` | {said(one.default)} | {values(one)} |" in PAGE_OF[model].read_text()


def said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:g}"


def values(one: Hyperparameter) -> str:
    if one.choices:
        return " · ".join(one.choices)
    if one.kind is bool:
        return "yes · no"
    none = f", or {one.none}" if one.none else ""
    return f"{one.low:g} to {one.high:g} {one.unit}".strip() + none


def test_every_form_that_is_measured_has_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    classic_forms = importlib.import_module("classic_forms")
    for page, forms in classic_forms.FORMS.items():
        text = (PAGES / f"{page}.md").read_text()
        for form, model in forms:
            assert f"| {form} | `{classic_forms.call(model)}` |" in text


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)", page.read_text()):
        assert (PAGES / target).exists(), target
