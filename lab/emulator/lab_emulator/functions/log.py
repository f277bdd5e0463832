"""Every invocation that was made, as data: which shard and records, what came of it, at which attempt.

Looked at by the control address `invocations`; a POST empties it. `progress` tells what is done with.
Read when the lab starts: imports little.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from localstack.runtime import hooks

from lab_emulator.accounts import control
from lab_emulator.accounts.registry import Account
from lab_emulator.functions.progress import PROGRESS

KEPT: Final = 5_000
"""Entries of one account; the oldest go first."""
NUMBERS_TOLD: Final = 100
"""Up to so many records, an entry has the sequence number of each."""
PRINTED: Final = 1_000
"""The last characters of what the handler printed."""


@dataclass(frozen=True)
class Entry:
    """One invocation, or one batch that was given up (`outcome`: given_up, which invokes nothing).

    `at`: seconds since 1970 by the account's clock. `seconds`: how long it ran, the machine's. `outcome`:
    success, partial, error, throttled or given_up. `error`: the type of the error, or why it was given up.
    `attempt`: 0 for the first, counted as MaximumRetryAttempts counts. `failed_from`: the first record of the
    batch that is to be tried again, counted from 0; None when none is.
    """

    at: float
    function: str
    outcome: str
    seconds: float = 0.0
    error: str = ""
    mapping: str = ""
    shard: str = ""
    lane: int = 0
    attempt: int = 0
    records: int = 0
    first: str = ""
    last: str = ""
    sequence_numbers: Sequence[str] = ()
    failed_from: int | None = None
    then: str = ""
    """What follows a failure: retry, split, give_up."""
    window: Sequence[float] = ()
    """Beginning and end of the tumbling window, seconds since 1970."""
    is_final: bool = False
    destination: str = ""
    printed: str = ""


class Log:
    """By account."""

    def __init__(self) -> None:
        self._entries: defaultdict[str, deque[Entry]] = defaultdict(lambda: deque(maxlen=KEPT))
        self._dropped: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def add(self, account: str, entry: Entry) -> None:
        with self._lock:
            entries = self._entries[account]
            self._dropped[account] += len(entries) == KEPT
            entries.append(entry)

    def of(self, account: str) -> list[Entry]:
        with self._lock:
            return list(self._entries[account])

    def told(self, account: str) -> dict[str, Any]:
        return {"invocations": [asdict(one) for one in self.of(account)], "dropped": self._dropped[account]}

    def forget(self, account: str) -> None:
        with self._lock:
            self._entries.pop(account, None)
            self._dropped.pop(account, None)


LOG = Log()


@hooks.on_infra_start()
def keep_log() -> None:
    control.switch("invocations", lambda account: LOG.told(account.id), _empty)
    control.on_wipe(LOG.forget)
    control.switch("progress", PROGRESS.told)
    control.on_wipe(PROGRESS.forget)


def _empty(account: Account, _body: dict[str, Any]) -> None:
    LOG.forget(account.id)
