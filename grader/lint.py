"""`grader lint`: is an assignment's source in order? It is proved by grading, both ways.

The solution and every right answer get full marks, the untouched exercise none, every wrong answer its
misconception and less than full marks; every part is lost by some wrong answer; nothing of a solution
stands in the exercise.
"""

import json
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.autograde import Request, autograde
from grader.compose import compose, hand_in
from grader.plan import load_plan
from grader.source import SOLUTION, cell_source, code_cells, grade_id, read_notebook
from grader.task import Task
from lab.whole_files import write_whole

SHORTEST_TELLING_LINE = 12
"""Characters: shorter lines (`return None`, `x = 1`) stand in any notebook."""

INSTRUCTORS_FILES = ("checks.py", "DESIGN.md", "wrong", "right", "*.py")


def lint(root: Path, assignment: str) -> list[str]:
    """What is not in order, a sentence each; nothing when all is. Raises CallError, AuthoringError."""
    plan = load_plan(root, assignment)
    folder = root / "solutions" / assignment
    findings = list(leaks(folder, root / "exercises" / assignment))
    with tempfile.TemporaryDirectory(prefix="lint-") as scratch:
        lines = _grade_everything(root, assignment, Path(scratch))
    findings += _check_whole(lines)
    for task in plan.tasks:
        findings += _check_wrong(task, folder, lines)
        findings += _check_right(task, folder, lines)
        findings += _check_parts(task, lines)
    return findings


def answers(folder: Path, kind: str) -> Iterator[tuple[str, str, str]]:
    """(task id, name, cell text) of the wrong or right answers kept beside the source."""
    for path in sorted((folder / kind).glob("*/*.py")):
        yield path.parent.name, path.stem, path.read_text(encoding="utf-8").rstrip()


def _grade_everything(root: Path, assignment: str, scratch: Path) -> dict[str, dict[str, Any]]:
    """Results by a made-up student's name: solution, stub, wrong.<task>.<name>, right.<task>.<name>."""
    folder = root / "solutions" / assignment
    source, submitted = folder / f"{assignment}.ipynb", scratch / "submitted"
    hand_in(submitted, "solution", assignment, compose(source, {}, solved=True))
    hand_in(submitted, "stub", assignment, compose(source, {}, solved=False))
    for kind in ("wrong", "right"):
        for task_id, name, text in answers(folder, kind):
            notebook = compose(source, {task_id: text}, solved=True)
            hand_in(submitted, f"{kind}.{task_id}.{name}", assignment, notebook)
    write_whole(scratch / "seed", secrets.token_hex(32), mode=0o600)
    request = Request(
        root, assignment, submitted, scratch / "results.jsonl", scratch, scratch / "seed", trust=True
    )
    return {line["student"]: line for line in autograde(request, lambda _text: None)}


def _mark(line: dict[str, Any], task_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(task for task in line["tasks"] if task["id"] == task_id)
    return found


def _check_whole(lines: dict[str, dict[str, Any]]) -> Iterator[str]:
    for task in lines["solution"]["tasks"]:
        if task["points"] < task["max_points"]:
            yield f"The solution of {task['id']} does not get full marks: {' '.join(task['reasons'])}"
    for task in lines["stub"]["tasks"]:
        if task["points"] or task["outcome"] != "not_attempted":
            yield f"The untouched {task['id']} gets {task['points']} points and is {task['outcome']}."


def _check_wrong(task: Task, folder: Path, lines: dict[str, dict[str, Any]]) -> Iterator[str]:
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


def _check_right(task: Task, folder: Path, lines: dict[str, dict[str, Any]]) -> Iterator[str]:
    kept = [name for task_id, name, _ in answers(folder, "right") if task_id == task.id]
    if not kept:
        yield f"right/{task.id}/ is empty: keep a second, differently written right answer."
    for name in kept:
        mark = _mark(lines[f"right.{task.id}.{name}"], task.id)
        if mark["points"] < mark["max_points"]:
            yield f"right/{task.id}/{name}.py loses points: {' '.join(mark['reasons'])}"


def _check_parts(task: Task, lines: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A part that no wrong answer loses proves nothing."""
    reasons = [
        reason
        for student, line in lines.items()
        if student.startswith(f"wrong.{task.id}.")
        for reason in _mark(line, task.id)["reasons"]
    ]
    for part in task.parts:
        if not any(part.says in reason for reason in reasons):
            yield f"No wrong answer loses the part {part.id} of {task.id}: what does it check?"


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
