"""Hidden cases from a secret seed: the same for every submission of a run, so that marks are comparable.

They are stratified: whatever the seed, every misconception of a task fails at least one of its cases.
"""

import dataclasses
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from grader.tasks.declaration import AuthoringError, Cases, Choice, Task, Value
from grader.tasks.exercise import (
    Case,
    CasesPart,
    ChoicePart,
    ExercisePart,
    ExerciseTask,
    Followed,
    Run,
    ValuePart,
    case_of,
    variant_index,
)
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
    for misconception in task.misconceptions if parts else ():
        if misconception.model is None:
            continue
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


@dataclass(frozen=True)
class Hidden:
    """What of one task only the grader has: cases by part, and runs."""

    cases: Mapping[str, Sequence[Case]]
    runs: tuple[Run, ...] = ()


def draw_hidden(task: Task, seed: bytes) -> Hidden:
    """Raises AuthoringError when the cases cannot be drawn as they must."""
    cases = hidden_cases(task, seed)
    if task.runs is None:
        return Hidden(cases)
    rng = generator(seed, task.id, "runs")
    return Hidden(
        cases, tuple(Run(task.runs.hidden(rng), hidden=True) for _ in range(task.runs.hidden_count))
    )


def with_hidden(exercise: ExerciseTask, task: Task, hidden: Hidden, variant: int) -> ExerciseTask:
    """The exercise's task with the hidden cases and runs added, and the numbers of that VARIANT answered."""
    return dataclasses.replace(
        exercise,
        parts=tuple(_completed(task, part, hidden.cases, variant) for part in exercise.parts),
        runs=(*exercise.runs, *hidden.runs),
    )


def _completed(
    task: Task, part: ExercisePart, hidden: Mapping[str, Sequence[Case]], variant: int
) -> ExercisePart:
    declared = next(one for one in task.parts if one.id == part.id)
    match part:
        case CasesPart():
            return dataclasses.replace(part, cases=(*part.cases, *hidden[part.id]))
        case ValuePart():
            assert isinstance(declared, Value)
            own = _givens(part, variant)
            unnamed = _givens(part, variant_index(DEFAULT_LEARNER, task.id))
            return dataclasses.replace(
                part,
                expected=value_of(task, declared, own),
                unnamed=value_of(task, declared, unnamed),
                predictions=_predictions(task, declared, own),
                follows=_followed(declared, own),
            )
        case ChoicePart():
            assert isinstance(declared, Choice)
            return dataclasses.replace(part, right=declared.right, why=declared.why)
    return part


def _followed(declared: Value, own: Mapping[str, Any]) -> Followed | None:
    follows = declared.follows
    if follows is None:
        return None
    return Followed(follows.task, tuple(follows.cases(**own)), follows.combine)


def _givens(part: ValuePart, variant: int) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(part.givens[variant]))
    return copied


def value_of(task: Task, part: Value, givens: Mapping[str, Any]) -> float:
    """The right value for these givens: a whole number where no tolerance is declared."""
    answer: float = part.oracle(**givens) if part.oracle else task.answer_to(givens)
    if not part.tolerance and answer != int(answer):
        raise AuthoringError(f"task {task.id}, part {part.id}: {answer} needs a `tolerance`")
    return answer if part.tolerance else int(answer)


def _predictions(task: Task, part: Value, givens: Mapping[str, Any]) -> dict[str, Any]:
    """What each misconception would make of these givens."""
    models = dict(part.models)
    if part.oracle is None:
        models |= {m.id: m.model for m in task.misconceptions if m.model is not None}
    return {name: model(**givens) for name, model in models.items()}
