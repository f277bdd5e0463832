"""Reading a notebook of our own (a source or a release) as data: cells by their nbgrader ids."""

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
    notebook = json.loads(raw.decode("utf-8-sig"))
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise ValueError(f"{name} is not a notebook: it has no list of cells")
    return notebook


def cell_source(cell: Mapping[str, Any]) -> str:
    """A cell's text; nbformat allows a string or a list of lines."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


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


SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION.*?^[ \t]*### END SOLUTION[ \t]*$", re.DOTALL | re.MULTILINE
)


def stub_of(source: str) -> str:
    """A source cell as learners get it: nbgrader's rule, with the stub of nbgrader_config.py."""
    return SOLUTION.sub(r"\1...  # write your code here", source)


def solution_of(source: str) -> str:
    """A source cell without the marks around its solution."""
    return re.sub(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", "", source, flags=re.MULTILINE).rstrip()
