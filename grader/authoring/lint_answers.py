"""An assignment proved by grading, both ways: right answers get full marks, wrong ones never."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.authoring.compose import compose, hand_in
from grader.authoring.losses import check_losses, lost_parts
from grader.classroom.autograde import Request, autograde
from grader.engine.plan import load_plan
from grader.source import cell_source, code_cells, grade_id, read_notebook, stub_of
from grader.tasks.declaration import AuthoringError, FreeText, Task
from lab.machine.whole_files import write_whole

Lines = Mapping[str, dict[str, Any]]
"""Results by a made-up student's name: solution, stub, wrong.<task>.<name>, right.<task>.<name>."""


BY_A_PERSON = "needs_manual"
"""The outcome of a text: no grading proves it right or wrong."""


def answers(folder: Path, kind: str) -> Iterator[tuple[str, str, str]]:
    """(task id, name, cell text) of the wrong or right answers kept beside the source."""
    for path in sorted((folder / kind).glob("*/*.py")):
        yield path.parent.name, path.stem, path.read_text(encoding="utf-8").rstrip()


def grade_everything(root: Path, assignment: str, scratch: Path, workers: int) -> dict[str, dict[str, Any]]:
    """Results by a made-up student's name: solution, stub, wrong.<task>.<name>, right.<task>.<name>.

    WORKERS: processes that grade.

    Raises AuthoringError when one cannot be graded, as when the lab ends in the middle.
    """
    folder = root / "solutions" / assignment
    source, submitted = folder / f"{assignment}.ipynb", scratch / "submitted"
    idle = _idle(source, load_plan(root, assignment).tasks)
    hand_in(submitted, "solution", assignment, compose(source, {}, solved=True))
    hand_in(submitted, "stub", assignment, compose(source, {}, solved=False))
    for kind in ("wrong", "right"):
        for task_id, name, text in answers(folder, kind):
            notebook = compose(source, idle | {task_id: text}, solved=True)
            hand_in(submitted, f"{kind}.{task_id}.{name}", assignment, notebook)
    write_whole(scratch / "seed", secrets.token_hex(32), mode=0o600)
    request = Request(
        root, assignment, submitted, scratch / "results.jsonl", scratch, scratch / "seed", workers, trust=True
    )
    lines = autograde(request, lambda _text: None).lines
    for line in lines:
        if line["status"] != "graded":
            raise AuthoringError(f"{line['student']} could not be graded: {' '.join(line['warnings'])}")
    return {line["student"]: line for line in lines}


def _idle(source: Path, tasks: Sequence[Task]) -> dict[str, str]:
    """Untouched answers to the tasks that work in the lab, unless others need them.

    An answer to another task is judged without playing their runs once more.
    """
    needed = {name for task in tasks for name in task.needs}
    cells = {grade_id(cell): cell_source(cell) for cell in code_cells(read_notebook(source))}
    return {
        task.id: stub_of(cells[f"{task.id}_answer"])
        for task in tasks
        if task.runs is not None and task.id not in needed
    }


def _mark(line: dict[str, Any], task_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(task for task in line["tasks"] if task["id"] == task_id)
    return found


def check_whole(lines: Lines) -> Iterator[str]:
    for task in lines["solution"]["tasks"]:
        if task["points"] < task["max_points"] and task["outcome"] != BY_A_PERSON:
            yield f"The solution of {task['id']} does not get full marks: {' '.join(task['reasons'])}"
    for task in lines["stub"]["tasks"]:
        if task["points"] or task["outcome"] not in ("not_attempted", BY_A_PERSON):
            yield f"The untouched {task['id']} gets {task['points']} points and is {task['outcome']}."


def check_wrong(task: Task, folder: Path, lines: Lines) -> Iterator[str]:
    kept = {name for task_id, name, _ in answers(folder, "wrong") if task_id == task.id}
    for misconception in task.misconceptions:
        if misconception.id not in kept:
            yield f"wrong/{task.id}/{misconception.id}.py is missing: show an answer with this idea."
    for name in sorted(kept):
        mark = _mark(lines[f"wrong.{task.id}.{name}"], task.id)
        if mark["points"] == mark["max_points"]:
            yield f"wrong/{task.id}/{name}.py gets full marks."
        wanted = None if name.startswith("other_") else name
        if mark["misconception"] != wanted:
            yield f"wrong/{task.id}/{name}.py is taken for {mark['misconception']}, not for {wanted}."


def earnings(task: Task, folder: Path, lines: Lines) -> Iterator[str]:
    """What each wrong answer earns, for the author to look at."""
    for task_id, name, _ in answers(folder, "wrong"):
        if task_id == task.id:
            mark = _mark(lines[f"wrong.{task.id}.{name}"], task.id)
            yield f"{task.id}: wrong/{task.id}/{name}.py earns {mark['points']} of {mark['max_points']}."


def check_right(task: Task, folder: Path, lines: Lines) -> Iterator[str]:
    kept = [name for task_id, name, _ in answers(folder, "right") if task_id == task.id]
    if not kept and not any(isinstance(part, FreeText) for part in task.parts):
        yield f"right/{task.id}/ is empty: keep a second, differently written right answer."
    for name in kept:
        mark = _mark(lines[f"right.{task.id}.{name}"], task.id)
        if mark["points"] < mark["max_points"]:
            yield f"right/{task.id}/{name}.py loses points: {' '.join(mark['reasons'])}"


def check_parts(task: Task, folder: Path, lines: Lines, tasks: set[str]) -> Iterator[str]:
    """A part that no wrong answer loses proves nothing; a wrong answer loses what `losses.toml` says."""
    marks = {
        name: _mark(lines[f"wrong.{task.id}.{name}"], task.id)
        for task_id, name, _ in answers(folder, "wrong")
        if task_id == task.id
    }
    lost = {part for mark in marks.values() for part in lost_parts(task, mark)}
    for part in task.parts:
        if part.id not in lost and not isinstance(part, FreeText):  # a person marks a text
            yield f"No wrong answer loses the part {part.id} of {task.id}: what does it check?"
    yield from check_losses(task, folder, marks, tasks)
