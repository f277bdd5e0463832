"""An account's clock: forward only, by jumps that buckets do not see, and at its own pace."""

import time

import pytest
from lab_emulator.accounts.clock import AccountClock


def test_a_jump_is_seen_by_the_time_and_not_by_the_running_seconds() -> None:
    clock = AccountClock()
    before, running = clock.now_ms(), clock.running()
    clock.advance(3_600_000)
    assert 3_600_000 <= clock.now_ms() - before < 3_610_000
    assert clock.running() - running < 10
    assert clock.ahead_ms == 3_600_000


def test_it_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = AccountClock()
    with pytest.raises(ValueError, match="only forward"):
        clock.advance(-1)
    before = clock.now_ms()
    real = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: real - 10**12)
    assert clock.now_ms() >= before, "though the machine's clock was set back"


def test_at_a_pace_both_run_faster() -> None:
    clock = AccountClock()
    clock.advance(1000)
    clock.set_pace(50)
    before, running, began = clock.now_ms(), clock.running(), time.monotonic()
    time.sleep(0.1)
    real = time.monotonic() - began
    assert 45 * real * 1000 < clock.now_ms() - before < 60 * real * 1000 + 100
    assert 45 * real < clock.running() - running < 60 * real + 1
    clock.set_pace(1)
    later = clock.now_ms()
    time.sleep(0.05)
    assert clock.now_ms() - later < 1000
    assert clock.now_ms() >= later
    for wrong in (0, -1, 0.5, 1001):
        with pytest.raises(ValueError, match="pace is a number from 1"):
            clock.set_pace(wrong)
