"""Records that wait until there are enough of them, or they have waited long enough. Whichever comes first.

Sources: API model, BufferingHints; Firehose guide, "Buffer data for dynamic partitioning": a buffer for each
partition, and no more than 500 of them at a time. No threads, and no LocalStack, here.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from lab.rules import quotas
from lab_emulator.firehose.records import Keys

Reason = Literal["size", "time"]
DELIVERY, BACKUP, ERRORS = "delivery", "backup", "errors"


@dataclass(frozen=True)
class Place:
    """What goes into one object together. `error`: the type, among the failed records."""

    kind: str = DELIVERY
    keys: Keys = ()
    error: str = ""


@dataclass(frozen=True)
class Limits:
    size: int
    """Bytes."""
    seconds: float


@dataclass(eq=False)
class Batch:
    """What becomes one object. `began`: the account's time of its first record, seconds since 1970."""

    place: Place
    began: float
    oldest_ms: int
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    reason: Reason = "time"
    full_at: float = 0.0
    """The account's time at which it was full, or old enough."""
    retry_at: float = 0.0
    """The machine's monotonic time of the next try."""
    tries: int = 0


@dataclass
class Buffer:
    """One Firehose stream's batches: `full` wait for their delivery in order, one of a place is `filling`."""

    limits: dict[str, Limits]
    """By the kind of a place."""
    full: list[Batch] = field(default_factory=list)
    filling: dict[Place, Batch] = field(default_factory=dict)

    def add(self, place: Place, part: bytes, arrived_ms: int, now: float, speed: float) -> None:
        """One record more. A batch that is old enough takes none, also when nobody has looked since."""
        batch = self.filling.get(place)
        if batch is not None and now > self._due(batch, speed):
            self._close(batch, "time", self._due(batch, speed))
            batch = None
        if batch is None:
            batch = self.filling[place] = Batch(place, now, arrived_ms)
        batch.parts.append(part)
        batch.size += len(part)
        batch.oldest_ms = min(batch.oldest_ms, arrived_ms)
        if batch.size >= self.limits[place.kind].size:
            self._close(batch, "size", now)

    def _due(self, batch: Batch, speed: float) -> float:
        return batch.began + self.limits[batch.place.kind].seconds / speed

    def _close(self, batch: Batch, reason: Reason, at: float) -> None:
        batch.reason, batch.full_at = reason, at
        self.full.append(self.filling.pop(batch.place))

    def has_room(self, place: Place) -> bool:
        """Whether a partition is active, or may become so."""
        if place in self.filling:
            return True
        return self.active() < MOST_PARTITIONS

    def active(self) -> int:
        return sum(place.kind == DELIVERY for place in self.filling)

    def first_filling(self) -> Batch | None:
        """The oldest one that is being filled, failed records and backup left out."""
        return next((one for place, one in self.filling.items() if place.kind == DELIVERY), None)

    def ripen(self, now: float, speed: float) -> None:
        """What has waited long enough is full."""
        for batch in list(self.filling.values()):
            if now >= self._due(batch, speed):
                self._close(batch, "time", self._due(batch, speed))

    def next(self, monotonic: float) -> Batch | None:
        """The first batch of each kind keeps those behind it waiting; the first that may be tried now."""
        seen: set[str] = set()
        for batch in self.full:
            if batch.place.kind in seen:
                continue
            if batch.retry_at <= monotonic:
                return batch
            seen.add(batch.place.kind)
        return None

    def waiting(self) -> list[Batch]:
        return [*self.full, *self.filling.values()]

    def empty(self) -> None:
        self.full, self.filling = [], {}


MOST_PARTITIONS: Final = quotas.FIREHOSE_ACTIVE_PARTITIONS
