"""What the lab keeps for one AWS account: its clock, its switches, the calls it made. Nothing is shared."""

import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from lab_emulator.accounts.clock import AccountClock
from lab_emulator.accounts.fault_plan import Rule

QuotaMode = Literal["aws", "off"]
FURTHEST_SECONDS = 10 * 365.25 * 86_400
"""How far ahead an account's clock may be: beyond it, dates leave what clients can show."""


def default_quotas() -> QuotaMode:
    return "off" if os.environ.get("LAB_QUOTAS", "aws").lower() == "off" else "aws"


def default_scale() -> float:
    """1 is AWS's own values; 0.1 throttles at a tenth of them."""
    return float(os.environ.get("LAB_QUOTA_SCALE") or 1)


@dataclass(frozen=True)
class States:
    """How long a stream's passing states are to be seen, in seconds of the account's clock. 0: never."""

    creating: float
    updating: float
    deleting: float


def default_states() -> States:
    """LAB_STATE_SECONDS, for all three."""
    seconds = float(os.environ.get("LAB_STATE_SECONDS") or 0)
    return States(seconds, seconds, seconds)


@dataclass
class Account:
    """One account. Its clock only moves forward."""

    id: str
    clock: AccountClock = field(default_factory=AccountClock, repr=False)
    quotas: QuotaMode = field(default_factory=default_quotas)
    quota_scale: float = field(default_factory=default_scale)
    states: States = field(default_factory=default_states)
    iam: bool = False
    faults: list[Rule] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    """Number of calls by "service.Operation"."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def clock_offset(self) -> float:
        """Seconds that the clock is ahead of the machine's."""
        return self.clock.ahead_ms / 1000

    def now(self) -> float:
        """The account's time, seconds since 1970."""
        return self.clock.now_ms() / 1000

    def now_ms(self) -> int:
        """The account's time, whole milliseconds since 1970."""
        return self.clock.now_ms()

    def running(self) -> float:
        """Seconds of the account that have passed, jumps of its clock left out: what fills the buckets."""
        return self.clock.running()

    def advance(self, seconds: float) -> float:
        """Move the clock forward; the new time. Raises ValueError for a step back, or one too far."""
        if not seconds >= 0:
            raise ValueError("the lab's clock moves only forward")
        if self.clock_offset + seconds > FURTHEST_SECONDS:
            raise ValueError("the lab's clock can be at most ten years ahead")
        self.clock.advance(round(seconds * 1000))
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
