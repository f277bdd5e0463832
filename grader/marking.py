"""From answers to a mark: what each part earns, why the rest was lost, and which wrong idea it looks like.

The learner's `check` (visible cases) and the grader (hidden ones too) use this same code. A reason says
what was seen, what was expected of a visible case, and where to read; never a hidden case's values.
"""

import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from grader.compare import Close, Equal, kind_of
from grader.exercise import Case, CasesPart, ExerciseTask, ValuePart

Outcome = Literal[
    "passed", "partial", "failed", "not_attempted", "error", "timeout", "crashed", "skipped",
    "needs_manual",
]  # fmt: skip


@dataclass(frozen=True)
class Returned:
    """A plain value (see `grader.answers`); None too stands for "nothing yet"."""

    value: Any


@dataclass(frozen=True)
class Raised:
    type: str
    message: str


@dataclass(frozen=True)
class Refused:
    """The answer is not plain data; `what` names what it holds."""

    what: str


@dataclass(frozen=True)
class Missing:
    """The name is not defined once the notebook has run; `why` is what stopped its cell, if known."""

    name: str
    why: str = "write it, or (after a restart) run its cell"


@dataclass(frozen=True)
class Stopped:
    """The process was ended: it took too long, or it crashed; `limit` names the limit or the signal."""

    outcome: Literal["timeout", "crashed"]
    limit: str


@dataclass(frozen=True)
class NotRun:
    """A case that was not tried, because one before it ended the process or took too long."""


Answer = Returned | Raised | Refused | Missing | Stopped | NotRun


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


@dataclass(frozen=True)
class _PartMark:
    points: int
    visible_points: int
    reason: str | None


def shorten(value: Any, limit: int = 80) -> str:
    """A value on one line; long ones by their size, so that a reason stays readable."""
    text = repr(value)
    if len(text) <= limit:
        return text
    if isinstance(value, list):
        return f"[a list of {len(value)}]"
    if isinstance(value, dict):
        return f"{{a dictionary of {len(value)}}}"
    return f"{text[: limit - 20]}… ({len(text)} characters)"


def call_text(function: str, arguments: Mapping[str, Any]) -> str:
    return f"`{function}({', '.join(f'{k}={shorten(v)}' for k, v in arguments.items())})`"


def _wrong(task: ExerciseTask, case: Case, answer: Answer) -> str | None:
    """None for a right answer, else what was seen, as the end of a sentence."""
    if isinstance(answer, Returned):
        if answer.value is None and case.expected is not None:
            return "returned None: no `return` was reached."
        differs = task.compare.differs(case.expected, answer.value)
        if differs is None:
            return None
        if isinstance(task.compare, Equal | Close) and not case.hidden:
            kind = "" if type(case.expected) is type(answer.value) else f" ({kind_of(answer.value)})"
            return f"returned {shorten(answer.value)}{kind}; expected {shorten(case.expected)}."
        return f"returned {shorten(answer.value)}, which {differs}."
    return failure_text(answer)


def failure_text(answer: Raised | Refused | Missing | Stopped | NotRun) -> str:
    """What happened instead of an answer, as the end of a sentence."""
    if isinstance(answer, NotRun):
        return "was not run."
    if isinstance(answer, Raised):
        return f"raised {answer.type}: {answer.message}" if answer.message else f"raised {answer.type}."
    if isinstance(answer, Refused):
        return f"returned {answer.what}; return plain numbers, text, lists or dictionaries."
    if isinstance(answer, Missing):
        return f"is not defined in the notebook as it ran: {answer.why}."
    verb = "took too long" if answer.outcome == "timeout" else "ended the process"
    return f"{verb} ({answer.limit})."


def visible_cases(task: ExerciseTask) -> list[Case]:
    """The visible cases of a task in order: what `case(task, 1)`, `case(task, 2)` ... give."""
    parts = [part for part in task.parts if isinstance(part, CasesPart)]
    return [case for part in parts for case in part.cases if not case.hidden]


def _mark_cases(task: ExerciseTask, part: CasesPart, answers: Sequence[Answer]) -> _PartMark:
    wrong = [
        (case, seen)
        for case, answer in zip(part.cases, answers, strict=True)
        if (seen := _wrong(task, case, answer)) is not None
    ]
    visible = [(case, seen) for case, seen in wrong if not case.hidden]
    visible_points = 0 if visible else part.points
    if all(isinstance(answer, NotRun) for answer in answers):
        return _PartMark(0, 0, f"Your function {part.says}. Not tried, as a case before it never ended.")
    if not wrong:
        return _PartMark(part.points, visible_points, None)
    reason = f"Your function {part.says}."
    if visible:
        case, seen = visible[0]
        number = visible_cases(task).index(case) + 1
        reason += f" Case {number}: {call_text(task.function, case.arguments)} {seen}"
        if any(isinstance(answer, Stopped | NotRun) for answer in answers):
            reason += " The cases after it were not run."
        elif len(visible) > 1:
            reason += f" ({len(visible)} visible cases of this part are wrong.)"
    else:
        hidden = sum(case.hidden for case in part.cases)
        reason += (
            f" The visible cases are right, {len(wrong)} of {hidden} hidden ones are not"
            f"{_hidden_failure(answers)}."
        )
    return _PartMark(0, visible_points, reason)


def _hidden_failure(answers: Iterable[Answer]) -> str:
    """What went wrong in a hidden case when no value came back.

    Only Python's own names of errors are told: all other words are the learner's, who could put the case
    into them.
    """
    for answer in answers:
        if isinstance(answer, Raised):
            known = isinstance(getattr(builtins, answer.type, None), type)
            return f": in one, your function raised {answer.type if known else 'an error'}"
        if isinstance(answer, Refused):
            return ": in one, your function returned something that is not plain data"
        if not isinstance(answer, Returned):
            return f": in one, your function {failure_text(answer).rstrip('.')}"
    return ""


def _common_failure(task: ExerciseTask, answers: Mapping[str, Sequence[Answer]]) -> str | None:
    """One sentence where no call gave an answer and all for the same reason: said once, not for each part."""
    parts = [part for part in task.parts if isinstance(part, CasesPart)]
    every = [answer for part in parts for answer in answers[part.id]]
    if not every or isinstance(every[0], Returned):
        return None
    if any(answer != every[0] and not isinstance(answer, NotRun) for answer in every):
        return None
    if isinstance(every[0], Missing):
        return f"`{task.function}` {failure_text(every[0])}"
    seen = f"Case 1: {call_text(task.function, parts[0].cases[0].arguments)} {failure_text(every[0])}"
    return seen + " The cases after it were not run." if isinstance(every[-1], NotRun) else seen


def _mark_value(task: ExerciseTask, part: ValuePart, answer: Answer) -> _PartMark:
    def lost(reason: str) -> _PartMark:
        return _PartMark(0, 0, reason)

    if isinstance(answer, Missing) or answer == Returned(None):
        return lost(f"`{part.name}` has no value yet.")
    if not isinstance(answer, Returned):
        return lost(f"`{part.name}` could not be read: {failure_text(answer)}")
    value = answer.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return lost(f"`{part.name}` is {kind_of(value)}; a whole number of {part.unit} is asked for.")
    if not part.lowest <= value <= part.highest:
        return lost(
            f"`{part.name}` is {value}; the answer lies between {part.lowest} and {part.highest} {part.unit}."
        )
    if part.expected is None or value == part.expected:
        # Only the marking can tell: it counts nothing on the visible cases, however it is.
        return _PartMark(part.points, 0, None)
    reason = f"`{part.name}` is {value} {part.unit}, which is not right for your numbers: {part.says}."
    if value == part.unnamed:
        reason += (
            " It is right for the numbers of somebody without a name: was your name set when you solved it? "
            "In a terminal: `grader whoami NAME`."
        )
    return lost(reason)


def recognise(task: ExerciseTask, answers: Mapping[str, Sequence[Answer]]) -> str | None:
    """The misconception whose model gives the learner's answer to every visible case, or None.

    Visible cases tell the misconceptions of a task apart; hidden ones add only chances to differ by a hair.
    """
    pairs = [
        (case, answer)
        for part in task.parts
        if isinstance(part, CasesPart)
        for case, answer in zip(part.cases, answers[part.id], strict=True)
        if not case.hidden
    ]
    values = [(case, answer.value) for case, answer in pairs if isinstance(answer, Returned)]
    if len(values) < len(pairs) or all(task.compare.differs(c.expected, v) is None for c, v in values):
        return None
    for misconception in task.misconceptions:
        if all(Equal().differs(case.predictions[misconception], value) is None for case, value in values):
            return misconception
    return None


def mark_task(task: ExerciseTask, answers: Mapping[str, Sequence[Answer]], attempted: bool) -> TaskMark:
    """The mark of a task from its answers, by part id: one for each case, one for a value.

    `attempted` says whether the learner's function is more than the stub.
    """
    every = [answer for part in task.parts for answer in answers[part.id]]
    if not attempted and all(a == Returned(None) or isinstance(a, Missing) for a in every):
        return TaskMark(task.id, 0, task.points, 0, "not_attempted", ["Not attempted yet."])
    marks = [
        _mark_cases(task, part, answers[part.id])
        if isinstance(part, CasesPart)
        else _mark_value(task, part, answers[part.id][0])
        for part in task.parts
    ]
    points = sum(mark.points for mark in marks)
    misconception = recognise(task, answers)
    reasons = [mark.reason for mark in marks if mark.reason]
    if (common := _common_failure(task, answers)) is not None:
        reasons = [common]
    if misconception:
        reasons.insert(0, task.misconceptions[misconception])
    if reasons:
        reasons.append(f"Read: {task.read}.")
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


def _outcome(points: int, max_points: int) -> Outcome:
    if points == max_points:
        return "passed"
    return "partial" if points else "failed"


def skipped(task: ExerciseTask, needed: str) -> TaskMark:
    """A task whose prerequisite is not earned is not judged."""
    reason = f"Not judged, because it builds on `{needed}`, which is not right yet."
    return TaskMark(task.id, 0, task.points, 0, "skipped", [reason])
