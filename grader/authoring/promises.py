"""A lint's rule: `check` says ✔ to nothing that the mark refuses, without need.

Tried are the wrong answers, the solution's mutants, and slips that a learner could make of its answer:
rounded, off by one, in another unit. What passes every visible case and loses a hidden one wants a visible
case, or a reason in `promises.toml` beside the source, by task:

    [break_even]
    "rounded to 6 places" = "the reason"
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from grader.authoring.trial import Trial

FILE_NAME = "promises.toml"
Answer = Callable[..., Any]
Change = Callable[[float], Any]

SLIPS: Mapping[str, Change] = {
    "rounded to 2 places": lambda number: round(number, 2),
    "rounded to 4 places": lambda number: round(number, 4),
    "rounded to a whole number": lambda number: round(number),
    "one more": lambda number: number + 1,
    "one less": lambda number: number - 1,
    "100 times as much, as per cent for a share": lambda number: number * 100,
    "1,000 times as much, as milliseconds for seconds": lambda number: number * 1000,
    "a thousandth": lambda number: number / 1000,
    "1,024 for 1,000": lambda number: number * 1024 / 1000,
    "1,000 for 1,024": lambda number: number * 1000 / 1024,
    "730 hours for 720": lambda number: number * 730 / 720,
}


def slips(right: Answer) -> Iterator[tuple[str, Answer]]:
    """Answers that are the right one with one of SLIPS in every number of it."""
    for name, change in SLIPS.items():
        yield f"the right answer, {name}", functools.partial(_changed, right, change)


def _changed(right: Answer, change: Change, **given: Any) -> Any:
    return _deep(right(**given), change)


def _deep(value: Any, change: Change) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return change(value)
    if isinstance(value, list | tuple):
        return [_deep(item, change) for item in value]
    return {key: _deep(item, change) for key, item in value.items()} if isinstance(value, dict) else value


def broken(answer: Answer | None, trials: Sequence[Trial]) -> bool:
    """Does it pass every visible case, and lose a hidden one under one of the TRIALS' seeds?"""
    first, *others = trials
    mark = first.mark(answer)
    if mark.visible_points < mark.max_points:
        return False
    return any(one.points < one.max_points for one in (mark, *(trial.mark(answer) for trial in others)))
