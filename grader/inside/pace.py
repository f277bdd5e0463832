"""What the learner's code waits passes quickly, in a run on which time has no bearing.

At a pace of 50, `time.sleep(1)` takes 20 ms, and the clocks of `time` have moved by a second after it. What
the code does besides takes the time that it takes. So code that waits, or waits until a time, does in a
quick run what it does in a slow one, and the limit for a call counts the seconds that it meant to wait.

Only a process that does nothing else meanwhile may be hurried: one thread. Who sets the pace, and
when, is outside (`grader.engine.waits`).
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

AT_ONCE: Final = 1e-6
"""Seconds until an alarm that is due."""


@dataclass
class _Waits:
    pace: float = 1.0
    skipped: float = 0.0
    """Seconds that were not waited, by all calls so far."""


_WAITS: Final = _Waits()
_sleep: Final = time.sleep


def sleep(seconds: Any, /) -> None:
    """As `time.sleep`."""
    if _WAITS.pace == 1 or not _can_be_hurried(seconds):
        _sleep(seconds)
        return
    left, again = signal.getitimer(signal.ITIMER_REAL)
    if 0 < left <= seconds:  # the limit comes first
        _sleep(left / _WAITS.pace)
        signal.setitimer(signal.ITIMER_REAL, AT_ONCE, again)
        _sleep(seconds)
        return
    _sleep(seconds / _WAITS.pace)
    skipped = seconds - seconds / _WAITS.pace
    _WAITS.skipped += skipped
    if left:
        now, again = signal.getitimer(signal.ITIMER_REAL)
        signal.setitimer(signal.ITIMER_REAL, max(AT_ONCE, now - skipped), again)


def _can_be_hurried(seconds: Any) -> bool:
    return (
        type(seconds) in (int, float)
        and 0 < seconds < threading.TIMEOUT_MAX
        and threading.active_count() == 1
        and threading.current_thread() is threading.main_thread()
    )


def _moved(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + _WAITS.skipped


def _moved_ns(clock: Callable[[], int]) -> Callable[[], int]:
    return lambda: clock() + int(_WAITS.skipped * 1e9)


def install() -> None:
    """In a process in which a learner's code will run, before any of it does: it may keep a function."""
    if time.sleep is not _sleep:
        return
    time.sleep = sleep
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, _moved(getattr(time, name)))
        setattr(time, f"{name}_ns", _moved_ns(getattr(time, f"{name}_ns")))


@contextmanager
def at_pace(pace: float) -> Iterator[Callable[[], float]]:
    """Within it, waits pass at that pace. Gives how many seconds were skipped until now."""
    before, _WAITS.pace = _WAITS.skipped, pace
    try:
        yield lambda: _WAITS.skipped - before
    finally:
        _WAITS.pace = 1.0
