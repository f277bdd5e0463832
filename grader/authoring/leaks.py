"""What of a solution stands where learners can read it: lines, outputs, attachments, instructors' files."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.source import SOLUTION, cell_source, code_cells, grade_id, read_notebook

SHORTEST_TELLING_LINE = 12
"""Characters: shorter lines (`return None`, `x = 1`) stand in any notebook."""

INSTRUCTORS_FILES = ("checks", "checks.py", "DESIGN.md", "*.toml", "wrong", "right", "*.py")


def leaks(source: Path, released: Path) -> Iterator[str]:
    """Lines of a solution, outputs, attachments or an instructor's files in what learners get."""
    notebook = read_notebook(source / f"{source.name}.ipynb")
    telling = solution_lines(notebook)
    for pattern in INSTRUCTORS_FILES:
        for path in released.rglob(pattern):
            yield f"{path.name} is the instructor's and stands in {released.name}/."
    for path in sorted(p for p in released.rglob("*") if p.is_file()):
        # As JSON: quotes and line breaks of a notebook's cells are escaped there.
        text = path.read_text(encoding="utf-8", errors="replace")
        for line in sorted(telling):
            if json.dumps(line, ensure_ascii=False)[1:-1] in text:
                yield f"{path.name} holds a line of a solution: {line}"
    yield from _stored_results(read_notebook(released / f"{released.name}.ipynb"))


def solution_lines(notebook: dict[str, Any]) -> set[str]:
    """Lines that only the solutions have: long enough to tell something, and in no other place."""
    inside, outside = set(), set()
    for cell in notebook["cells"]:
        text = cell_source(cell)
        for block in SOLUTION.finditer(text):
            inside |= {line.strip() for line in block.group().splitlines()}
        outside |= {line.strip() for line in SOLUTION.sub("", text).splitlines()}
    prose = "\n".join(outside)
    return {
        line
        for line in inside
        if len(line) >= SHORTEST_TELLING_LINE and not re.match(r"###", line) and line not in prose
    }


def _stored_results(notebook: dict[str, Any]) -> Iterator[str]:
    for cell in code_cells(notebook):
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"The cell {grade_id(cell) or cell.get('id')} of the exercise has a stored output."
    for cell in notebook["cells"]:
        if cell.get("attachments"):
            yield f"The cell {grade_id(cell) or cell.get('id')} of the exercise has an attachment."
