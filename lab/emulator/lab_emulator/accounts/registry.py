"""What the lab keeps for one AWS account: its clock, its switches, the calls it made. Nothing is shared."""

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from lab_emulator.accounts.fault_plan import Rule
from lab_emulator.accounts.timeline import Timeline

QuotaMode = Literal["aws", "off"]
FURTHEST_SECONDS = 10 * 365.25 * 86_400
"""How far ahead an account's clock may be: beyond it, dates leave what clients can show."""


def default_quotas() -> QuotaMode:
    return "off" if os.environ.get("LAB_QUOTAS", "aws").lower() == "off" else "aws"


def default_scale() -> float:
    """1 is AWS's own values; 0.1 throttles at a tenth of them."""
    return float(os.environ.get("LAB_QUOTA_SCALE") or 1)


def machine_ms() -> int:
    """The machine's time, whole milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass
class Account:
    """One account. Its clock only moves forward."""

    id: str
    timeline: Timeline = field(default_factory=Timeline)
    quotas: QuotaMode = field(default_factory=default_quotas)
    quota_scale: float = field(default_factory=default_scale)
    iam: bool = False
    faults: list[Rule] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    """Number of calls by "service.Operation"."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def clock_offset(self) -> float:
        """Seconds that the clock is ahead of the machine's."""
        return self.timeline.offset / 1000

    def now(self) -> float:
        """The account's time, seconds since 1970: the machine's plus what was moved."""
        return time.time() + self.clock_offset

    def now_ms(self) -> int:
        """The account's time, whole milliseconds since 1970."""
        return self.timeline.lab(machine_ms())

    def advance(self, seconds: float) -> float:
        """Move the clock forward; the new time. Raises ValueError for a step back, or one too far.

        What was written before the call keeps its time, what is written after it has the new one: the
        move takes effect with the next whole millisecond, and the call waits for that.
        """
        if not seconds >= 0:
            raise ValueError("the lab's clock moves only forward")
        if self.clock_offset + seconds > FURTHEST_SECONDS:
            raise ValueError("the lab's clock can be at most ten years ahead")
        with self.lock:
            moment = machine_ms() + 1
            self.timeline.advance(moment, round(seconds * 1000))
            while machine_ms() < moment:
                time.sleep(0.0005)
        return self.now()


class Accounts:
    """All accounts that were seen; an unknown one begins with the defaults."""

    def __init__(self) -> None:
        self._known: dict[str, Account] = {}
        self._lock = threading.Lock()

    def __getitem__(self, account_id: str) -> Account:
        found = self._known.get(account_id)
        if found is None:
            with self._lock:
                found = self._known.setdefault(account_id, Account(account_id))
        return found

    def forget(self, account_id: str) -> None:
        """Back to the defaults, the clock included."""
        with self._lock:
            self._known.pop(account_id, None)


ACCOUNTS = Accounts()
