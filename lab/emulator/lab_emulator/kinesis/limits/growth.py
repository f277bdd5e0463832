"""How an on-demand stream grows. Pure: both times are passed in, the machine's and the lab's.

Sources: Quotas page (4 MB/s and 4,000 records/s at first); developer guide, "Choose the right mode to stream
in" (up to double the peak write rate of the last 30 days; a shard that receives more than 500 KB/s is split
within 15 minutes; a hot key is not isolated).

AWS does not say how it measures a rate, nor when the capacity follows it. The lab's model: a rate is what
was written within one of the machine's seconds; a minute is the lab clock's; what a minute showed takes
effect 15 minutes after it began, both the capacity and the splits; more than half of a shard's records a
second splits it too. Capacity counts the writes that were admitted, up to the capacity itself, so that it
never more than doubles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.rules import quotas
from lab_emulator.kinesis.limits.buckets import Bucket

MINUTE_MS = 60_000
PEAK_MINUTES = quotas.ON_DEMAND_PEAK_DAYS * 24 * 60
SPLIT_RECORDS_PER_SECOND = quotas.SHARD_WRITE_RECORDS_PER_SECOND / 2


@dataclass
class Rate:
    """Bytes and records a second, at the quotas' scale of 1."""

    bytes: float = 0.0
    records: float = 0.0


def start_of(shards: int) -> Rate:
    """What a stream takes at first: 4 MiB/s, or what the shards take that it had when it became on-demand."""
    count = max(shards, quotas.ON_DEMAND_START_SHARDS)
    return Rate(count * quotas.SHARD_WRITE_BYTES_PER_SECOND, count * quotas.SHARD_WRITE_RECORDS_PER_SECOND)


@dataclass
class Growth:
    """One on-demand stream's capacity, its peaks and the shards to be split.

    Minutes are the lab clock's, since 1970.
    """

    start: Rate
    bytes: Bucket
    records: Bucket
    peaks: dict[int, Rate] = field(default_factory=dict)
    """By minute: its fullest second."""
    hot: dict[str, int] = field(default_factory=dict)
    """The minute in which a shard was first seen to receive too much."""
    _second: tuple[int, int] = (-1, -1)
    _written: dict[str, Rate] = field(default_factory=dict)
    """What each shard received in that second of the machine's and minute of the lab's."""
    _known: int = -1
    """The minute for which the capacity is worked out."""

    @classmethod
    def of(cls, shards: int, now: float) -> "Growth":
        """Of a stream that has SHARDS open shards."""
        start = start_of(shards)
        return cls(start, Bucket.full(start.bytes, now), Bucket.full(start.records, now))

    def admits(self, size: int, now: float, scale: float) -> bool:
        """Whether the stream as a whole can take a record of SIZE bytes. Takes nothing."""
        return self.records.admits(1, now, scale) and self.bytes.admits(size, now, scale)

    def take(self, size: int, scale: float) -> None:
        """Pay for a record that its shard admitted too."""
        self.records.take(1, scale)
        self.bytes.take(size, scale)

    def note(self, written: Mapping[str, Rate], now: float, minute: int, scale: float) -> None:
        """Bytes and records by shard that were admitted at NOW."""
        if self._second != (int(now), minute):
            self._second, self._written = (int(now), minute), {}
        for shard_id, more in written.items():
            so_far = self._written.setdefault(shard_id, Rate())
            so_far.bytes += more.bytes / scale
            so_far.records += more.records / scale
            if _is_hot(so_far):
                self.hot.setdefault(shard_id, minute)
        peak = self.peaks.setdefault(minute, Rate())
        peak.bytes = max(peak.bytes, min(sum(r.bytes for r in self._written.values()), self.bytes.rate))
        peak.records = max(
            peak.records, min(sum(r.records for r in self._written.values()), self.records.rate)
        )

    def settle(self, now: float, minute: int) -> None:
        """Bring the capacity up to date with the lab's clock."""
        if minute == self._known:
            return
        self._known = minute
        self.peaks = {at: peak for at, peak in self.peaks.items() if at > minute - PEAK_MINUTES}
        settled = [self.peaks[at] for at in self.peaks if at <= minute - quotas.ON_DEMAND_SPLIT_MINUTES]
        factor = quotas.ON_DEMAND_PEAK_FACTOR
        most_bytes = max((factor * peak.bytes for peak in settled), default=0.0)
        most_records = max((factor * peak.records for peak in settled), default=0.0)
        _resize(self.bytes, max(self.start.bytes, most_bytes), now)
        _resize(self.records, max(self.start.records, most_records), now)

    def to_split(self, minute: int) -> list[str]:
        """Shards whose time has come."""
        due = minute - quotas.ON_DEMAND_SPLIT_MINUTES
        return [shard for shard, seen in list(self.hot.items()) if seen <= due]


def _is_hot(rate: Rate) -> bool:
    return rate.bytes > quotas.ON_DEMAND_SPLIT_BYTES_PER_SECOND or rate.records > SPLIT_RECORDS_PER_SECOND


def _resize(bucket: Bucket, rate: float, now: float) -> None:
    bucket.refill(now)
    more = rate - bucket.rate
    bucket.rate = bucket.capacity = rate
    bucket.level = min(bucket.level + max(more, 0.0), rate)
