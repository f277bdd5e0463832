"""The lab's clock: one for each AWS account, ahead of the machine's, moved forward and never back.

from lab import clock
clock.advance(hours=25)
clock.now()
"""

import re
from datetime import UTC, datetime, timedelta

from lab.control import Control, control
from lab.errors import LabError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_STEP = re.compile(r"\+(\d{1,6})([smhd])")


def now(of: Control | None = None) -> datetime:
    """The time in the lab, UTC, of the account that boto3 uses here. Raises LabError."""
    return datetime.fromtimestamp((of or control()).look("clock")["now"], UTC)


def ahead(of: Control | None = None) -> timedelta:
    """How far the lab's clock is ahead of the machine's. Raises LabError."""
    return timedelta(seconds=(of or control()).look("clock")["offset_seconds"])


def advance(
    *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0, of: Control | None = None
) -> datetime:
    """Move the clock forward; the new time. Raises LabError for a step back, or no running lab."""
    step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    told = (of or control()).set("clock", advance_seconds=step.total_seconds())
    return datetime.fromtimestamp(told["now"], UTC)


def next_minute(of: Control | None = None) -> datetime:
    """Move the clock to where its next minute begins, which is where CloudWatch begins to count anew.

    The beginning of that minute, UTC. Raises LabError.
    """
    switches = of or control()
    left = 60 - now(switches).timestamp() % 60
    return advance(seconds=left, of=switches).replace(second=0, microsecond=0)


def step(text: str) -> timedelta:
    """`+25h`, `+90m`, `+7d`, `+30s` as a time. Raises LabError for anything else."""
    found = _STEP.fullmatch(text)
    if found is None:
        raise LabError(
            f"{text!r} is no step of the clock. Write it as +25h, +90m, +7d or +30s: it only moves forward."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
