"""Every model has its number, its page in docs/models/, and its row in the tables of models; the
page knows its hyperparameters, as declared.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from recsys import models
from recsys.models import Hyperparameter, Recommender

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "models"
NUMBERED = list(enumerate(models.registry(), start=1))
EVERY = [*models.registry(), *models.baselines()]


def page_of(model: type[Recommender]) -> Path:
    """The page of a model or baseline."""
    if model in models.baselines():
        return PAGES / "baselines.md"
    number = models.registry().index(model) + 1
    found = next(PAGES.glob(f"{number}-*.md"), None)
    wanted = f"docs/models/{number}-{model.key()}.md"
    assert found, f"{model.name} has no page yet: write {wanted} (docs/extend.md says how)."
    return found


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.key())
def test_a_page_names_its_model(model: type[Recommender]) -> None:
    assert re.search(rf"^##? (\d+ · )?{model.name}$", page_of(model).read_text(), re.MULTILINE)


@pytest.mark.parametrize(("number", "model"), NUMBERED, ids=[model.key() for _, model in NUMBERED])
def test_a_model_has_the_same_number_everywhere(number: int, model: type[Recommender]) -> None:
    """In its file, on its page, and in both tables of models."""
    page = page_of(model)
    assert page.read_text().startswith(f"# {number} · {model.name}\n")
    assert (sys.modules[model.__module__].__doc__ or "").startswith(f"{number} · {model.name}")
    table = (PAGES / "README.md").read_text()
    assert re.search(rf"^\| \[{number} .+\]\({page.name}\) \|", table, re.MULTILINE), (
        f"Give {model.name} a row in the table of docs/models/README.md."
    )
    row = f"| {number} {model.name} |"
    assert row in (ROOT / "README.md").read_text(), f"Give README.md's table a row: {row}"


@pytest.mark.parametrize(
    ("model", "one"),
    [(model, one) for model in EVERY for one in model.hyperparameters()],
    ids=lambda value: value.name if isinstance(value, Hyperparameter) else value.key(),
)
def test_a_page_lists_the_hyperparameters(model: type[Recommender], one: Hyperparameter) -> None:
    row = f"| `{one.name}` | {said(one.default)} | {values(one)} |"
    page = page_of(model)
    assert row in page.read_text(), f"{page.name} wants a row that begins: {row}"


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
