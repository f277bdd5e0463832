"""One stream: its settings, its shards and what they hold."""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from lab.rules.arn import StreamArn
from lab.rules.hash_space import HashRange, even_ranges
from lab.rules.quotas import KIB, RECORD_DEFAULT_MAX_KIB, RETENTION_DEFAULT_HOURS
from lab_emulator.kinesis.store.consumers import Consumer
from lab_emulator.kinesis.store.errors import (
    ResourceInUseException,
    ResourceNotFoundException,
)
from lab_emulator.kinesis.store.lasting import Clock, Durations, State
from lab_emulator.kinesis.store.memory import Memory
from lab_emulator.kinesis.store.shard import Record, Shard, memory_of, shard_id, shard_number
from lab_emulator.kinesis.store.shard_map import ShardMap

HOUR_MS = 3_600_000
BORN_BEFORE_SECONDS = 3
"""AWS's numbers say that a new stream's shards were made some seconds before the stream was there."""

Mode = Literal["PROVISIONED", "ON_DEMAND"]


@dataclass(eq=False)
class Stream:
    """One stream of one account and Region. All times are its clock's, in milliseconds since 1970.

    Hold `lock` around everything that must happen together. What the lab knows beside AWS's own state, such
    as buckets, is kept elsewhere.
    """

    arn: StreamArn
    clock: Clock
    memory: Memory
    durations: Durations
    created: int
    state: State
    mode: Mode = "PROVISIONED"
    retention_hours: int = RETENTION_DEFAULT_HOURS
    record_max_kib: int = RECORD_DEFAULT_MAX_KIB
    warm_mib: int | None = None
    key_id: str | None = None
    """The KMS key; None for a stream without encryption."""
    metrics: frozenset[str] = frozenset()
    """Shard-level metrics that are switched on."""
    tags: dict[str, str] = field(default_factory=dict)
    policy: str | None = None
    consumers: dict[str, Consumer] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list, repr=False)
    token: bytes = field(default_factory=lambda: secrets.token_bytes(8))
    """Tells this stream from an earlier one of its name."""
    trimmed: int = 0
    """The moment before which records are gone for good: a longer retention does not bring them back."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    arrival: threading.Condition = field(default_factory=threading.Condition, repr=False)
    """Notified when there may be something new to read."""
    changes: int = 0
    """Grows whenever there may be something new to read."""
    map: ShardMap = field(init=False, repr=False)

    @property
    def name(self) -> str:
        return self.arn.name

    @property
    def where(self) -> str:
        """How AWS's messages name the stream."""
        return f"stream {self.arn.name} under account {self.arn.account}"

    @property
    def record_max_bytes(self) -> int:
        """Of data and partition key together."""
        return self.record_max_kib * KIB

    # State

    @property
    def status(self) -> str | None:
        """CREATING, ACTIVE, UPDATING or DELETING; None for a stream that is gone."""
        return self.state.at(self.clock())

    @property
    def takes_records(self) -> bool:
        """Whether records are written and read: ACTIVE and UPDATING (API model: StreamStatus)."""
        return self.status in ("ACTIVE", "UPDATING")

    def must_be_active(self) -> None:
        """Raises ResourceInUseException."""
        if (status := self.status) != "ACTIVE":
            raise ResourceInUseException(
                f"Stream {self.name} under account {self.arn.account} not ACTIVE, instead in state {status}"
            )

    def must_take_records(self) -> None:
        """Raises ResourceNotFoundException for a stream that is being made or deleted."""
        if not self.takes_records:
            raise self.not_found()

    def not_found(self) -> ResourceNotFoundException:
        return no_stream(self.arn)

    def is_updated(self) -> None:
        """A change was made: it is UPDATING for as long as that is to be seen."""
        self.state = State("UPDATING", self.clock() + self.durations.updating)
        self.wake()

    def is_deleted(self) -> int:
        """Deletion begins; what it holds is freed at once. How many bytes of memory that were."""
        with self.lock:
            if self.status == "CREATING":
                self.shards = []  # none of them was ever seen
            self.state = State("DELETING", self.clock() + self.durations.deleting)
            freed = sum(memory_of(record) for shard in self.shards for record in shard.records)
            for shard in self.shards:
                shard.first = shard.end
                shard.records = []
            self.consumers.clear()
            self.memory.give_back(self.arn.account, freed)
        self.wake()
        return freed

    def wake(self) -> None:
        """Let those who wait for records look."""
        with self.arrival:
            self.changes += 1
            self.arrival.notify_all()

    def encrypt(self, key_id: str | None) -> None:
        """From now on records are encrypted with a KMS key, or for None not at all. Hold the lock."""
        self.key_id = key_id
        for shard in self.shards:
            shard.encryption.append((shard.end, "NONE" if key_id is None else "KMS"))

    # Shards

    def begin(self, count: int) -> None:
        """COUNT shards of equal ranges, as CreateStream makes them."""
        epoch = max(self.created // 1000 - BORN_BEFORE_SECONDS, 0)
        self.shards = [
            Shard(number, range_, self.created, epoch) for number, range_ in enumerate(even_ranges(count))
        ]
        self.map = ShardMap(self.shards)

    def replace(self, parents: Sequence[Shard], ranges: Sequence[HashRange]) -> list[Shard]:
        """Close PARENTS and open a shard for each of RANGES, which cover the same hash keys.

        Whole or not at all: the new map is made before anything is changed. Hold the lock.
        """
        now = max(self.clock(), *(_latest(parent) for parent in parents))
        epoch = max(now // 1000, *(parent.epoch + 1 for parent in parents))
        count = len(self.shards)
        made = [
            Shard(count + place, range_, now, epoch, tuple(parent.number for parent in parents))
            for place, range_ in enumerate(ranges)
        ]
        for child in made:
            child.encryption = [(1, how) for _, how in parents[0].encryption[-1:]]
        new_map = ShardMap([*(shard for shard in self.map.open if shard not in parents), *made])
        self.shards += made
        self.map = new_map
        for parent in parents:
            parent.closed = now
            parent.children = tuple(child.number for child in made)
        return made

    @property
    def horizon(self) -> int:
        """The moment before which records have expired: the trim horizon."""
        return max(self.trimmed, self.clock() - self.retention_hours * HOUR_MS)

    def is_expired(self, shard: Shard) -> bool:
        """Whether a shard was closed so long ago that all its records have expired; it is listed no more."""
        return shard.closed is not None and shard.closed < self.horizon

    def listed(self) -> list[Shard]:
        """All shards that are not expired; none of a stream that is being made."""
        if self.status == "CREATING":
            return []
        horizon = self.horizon
        return [shard for shard in self.shards if shard.closed is None or shard.closed >= horizon]

    def number_in(self, name: str) -> int:
        """The number in a shard's name. Raises ResourceNotFoundException for a name without one."""
        number = shard_number(name)
        if number is None:
            raise no_shard(name, self.arn)
        return number

    def shard(self, name: str, missing: str = "Shard {} in {} does not exist") -> Shard:
        """A shard that is not expired. Raises ResourceNotFoundException, in the words of MISSING."""
        number = self.number_in(name)
        if number < len(self.shards) and self.status != "CREATING":
            found = self.shards[number]
            if not self.is_expired(found):
                return found
        raise ResourceNotFoundException(missing.format(shard_id(number), self.where))

    # Records

    def write(self, records: Sequence[tuple[Shard, bytes, str]]) -> list[int]:
        """Store records in their shards; the place of each. Hold the lock.

        Raises LimitExceededException, and stores nothing, when the lab's memory is full.
        """
        now = self.clock()
        made = [(shard, Record(data, key, now)) for shard, data, key in records]
        self.memory.take(self.arn.account, sum(memory_of(record) for _, record in made))
        places = []
        for shard, record in made:
            if shard.records and shard.records[-1].arrived > now:
                record = record._replace(arrived=shard.records[-1].arrived)
            places.append(shard.append(record))
        return places

    def trim(self, shard: Shard | None = None, *, wait: bool = True) -> None:
        """Free what has expired, in one shard or in all.

        `wait`: whether to wait for a stream that is in use. Who holds another stream's lock must not.
        """
        if not self.lock.acquire(blocking=wait):
            return
        try:
            horizon = self.horizon
            freed = sum(one.trim(horizon) for one in (self.shards if shard is None else (shard,)))
        finally:
            self.lock.release()
        if freed:
            self.memory.give_back(self.arn.account, freed)


def no_stream(arn: StreamArn) -> ResourceNotFoundException:
    """There is no such stream."""
    return ResourceNotFoundException(f"Stream {arn.name} under account {arn.account} not found.")


def no_shard(name: str, arn: StreamArn) -> ResourceNotFoundException:
    """NAME is no shard's."""
    return ResourceNotFoundException(
        f"Could not find shard {name} in stream {arn.name} under account {arn.account}."
    )


def _latest(shard: Shard) -> int:
    return shard.records[-1].arrived if shard.records else shard.created
