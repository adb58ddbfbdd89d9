"""The lessons keep the rules of notebooks/README.md, run as committed, and can be solved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # it takes two seconds, which collecting the fast tests need not wait for
    import nbformat

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
LESSONS = sorted(FOLDER.glob("*.ipynb"))
DATA_LINE = 'dataset = load_dataset("bundled")'
PYTHON = re.compile(r"^```python\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
LONGEST_CELL = 15  # lines

Cell = dict[str, Any]


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The file as it is; nbformat would mend what is to be found here."""
    notebook = json.loads(request.param.read_text())
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def code_cells(lesson: dict[str, Any]) -> list[Cell]:
    return [cell for cell in lesson["cells"] if cell["cell_type"] == "code"]


def headings(lesson: dict[str, Any]) -> list[str]:
    prose = [cell["source"] for cell in lesson["cells"] if cell["cell_type"] == "markdown"]
    return re.findall(r"^## (.+)$", "\n".join(prose), flags=re.MULTILINE)


def exercises(lesson: dict[str, Any]) -> list[str]:
    """The numbers of a lesson's exercises, as its stub cells have them."""
    found = [re.fullmatch(r"exercise-(\d+)", cell["id"]) for cell in lesson["cells"]]
    return [match[1] for match in found if match]


def test_the_index_lists_every_lesson_in_order() -> None:
    linked = re.findall(r"\]\((\S+\.ipynb)\)", (FOLDER / "README.md").read_text())
    assert linked == [path.name for path in LESSONS]


def test_no_outputs_are_committed(lesson: dict[str, Any]) -> None:
    ran = [cell["id"] for cell in code_cells(lesson) if cell["outputs"] or cell["execution_count"]]
    assert not ran, "Clear the outputs of all cells, and save."
    assert "widgets" not in lesson["metadata"]


def test_cells_have_ids_that_speak_and_stay(lesson: dict[str, Any]) -> None:
    assert (lesson["nbformat"], lesson["nbformat_minor"]) >= (4, 5)
    ids = [cell["id"] for cell in lesson["cells"]]
    assert len(set(ids)) == len(ids)
    made_by_jupyter = [one for one in ids if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f-]+)?", one)]
    assert not made_by_jupyter, "Give these cells an id that says what they hold."


def test_has_all_parts_in_order(lesson: dict[str, Any]) -> None:
    parts = headings(lesson)
    assert parts[:2] == ["Goals", "The idea"]
    assert parts[-2:] == ["Exercises", "What to try next"]
    idea = next(cell["source"] for cell in lesson["cells"] if "## The idea" in cell["source"])
    assert idea.count("$$") >= 2, "The idea has a formula."


def test_one_line_chooses_the_data(lesson: dict[str, Any]) -> None:
    lines = "\n".join(cell["source"] for cell in code_cells(lesson)).splitlines()
    assert [line for line in lines if "load_dataset(" in line] == [DATA_LINE]


def test_code_is_short_enough_to_type(lesson: dict[str, Any]) -> None:
    lines = {cell["id"]: len(cell["source"].splitlines()) for cell in code_cells(lesson)}
    assert not {one: n for one, n in lines.items() if n > LONGEST_CELL}


def test_exercises_have_stub_check_and_folded_solution(lesson: dict[str, Any]) -> None:
    numbers = exercises(lesson)
    assert numbers == [str(n + 1) for n in range(len(numbers))]
    assert 2 <= len(numbers) <= 4
    ids = [cell["id"] for cell in lesson["cells"]]
    for n in numbers:
        place = ids.index(f"exercise-{n}")
        stub, check, solution = lesson["cells"][place : place + 3]
        for cell, kind in ((stub, "exercise"), (check, "check"), (solution, "solution")):
            assert cell["id"] == f"{kind}-{n}"
            assert cell["metadata"]["tags"] == [kind]
        assert f"answer_{n} = ..." in stub["source"]
        assert f"\nif answer_{n} is ...:\n" in "\n" + check["source"]
        assert solution["source"].startswith("<details>\n<summary>")
        assert solution["source"].endswith("</details>")
        assert len(PYTHON.findall(solution["source"])) == 1


@pytest.mark.lessons
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_it_runs_as_it_is_committed_and_can_be_solved_afterwards(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECSYS_DATA", raising=False)
    notebook = read(path)
    for solution in solutions(notebook).values():
        notebook.cells += solution
    run(notebook)


@pytest.mark.lessons
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_one_other_line_runs_it_on_ibm_courses_with_every_stub_solved_at_once(
    path: Path, ibm_folder: Path
) -> None:
    notebook = read(path)
    for folded, solution in solutions(notebook).items():
        after = [cell.id for cell in notebook.cells].index(folded) + 1
        notebook.cells[after:after] = solution
    for cell in notebook.cells:
        cell.source = cell.source.replace(DATA_LINE, f"dataset = load_dataset({str(ibm_folder)!r})")
    run(notebook)


def read(path: Path) -> nbformat.NotebookNode:
    import nbformat

    return nbformat.read(path, as_version=4)


def solutions(notebook: nbformat.NotebookNode) -> dict[str, list[nbformat.NotebookNode]]:
    """By the id of the cell that holds it folded: the solution as code, and the check again."""
    import nbformat

    cells = {cell.id: cell for cell in notebook.cells}
    return {
        f"solution-{n}": [
            nbformat.v4.new_code_cell(PYTHON.findall(cells[f"solution-{n}"].source)[0]),
            nbformat.v4.new_code_cell(cells[f"check-{n}"].source, id=f"solved-{n}"),
        ]
        for n in exercises(notebook)
    }


def run(notebook: nbformat.NotebookNode) -> None:
    """Before each solution the check must ask for it, and after it be content."""
    from nbclient import NotebookClient

    at_home = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=at_home).execute()
    printed = {cell.id: text(cell) for cell in notebook.cells if cell.cell_type == "code"}
    for n in exercises(notebook):
        assert f"Exercise {n} is not solved yet" in printed[f"check-{n}"]
        assert printed[f"solved-{n}"].startswith("✓")


def text(cell: Cell) -> str:
    """What a code cell has printed."""
    return "".join(output.get("text", "") for output in cell["outputs"])
