"""What an exercise carries as data: its tasks and their visible cases (`.checks.json`).

The learner's `check` reads it, and the grader builds the same from `checks.py` and adds hidden cases, so
that both judge by the same code.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.tasks import compare, scenarios
from grader.tasks.declaration import (
    VARIANTS,
    Arguments,
    Cases,
    Choice,
    Criterion,
    FreeText,
    Part,
    Task,
    Value,
)
from grader.tasks.scenarios import Scenario
from grader.whereabouts import identity

FILE_NAME = ".checks.json"
SCHEMA = 1


@dataclass(frozen=True)
class Case:
    """One call, what is right, and what each misconception would answer."""

    arguments: Arguments
    expected: Any
    predictions: Mapping[str, Any]
    hidden: bool = False

    @functools.cached_property
    def asked(self) -> str:
        """The arguments as JSON; written once for all submissions."""
        return json.dumps(self.arguments, allow_nan=False)


@dataclass(frozen=True)
class CasesPart:
    id: str
    points: int
    says: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Followed:
    """The earlier task whose function, as the learner wrote it, gives a value too. The marking knows it."""

    task: str
    cases: tuple[Arguments, ...]
    combine: Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class ValuePart:
    """The learner's side knows only the unit and the range: what was expected is None there.

    `unnamed` is right for whoever has not said a name; it tells that mistake from others. `predictions` are
    what each misconception would answer.
    """

    id: str
    points: int
    says: str
    name: str
    unit: str
    lowest: float
    highest: float
    givens: tuple[Arguments, ...]
    tolerance: float = 0.0
    expected: float | None = None
    unnamed: float | None = None
    predictions: Mapping[str, Any] = field(default_factory=dict)
    follows: Followed | None = None


@dataclass(frozen=True)
class ChoicePart:
    """The learner's side knows only the letters: `right` and `why` are empty there."""

    id: str
    points: int
    says: str
    name: str
    letters: tuple[str, ...]
    several: bool
    right: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CriterionPart:
    """Judged by the task's runs."""

    id: str
    points: int
    says: str
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class TextPart:
    """Marked by a person."""

    id: str
    points: int
    says: str


ExercisePart = CasesPart | ValuePart | ChoicePart | CriterionPart | TextPart


@dataclass(frozen=True)
class Run:
    """One run of a scenario."""

    scenario: Scenario
    hidden: bool = False


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
    parts: tuple[ExercisePart, ...]
    runs: tuple[Run, ...] = ()
    run_seconds: float = 0.0
    withheld: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def kind(self) -> str:
        """What the learner defines, as Python's style has it: a class has a capital."""
        return "class" if self.function[:1].isupper() else "function"

    @property
    def by_hand(self) -> bool:
        """Whether a person marks it."""
        return any(isinstance(part, TextPart) for part in self.parts)


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
    digest = hashlib.sha256(f"{identity(learner)}\0{task_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % VARIANTS


def case_of(task: Task, arguments: Arguments, hidden: bool = False) -> Case:
    """The oracle's and every misconception's answer to one case, each given a copy of the arguments."""
    text = json.dumps(arguments)

    def fresh() -> dict[str, Any]:
        copied: dict[str, Any] = json.loads(text)
        return copied

    predictions = {m.id: m.model(**fresh()) for m in task.misconceptions if m.model is not None}
    return Case(arguments, task.answer_to(fresh()), predictions, hidden)


def _part_of(task: Task, part: Part) -> ExercisePart:
    match part:
        case Cases():
            cases = tuple(case_of(task, arguments) for arguments in part.visible)
            return CasesPart(part.id, part.points, part.says, cases)
        case Value():
            givens = tuple(part.givens(task.id))
            return ValuePart(
                part.id, part.points, part.says, part.name, part.unit, part.lowest, part.highest, givens,
                part.tolerance,
            )  # fmt: skip
        case Choice():
            letters, several = tuple(part.options), len(part.right) > 1
            return ChoicePart(part.id, part.points, part.says, part.name, letters, several)
        case Criterion():
            return CriterionPart(part.id, part.points, part.says, part.criteria)
        case FreeText():
            return TextPart(part.id, part.points, part.says)


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
                tuple(Run(scenario) for scenario in task.runs.visible) if task.runs else (),
                task.runs.seconds if task.runs else 0.0,
                task.withheld,
            )
            for task in tasks
        ),
    )


def _part_data(part: ExercisePart) -> dict[str, Any]:
    common = {"id": part.id, "points": part.points, "says": part.says}
    match part:
        case CasesPart():
            cases = [
                {"arguments": c.arguments, "expected": c.expected, "predictions": c.predictions}
                for c in part.cases
            ]
            return {**common, "kind": "cases", "cases": cases}
        case ValuePart():
            names = ("name", "unit", "lowest", "highest")
            data = {**common, "kind": "value", **{name: getattr(part, name) for name in names}}
            tolerance = {"tolerance": part.tolerance} if part.tolerance else {}
            return {**data, **tolerance, "givens": list(part.givens)}
        case ChoicePart():
            kind = {"kind": "choice", "name": part.name}
            return {**common, **kind, "letters": list(part.letters), "several": part.several}
        case CriterionPart():
            return {**common, "kind": "criterion", "criteria": list(part.criteria)}
        case TextPart():
            return {**common, "kind": "text"}


def _runs_data(task: ExerciseTask) -> dict[str, Any]:
    """Nothing for a task without runs, whose data stays as it was."""
    if not task.runs:
        return {}
    return {"runs": [scenarios.to_data(run.scenario) for run in task.runs], "run_seconds": task.run_seconds}


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
            **_runs_data(task),
            **({"withheld": list(task.withheld)} if task.withheld else {}),
        }
        for task in exercise.tasks
    ]
    data = {"schema": SCHEMA, "assignment": exercise.assignment, "tasks": tasks}
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _part_from(data: Mapping[str, Any]) -> ExercisePart:
    common = (data["id"], data["points"], data["says"])
    match data["kind"]:
        case "cases":
            cases = tuple(Case(c["arguments"], c["expected"], c["predictions"]) for c in data["cases"])
            return CasesPart(*common, cases)
        case "value":
            bounds = (data["name"], data["unit"], data["lowest"], data["highest"])
            return ValuePart(*common, *bounds, tuple(data["givens"]), data.get("tolerance", 0.0))
        case "choice":
            return ChoicePart(*common, data["name"], tuple(data["letters"]), data["several"])
        case "criterion":
            return CriterionPart(*common, tuple(data["criteria"]))
        case "text":
            return TextPart(*common)
    raise ValueError(f"a part of the kind {data['kind']!r}, which is not known here")


@functools.lru_cache(maxsize=2)
def from_bytes(text: bytes) -> Exercise:
    """From UTF-8. Raises ValueError when it is not an exercise of this schema. The same is read once."""
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
                    tuple(Run(scenarios.from_data(run)) for run in task.get("runs", ())),
                    task.get("run_seconds", 0.0),
                    tuple(task.get("withheld", ())),
                )
                for task in data["tasks"]
            ),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not the data of an exercise: {error!r}") from None


def load(folder: Path) -> Exercise:
    """The exercise in `folder`. Raises FileNotFoundError, or ValueError when its data is damaged."""
    return from_bytes((folder / FILE_NAME).read_bytes())
