"""What an author declares in `checks.py`: tasks, their parts, the misconceptions. Pure data and functions.

    TASKS = [Task(id="required_shards", title=..., parts=(Cases(...), Value(...)), oracle=..., ...)]

Everything that crosses to or from a learner's process is JSON: arguments, answers, expected values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from grader.compare import Comparison, Equal

Arguments = Mapping[str, Any]
"""Keyword arguments of one call: a case."""

VARIANTS = 32


class AuthoringError(Exception):
    """The author's declaration is wrong; says where and how to mend it."""


@dataclass(frozen=True)
class Misconception:
    """A wrong idea as a wrong model of the answer: the oracle's arguments in, the wrong answer out.

    `wrong/<task id>/<misconception id>.py` holds a learner's cell that has this idea.
    """

    id: str
    words: str
    model: Callable[..., Any]


@dataclass(frozen=True)
class Cases:
    """A part earned by calling the learner's function: all its cases right, visible and hidden, or nothing.

    `says` completes "Your function ..." for a part that is lost ("forgets ..." or "must ...").
    `hidden` draws one hidden case from a seeded generator; the engine draws until every misconception
    of the task that a case of this part can show up fails at least one.
    """

    id: str
    points: int
    says: str
    visible: tuple[Arguments, ...]
    hidden: Callable[[Random], Arguments]
    hidden_count: int = 6


@dataclass(frozen=True)
class Value:
    """A part earned by a value, whose givens vary by learner: `given = variant(task)`.

    The exercise carries the givens of all variants and the answer's type, unit and range, not the answers.
    `draw` makes one variant's givens, which are arguments of the task's oracle.
    """

    id: str
    points: int
    says: str
    name: str
    unit: str
    lowest: int
    highest: int
    draw: Callable[[Random], Arguments]

    def givens(self, task_id: str) -> list[Arguments]:
        """The givens of every variant: the same on every machine, since only the ids seed them."""
        return [self.draw(Random(f"{task_id}/{self.id}/{index}")) for index in range(VARIANTS)]


Part = Cases | Value


@dataclass(frozen=True)
class Task:
    """One task of an assignment. `id` is for ever; the nbgrader check cell has the same id.

    `function` is the name that the learner defines; `oracle` takes the same arguments and gives what
    `compare` expects: the answer for `Equal` and `Close`, a description of right answers for the others.
    """

    id: str
    title: str
    function: str
    parts: tuple[Part, ...]
    oracle: Callable[..., Any]
    read: str
    hints: tuple[str, ...]
    misconceptions: tuple[Misconception, ...] = ()
    compare: Comparison = field(default_factory=Equal)
    needs: tuple[str, ...] = ()
    seconds_per_call: float = 5.0

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)

    def __post_init__(self) -> None:
        if len(self.hints) < 2:
            raise AuthoringError(f"task {self.id}: give at least two hints, from direction to nearly there")
        names = [part.id for part in self.parts] + [m.id for m in self.misconceptions]
        if len(set(names)) < len(names):
            raise AuthoringError(f"task {self.id}: a part or misconception id stands twice")
        if any(part.points < 1 for part in self.parts):
            raise AuthoringError(f"task {self.id}: every part is worth at least one point")
