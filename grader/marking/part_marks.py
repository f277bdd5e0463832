"""What each part of a task earns, and why the rest was lost: what was seen, what was expected, in words.

A reason names the expected value of a visible case only, never a hidden case's.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grader.tasks.answers import UNEXPLAINED, Answer, Missing, NotRun, Raised, Refused, Returned, Stopped
from grader.tasks.compare import Close, Equal, is_number, kind_seen
from grader.tasks.exercise import (
    Case,
    CasesPart,
    ChoicePart,
    CriterionPart,
    ExercisePart,
    ExerciseTask,
    TextPart,
    ValuePart,
)
from grader.tasks.scenarios.stage import Played


@dataclass(frozen=True)
class PartMark:
    points: int
    visible_points: int
    reason: str | None


SLIPS: Final = frozenset(
    {"AttributeError", "AssertionError", "IndexError", "KeyError", "LookupError", "NameError", "TypeError",
     "UnboundLocalError", "ValueError", "ZeroDivisionError"}
)  # fmt: skip
"""Errors that Python itself raises at a slip. Of a hidden case no other name is told, and no words."""


MEANS: Final = {
    "RecursionError": " The function calls itself again and again.",
    "SystemExit": " `exit` ends a program; a function ends with `return`.",
}
"""What an error means that says too little itself."""


SHOWN: Final = 80
"""Characters of a value that are shown as they are."""


def shorten(value: Any, limit: int = SHOWN) -> str:
    """A value on one line; long ones by their size, or that of what they hold, so that it stays readable."""
    text = repr(value)
    if len(text) <= limit:
        return text
    if isinstance(value, list):
        return _by_items(value, limit) or f"[a list of {len(value)}]"
    if isinstance(value, dict):
        return _by_keys(value, limit) or f"{{a dictionary of {len(value)}}}"
    long = len(value) if isinstance(value, str) else len(text)
    return f"{text[: max(limit - 20, 10)]}… ({long} characters)"


def _by_items(value: list[Any], limit: int) -> str | None:
    """A long list item by item, the long ones among them by their size; None when that is too long too."""
    if not value or len(value) > limit // 16 or all(isinstance(item, dict) for item in value):
        return None  # the size of each dictionary would say no more than how many there are
    text = ", ".join(shorten(item, limit // len(value)) for item in value)
    return f"[{text}]" if len(text) <= limit + 16 else None


def _by_keys(value: dict[str, Any], limit: int) -> str | None:
    """A long dictionary key by key, long values by their size; None when that is too long too."""
    if not value or len(value) > limit // 16:
        return None
    text = ", ".join(f"{key!r}: {shorten(item, limit // len(value))}" for key, item in value.items())
    return f"{{{text}}}" if len(text) <= 2 * limit else None


def call_text(function: str, arguments: Mapping[str, Any]) -> str:
    return f"`{function}({', '.join(f'{k}={shorten(v)}' for k, v in arguments.items())})`"


def _wrong(task: ExerciseTask, case: Case, answer: Answer) -> str | None:
    """None for a right answer, else what was seen, as the end of a sentence."""
    if isinstance(answer, Returned):
        if answer.value is None and case.expected is not None:
            return "returned None, as a function does that reaches no `return` with a value."
        differs = task.compare.differs(case.expected, answer.value)
        if differs is None:
            return None
        if isinstance(task.compare, Equal | Close) and not case.hidden:
            plain_to_see = type(case.expected) is type(answer.value) or isinstance(answer.value, bool)
            kind = "" if plain_to_see else f" ({kind_seen(answer.value)})"
            seen, wanted = _told_apart(answer.value, case.expected)
            words = f"returned {seen}{kind}; expected {wanted}."
            lists = _too_many_and_too_few(case.expected, answer.value)
            return words + (lists or _where_they_part(task.compare, case.expected, answer.value))
        return f"returned {shorten(answer.value)}, which {differs}."
    return failure_text(answer) + _instead_of(task, case, answer)


def _instead_of(task: ExerciseTask, case: Case, answer: Answer) -> str:
    """What was expected where something came that is no plain value."""
    told = isinstance(answer, Refused) and isinstance(task.compare, Equal | Close) and not case.hidden
    return f" Expected {shorten(_rounded(case.expected))}." if told else ""


def _too_many_and_too_few(expected: Any, value: Any) -> str:
    """Of two lists of texts that differ what is in one of them alone, so that it can be looked up."""
    if not all(isinstance(one, list) and all(isinstance(i, str) for i in one) for one in (expected, value)):
        return ""
    extra = [item for item in value if item not in expected]
    missing = [item for item in expected if item not in value]
    words = [f"{shorten(extra[0])} does not belong there"] if extra else []
    words += [f"{shorten(missing[0])} is missing"] if missing else []
    words += ["These are the right ones, in another order"] if sorted(value) == sorted(expected) else []
    return f" {'; '.join(words)}." if words else ""


def _where_they_part(comparison: Equal | Close, expected: Any, value: Any, place: str = "") -> str:
    """Of two values that differ, one of them too long to be shown, the first place in them that tells why."""
    seen, wanted = _told_apart(value, expected)
    here = f" In it {place} is {seen}; expected {wanted}." if place else ""
    if isinstance(expected, dict) and isinstance(value, dict):
        into = f" of {place}" if place else ""
        if missing := [key for key in expected if key not in value]:
            return f" The key {missing[0]!r}{into} is missing."
        if extra := [key for key in value if key not in expected]:
            return f" The key {shorten(extra[0])}{into} does not belong there."
        if all(len(repr(one)) <= SHOWN for one in (expected, value)):
            return here
        inside: Iterable[Any] = expected
    elif isinstance(expected, list) and isinstance(value, list) and seen == wanted:
        inside = range(len(expected))
    else:
        return here
    first = next(at for at in inside if comparison.differs(expected[at], value[at]) is not None)
    where = f"{place}[{first!r}]" if place or isinstance(expected, list) else repr(first)
    return _where_they_part(comparison, expected[first], value[first], where)


def _told_apart(seen: Any, wanted: Any) -> tuple[str, str]:
    """Both values on a line, decimals rounded for reading, unless they would look alike then."""
    rounded = shorten(_rounded(seen)), shorten(_rounded(wanted))
    return rounded if rounded[0] != rounded[1] else (shorten(seen), shorten(wanted))


def _rounded(value: Any) -> Any:
    """Decimals with at most 3 places, small ones with 6 digits: binary fractions add noise behind that."""
    if isinstance(value, float) and math.isfinite(value) and value:
        return round(value, max(3, 5 - math.floor(math.log10(abs(value)))))
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def failure_text(answer: Raised | Refused | Missing | Stopped | NotRun) -> str:
    """What happened instead of an answer, as the end of a sentence."""
    if isinstance(answer, NotRun):
        return "was not run."
    if isinstance(answer, Raised):
        end = "" if answer.message.endswith((".", "!", "?")) else "."
        words = f": {answer.message}" if answer.message else ""
        return f"raised {answer.type}{words}{end}{MEANS.get(answer.type, '')}"
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


def _mark_cases(task: ExerciseTask, part: CasesPart, answers: Sequence[Answer]) -> PartMark:
    wrong = [
        (case, seen)
        for case, answer in zip(part.cases, answers, strict=True)
        if (seen := _wrong(task, case, answer)) is not None
    ]
    visible = [(case, seen) for case, seen in wrong if not case.hidden]
    visible_points = 0 if visible else part.points
    told = [answer for case, answer in zip(part.cases, answers, strict=True) if not case.hidden] or answers
    if answers and all(isinstance(answer, NotRun) for answer in told):
        return PartMark(0, 0, f"Your {task.kind} {part.says}. Not tried, as a case before it never ended.")
    if not wrong:
        return PartMark(part.points, visible_points, None)
    reason = f"Your {task.kind} {part.says}."
    if visible:
        case, seen = visible[0]
        number = visible_cases(task).index(case) + 1
        reason += f" Case {number}: {call_text(task.function, case.arguments)} {seen}"
        if any(isinstance(answer, Stopped | NotRun) for answer in told):
            reason += " The cases after it were not run."
        elif len(visible) > 1:
            reason += f" ({len(visible)} visible cases of this part are wrong.)"
    else:
        hidden = sum(case.hidden for case in part.cases)
        reason += (
            f" The visible cases are right, {len(wrong)} of {hidden} hidden ones are not"
            f"{_hidden_failure(task, answers[-hidden:])}."
        )
    return PartMark(0, visible_points, reason)


def _hidden_failure(task: ExerciseTask, answers: Iterable[Answer]) -> str:
    """What went wrong in a hidden case when no value came back.

    The kind alone is told, in our words: all others are the learner's, who could put the case into them.
    """
    for answer in answers:
        if isinstance(answer, Raised):
            known = answer.type if answer.type in SLIPS else "an error"
            return f": in one, your {task.kind} raised {known}"
        if isinstance(answer, Refused):
            return f": in one, your {task.kind} returned something that is not plain data"
        if isinstance(answer, Missing):
            return f": in one, your {task.kind} was not there any more"
        if isinstance(answer, Stopped):
            return f": in one, your {task.kind} {failure_text(answer).rstrip('.')}"
    return ""


def _lost(reason: str) -> PartMark:
    return PartMark(0, 0, reason)


def _earned_unseen(part: ExercisePart) -> PartMark:
    """Only the marking can tell: it counts nothing on the visible cases, however it is."""
    return PartMark(part.points, 0, None)


def _mark_value(part: ValuePart, answer: Answer) -> PartMark:
    if (nothing := _no_value(part.name, answer)) is not None:
        return nothing
    assert isinstance(answer, Returned)
    value = answer.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not is_number(value) or (isinstance(value, float) and not part.tolerance):
        asked = "a number" if part.tolerance else "a whole number"
        return _lost(f"`{part.name}` is {kind_seen(value)}. Set it to {asked} of {part.unit}.")
    if not part.lowest <= value <= part.highest:
        return _lost(
            f"`{part.name}` is {value}; the answer lies between {part.lowest} and {part.highest} {part.unit}."
        )
    right = Close(part.tolerance)
    if part.expected is None or right.differs(part.expected, value) is None:
        return _earned_unseen(part)
    reason = (
        f"`{part.name}` is {_rounded(value)} {part.unit}, which is not right for your numbers: {part.says}."
    )
    if part.unnamed is not None and right.differs(part.unnamed, value) is None:
        reason += (
            " It is right for the numbers of somebody without a name: was your name set when you solved it? "
            "In a terminal: `grader whoami NAME`."
        )
    return _lost(reason)


def _no_value(name: str, answer: Answer) -> PartMark | None:
    """Where a variable holds nothing that could be judged."""
    if isinstance(answer, Missing) and answer.why != UNEXPLAINED:
        return _lost(f"`{name}` has no value: {answer.why}.")
    if isinstance(answer, Missing) or answer == Returned(None):
        return _lost(f"`{name}` has no value yet.")
    if not isinstance(answer, Returned):
        return _lost(f"`{name}` could not be read: {failure_text(answer)}")
    return None


def _mark_choice(part: ChoicePart, answer: Answer) -> PartMark:
    if (nothing := _no_value(part.name, answer)) is not None:
        return nothing
    assert isinstance(answer, Returned)
    chosen = _letters(answer.value)
    if chosen is None or not chosen or chosen - set(part.letters):
        asked = "a list of letters" if part.several else "one letter"
        return _lost(
            f"`{part.name}` is {shorten(answer.value)}. Set it to {asked}. "
            f"The letters are {', '.join(part.letters[:-1])} and {part.letters[-1]}."
        )
    if not part.several and len(chosen) > 1:
        return _lost(f"`{part.name}` names {len(chosen)} letters. Set it to one letter.")
    if not part.right or chosen == set(part.right):
        return _earned_unseen(part)
    wrong = sorted(chosen - set(part.right))
    if not wrong:
        return _lost(f"`{part.name}`: all that you chose is right, and more belongs to it. {part.says}.")
    return _lost(f"`{part.name}`, option {wrong[0]}: {part.why[wrong[0]]}")


def _letters(value: Any) -> set[str] | None:
    """The letters of "b", "b)", ["a", "c"] or "a, c"; None for anything else."""
    items = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    return {item.strip(" .:()[]").lower() for item in items}


def _mark_criterion(task: ExerciseTask, part: CriterionPart, runs: Sequence[Played]) -> PartMark:
    seen = [(number, run, run.seen(part.criteria)) for number, run in enumerate(runs, 1)]
    broken = [(number, run, words) for number, run, words in seen if words or run.no_answer]
    if not broken:
        return PartMark(part.points, part.points, None)
    visible = [entry for entry in broken if not entry[1].hidden]
    number, run, words = visible[0] if visible else broken[0]
    if visible and (run.no_answer or run.spoiled):  # told once, however many parts it costs
        why = run.spoiled or _run_failure(task, run)
        return PartMark(0, 0, f"Run {number}: {why} Every part that this run shows is lost.")
    reason = f"Your {task.kind} {part.says}. "
    if visible:
        return PartMark(0, 0, reason + f"Run {number}: {words or _run_failure(task, run)}")
    hidden = sum(one.hidden for one in runs)
    failed = [run.no_answer for _, run, _ in broken if run.no_answer is not None]
    # Not what was seen in it: names, numbers and data of a hidden run may stand in those words.
    reason += f"The visible runs are right, {len(broken)} of {hidden} hidden ones are not"
    return PartMark(0, part.points, f"{reason}{_hidden_failure(task, failed)}.")


def _run_failure(task: ExerciseTask, run: Played) -> str:
    """What happened in a visible run that gave no answer."""
    answer = run.no_answer
    assert answer is not None
    assert not isinstance(answer, Returned)
    return f"your {task.kind} {failure_text(answer)}"


def common_failure(
    task: ExerciseTask, answers: Mapping[str, Sequence[Answer]], runs: Sequence[Played]
) -> str | None:
    """One sentence where no call gave an answer and all for the same reason: said once, not for each part."""
    parts = [part for part in task.parts if isinstance(part, CasesPart)]
    every = [answer for part in parts for answer in answers[part.id]]
    failed = [run.no_answer for run in runs]
    together: list[Answer | None] = [*every, *failed]
    first = together[0] if together else None
    if first is None or isinstance(first, Returned):
        return None
    if any(answer != first and not isinstance(answer, NotRun) for answer in together):
        return None
    if isinstance(first, Missing):
        return f"`{task.function}` {failure_text(first)}"
    if not every:
        return f"Run 1: your {task.kind} {failure_text(first)}"
    case = parts[0].cases[0]
    seen = f"Case 1: {call_text(task.function, case.arguments)} {failure_text(first)}"
    seen += _instead_of(task, case, first)
    told = [answer for part in parts for case, answer in zip(part.cases, answers[part.id], strict=True)
            if not case.hidden]  # fmt: skip
    return seen + " The cases after it were not run." if told and isinstance(told[-1], NotRun) else seen


def mark_part(
    task: ExerciseTask, part: ExercisePart, answers: Sequence[Answer], runs: Sequence[Played]
) -> PartMark:
    match part:
        case CasesPart():
            return _mark_cases(task, part, answers)
        case ValuePart():
            return _mark_value(part, answers[0])
        case ChoicePart():
            return _mark_choice(part, answers[0])
        case CriterionPart() if runs:
            return _mark_criterion(task, part, runs)
        case CriterionPart():
            return _lost(f"Your {task.kind} {part.says}. It is not written yet.")
        case TextPart():
            raise AssertionError("a task with a text is marked by a person")
