"""Lessons run in the lab and show what is committed; nbval compares, and is shown to notice changes."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from .course import COURSE, READY, compare_by_nbval, notebook_of
from .numbers import COMPARED, places, with_another_number
from .rules import IGNORED


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.long
@pytest.mark.parametrize("lesson", READY)
def test_outputs_are_true(lesson: str, jupyter: Mapping[str, str], tmp_path: Path) -> None:
    cells = compare_by_nbval(COURSE / f"{lesson}.ipynb", jupyter, tmp_path)
    assert len(cells) == len(code_cells(notebook_of(lesson)))
    assert {number: said for number, said in cells.items() if said != "passed"} == {}


def corrupted(lesson: str) -> tuple[nbformat.NotebookNode, dict[int, str | None]]:
    """With one number changed in every cell that shows any and is compared; these cells, by type of text."""
    notebook = notebook_of(lesson)
    changed: dict[int, str | None] = {}
    for number, cell in enumerate(code_cells(notebook)):
        found = list(places(cell))
        if found and IGNORED not in cell.metadata.get("tags", []):
            place = found[number % len(found)]
            place.replace(cell, with_another_number(place.text(cell), which=number))
            changed[number] = place.mime
    assert len(changed) >= 8
    assert set(changed.values()) == {None, *COMPARED}
    return notebook, changed


def saying_again(cell: nbformat.NotebookNode) -> str:
    """Code that puts out what is committed as the cell's outputs."""
    outputs = json.dumps(cell.outputs)
    return f"""import json, sys
from IPython.display import publish_display_data
for output in json.loads({outputs!r}):
    if output["output_type"] == "stream":
        getattr(sys, output["name"]).write(output["text"])
        getattr(sys, output["name"]).flush()
    else:
        publish_display_data(output["data"], output["metadata"])"""


def failing(notebook: nbformat.NotebookNode, environment: Mapping[str, str], folder: Path) -> set[int]:
    path = folder / "corrupted.ipynb"
    nbformat.write(notebook, path)
    return {
        number for number, said in compare_by_nbval(path, environment, folder).items() if said != "passed"
    }


@pytest.mark.parametrize("lesson", READY)
def test_a_changed_number_is_noticed(lesson: str, tmp_path: Path) -> None:
    """nbval fails the cells with another number, and no others. The outputs are those that are committed,
    which the test above has shown to be true: nothing runs a second time for it."""
    notebook, changed = corrupted(lesson)
    for cell, committed in zip(code_cells(notebook), code_cells(notebook_of(lesson)), strict=True):
        cell.source = saying_again(committed)
    assert failing(notebook, os.environ, tmp_path) == set(changed)


def test_a_changed_number_is_noticed_in_the_lab(jupyter: Mapping[str, str], tmp_path: Path) -> None:
    notebook, changed = corrupted(READY[0])
    assert failing(notebook, jupyter, tmp_path) == set(changed)
