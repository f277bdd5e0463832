"""What an exercise carries as data: its tasks and their visible cases (`.checks.json`).

The learner's `check` reads it, and the grader builds the same from `checks.py` and adds hidden cases, so
that both judge by the same code.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import compare
from grader.task import VARIANTS, Arguments, Cases, Part, Task

FILE_NAME = ".checks.json"
SCHEMA = 1


@dataclass(frozen=True)
class Case:
    """One call, what is right, and what each misconception would answer."""

    arguments: Arguments
    expected: Any
    predictions: Mapping[str, Any]
    hidden: bool = False


@dataclass(frozen=True)
class CasesPart:
    id: str
    points: int
    says: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class ValuePart:
    """The learner's side knows only the unit and the range: both expected values are None there.

    `unnamed` is right for whoever has not said a name; it tells that mistake from others.
    """

    id: str
    points: int
    says: str
    name: str
    unit: str
    lowest: int
    highest: int
    givens: tuple[Arguments, ...]
    expected: int | None = None
    unnamed: int | None = None


@dataclass(frozen=True)
class ExerciseTask:
    """A task as the learner's side and the marking know it."""

    id: str
    title: str
    function: str
    read: str
    seconds_per_call: float
    compare: compare.Comparison
    needs: tuple[str, ...]
    hints: tuple[str, ...]
    misconceptions: Mapping[str, str]
    parts: tuple[CasesPart | ValuePart, ...]

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)


@dataclass(frozen=True)
class Exercise:
    assignment: str
    tasks: tuple[ExerciseTask, ...]

    def task(self, task_id: str) -> ExerciseTask:
        """Raises KeyError for an id that the exercise does not have."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)


def variant_index(learner: str, task_id: str) -> int:
    """Which of the 32 variants a learner gets. Ids never change their meaning, so no version is in it."""
    digest = hashlib.sha256(f"{learner}\0{task_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % VARIANTS


def case_of(task: Task, arguments: Arguments, hidden: bool = False) -> Case:
    """The oracle's and every misconception's answer to one case, each given a copy of the arguments."""

    def fresh() -> dict[str, Any]:
        copied: dict[str, Any] = json.loads(json.dumps(arguments))
        return copied

    predictions = {m.id: m.model(**fresh()) for m in task.misconceptions}
    return Case(arguments, task.oracle(**fresh()), predictions, hidden)


def _part_of(task: Task, part: Part) -> CasesPart | ValuePart:
    if isinstance(part, Cases):
        cases = tuple(case_of(task, arguments) for arguments in part.visible)
        return CasesPart(part.id, part.points, part.says, cases)
    givens = tuple(part.givens(task.id))
    return ValuePart(part.id, part.points, part.says, part.name, part.unit, part.lowest, part.highest, givens)


def exercise_of(assignment: str, tasks: Sequence[Task]) -> Exercise:
    """The exercise that goes to learners: visible cases with their answers, nothing of the hidden ones."""
    return Exercise(
        assignment,
        tuple(
            ExerciseTask(
                task.id,
                task.title,
                task.function,
                task.read,
                task.seconds_per_call,
                task.compare,
                task.needs,
                task.hints,
                {m.id: m.words for m in task.misconceptions},
                tuple(_part_of(task, part) for part in task.parts),
            )
            for task in tasks
        ),
    )


def _part_data(part: CasesPart | ValuePart) -> dict[str, Any]:
    common = {"id": part.id, "points": part.points, "says": part.says}
    if isinstance(part, CasesPart):
        cases = [
            {"arguments": c.arguments, "expected": c.expected, "predictions": c.predictions}
            for c in part.cases
        ]
        return {**common, "kind": "cases", "cases": cases}
    return {
        **common,
        "kind": "value",
        "name": part.name,
        "unit": part.unit,
        "lowest": part.lowest,
        "highest": part.highest,
        "givens": list(part.givens),
    }


def to_text(exercise: Exercise) -> str:
    """The content of `.checks.json`: the same bytes for the same exercise."""
    tasks = [
        {
            "id": task.id,
            "title": task.title,
            "function": task.function,
            "read": task.read,
            "seconds_per_call": task.seconds_per_call,
            "compare": compare.to_data(task.compare),
            "needs": list(task.needs),
            "hints": list(task.hints),
            "misconceptions": dict(task.misconceptions),
            "parts": [_part_data(part) for part in task.parts],
        }
        for task in exercise.tasks
    ]
    data = {"schema": SCHEMA, "assignment": exercise.assignment, "tasks": tasks}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _part_from(data: Mapping[str, Any]) -> CasesPart | ValuePart:
    if data["kind"] == "cases":
        cases = tuple(Case(c["arguments"], c["expected"], c["predictions"]) for c in data["cases"])
        return CasesPart(data["id"], data["points"], data["says"], cases)
    return ValuePart(
        data["id"],
        data["points"],
        data["says"],
        data["name"],
        data["unit"],
        data["lowest"],
        data["highest"],
        tuple(data["givens"]),
    )


def from_text(text: str) -> Exercise:
    """Raises ValueError when the text is not an exercise of this schema."""
    try:
        data = json.loads(text)
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}, and {SCHEMA} is known here")
        return Exercise(
            data["assignment"],
            tuple(
                ExerciseTask(
                    task["id"],
                    task["title"],
                    task["function"],
                    task["read"],
                    task["seconds_per_call"],
                    compare.from_data(task["compare"]),
                    tuple(task["needs"]),
                    tuple(task["hints"]),
                    task["misconceptions"],
                    tuple(_part_from(part) for part in task["parts"]),
                )
                for task in data["tasks"]
            ),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the data of an exercise: {error!r}") from None


def load(folder: Path) -> Exercise:
    """The exercise in `folder`. Raises FileNotFoundError, or ValueError when its data is damaged."""
    return from_text((folder / FILE_NAME).read_text(encoding="utf-8"))
