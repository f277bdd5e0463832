"""Yes, no, or "the lab can't tell": what every question to a policy is answered with.

The third answer keeps the promise that nothing is silently allowed or silently ignored. It follows
Kleene's logic: a "can't tell" spreads only as far as it can change the outcome.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class CannotTell:
    """The lab can't evaluate `what`, for example "condition key aws:MultiFactorAuthPresent"."""

    what: str


Answer: TypeAlias = bool | CannotTell


def all_of(answers: Iterable[Answer]) -> Answer:
    """No when one is no; else the first "can't tell", if there is one; else yes."""
    doubt: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if isinstance(answer, CannotTell) and doubt is True:
            doubt = answer
    return doubt


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes when one is yes; else the first "can't tell", if there is one; else no."""
    return opposite(all_of(opposite(answer) for answer in answers))


def opposite(answer: Answer) -> Answer:
    """Yes for no, no for yes; "can't tell" stays."""
    return answer if isinstance(answer, CannotTell) else not answer
