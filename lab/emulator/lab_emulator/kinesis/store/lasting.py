"""States that last: CREATING, UPDATING, DELETING, for as long as the lab is told to show them."""

from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], int]
"""Milliseconds since 1970; never goes back."""


@dataclass(frozen=True)
class Durations:
    """How long a state is seen, in milliseconds of the account's clock. 0: never."""

    creating: int = 0
    updating: int = 0
    deleting: int = 0


@dataclass
class State:
    """The state of a stream or consumer: a passing one until its time is over, then ACTIVE, or gone."""

    passing: str
    until: int

    def at(self, now: int) -> str | None:
        """CREATING, UPDATING, DELETING or ACTIVE; None for what is gone."""
        if now < self.until:
            return self.passing
        return None if self.passing == "DELETING" else "ACTIVE"
