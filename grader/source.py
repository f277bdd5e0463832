"""Reading a notebook of our own (a source or a release) as data: cells by their nbgrader ids."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def read_notebook(path: Path) -> dict[str, Any]:
    """Raises OSError or ValueError when it is not a notebook."""
    return parse_notebook(path.read_bytes(), str(path))


def parse_notebook(raw: bytes, name: str = "the file") -> dict[str, Any]:
    """Raises ValueError when the bytes are not a notebook."""
    notebook = as_format_4(json.loads(text_of(raw)))
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError(f"{name} is not a notebook: it has no list of cells")
    return notebook


def text_of(raw: bytes) -> str:
    """The text of a file whose encoding is not told: UTF-8, else what editors on Windows write.

    Raises UnicodeDecodeError, a ValueError, when it is none of them.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def as_format_4(notebook: Any) -> Any:
    """A notebook of nbformat 3, whose cells are in worksheets, with its cells where nbformat 4 has them."""
    if not isinstance(notebook, dict) or "cells" in notebook:
        return notebook
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list):
        return notebook
    found = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    cells = [cell for of_sheet in found if isinstance(of_sheet, list) for cell in of_sheet]
    renewed = [{**c, "source": c["input"]} if isinstance(c, dict) and "input" in c else c for c in cells]
    return {**notebook, "cells": renewed}


def cell_source(cell: Mapping[str, Any]) -> str:
    """A cell's text; nbformat allows a string or a list of lines. Lines end as Python's do."""
    source = cell.get("source", "")
    if isinstance(source, list):
        lines = [line for line in source if isinstance(line, str)]
        # Some tools leave out the ends that nbformat wants.
        ended = any(line.endswith(("\n", "\r")) for line in lines)
        source = ("" if ended else "\n").join(lines)
    text = source if isinstance(source, str) else ""
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def grade_id(cell: Mapping[str, Any]) -> str | None:
    """The nbgrader id of a cell, whatever a learner's tools left of its metadata."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    found = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return found if isinstance(found, str) else None


def code_cells(notebook: Mapping[str, Any]) -> Iterator[Cell]:
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            yield cell


def answer_cell(notebook: Mapping[str, Any], task_id: str) -> str:
    """The text of a task's answer cell. Raises ValueError when there is none."""
    for cell in code_cells(notebook):
        if grade_id(cell) == f"{task_id}_answer":
            return cell_source(cell)
    raise ValueError(f"the notebook has no cell {task_id}_answer")


def text_cell(notebook: Mapping[str, Any], task_id: str) -> str:
    """The text of a cell that a person marks. Raises ValueError when there is none."""
    for cell in notebook["cells"]:
        if grade_id(cell) == task_id:
            return cell_source(cell)
    raise ValueError(f"the notebook has no cell {task_id}")


TEXT_STUB = "YOUR ANSWER HERE"
"""What nbgrader leaves in the text cell of a manually graded answer."""
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION.*?^[ \t]*### END SOLUTION[ \t]*$", re.DOTALL | re.MULTILINE
)


def stub_of(source: str) -> str:
    """A source cell as learners get it: nbgrader's rule, with the stub of nbgrader_config.py."""
    return SOLUTION.sub(r"\1...  # write your code here", source)


def solution_of(source: str) -> str:
    """A source cell without the marks around its solution."""
    return re.sub(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", "", source, flags=re.MULTILINE).rstrip()
