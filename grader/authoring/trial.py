"""Answers tried in this process: only code of our own, the assignment's solutions and their mutants.

A learner's code never comes here; it runs in the sandbox (`grader.engine.judge`). The marks are made by the
same code as a learner's.
"""

import ast
import builtins
import contextlib
import dataclasses
import gc
import io
import json
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

from grader.marking.task_marks import TaskMark, mark_task
from grader.tasks.answers import (
    Answer,
    Missing,
    NotPlain,
    NotRun,
    Raised,
    Refused,
    Returned,
    Stopped,
    plain,
)
from grader.tasks.declaration import Cases, Task
from grader.tasks.exercise import CasesPart, Exercise, ExerciseTask
from grader.tasks.hidden import hidden_cases

CPU_SECONDS = 0.25
"""For one call, of the process's own time, so that a busy machine gives the same answer as an idle one."""


class _TooLong(BaseException):
    """Not an Exception, so that a solution's `except Exception` does not swallow it."""


def function_of(cells: Sequence[str], name: str) -> Callable[..., Any] | None:
    """The function that cells define, later cells over earlier ones. Nothing else of them is run.

    Only definitions, imports and plain values are: a cell that calls AWS or the notebook's helpers does
    not do so here. Raises whatever an import or a definition raises.
    """
    namespace: dict[str, Any] = {"__name__": "solution"}
    for source in cells:
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if _only_defines(node)]
        exec(compile(tree, "<solution>", "exec"), namespace)
    found = namespace.get(name)
    return found if callable(found) else None


def _only_defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    names = [name for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)]
    return all(_is_plain(name.id) for name in names)


def _is_plain(name: str) -> bool:
    return name in sys.stdlib_module_names or (hasattr(builtins, name) and name not in ("open", "input"))


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _TooLong

    before, collecting = signal.signal(signal.SIGPROF, stop), gc.isenabled()
    gc.disable()  # a collection goes through all that the lint has imported, and is no part of the call
    # Again and again: a first one that is swallowed in a destructor is not the last.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        if collecting:
            gc.enable()


def call(function: Callable[..., Any], asked: str) -> Answer:
    """A function's answer to one case, ASKED being its arguments as JSON."""
    own = json.loads(asked)
    silent = io.StringIO()
    try:
        with contextlib.redirect_stdout(silent), contextlib.redirect_stderr(silent), _at_most(CPU_SECONDS):
            return Returned(plain(function(**own)))
    except NotPlain as refusal:
        return Refused(str(refusal))
    except _TooLong:
        return Stopped("timeout", f"limit for one call: {CPU_SECONDS:g} s of processor time")
    except Exception as error:  # noqa: BLE001 - whatever it raises is an answer
        return Raised(type(error).__name__, str(error)[:300])


class Trial:
    """One task with its hidden cases drawn by a seed; only the parts that are earned by cases."""

    def __init__(self, exercise: Exercise, task: Task, seed: bytes) -> None:
        self._name = task.function
        known = exercise.task(task.id)
        drawn = hidden_cases(task, seed)
        parts = tuple(
            dataclasses.replace(part, cases=(*part.cases, *drawn[part.id]))
            for part in known.parts
            if isinstance(part, CasesPart)
        )
        self._task: ExerciseTask = dataclasses.replace(known, parts=parts)
        self._marks: dict[Callable[..., Any] | None, TaskMark] = {}

    def mark(self, function: Callable[..., Any] | None) -> TaskMark:
        """The mark that this function earns; it is called the first time only."""
        if function not in self._marks:
            self._marks[function] = mark_task(self._task, self._answers(function), attempted=True)
        return self._marks[function]

    def _answers(self, function: Callable[..., Any] | None) -> dict[str, list[Answer]]:
        answers: dict[str, list[Answer]] = {}
        halted = False
        for part in self._task.parts:
            assert isinstance(part, CasesPart)
            answers[part.id] = []
            for case in part.cases:
                answer: Answer = NotRun()
                if function is None:
                    answer = Missing(self._name)
                elif not halted:
                    answer = call(function, case.asked)
                halted |= isinstance(answer, Stopped)
                answers[part.id].append(answer)
        return answers


def has_cases(task: Task) -> bool:
    """Is the task, or a part of it, earned by calling a function with cases?"""
    return any(isinstance(part, Cases) for part in task.parts)
