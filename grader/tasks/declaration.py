"""What an author declares in `checks.py`: tasks, their parts, the misconceptions. Pure data and functions.

    TASKS = [Task(id="required_shards", title=..., parts=(Cases(...), Value(...)), oracle=..., ...)]

Everything that crosses to or from a learner's process is JSON: arguments, answers, expected values.
`docs/checks.md` tells it to authors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from grader.tasks.compare import Comparison, Equal
from grader.tasks.scenarios import Scenario

Arguments = Mapping[str, Any]
"""Keyword arguments of one call: a case."""

VARIANTS = 32


class AuthoringError(Exception):
    """The author's declaration is wrong; says where and how to mend it."""


@dataclass(frozen=True)
class Misconception:
    """A wrong idea as a wrong model of the answer: the oracle's arguments in, the wrong answer out.

    Without a model it is recognised by a scenario's `sign`. `wrong/<task id>/<misconception id>.py` holds a
    learner's cell that has this idea.
    """

    id: str
    words: str
    model: Callable[..., Any] | None = None


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
class Follows:
    """That a value is worked out by the learner's own function of an earlier task.

    `cases` gives, for the value's givens, what that function is asked; `combine` makes the value of its
    answers. Where the earlier task earned a part of its points, a value that is right by the learner's own
    function is right: one mistake is not lost twice.
    """

    task: str
    cases: Callable[..., Sequence[Arguments]]
    combine: Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Value:
    """A part earned by a value, whose givens vary by learner: `given = variant(task)`.

    The exercise carries the givens of all variants and the answer's type, unit and range, not the answers.
    `draw` makes one variant's givens, which are arguments of `oracle`, by default the task's. `tolerance` is
    relative; with 0 a whole number is asked for. `models` are wrong models of this value by misconception;
    those of the task serve when the oracle is the task's.
    """

    id: str
    points: int
    says: str
    name: str
    unit: str
    lowest: float
    highest: float
    draw: Callable[[Random], Arguments]
    oracle: Callable[..., float] | None = None
    tolerance: float = 0.0
    models: Mapping[str, Callable[..., float]] = field(default_factory=dict)
    follows: Follows | None = None

    def givens(self, task_id: str) -> list[Arguments]:
        """The givens of every variant: the same on every machine, since only the ids seed them."""
        return [self.draw(Random(f"{task_id}/{self.id}/{index}")) for index in range(VARIANTS)]


@dataclass(frozen=True)
class Choice:
    """A part earned by the right letter, or all the right letters, in the variable `name`.

    `options` are what the prompt offers, by letter; `why` is told to whoever chose that wrong one. The
    exercise holds neither `right` nor `why`.
    """

    id: str
    points: int
    says: str
    name: str
    options: Mapping[str, str]
    right: tuple[str, ...]
    why: Mapping[str, str]

    def __post_init__(self) -> None:
        wrong = set(self.options) - set(self.right)
        if not self.right or set(self.right) - set(self.options):
            raise AuthoringError(f"part {self.id}: `right` names one or more of the options")
        if not wrong or wrong - set(self.why):
            raise AuthoringError(f"part {self.id}: give every wrong option its `why`")


@dataclass(frozen=True)
class Criterion:
    """A part earned when every run of the task, visible and hidden, keeps the scenario's criteria `keeps`.

    Without `keeps` it is the criterion of the part's own id.
    """

    id: str
    points: int
    says: str
    keeps: tuple[str, ...] = ()

    @property
    def criteria(self) -> tuple[str, ...]:
        return self.keeps or (self.id,)


@dataclass(frozen=True)
class Wanted:
    """An item of a rubric: what a text must have, and what that is worth."""

    points: float
    says: str


@dataclass(frozen=True)
class FreeText:
    """A text that a person marks, on the page of `grader review` or in formgrader; the only part of its task.

    `rubric` is for whoever marks: its points add up to the part's. `about` is the task whose own numbers the
    text is about, and `right` gives, for these givens, what is right, by name.
    """

    id: str
    points: int
    says: str
    rubric: tuple[Wanted, ...] = ()
    about: str | None = None
    right: Callable[..., Mapping[str, float | str]] | None = None

    def __post_init__(self) -> None:
        if self.rubric and sum(item.points for item in self.rubric) != self.points:
            raise AuthoringError(f"part {self.id}: the rubric's points do not add up to {self.points}")


@dataclass(frozen=True)
class Runs:
    """What happens in the lab around the learner's function: visible runs, and how a hidden one is drawn.

    SECONDS are for each call of the learner's function.
    """

    visible: tuple[Scenario, ...]
    hidden: Callable[[Random], Scenario]
    hidden_count: int = 2
    seconds: float = 30.0


Part = Cases | Value | Choice | Criterion | FreeText


@dataclass(frozen=True)
class Task:
    """One task of an assignment. `id` is for ever; the nbgrader check cell has the same id.

    `function` is the name that the learner defines; `oracle` takes the same arguments and gives what
    `compare` expects: the answer for `Equal` and `Close`, a description of right answers for the others.
    A task of `Cases` has an oracle; one with a `Criterion` has `runs`. `withheld` are modules of the course
    that hold answers to it: their functions refuse to work when it is checked and graded.
    """

    id: str
    title: str
    parts: tuple[Part, ...]
    read: str
    hints: tuple[str, ...]
    function: str = ""
    oracle: Callable[..., Any] | None = None
    misconceptions: tuple[Misconception, ...] = ()
    compare: Comparison = field(default_factory=Equal)
    needs: tuple[str, ...] = ()
    seconds_per_call: float = 5.0
    runs: Runs | None = None
    withheld: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def builds_on(self) -> tuple[str, ...]:
        """The tasks whose marks this one's mark may follow."""
        values = (part.follows for part in self.parts if isinstance(part, Value))
        return (*self.needs, *(one.task for one in values if one is not None))

    def answer_to(self, arguments: Arguments) -> Any:
        """The oracle's answer. Raises AuthoringError when there is no oracle."""
        if self.oracle is None:
            raise AuthoringError(f"task {self.id}: a part needs an `oracle`, and there is none")
        return self.oracle(**arguments)

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise AuthoringError(f"task {self.id}: {problem}")

    def _problem(self) -> str | None:
        """What is wrong with the declaration, if anything."""
        kinds = {type(part) for part in self.parts}
        names = [part.id for part in self.parts] + [m.id for m in self.misconceptions]
        if len(self.hints) < 2:
            return "give at least two hints, from direction to nearly there"
        if len(set(names)) < len(names):
            return "a part or misconception id stands twice"
        if any(part.points < 1 for part in self.parts):
            return "every part is worth at least one point"
        if FreeText in kinds and len(self.parts) > 1:
            return "a FreeText is the only part of its task"
        if kinds & {Cases, Criterion} and not self.function:
            return "name the `function` that the learner defines"
        if Cases in kinds and self.oracle is None:
            return "Cases need an `oracle`"
        return self._problem_of_runs()

    def _problem_of_runs(self) -> str | None:
        criteria = {name for part in self.parts if isinstance(part, Criterion) for name in part.criteria}
        if bool(criteria) != (self.runs is not None):
            return "Criterion parts and `runs` belong together"
        if self.runs is None:
            return None
        if not self.runs.visible:
            return "give at least one visible run"
        if unknown := criteria - {name for one in self.runs.visible for name in one.criteria}:
            return f"its scenario knows no criterion {sorted(unknown)[0]}"
        return None
