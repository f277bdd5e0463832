"""Lessons run in the lab and show what is committed; nbval compares, and is shown to notice changes."""

import json
import os
import random
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from lab.rules import quotas

from .course import COURSE, READY, compare_by_nbval, notebook_of
from .numbers import COMPARED, places, with_another_number
from .rules import IGNORED


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


CLEAN = "The lab is ready. Nothing is left of an earlier run.\n"


def left_half_way(lesson: str) -> str:
    """The lesson that was begun and left before LESSON; over all lessons, each of them once."""
    return READY[(READY.index(lesson) + 3) % len(READY)]


def leave_half_way(lesson: str, environment: Mapping[str, str], folder: Path) -> None:
    """Run LESSON from its top to some cell before it tidies up, and end its kernel there."""
    notebook = notebook_of(lesson)
    last = next(n for n, cell in enumerate(notebook.cells) if cell.source.startswith("## Tidy up"))
    notebook.cells = notebook.cells[: random.Random(lesson).randrange(last // 3, last)]
    path = folder / f"half-{lesson}.ipynb"
    nbformat.write(notebook, path)
    compare_by_nbval(path, environment, folder)


@pytest.mark.long
@pytest.mark.parametrize("lesson", READY)
def test_outputs_are_true_also_after_another_lesson_was_left_half_way(
    lesson: str, jupyter: Mapping[str, str], tmp_path: Path
) -> None:
    leave_half_way(left_half_way(lesson), jupyter, tmp_path)
    cells = compare_by_nbval(COURSE / f"{lesson}.ipynb", jupyter, tmp_path)
    first, *_ = code = code_cells(notebook_of(lesson))
    assert len(cells) == len(code)
    assert [output.text for output in first.outputs] == [CLEAN], "as in a new account"
    assert {number: said for number, said in cells.items() if number and said != "passed"} == {}


def test_a_day_of_the_lab_s_clock_fits_into_one_second_of_a_shard() -> None:
    """A jump of the clock fills no bucket. On a quick machine nothing else does between two hours."""
    (day,) = (cell for cell in code_cells(notebook_of("10-operations")) if "day_dashboard(" in cell.source)
    text = day.outputs[0].data["text/plain"]
    written = [int(count) for count in re.findall(r"hour \d+: (\d+) records written", text)]
    assert len(written) == 24
    assert sum(written) <= quotas.SHARD_WRITE_RECORDS_PER_SECOND


@pytest.mark.long
def test_a_lesson_that_was_left_half_way_can_be_begun_again(
    jupyter: Mapping[str, str], tmp_path: Path
) -> None:
    leave_half_way("01-producers", jupyter, tmp_path)
    cells = compare_by_nbval(COURSE / "01-producers.ipynb", jupyter, tmp_path)
    assert "An earlier run had left something" in cells[0], "the control: something was left"
    assert {number: said for number, said in cells.items() if number and said != "passed"} == {}


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
