"""What the lab keeps for one AWS account: its clock, its switches, the calls it made. Nothing is shared."""

import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

QuotaMode = Literal["aws", "off"]


def default_quotas() -> QuotaMode:
    return "off" if os.environ.get("LAB_QUOTAS", "aws").lower() == "off" else "aws"


def default_scale() -> float:
    """1 is AWS's own values; 0.1 throttles at a tenth of them."""
    return float(os.environ.get("LAB_QUOTA_SCALE") or 1)


@dataclass
class Account:
    """One account. `clock_offset` (seconds) only grows: virtual time moves forward."""

    id: str
    clock_offset: float = 0.0
    quotas: QuotaMode = field(default_factory=default_quotas)
    quota_scale: float = field(default_factory=default_scale)
    iam: bool = False
    faults: list[dict[str, Any]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    """Number of calls by "service.Operation"."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def now(self) -> float:
        """The account's time, seconds since 1970: the machine's plus what was moved."""
        return time.time() + self.clock_offset

    def advance(self, seconds: float) -> float:
        """Move the clock forward; the new time. Raises ValueError for a step back."""
        if not seconds >= 0:
            raise ValueError("the lab's clock moves only forward")
        with self.lock:
            self.clock_offset += seconds
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
