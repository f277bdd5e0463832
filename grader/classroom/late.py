"""What lateness costs, by `due.toml`; without this table it costs nothing:

    [late]
    percent_a_day = 10     # of the points earned, for each day begun after the due time
    most_percent = 50      # at most; 100 when it is not named
    tokens = 3             # late days that each learner has in the course, which cost nothing

Tokens are spent by themselves, on the assignments in the order of their due times, as far as they go.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from grader.classroom import results
from grader.classroom.due import FILE_NAME, due_order, read_table
from grader.whereabouts import STATE, CallError

DAY_SECONDS: Final = 86_400.0
KEYS: Final = ("percent_a_day", "most_percent", "tokens")


@dataclass(frozen=True)
class Policy:
    """What a late day costs."""

    percent_a_day: float = 0.0
    most_percent: float = 100.0
    tokens: int = 0


@dataclass(frozen=True)
class Late:
    """One late hand-in under the policy."""

    seconds: float
    tokens: int
    """Days that cost nothing."""
    left: int
    """Tokens of this learner after that."""
    policy: Policy

    @property
    def days(self) -> int:
        """Days begun after the due time."""
        return math.ceil(self.seconds / DAY_SECONDS)

    @property
    def percent(self) -> float:
        """Of the points earned that are taken off."""
        return min(self.policy.most_percent, self.policy.percent_a_day * (self.days - self.tokens))

    def penalty(self, points: float) -> float:
        """Points taken off of these, to two decimals."""
        return round(points * self.percent / 100, 2)

    def words(self, points: float) -> str:
        """The policy as it was applied, for the learner."""
        parts = [f"That is {_days(self.days)} begun."]
        if self.tokens:
            cost = "costs" if self.tokens == 1 else "cost"
            parts.append(
                f"{self.tokens} of them {cost} nothing: you may be late {_days(self.policy.tokens)} in this "
                f"course, and {self.left} of these {'is' if self.left == 1 else 'are'} left."
            )
        elif self.policy.tokens:
            parts.append(f"Your late days of this course ({self.policy.tokens}) are used up.")
        if self.days > self.tokens and self.policy.percent_a_day:
            most = f", at most {self.policy.most_percent:g} %" if self.policy.most_percent < 100 else ""
            parts.append(
                f"{_days(self.days - self.tokens)} at {self.policy.percent_a_day:g} % a day{most}: "
                f"{self.percent:g} % of the {points:g} points earned are taken off, {self.penalty(points):g}."
            )
        return " ".join(parts)


def _days(count: int) -> str:
    return f"{count} day{'s' * (count != 1)}"


def read_policy(root: Path) -> Policy | None:
    """The policy, or None when none is declared. Raises CallError with a sentence for one that cannot be."""
    table = read_table(root).get("late")
    if table is None:
        return None
    if not isinstance(table, dict) or (unknown := sorted(set(table) - set(KEYS))):
        named = f", not {unknown[0]!r}" if isinstance(table, dict) else ""
        raise CallError(f"{FILE_NAME}: [late] knows {', '.join(KEYS)}{named}.")
    tokens = table.get("tokens", 0)
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
        raise CallError(f"{FILE_NAME}: tokens is a whole number of days, 0 or more, not {tokens!r}.")
    return Policy(_percent(table, "percent_a_day", 0.0), _percent(table, "most_percent", 100.0), tokens)


def _percent(table: Mapping[str, Any], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise CallError(f"{FILE_NAME}: {key} is a number from 0 to 100, not {value!r}.")
    return float(value)


def spent(
    policy: Policy, by_assignment: Sequence[tuple[str, Mapping[str, float]]]
) -> dict[str, dict[str, Late]]:
    """Late hand-ins by assignment and student.

    BY_ASSIGNMENT: seconds late by student, of the assignments in the order of their due times.
    """
    left: dict[str, int] = {}
    found: dict[str, dict[str, Late]] = {}
    for assignment, late in by_assignment:
        found[assignment] = {}
        for student, seconds in late.items():
            if seconds <= 0:
                continue
            days = math.ceil(seconds / DAY_SECONDS)
            tokens = min(days, left.get(student, policy.tokens))
            left[student] = left.get(student, policy.tokens) - tokens
            found[assignment][student] = Late(seconds, tokens, left[student], policy)
    return found


def late_of(root: Path, assignment: str, lines: Sequence[Mapping[str, Any]]) -> dict[str, Late]:
    """What lateness costs in this ASSIGNMENT, whose results are LINES, by student; nothing without a policy.

    Tokens that were spent before are known from the other assignments' results. Raises CallError.
    """
    policy = read_policy(root)
    if policy is None:
        return {}
    ordered = []
    for name in due_order(root):
        known = lines if name == assignment else _results(root, name)
        ordered.append((name, {str(one["student"]): float(one["late_seconds"] or 0) for one in known}))
    return spent(policy, ordered).get(assignment, {})


def _results(root: Path, assignment: str) -> list[dict[str, Any]]:
    """Another assignment's; none where it was not graded yet."""
    path = root / STATE / assignment / "results.jsonl"
    try:
        return results.read(path) if path.is_file() else []
    except (OSError, ValueError):
        raise CallError(
            f"The results of {assignment} cannot be read. Grade it again: late days count."
        ) from None
