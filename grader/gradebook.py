"""`grader gradebook`: marks into nbgrader's database, by nbgrader's own API, so that formgrader shows them.

The only module that imports nbgrader (4 s); it runs once, at the end, in one process.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from grader.alembic_path import with_own_commands
from grader.graded import graded_copy
from grader.plan import Plan
from grader.source import Cell, cell_source, grade_id, read_notebook
from grader.submission import Unreadable, find_notebook
from lab.whole_files import write_whole

COURSE = "kinesis"


def database_url(root: Path) -> str:
    return f"sqlite:///{root / 'gradebook.db'}"


def save(root: Path, plan: Plan, lines: Sequence[Mapping[str, Any]], submitted: Path, database: str) -> int:
    """Write the graded lines into the database and `autograded/`; how many. Twice changes nothing.

    Manual scores and comments that a person gave in formgrader stay.
    """
    released = root / "exercises" / plan.assignment / f"{plan.assignment}.ipynb"
    os.environ["PATH"] = with_own_commands()
    # nbgrader's own use of SQLAlchemy; nothing that whoever grades could act on.
    warnings.filterwarnings("ignore", module="nbgrader")
    graded = [line for line in lines if line["status"] == "graded"]
    with Gradebook(database, COURSE) as gradebook:
        _save_cells(gradebook, plan, read_notebook(released))
        for line in graded:
            _save_marks(gradebook, plan.assignment, line)
            _save_copy(root, released, submitted, line)
        gradebook.db.commit()
    return len(graded)


def _save_cells(gradebook: Gradebook, plan: Plan, notebook: dict[str, Any]) -> None:
    """What nbgrader's SaveCells keeps when it makes a release: the notebook and its cells."""
    name = plan.assignment
    gradebook.update_or_create_assignment(name)
    gradebook.update_or_create_notebook(name, name)
    for cell in notebook["cells"]:
        flags = cell.get("metadata", {}).get("nbgrader")
        if flags and grade_id(cell):
            _save_cell(gradebook, name, cell, flags)


def _save_cell(gradebook: Gradebook, name: str, cell: Cell, flags: Mapping[str, Any]) -> None:
    cell_id, kind = flags["grade_id"], cell["cell_type"]
    if flags.get("grade"):
        gradebook.update_or_create_grade_cell(
            cell_id, name, name, max_score=float(flags["points"]), cell_type=kind
        )
    if flags.get("solution"):
        gradebook.update_or_create_solution_cell(cell_id, name, name)
    gradebook.update_or_create_source_cell(
        cell_id, name, name, source=cell_source(cell), checksum=flags.get("checksum"),
        locked=bool(flags.get("locked")), cell_type=kind,
    )  # fmt: skip


def _save_marks(gradebook: Gradebook, assignment: str, line: Mapping[str, Any]) -> None:
    student = line["student"]
    gradebook.update_or_create_student(student)
    gradebook.update_or_create_submission(assignment, student)
    for task in line["tasks"]:
        grade = gradebook.find_grade(task["id"], assignment, assignment, student)
        grade.auto_score = float(task["points"])
        grade.needs_manual_grade = task["outcome"] == "needs_manual" and grade.manual_score is None


def _save_copy(root: Path, released: Path, submitted: Path, line: Mapping[str, Any]) -> None:
    """The notebook that formgrader opens."""
    student, assignment = line["student"], line["assignment"]
    try:
        path, _ = find_notebook(submitted / student / assignment, assignment)
        text = graded_copy(released, path, line)
    except (OSError, ValueError, Unreadable):
        return
    write_whole(root / "autograded" / student / assignment / f"{assignment}.ipynb", text)
