"""What the lab knows of each stream beside kinesis-mock: its shard map, its buckets, the times of things.

kinesis-mock holds the records and is the truth; what is kept here of its answers is dropped whenever an
operation may have changed it. All operations pass through this process.
"""

import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lab.rules import quotas
from lab_emulator.accounts.registry import ACCOUNTS, Account, machine_ms
from lab_emulator.errors import InvalidArgumentException, ResourceNotFoundException
from lab_emulator.kinesis.backend.requests import Backend, Wire
from lab_emulator.kinesis.shards.buckets import Bucket, ReadBucket
from lab_emulator.kinesis.shards.growth import MINUTE_MS, Growth
from lab_emulator.kinesis.shards.shard_map import ShardMap

HOUR_MS = 3_600_000


class ShardLimits:
    """The buckets of one shard, or of one fan-out consumer on one shard. All full at first."""

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


@dataclass(frozen=True)
class ShardLife:
    """The machine's time (ms) at which a shard was made and, unless it is open, closed."""

    created: int
    closed: int | None


@dataclass(eq=False)
class Stream:
    """One stream of one account and region."""

    arn: str
    backend: Backend
    token: str = field(default_factory=lambda: secrets.token_hex(6))
    """Names the stream in shard iterators; another one with the same name has another token."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    resharding: threading.Lock = field(default_factory=threading.Lock, repr=False)
    arrival: threading.Condition = field(default_factory=threading.Condition, repr=False)
    """Notified when records were written or shards changed."""
    trimmed_ms: int = 0
    """Lab time before which records have expired for good: a longer retention does not bring them back."""
    lives: dict[str, ShardLife] = field(default_factory=dict)
    history: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Lab times (ms) of operations that are limited by the day."""
    limits: dict[str, ShardLimits] = field(default_factory=dict)
    growth: Growth | None = None
    """Of an on-demand stream that was written to."""
    writes: int = 0
    """Grows whenever there may be something new to read."""
    _shards: ShardMap | None = None
    _summary: Wire | None = None

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def account(self) -> Account:
        """The account that owns the stream."""
        return ACCOUNTS[self.arn.split(":")[4]]

    def where(self) -> str:
        """How AWS's messages name the stream."""
        return f"stream {self.name} under account {self.account.id}"

    # What kinesis-mock knows

    def changed(self) -> None:
        """Forget what kinesis-mock said: an operation may have changed it."""
        with self.lock:
            self._shards = self._summary = None
        self.wake()

    def summary(self) -> Wire:
        """DescribeStreamSummary, in kinesis-mock's own times. Its status may be old.

        Raises ResourceNotFoundException when there is no such stream.
        """
        with self.lock:
            if self._summary is None:
                try:
                    answer = self.backend.call("DescribeStreamSummary", {"StreamARN": self.arn})
                except CommonServiceException as error:
                    if error.code == "ResourceNotFoundException":
                        STREAMS.forget(self.arn)  # a name that somebody tried is not worth keeping
                    raise
                self._summary = answer["StreamDescriptionSummary"]
            return self._summary

    def shards(self) -> ShardMap:
        """The shards, expired ones among them. Raises ResourceNotFoundException for no such stream."""
        with self.lock:
            if self._shards is None:
                self._shards = ShardMap(self._listed())
                self._note_lives(self._shards)
            return self._shards

    def _listed(self) -> list[Wire]:
        shards: list[Wire] = []
        request: Wire = {"StreamARN": self.arn}
        while True:
            answer = self.backend.call("ListShards", request)
            shards += [_without_nulls(shard) for shard in answer["Shards"]]
            if not answer.get("NextToken"):
                return shards
            request = {"StreamARN": self.arn, "ExclusiveStartShardId": shards[-1]["ShardId"]}

    def _note_lives(self, shards: ShardMap) -> None:
        now = machine_ms()
        for shard_id, shard in shards.by_id.items():
            life = self.lives.get(shard_id)
            made = life.created if life else now if "ParentShardId" in shard else self.created_ms
            ended = "EndingSequenceNumber" in shard["SequenceNumberRange"]
            closed = ((life.closed if life else None) or now) if ended else None
            self.lives[shard_id] = ShardLife(made, closed)

    @property
    def created_ms(self) -> int:
        """The machine's time at which the stream was made."""
        return round(self.summary()["StreamCreationTimestamp"] * 1000)

    @property
    def mode(self) -> str:
        """PROVISIONED or ON_DEMAND."""
        return str(self.summary()["StreamModeDetails"]["StreamMode"])

    @property
    def record_max_bytes(self) -> int:
        """The stream's setting: data and partition key of one record."""
        return int(self.summary().get("MaxRecordSizeInKiB") or quotas.RECORD_DEFAULT_MAX_KIB) * quotas.KIB

    # Time

    @property
    def retention_ms(self) -> int:
        return int(self.summary()["RetentionPeriodHours"]) * HOUR_MS

    def horizon_ms(self) -> int:
        """The lab's time before which records have expired: the trim horizon."""
        return max(self.trimmed_ms, self.account.now_ms() - self.retention_ms)

    def is_expired(self, shard_id: str) -> bool:
        """Whether a shard was closed so long ago that all its records have expired; it is listed no more."""
        closed = self.lives[shard_id].closed
        return closed is not None and self.account.timeline.lab(closed) < self.horizon_ms()

    def listed_shards(self) -> list[Wire]:
        """All shards that are not expired, by their ids."""
        return [dict(s) for s in self.shards().shards if not self.is_expired(str(s["ShardId"]))]

    def existing_shard(self, shard_id: str) -> Wire:
        """A shard that is not expired. Raises ResourceNotFoundException."""
        shard = self.shards().by_id.get(shard_id)
        if shard is None or self.is_expired(shard_id):
            raise ResourceNotFoundException(f"Shard {shard_id} in {self.where()} does not exist")
        return dict(shard)

    # Quotas

    def limits_of(self, shard_id: str) -> ShardLimits:
        """The buckets of a shard; a new shard's are full."""
        found = self.limits.get(shard_id)
        if found is None:
            found = self.limits.setdefault(shard_id, ShardLimits(time.monotonic()))
        return found

    def growing(self, now: float) -> Growth | None:
        """How an on-demand stream grows, brought up to date; None for a provisioned one. Hold the lock."""
        if self.mode != "ON_DEMAND":
            self.growth = None
            return None
        if self.growth is None:
            self.growth = Growth.of(len(self.shards().open), now)
        self.growth.settle(now, self.minute())
        return self.growth

    def minute(self) -> int:
        """The lab clock's, since 1970."""
        return self.account.now_ms() // MINUTE_MS

    def times_today(self, what: str) -> int:
        """How often WHAT was noted within the last 24 hours of the lab's clock."""
        since = self.account.now_ms() - 24 * HOUR_MS
        self.history[what] = [moment for moment in self.history[what] if moment > since]
        return len(self.history[what])

    def note(self, what: str) -> None:
        """WHAT happens now."""
        self.history[what].append(self.account.now_ms())

    def wake(self) -> None:
        """Let those who wait for records look."""
        with self.arrival:
            self.writes += 1
            self.arrival.notify_all()


def _without_nulls(shard: Wire) -> Wire:
    kept = {name: value for name, value in shard.items() if value is not None}
    numbers = kept["SequenceNumberRange"]
    return kept | {"SequenceNumberRange": {n: value for n, value in numbers.items() if value is not None}}


class Streams:
    """All streams that were spoken of, by ARN."""

    def __init__(self) -> None:
        self._by_arn: dict[str, Stream] = {}
        self._by_token: dict[str, Stream] = {}
        self._lock = threading.Lock()

    def at(self, arn: str, url: Callable[[], str]) -> Stream:
        """The stream of an ARN, whether it exists or not."""
        found = self._by_arn.get(arn)
        if found is None:
            parts = arn.split(":", 5)
            if len(parts) != 6 or not parts[5].startswith("stream/") or len(parts[4]) != 12:
                raise InvalidArgumentException(f"StreamARN '{arn}' is no ARN of a stream.")
            with self._lock:
                found = self._by_arn.setdefault(arn, Stream(arn, Backend(url, parts[4], parts[3])))
                self._by_token[found.token] = found
        return found

    def of_token(self, token: str) -> Stream | None:
        """The stream that a shard iterator was made for, unless it was deleted since."""
        return self._by_token.get(token)

    def forget(self, arn: str) -> None:
        """The stream was deleted; one of the same name that comes is another."""
        with self._lock:
            gone = self._by_arn.pop(arn, None)
            if gone is not None:
                self._by_token.pop(gone.token, None)
        if gone is not None:
            gone.changed()

    def of_account(self, account_id: str) -> list[Stream]:
        """The streams of an account, in all regions."""
        with self._lock:
            return [stream for stream in self._by_arn.values() if stream.account.id == account_id]


STREAMS = Streams()


def arn_in(context: RequestContext, request: dict[str, Any]) -> str | None:
    """The ARN of the stream that a request names, by ARN, consumer's ARN or name."""
    for name in ("StreamARN", "ResourceARN", "ConsumerARN"):
        if arn := request.get(name):
            return str(arn).partition("/consumer/")[0]
    if name := request.get("StreamName"):
        return f"arn:{context.partition}:kinesis:{context.region}:{context.account_id}:stream/{name}"
    return None
