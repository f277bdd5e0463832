"""A lint's rule: answers that do no work earn nothing, or the assignment's file says why they may.

    [within_a_day]
    "returns 24" = "the reason"

in `unearned.toml` beside the source, by task.
"""

import contextlib
import os
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.authoring.compose import compose, hand_in
from grader.authoring.idle import course_functions, course_imports, idle_cells, idle_functions
from grader.authoring.mutants import read_reasons
from grader.authoring.trial import Trial, has_cases
from grader.classroom.autograde import Request, autograde
from grader.engine.plan import Plan
from grader.engine.process import LearnerProcess, Place, Preloaded
from grader.source import cell_source, code_cells, grade_id, read_notebook, stub_of
from grader.tasks.answers import Returned, Stopped
from grader.tasks.declaration import AuthoringError, Task, Value
from grader.tasks.exercise import CasesPart, ValuePart
from grader.tasks.hidden import value_of
from grader.walls import sandbox, tree
from lab.machine.whole_files import write_whole

FILE_NAME = "unearned.toml"
LARGEST_SHARE = 1 / 4
"""Of a value's variants that one and the same number may be right for."""
SECONDS = 2.0
"""For a function of the course's own, its imports among them."""
SECONDS_OF_ALL = 20.0
"""For the cell that defines them all."""


def findings(
    root: Path, plan: Plan, trials: Mapping[str, Sequence[Trial]], scratch: Path, workers: int
) -> Iterator[str]:
    """What is earned by answers that do no work, a sentence each. TRIALS by task, where it has cases.

    WORKERS: processes that grade.
    """
    folder = root / "solutions" / plan.assignment
    allowed, seen = read_reasons(folder, FILE_NAME), set[tuple[str, str]]()
    by_id = {task.id: task for task in plan.tasks}
    earned = [*_by_trial(plan, trials), *_by_grading(root, plan, scratch, workers)]
    for task_id, name, points in earned:
        seen.add((task_id, name))
        if name not in allowed.get(task_id, {}):
            yield (
                f"{task_id}: an answer that {name} earns {points} of {by_id[task_id].points}; add or change "
                f"cases, or say in {FILE_NAME} why it may."
            )
    yield from _constant_values(plan)
    for task_id, reasons in allowed.items():
        for name in sorted(reasons):
            if (task_id, name) not in seen:
                yield f"{task_id}: {FILE_NAME} lets `{name}` earn points, and it earns none; remove it."


def _by_trial(plan: Plan, trials: Mapping[str, Sequence[Trial]]) -> Iterator[tuple[str, str, int]]:
    for task in filter(has_cases, plan.tasks):
        for name, function in idle_functions(task).items():
            if most := max(trial.mark(function).points for trial in trials[task.id]):
                yield task.id, name, most


def _by_grading(root: Path, plan: Plan, scratch: Path, workers: int) -> Iterator[tuple[str, str, int]]:
    """By real grading: what works in the lab, and such of the course's own functions as seem to be right."""
    with _whole_course(plan) or contextlib.nullcontext() as server:
        cells = {task.id: list(_cells(server, plan, task)) for task in plan.tasks if task.function}
    source = root / "solutions" / plan.assignment / f"{plan.assignment}.ipynb"
    untouched = _stubs(source)
    count = max((len(of_task) for of_task in cells.values()), default=0)
    for number in range(count):
        tried = {task: of_task[number][1] for task, of_task in cells.items() if number < len(of_task)}
        notebook = compose(source, untouched | tried, solved=True)
        hand_in(scratch / "submitted", f"idle-{number}", plan.assignment, notebook)
    for line in _graded(root, plan.assignment, scratch, workers) if count else ():
        number = int(line["student"].removeprefix("idle-"))
        for mark in line["tasks"]:
            of_task = cells.get(mark["id"], [])
            if mark["points"] and number < len(of_task):
                yield mark["id"], of_task[number][0], mark["points"]


def _cells(server: Preloaded | None, plan: Plan, task: Task) -> Iterator[tuple[str, str]]:
    if task.runs is not None:
        yield from idle_cells(task).items()
    if server is not None:
        tried = list(course_functions(task))
        for name, cell in tried if task.runs is not None else _promising(server, plan, task, tried):
            yield f"is {name}", cell


def _whole_course(plan: Plan) -> Preloaded | None:
    """A process in which all of the course is imported already; none where there is no sandbox.

    Without, most of a function's time would go into its imports, in each process anew, and some would be
    given up before they were called at all.
    """
    if sandbox.tier() != "full":
        return None
    needs = replace(plan.needs, libraries=(*plan.needs.libraries, *course_imports()))
    return Preloaded(needs)


def _promising(
    server: Preloaded, plan: Plan, task: Task, tried: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Of the course's own functions those that answer the first case of a part: tried in the sandbox.

    All stand in one cell, under names of their own. Raises AuthoringError when it does not run: then none
    of them would be tried.
    """
    exercise = plan.exercise.task(task.id)
    firsts = [part.cases[0] for part in exercise.parts if isinstance(part, CasesPart)]
    cells = [
        cell.replace(f"def {task.function}(", f"def idle_{number}(", 1)
        for number, (_, cell) in enumerate(tried)
    ]
    with contextlib.ExitStack() as living:
        process: LearnerProcess | None = None
        for number, (name, cell) in enumerate(tried):
            if process is None or process.stopped:
                process = living.enter_context(LearnerProcess(server, _place()))
                told = process.run("\n".join(cells), SECONDS_OF_ALL)
                if isinstance(told, Stopped) or told["error"]:
                    raise AuthoringError(f"{task.id}: the course's own functions can't be tried: {told}")
            asked = [case.asked for case in firsts]
            answers = process.calls(f"idle_{number}", asked, SECONDS, together=1)
            if any(
                isinstance(answer, Returned) and task.compare.differs(case.expected, answer.value) is None
                for case, answer in zip(firsts, answers, strict=False)
            ):
                yield name, cell


def _place() -> Place:
    environment = {"HOME": tree.WORK, "TMPDIR": tree.WORK, "PATH": os.defpath}
    return Place(True, None, tree.WORK, {}, environment)


def _stubs(source: Path) -> dict[str, str]:
    """Untouched answers to every task, so that none is graded but those that are tried."""
    cells = {grade_id(cell): cell_source(cell) for cell in code_cells(read_notebook(source))}
    return {
        name.removesuffix("_answer"): stub_of(text)
        for name, text in cells.items()
        if name is not None and name.endswith("_answer")
    }


def _graded(root: Path, assignment: str, scratch: Path, workers: int) -> list[dict[str, Any]]:
    write_whole(scratch / "seed", secrets.token_hex(32), mode=0o600)
    submitted, results = scratch / "submitted", scratch / "results.jsonl"
    request = Request(root, assignment, submitted, results, scratch, scratch / "seed", workers, trust=True)
    lines = autograde(request, lambda _text: None).lines
    for line in lines:
        if line["status"] == "error":
            raise AuthoringError(f"{line['student']} could not be graded: {' '.join(line['warnings'])}")
    return [line for line in lines if line["status"] == "graded"]


def _constant_values(plan: Plan) -> Iterator[str]:
    """A number that is right for many learners is no answer from one's own numbers."""
    for exercise, task in zip(plan.exercise.tasks, plan.tasks, strict=True):
        for part, declared in zip(exercise.parts, task.parts, strict=True):
            if isinstance(part, ValuePart) and isinstance(declared, Value):
                right = Counter(value_of(task, declared, dict(givens)) for givens in part.givens)
                ((value, times),) = right.most_common(1)
                if times > LARGEST_SHARE * len(part.givens):
                    yield (
                        f"{task.id}: `{part.name}` is {value} for {times} of {len(part.givens)} variants; "
                        "draw other numbers."
                    )
