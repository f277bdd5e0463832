"""What the lab measures of each stream beside AWS's own state: buckets, growth, how often in a day."""

import threading
from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from lab.rules import quotas
from lab_emulator.accounts.registry import Account
from lab_emulator.kinesis.limits.buckets import Bucket, ReadBucket
from lab_emulator.kinesis.limits.growth import MINUTE_MS, Growth
from lab_emulator.kinesis.store.stream import HOUR_MS, Stream
from lab_emulator.kinesis.streams import STREAMS, owner


class ShardLimits:
    """The buckets of one shard. All full at first. Times are the account's running seconds."""

    def __init__(self, now: float) -> None:
        self.write_bytes = Bucket.full(quotas.SHARD_WRITE_BYTES_PER_SECOND, now)
        self.write_records = Bucket.full(quotas.SHARD_WRITE_RECORDS_PER_SECOND, now)
        self.read_bytes = ReadBucket.full(quotas.SHARD_READ_BYTES_PER_SECOND, now)
        self.read_calls = Bucket.full(quotas.SHARD_READ_CALLS_PER_SECOND, now)
        self.iterator_calls = Bucket.full(quotas.SHARD_ITERATOR_CALLS_PER_SECOND, now)

    def admits_write(self, size: int, now: float, scale: float) -> bool:
        """Take one record of SIZE bytes, if both rates allow it."""
        if not (self.write_records.admits(1, now, scale) and self.write_bytes.admits(size, now, scale)):
            return False
        self.write_records.take(1, scale)
        self.write_bytes.take(size, scale)
        return True

    def levels(self, now: float) -> dict[str, float]:
        """What is left in each bucket, at the scale of 1, and how long reads stay closed."""
        for bucket in (self.write_bytes, self.write_records, self.read_bytes, self.read_calls):
            bucket.refill(now)
        missing = self.read_bytes.capacity - self.read_bytes.level
        return {
            "write_bytes": self.write_bytes.level,
            "write_records": self.write_records.level,
            "read_bytes": self.read_bytes.level,
            "read_calls": self.read_calls.level,
            "read_closed_seconds": 0.0 if self.read_bytes.open(now) else missing / self.read_bytes.rate,
        }


@dataclass
class Meter:
    """Of one stream. Hold the stream's lock."""

    account: Account
    limits: dict[str, ShardLimits] = field(default_factory=dict)
    growth: Growth | None = None
    """Of an on-demand stream that was written to."""
    history: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """The account's times (ms) of operations that are limited by the day."""
    refused: Counter[str] = field(default_factory=Counter)
    """Records that were not taken, by the shard that they were for."""

    def limits_of(self, shard_id: str) -> ShardLimits:
        """The buckets of a shard; a new shard's are full."""
        found = self.limits.get(shard_id)
        if found is None:
            found = self.limits.setdefault(shard_id, ShardLimits(self.account.running()))
        return found

    def growing(self, stream: Stream, now: float) -> Growth | None:
        """How an on-demand stream grows, brought up to date; None for a provisioned one."""
        if stream.mode != "ON_DEMAND":
            self.growth = None
            return None
        if self.growth is None:
            self.growth = Growth.of(len(stream.map.open), now)
        self.growth.settle(now, self.minute())
        return self.growth

    def minute(self) -> int:
        """The account's, since 1970."""
        return self.account.now_ms() // MINUTE_MS

    def times_today(self, what: str) -> int:
        """How often WHAT was noted within the last 24 hours of the account's clock."""
        since = self.account.now_ms() - 24 * HOUR_MS
        self.history[what] = [moment for moment in self.history[what] if moment > since]
        return len(self.history[what])

    def note(self, what: str) -> None:
        """WHAT happens now."""
        self.times_today(what)  # and what happened earlier is forgotten
        self.history[what].append(self.account.now_ms())


_METERS: WeakKeyDictionary[Stream, Meter] = WeakKeyDictionary()
_LOCK = threading.Lock()


def meter_of(stream: Stream) -> Meter:
    found = _METERS.get(stream)
    if found is None:
        with _LOCK:
            found = _METERS.setdefault(stream, Meter(owner(stream)))
    return found


def forget(stream: Stream, shards: Container[str]) -> None:
    """SHARDS, by id, have expired: nobody can meet their limits any more."""
    with stream.lock:
        limits = meter_of(stream).limits
        for name in [name for name in limits if name in shards]:
            del limits[name]


def buckets(account: Account) -> dict[str, Any]:
    """How full the buckets of the account's shards are, by stream and shard: to look at, and for tests."""
    now = account.running()
    return {
        stream.name: {
            shard_id: limits.levels(now) for shard_id, limits in list(meter_of(stream).limits.items())
        }
        for stream in STREAMS.of_account(account.id)
    }
