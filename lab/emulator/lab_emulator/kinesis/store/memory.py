"""How much memory all records may take: a lab that is full says so and goes on.

The lab's own model, as AWS has no such limit. One account has a part of the whole, so that another one's
records still find room.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from lab_emulator.kinesis.store.errors import LimitExceededException

MIB = 2**20


@dataclass
class Memory:
    """Bytes that records take, of all accounts and of each. `relieve`: frees what has expired."""

    most: int
    most_of_account: int
    relieve: Callable[[], None] | None = None
    total: int = 0
    of: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, account: str, size: int) -> None:
        """Raises LimitExceededException when there is no room for SIZE bytes; nothing is taken then."""
        if self._taken(account, size):
            return
        if self.relieve is not None:
            self.relieve()
            if self._taken(account, size):
                return
        raise LimitExceededException(
            f"The lab's memory for records is full: account {account} holds {self.of[account] // MIB} MiB of "
            f"at most {self.most_of_account // MIB} MiB, all accounts {self.total // MIB} MiB of at most "
            f"{self.most // MIB} MiB. Delete a stream, shorten a retention, or start the lab with a larger "
            "LAB_MEMORY_MIB."
        )

    def _taken(self, account: str, size: int) -> bool:
        with self._lock:
            if self.total + size > self.most or self.of[account] + size > self.most_of_account:
                return False
            self.total += size
            self.of[account] += size
            return True

    def give_back(self, account: str, size: int) -> None:
        """SIZE bytes were freed."""
        with self._lock:
            self.total -= size
            self.of[account] -= size
