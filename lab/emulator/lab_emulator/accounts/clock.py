"""One account's time: the machine's, moved forward by whom the account belongs to, and never back.

It has a pace too: at a pace of 10, ten of its seconds pass in one of the machine's.
"""

import threading
import time
from dataclasses import dataclass, field

LARGEST_PACE = 1000.0


def machine_ms() -> int:
    """The machine's time, whole milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class _Since:
    """What was true when the clock was last set."""

    wall: int
    """The machine's time, milliseconds since 1970."""
    monotonic: float
    time: float
    """The account's time, milliseconds since 1970."""
    running: float
    """The account's seconds that had passed without jumps."""
    pace: float


@dataclass
class AccountClock:
    """Moved forward in jumps, which only `now_ms` sees, or by its pace, which everything sees."""

    _since: _Since = field(default_factory=lambda: _begun(machine_ms()))
    _latest: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def now_ms(self) -> int:
        """Milliseconds since 1970, never fewer than before, whatever happens to the machine's clock."""
        since = self._since
        now = int(since.time + (machine_ms() - since.wall) * since.pace)
        if now > self._latest:
            self._latest = now
        return self._latest

    def running(self) -> float:
        """Seconds of the account that have passed: no jump makes them more. What fills the buckets."""
        since = self._since
        return since.running + (time.monotonic() - since.monotonic) * since.pace

    @property
    def pace(self) -> float:
        """Seconds of the account in one of the machine's."""
        return self._since.pace

    @property
    def ahead_ms(self) -> int:
        """How far it is ahead of the machine's time."""
        since = self._since
        return int(since.time - since.wall + (machine_ms() - since.wall) * (since.pace - 1))

    def advance(self, ms: int) -> None:
        """Jump forward. Raises ValueError for a step back."""
        if ms < 0:
            raise ValueError("the lab's clock moves only forward")
        self._set(ms, self.pace)

    def set_pace(self, pace: float) -> None:
        """From now on PACE seconds of the account pass in one of the machine's. Raises ValueError."""
        if not 1 <= pace <= LARGEST_PACE:
            raise ValueError(f"pace is a number from 1 to {LARGEST_PACE:g}, not {pace:g}")
        self._set(0, pace)

    def _set(self, ms: int, pace: float) -> None:
        with self._lock:
            wall, since = machine_ms(), self._since
            passed = (wall - since.wall) * since.pace
            self._since = _Since(wall, time.monotonic(), since.time + passed + ms, self.running(), pace)


def _begun(wall: int) -> _Since:
    return _Since(wall, time.monotonic(), float(wall), time.monotonic(), 1.0)
