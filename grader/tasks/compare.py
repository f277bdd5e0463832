"""Comparisons of an answer with what was expected, by name, so that an exercise carries them as data.

Answers are JSON values (see `grader.tasks.answers`). A comparison gives None when the answer is right and
otherwise a phrase that ends the sentence "your answer ...". It never names the expected value.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from grader.tasks.cuts import Isolates
from grader.tasks.policies import Decides


def kind_of(answer: Any) -> str:
    """A value's type in words a learner knows."""
    if answer is None:
        return "None"
    names = {bool: "True or False", int: "a whole number", float: "a decimal number"}
    names |= {str: "a string", list: "a list", dict: "a dictionary"}
    return names.get(type(answer), "something else")


def kind_seen(answer: Any) -> str:
    """The same of an answer: a tuple has become a list on its way here, and may have been one."""
    return "a list or tuple" if isinstance(answer, list) else kind_of(answer)


def is_number(answer: Any) -> bool:
    return isinstance(answer, int | float) and not isinstance(answer, bool)


@dataclass(frozen=True)
class Equal:
    """The same value of the same kind; 3 and 3.0 are the same number, "3" and 3 are not the same."""

    name: ClassVar[str] = "equal"

    def differs(self, expected: Any, answer: Any) -> str | None:
        if is_number(expected) and is_number(answer):
            return None if expected == answer else "is another number"
        if type(expected) is not type(answer):
            return f"is {kind_seen(answer)}, and {kind_of(expected)} is asked for"
        return None if expected == answer else "is another value"


@dataclass(frozen=True)
class Close:
    """Numbers within a tolerance, anywhere inside lists and dictionaries; all else must be equal.

    A number is near enough when it is within `relative` (a part of the expected one) or within `absolute`
    (in the answer's own unit), whichever is wider.
    """

    relative: float
    absolute: float = 0.0
    name: ClassVar[str] = "close"

    def differs(self, expected: Any, answer: Any) -> str | None:
        place, words = self._first_difference(expected, answer, "")
        return words if words is None or not place else f"{words} at {place}"

    def _first_difference(self, expected: Any, answer: Any, place: str) -> tuple[str, str | None]:
        if is_number(expected):
            return place, self._number(expected, answer)
        if type(expected) is not type(answer):
            return place, f"is {kind_seen(answer)}, where {kind_of(expected)} is asked for,"
        if isinstance(expected, list):
            return self._list(expected, answer, place)
        if isinstance(expected, dict):
            return self._dictionary(expected, answer, place)
        return place, None if expected == answer else "is another value"

    def _number(self, expected: float, answer: Any) -> str | None:
        if not is_number(answer):
            return f"is {kind_seen(answer)}, and a number is asked for"
        near = max(abs(expected) * self.relative, self.absolute)
        try:
            return None if abs(answer - expected) <= near else "is too far off"
        except OverflowError:  # a whole number beyond every decimal one
            return "is too far off"

    def _list(self, expected: list[Any], answer: list[Any], place: str) -> tuple[str, str | None]:
        if len(expected) != len(answer):
            return place, f"has {len(answer)} items, where {len(expected)} are asked for,"
        pairs = enumerate(zip(expected, answer, strict=True))
        found = (self._first_difference(*pair, f"{place}[{index}]") for index, pair in pairs)
        return next((difference for difference in found if difference[1]), (place, None))

    def _dictionary(
        self, expected: dict[str, Any], answer: dict[str, Any], place: str
    ) -> tuple[str, str | None]:
        if missing := sorted(expected.keys() - answer.keys()):
            return place, f"has no key {missing[0]!r}"
        if extra := sorted(answer.keys() - expected.keys()):
            return place, f"has a key too many, {extra[0][:60]!r},"
        found = (self._first_difference(expected[k], answer[k], f"{place}[{k!r}]") for k in expected)
        return next((difference for difference in found if difference[1]), (place, None))


@dataclass(frozen=True)
class ParentsFirst:
    """A list that holds every item once and no parent after its child.

    `expected` is {"items": [...], "pairs": [[parent, child], ...]}: every order that obeys it is right.
    """

    name: ClassVar[str] = "parents_first"

    def differs(self, expected: Any, answer: Any) -> str | None:
        if not isinstance(answer, list):
            return f"is {kind_of(answer)}, and a list is asked for"
        if not all(isinstance(item, str) for item in answer):
            return "holds something that is not a string"
        if len(set(answer)) < len(answer):
            return "names an item twice"
        if missing := set(expected["items"]) - set(answer):
            return f"leaves out {len(missing)} of {len(expected['items'])}"
        if extra := set(answer) - set(expected["items"]):
            return f"names {len(extra)} that were not in the input"
        place = {item: index for index, item in enumerate(answer)}
        for parent, child in expected["pairs"]:
            if place[parent] > place[child]:
                return f"puts {child} before its parent {parent}"
        return None


@dataclass(frozen=True)
class LegalSteps:
    """A list of whole numbers that leads from a start to a goal by legal steps, as few as possible.

    `expected` is {"start": m, "goal": n, "steps": how many are enough, "largest": bound}.
    A step may at most multiply by `factor` and at most divide by it; every such list is right.
    """

    factor: int
    name: ClassVar[str] = "legal_steps"

    def differs(self, expected: Any, answer: Any) -> str | None:
        if not isinstance(answer, list):
            return f"is {kind_of(answer)}, and a list is asked for"
        unlike = [step for step in answer if not is_number(step) or step % 1 != 0]  # inf % 1 is nan
        if unlike:
            return f"holds {unlike[0]!r:.60}, which is not a whole number"
        before = expected["start"]
        for number, step in enumerate(answer, 1):
            if step == before:
                return f"changes nothing in step {number}"
            if not (step <= before * self.factor and step * self.factor >= before):
                return f"takes an illegal step: step {number} goes from {before} to {step}"
            if not 1 <= step <= expected["largest"]:
                return f"leaves the allowed range in step {number}: {step}"
            before = step
        if before != expected["goal"]:
            return f"ends at {before}"
        if len(answer) > expected["steps"]:
            return f"takes {len(answer)} steps where fewer are enough"
        return None


Comparison = Equal | Close | ParentsFirst | LegalSteps | Decides | Isolates
KINDS: Sequence[Callable[..., Comparison]] = (Equal, Close, ParentsFirst, LegalSteps, Decides, Isolates)


def resembles(comparison: Comparison, expected: Any, prediction: Any, answer: Any) -> bool:
    """Is ANSWER what a misconception's model predicts? Policies are alike when they decide alike."""
    if isinstance(comparison, Decides):
        return comparison.decisions(expected, prediction) == comparison.decisions(expected, answer)
    if isinstance(comparison, Close):
        return comparison.differs(prediction, answer) is None
    return Equal().differs(prediction, answer) is None


def to_data(comparison: Comparison) -> dict[str, Any]:
    return {"name": comparison.name, **asdict(comparison)}


def from_data(data: dict[str, Any]) -> Comparison:
    """The comparison that `to_data` described. Raises KeyError for a name that this version lacks."""
    options = {key: value for key, value in data.items() if key != "name"}
    return {kind.name: kind for kind in KINDS}[data["name"]](**options)  # type: ignore[attr-defined]
