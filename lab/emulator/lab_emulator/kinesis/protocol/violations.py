"""What is wrong with a value, in the words of AWS's ValidationException.

Words: as seen of AWS in public.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.model import Shape

from lab_emulator.kinesis.store.errors import ValidationException

MOST = 10
"""AWS tells of so many violations at most."""
ENUM_ORDER = {
    "ShardIteratorType": (
        "AFTER_SEQUENCE_NUMBER",
        "LATEST",
        "AT_TIMESTAMP",
        "AT_SEQUENCE_NUMBER",
        "TRIM_HORIZON",
    )
}
"""AWS lists the values of an enumeration in an order of its own, where that was seen."""

BOUNDS = {"RetentionPeriodHours": {"min": 1}}
"""Bounds that AWS was seen to hold and the API model does not tell."""

Rule = Callable[[Any], str | None]
"""Says what a value must be, or None for one that is."""


@dataclass(frozen=True)
class MemberRules:
    """What the members of a list, or the keys or values of a map, must be.

    AWS tells all of it as soon as one member breaks any of it.
    """

    rules: list[Rule]
    words: str

    def broken_by(self, values: Iterable[Any]) -> bool:
        return any(rule(value) is not None for value in values for rule in self.rules)


@dataclass
class Violations:
    """All that is wrong with one request."""

    found: list[str] = field(default_factory=list)

    def add(self, path: str, rule: str, value: str | None) -> None:
        """VALUE as it is shown; None for one that is too large to be."""
        shown = "Value" if value is None else f"Value {value}"
        if len(self.found) < MOST:
            self.found.append(f"{shown} at '{path}' failed to satisfy constraint: {rule}")

    def check(self) -> None:
        """Raises ValidationException if there are any."""
        if self.found:
            count = len(self.found)
            raise ValidationException(
                f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(self.found)}"
            )


MUST_BE_THERE = "Member must not be null"
NEVER_BROKEN = "Member must have length greater than or equal to 0"


def rules_of(shape: Shape) -> list[Rule]:
    """The rules of one shape, in the order in which AWS tells of them."""
    return [rule for rule, words in _told_rules(shape) if words != NEVER_BROKEN]


def member_rules_of(shape: Shape) -> MemberRules:
    """The rules of the members of a list or map."""
    told = _told_rules(shape)
    return MemberRules([rule for rule, _ in told], f"[{', '.join(words for _, words in told)}]")


def _told_rules(shape: Shape) -> list[tuple[Rule, str]]:
    rules: list[tuple[Rule, str]] = []
    meta = shape.metadata | BOUNDS.get(shape.name, {})
    if "enum" in meta:
        rules.append(_enumeration(shape.name, meta["enum"]))
    if "pattern" in meta:
        rules.append(_pattern(meta["pattern"]))
    what = "value" if shape.type_name in ("integer", "long") else "length"
    if "max" in meta:
        rules.append(_most(meta["max"], what))
    if "min" in meta:
        rules.append(_least(meta["min"], what))
    return rules


def _enumeration(name: str, values: list[str]) -> tuple[Rule, str]:
    allowed = frozenset(values)
    words = f"Member must satisfy enum value set: [{', '.join(ENUM_ORDER.get(name, values))}]"
    return lambda value: None if value in allowed else words, words


def _pattern(pattern: str) -> tuple[Rule, str]:
    whole = re.compile(pattern, re.ASCII)
    # AWS's messages have no anchors, as Java's matches() needs none.
    words = f"Member must satisfy regular expression pattern: {shown_pattern(pattern)}"
    return lambda value: None if whole.fullmatch(value) else words, words


def shown_pattern(pattern: str) -> str:
    """A pattern as AWS's messages write it: `^(0|([1-9]\\d{0,38}))$` is `0|([1-9]\\d{0,38})` there."""
    inner = re.fullmatch(r"\^\((0\|.*)\)\$", pattern)
    return inner[1] if inner else pattern


def _most(most: int, what: str) -> tuple[Rule, str]:
    words = f"Member must have {what} less than or equal to {most}"
    size = _size(what)
    return lambda value: None if size(value) <= most else words, words


def _least(least: int, what: str) -> tuple[Rule, str]:
    words = f"Member must have {what} greater than or equal to {least}"
    size = _size(what)
    return lambda value: None if size(value) >= least else words, words


def _size(what: str) -> Callable[[Any], int]:
    return (lambda value: int(value)) if what == "value" else len
