"""The text that a learner wrote for a person to mark: read from the saved notebook, as no cell runs it."""

from pathlib import Path

from grader.source import TEXT_STUB, cell_source, grade_id, read_notebook
from grader.tasks.exercise import Exercise

WAITS = "waits to be read"


def is_written(folder: Path, assignment: str, task: str) -> bool:
    """Whether the saved notebook holds a text, or a picture, in the task's own cell."""
    try:
        notebook = read_notebook(folder / f"{assignment}.ipynb")
    except (OSError, ValueError, RecursionError):
        return False
    own = [cell for cell in notebook["cells"] if isinstance(cell, dict) and grade_id(cell) == task]
    return any(cell.get("attachments") or cell_source(cell).strip() not in ("", TEXT_STUB) for cell in own)


def waiting(folder: Path, exercise: Exercise) -> set[str]:
    """The tasks of the exercise in FOLDER with a text that waits for a person."""
    tasks = (task.id for task in exercise.tasks if task.by_hand)
    return {task for task in tasks if is_written(folder, exercise.assignment, task)}
