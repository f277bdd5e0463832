"""Hidden cases from a secret seed: the same for every submission of a run, so that marks are comparable.

They are stratified: whatever the seed, every misconception of a task fails at least one of its cases.
"""

import dataclasses
import hmac
from collections.abc import Sequence
from random import Random

from grader.exercise import Case, CasesPart, Exercise, ExerciseTask, ValuePart, case_of, variant_index
from grader.task import AuthoringError, Cases, Task, Value
from grader.whereabouts import DEFAULT_LEARNER

MAX_DRAWS = 500


def generator(seed: bytes, *names: str) -> Random:
    """A generator for one use, that tells nothing about the seed or about the other generators."""
    return Random(hmac.digest(seed, "/".join(names).encode(), "sha256"))


def catches(task: Task, case: Case, misconception: str) -> bool:
    return task.compare.differs(case.expected, case.predictions[misconception]) is not None


def hidden_cases(task: Task, seed: bytes) -> dict[str, list[Case]]:
    """Hidden cases by part id. Raises AuthoringError when no draw shows up one of the misconceptions."""
    parts = [part for part in task.parts if isinstance(part, Cases)]
    generators = {part.id: generator(seed, task.id, part.id) for part in parts}
    drawn = {
        part.id: [
            case_of(task, part.hidden(generators[part.id]), hidden=True) for _ in range(part.hidden_count)
        ]
        for part in parts
    }
    for misconception in task.misconceptions:
        every = [case for cases in drawn.values() for case in cases]
        if not any(catches(task, case, misconception.id) for case in every):
            part, case = _draw_catching(task, parts, generators, misconception.id)
            drawn[part.id].append(case)
    return drawn


def _draw_catching(
    task: Task, parts: Sequence[Cases], generators: dict[str, Random], misconception: str
) -> tuple[Cases, Case]:
    for draw in range(MAX_DRAWS):
        part = parts[draw % len(parts)]
        case = case_of(task, part.hidden(generators[part.id]), hidden=True)
        if catches(task, case, misconception):
            return part, case
    raise AuthoringError(
        f"task {task.id}: {MAX_DRAWS} hidden cases drawn and none shows up the misconception "
        f"{misconception}; let a part's `hidden` draw cases where it gives another answer"
    )


def with_hidden(
    exercise: Exercise, tasks: Sequence[Task], hidden: dict[str, dict[str, list[Case]]], learner: str
) -> list[ExerciseTask]:
    """The exercise's tasks with the hidden cases added, and the learner's own numbers answered."""
    by_id = {task.id: task for task in tasks}
    return [
        dataclasses.replace(
            task,
            parts=tuple(_completed(by_id[task.id], p, hidden[task.id], learner) for p in task.parts),
        )
        for task in exercise.tasks
    ]


def _completed(
    task: Task, part: CasesPart | ValuePart, hidden: dict[str, list[Case]], learner: str
) -> CasesPart | ValuePart:
    if isinstance(part, CasesPart):
        return dataclasses.replace(part, cases=(*part.cases, *hidden[part.id]))
    expected, unnamed = (expected_value(task, part, name) for name in (learner, DEFAULT_LEARNER))
    return dataclasses.replace(part, expected=expected, unnamed=unnamed)


def expected_value(task: Task, part: ValuePart | Value, learner: str) -> int:
    givens = part.givens(task.id) if isinstance(part, Value) else part.givens
    return int(task.oracle(**givens[variant_index(learner, task.id)]))
