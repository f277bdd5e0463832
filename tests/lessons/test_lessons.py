"""Lessons run in the lab and show what is committed; nbval compares, and is shown to notice changes."""

from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from .course import COURSE, READY, compare_by_nbval, notebook_of
from .numbers import COMPARED, places, with_another_number
from .rules import IGNORED


@pytest.mark.parametrize("lesson", READY)
def test_outputs_are_true(lesson: str, jupyter: Mapping[str, str], tmp_path: Path) -> None:
    cells = compare_by_nbval(COURSE / f"{lesson}.ipynb", jupyter, tmp_path)
    code_cells = [cell for cell in notebook_of(lesson).cells if cell.cell_type == "code"]
    assert len(cells) == len(code_cells)
    assert {number: said for number, said in cells.items() if said != "passed"} == {}


@pytest.mark.parametrize("lesson", READY)
def test_a_changed_number_is_noticed(lesson: str, jupyter: Mapping[str, str], tmp_path: Path) -> None:
    """One number changed in every cell that shows any and is compared: nbval fails those, and no others."""
    notebook = notebook_of(lesson)
    changed: dict[int, str | None] = {}
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code_cells):
        found = list(places(cell))
        if found and IGNORED not in cell.metadata.get("tags", []):
            place = found[number % len(found)]
            place.replace(cell, with_another_number(place.text(cell), which=number))
            changed[number] = place.mime
    assert len(changed) >= 8
    assert set(changed.values()) == {None, *COMPARED}
    corrupted = tmp_path / "corrupted.ipynb"
    nbformat.write(notebook, corrupted)

    cells = compare_by_nbval(corrupted, jupyter, tmp_path)

    assert {number for number, said in cells.items() if said != "passed"} == set(changed)
