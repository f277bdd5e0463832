"""Every object that Firehose wrote, as data: when, why then, how large, how old its oldest record was."""

import threading
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from typing import Any, Final

KEPT: Final = 5_000
"""Entries of one account; the oldest go first."""


@dataclass(frozen=True)
class Entry:
    """One object. `at`: when it was due, seconds since 1970 by the account's clock; of one that was tried
    more often, when it was written. `kind`: delivery, backup or errors.

    `reason`: size or time. `age`: of its oldest record, seconds. `bytes`: before they were zipped.
    """

    at: float
    stream: str
    kind: str
    bucket: str
    key: str
    records: int
    bytes: int
    reason: str
    age: float


class Log:
    """By account."""

    def __init__(self) -> None:
        self._entries: defaultdict[str, deque[Entry]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._lock = threading.Lock()

    def add(self, account: str, entry: Entry) -> None:
        with self._lock:
            self._entries[account].append(entry)

    def told(self, account: str) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(one) for one in self._entries.get(account, ())]

    def forget(self, account: str) -> None:
        with self._lock:
            self._entries.pop(account, None)


LOG: Final = Log()
