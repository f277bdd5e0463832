"""From answers to a mark: the parts put together, and which wrong idea the answers look like.

The learner's `check` (visible cases) and the grader (hidden ones too) use this same code. A reason says
what was seen, what was expected of a visible case, and where to read; never a hidden case's values.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from grader.marking.part_marks import common_failure, mark_part
from grader.tasks.answers import Answer, Missing, NotRun, Returned, Stopped
from grader.tasks.compare import Close, resembles
from grader.tasks.exercise import (
    Case,
    CasesPart,
    ExerciseTask,
    ValuePart,
)
from grader.tasks.scenarios.stage import Played

LONGEST_REASON = 1_500
"""Characters."""
RAISED = re.compile(r" (?:It|The processor|The handler) raised ")
"""So a scenario begins to tell the error of a run that counts all the same; it is the end of its words."""
Outcome = Literal[
    "passed", "partial", "failed", "not_attempted", "error", "timeout", "crashed", "skipped",
    "needs_manual",
]  # fmt: skip


@dataclass(frozen=True)
class TaskMark:
    """The mark of one task; `visible_points` is what the visible checks alone give."""

    id: str
    points: int
    max_points: int
    visible_points: int
    outcome: Outcome
    reasons: list[str] = field(default_factory=list)
    misconception: str | None = None
    limit: str | None = None


def recognise(
    task: ExerciseTask, answers: Mapping[str, Sequence[Answer]], runs: Sequence[Played] = ()
) -> str | None:
    """The misconception that the answers show, or None: by cases, by a run's sign, or by an own value.

    By cases: its model gives the learner's answer to every visible one. Visible cases tell the misconceptions
    of a task apart; hidden ones add only chances to differ by a hair, and one value alone tells too little
    where cases are wrong too.
    """
    pairs = [
        (case, answer)
        for part in task.parts
        if isinstance(part, CasesPart)
        for case, answer in zip(part.cases, answers[part.id], strict=True)
        if not case.hidden
    ]
    values = [(case, answer.value) for case, answer in pairs if isinstance(answer, Returned)]
    if values and len(values) == len(pairs) and any(task.compare.differs(c.expected, v) for c, v in values):
        whole = (name for name in task.misconceptions if all(_predicted(task, name, c, v) for c, v in values))
        return next(whole, None)
    signs = [run.verdict.sign for run in runs if run.verdict.sign in task.misconceptions]
    return signs[0] if signs else _recognise_value(task, answers)


def _first_failure(task: ExerciseTask, answers: Mapping[str, Sequence[Answer]]) -> str | None:
    """The words of the one misconception that the first visible case that fails shows, if it is one.

    Where several faults meet, no model gives all answers, and one value may still tell. A truth value cannot:
    there are only two of them.
    """
    for part in task.parts:
        if not isinstance(part, CasesPart):
            continue
        for case, answer in zip(part.cases, answers[part.id], strict=True):
            if case.hidden:
                continue
            if not isinstance(answer, Returned):
                return None  # it is the first one that fails, and gave no value
            if task.compare.differs(case.expected, answer.value) is None:
                continue
            if answer.value is None or isinstance(answer.value, bool):
                return None
            shown = [name for name in task.misconceptions if _predicted(task, name, case, answer.value)]
            return task.misconceptions[shown[0]] if len(shown) == 1 else None
    return None


def _predicted(task: ExerciseTask, misconception: str, case: Case, value: Any) -> bool:
    if misconception not in case.predictions:
        return False
    return resembles(task.compare, case.expected, case.predictions[misconception], value)


def _recognise_value(task: ExerciseTask, answers: Mapping[str, Sequence[Answer]]) -> str | None:
    """By the first own value that is wrong: a model that gives just this value, and not the right one."""
    for part in task.parts:
        if not isinstance(part, ValuePart) or part.expected is None:
            continue
        answer, near = answers[part.id][0], Close(part.tolerance)
        if not isinstance(answer, Returned) or near.differs(part.expected, answer.value) is None:
            continue
        for misconception, prediction in part.predictions.items():
            if misconception in task.misconceptions and near.differs(prediction, answer.value) is None:
                return misconception
    return None


def mark_task(
    task: ExerciseTask,
    answers: Mapping[str, Sequence[Answer]],
    attempted: bool,
    runs: Sequence[Played] = (),
) -> TaskMark:
    """The mark of a task from its answers, by part id: one for each case, one for a value or a choice.

    `attempted` says whether the learner's function, or text, is more than the stub. `runs` are those that
    were played: none of a task that was not attempted.
    """
    if task.by_hand:
        return _left_to_a_person(task, attempted)
    every = [answer for of_part in answers.values() for answer in of_part]
    if not attempted and all(a == Returned(None) or isinstance(a, Missing | NotRun) for a in every):
        return TaskMark(task.id, 0, task.points, 0, "not_attempted", ["Not attempted yet."])
    marks = [mark_part(task, part, answers.get(part.id, ()), runs) for part in task.parts]
    points = sum(mark.points for mark in marks)
    misconception = recognise(task, answers, runs)
    reasons = _errors_once(dict.fromkeys(in_short(mark.reason) for mark in marks if mark.reason))
    if (common := common_failure(task, answers, runs)) is not None:
        reasons = [in_short(common)]
    if misconception:
        reasons.insert(0, task.misconceptions[misconception])
    elif (words := _first_failure(task, answers)) is not None:
        reasons.append(f"The first case that fails, by itself, looks like this: {words}")
    if reasons:
        reasons.append(f"Read: {task.read}.")
    every += [run.no_answer for run in runs if run.no_answer is not None]
    stopped = next((answer for answer in every if isinstance(answer, Stopped)), None)
    return TaskMark(
        task.id,
        points,
        task.points,
        sum(mark.visible_points for mark in marks),
        stopped.outcome if stopped else _outcome(points, task.points),
        reasons,
        misconception,
        stopped.limit if stopped else None,
    )


def _errors_once(reasons: Iterable[str]) -> list[str]:
    """The reasons, in which an error that a run raised is told once, and not for each part that it cost."""
    told: set[str] = set()
    kept = []
    for reason in reasons:
        found = RAISED.search(reason)
        error = reason[found.start() :] if found else ""
        kept.append(reason.removesuffix(error) if error in told else reason)
        told.update([error] if error else [])
    return kept


def unlost(
    task: ExerciseTask, answers: Mapping[str, Sequence[Answer]], runs: Sequence[Played] = ()
) -> set[str]:
    """The parts that lose nothing on the visible cases and runs; only in these can hidden ones tell more."""
    if task.by_hand:
        return {part.id for part in task.parts}
    visible = [
        replace(part, cases=tuple(case for case in part.cases if not case.hidden))
        if isinstance(part, CasesPart)
        else part
        for part in task.parts
    ]
    return {
        part.id
        for part in visible
        if mark_part(task, part, answers.get(part.id, ()), runs).points == part.points
    }


def in_short(reason: str) -> str:
    """What a reason quotes of an answer may be long; nobody reads more than a paragraph."""
    if len(reason) <= LONGEST_REASON:
        return reason
    return f"{reason[:LONGEST_REASON]}… ({len(reason)} characters)"


def _left_to_a_person(task: ExerciseTask, attempted: bool) -> TaskMark:
    if not attempted:
        return TaskMark(task.id, 0, task.points, 0, "not_attempted", ["Not attempted yet."])
    return TaskMark(task.id, 0, task.points, 0, "needs_manual", ["A person marks this text."])


def _outcome(points: int, max_points: int) -> Outcome:
    if points == max_points:
        return "passed"
    return "partial" if points else "failed"


def skipped(task: ExerciseTask, needed: str) -> TaskMark:
    """A task whose prerequisite is not earned is not judged."""
    reason = f"Not judged, because it builds on `{needed}`, which is not right yet."
    return TaskMark(task.id, 0, task.points, 0, "skipped", [reason])
