"""Records that wait to be delivered, and the thread that delivers them when a buffer is full or old enough.

Sources: API model, BufferingHints; PutRecordBatch: "Data records sent to Firehose are stored for 24 hours ...
as it attempts to send the records to the destination"; DeleteDeliveryStream: "Deletes a Firehose stream and
its data". Intervals go by the account's clock, divided by its speed (control switch `firehose`).
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from localstack.runtime import hooks

from lab.rules import quotas
from lab_emulator.accounts import control
from lab_emulator.accounts.registry import ACCOUNTS, Account

LOG = logging.getLogger(__name__)
RETRY_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.1
"""The machine's: how soon a moved clock is noticed while something waits."""
FASTEST: Final = 3_600.0
"""The greatest speed: an interval of 300 s is then a twelfth of a second."""

Deliver = Callable[[bytes, int], None]
"""Writes one object of these bytes; the arrival of its oldest record, ms since 1970 by the account's clock.
Raises when the destination does not take it."""


class Origin(NamedTuple):
    """Where records were read: a shard, and the first and last place in it (`lab.rules.sequence_numbers`)."""

    shard: str
    first: int
    last: int


@dataclass(eq=False)
class Batch:
    """What becomes one object. `began`: when its first record was taken in, in the account's seconds."""

    began: float
    oldest_ms: int
    records: list[bytes] = field(default_factory=list)
    size: int = 0
    retry_at: float = 0


@dataclass
class Buffer:
    """One Firehose stream's records: batches that are full, and the one that is filled."""

    account: str
    name: str
    deliver: Deliver
    limit_bytes: int
    interval_seconds: int
    delimiter: bytes = b""
    """What follows each record in an object."""
    full: list[Batch] = field(default_factory=list)
    filling: Batch | None = None
    delivered: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Objects, records and bytes that the destination has taken."""
    dropped: int = 0
    """Records that were given up, or deleted with the stream."""
    taken: dict[str, list[list[int]]] = field(default_factory=dict)
    """Of a stream as source, by shard: the first and last places of what was read without a gap."""

    def add(self, records: Sequence[bytes], arrived_ms: int, now: float) -> None:
        for plain in records:
            record = plain + self.delimiter
            batch = self.filling = self.filling or Batch(now, arrived_ms)
            batch.records.append(record)
            batch.size += len(record)
            if batch.size >= self.limit_bytes:
                self.full.append(batch)
                self.filling = None

    def note(self, origin: Origin) -> None:
        """Remember where records came from."""
        runs = self.taken.setdefault(origin.shard, [])
        if runs and runs[-1][1] == origin.first - 1:
            runs[-1][1] = origin.last
        else:
            runs.append([origin.first, origin.last])

    def is_done_with(self, batch: Batch, *, delivered: bool) -> None:
        """BATCH waits no more."""
        if batch not in self.full:
            return  # the stream was deleted meanwhile
        self.full.remove(batch)
        if delivered:
            for place, more in enumerate((1, len(batch.records), batch.size)):
                self.delivered[place] += more
        else:
            self.dropped += len(batch.records)

    def told(self, now: float) -> dict[str, Any]:
        """How it stands, for the switch."""
        batches, (objects, records, size) = self.waiting(), self.delivered
        return {
            "name": self.name,
            "limit_bytes": self.limit_bytes,
            "interval_seconds": self.interval_seconds,
            "records": sum(len(batch.records) for batch in batches),
            "filling_bytes": self.filling.size if self.filling else 0,
            "filling_seconds": now - self.filling.began if self.filling else None,
            "delivered": {"objects": objects, "records": records, "bytes": size},
            "dropped": self.dropped,
            "taken": self.taken,
        }

    def waiting(self) -> list[Batch]:
        return [*self.full, *([self.filling] if self.filling else [])]

    def due(self, speed: float) -> float | None:
        """When something is to be delivered; none when nothing waits."""
        if self.full:
            return self.full[0].retry_at
        return self.filling.began + self.interval_seconds / speed if self.filling else None

    def take(self, speed: float, now: float) -> Batch | None:
        """The batch that is due, in order."""
        due = self.due(speed)
        if due is None or due > now:
            return None
        if not self.full and self.filling:
            self.full, self.filling = [self.filling], None
        return self.full[0]


class Deliveries:
    """All buffers, and one thread for them all, which begins with the first record."""

    def __init__(self) -> None:
        self._buffers: dict[str, Buffer] = {}
        self._closed: list[Buffer] = []
        """Of streams that were deleted: what became of their records is still told."""
        self._speeds: dict[str, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def open(self, arn: str, buffer: Buffer) -> None:
        """A new Firehose stream."""
        with self._changed:
            self._buffers[arn] = buffer

    def change(
        self, arn: str, deliver: Deliver, limit_bytes: int, interval_seconds: int, delimiter: bytes = b""
    ) -> None:
        """New settings; they are for what waits already too, but for the delimiter."""
        with self._changed:
            buffer = self._buffers[arn]
            buffer.deliver, buffer.limit_bytes = deliver, limit_bytes
            buffer.interval_seconds, buffer.delimiter = interval_seconds, delimiter
            self._changed.notify()

    def close(self, arn: str) -> None:
        """Drop a Firehose stream and its data."""
        with self._changed:
            buffer = self._buffers.pop(arn, None)
            if buffer:
                buffer.dropped += sum(len(batch.records) for batch in buffer.waiting())
                buffer.full, buffer.filling = [], None
                self._closed.append(buffer)

    def add(self, arn: str, records: Sequence[bytes], arrived_ms: int, origin: Origin | None = None) -> None:
        """Take records in. They are dropped when the stream is gone."""
        with self._changed:
            buffer = self._buffers.get(arn)
            if buffer is None:
                return
            buffer.add(records, arrived_ms, _now(buffer))
            if origin is not None:
                buffer.note(origin)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lab-firehose", daemon=True)
                self._thread.start()
            self._changed.notify()

    def is_stuck(self, arn: str) -> bool:
        """Whether the destination did not take the oldest batch at its last try."""
        with self._changed:
            buffer = self._buffers.get(arn)
            return bool(buffer and buffer.full and buffer.full[0].retry_at)

    def speed(self, account: str) -> float:
        return self._speeds.get(account, 1.0)

    def set_speed(self, account: str, speed: float) -> None:
        with self._changed:
            self._speeds[account] = speed
            self._changed.notify()

    def forget(self, account: str) -> None:
        """An account is wiped."""
        with self._changed:
            arns = [arn for arn, buffer in self._buffers.items() if buffer.account == account]
            self._speeds.pop(account, None)
        for arn in arns:
            self.close(arn)
        with self._changed:
            self._closed = [buffer for buffer in self._closed if buffer.account != account]

    def waiting(self, account: str) -> dict[str, dict[str, int]]:
        """Records and bytes in the buffers of an account, by the stream's name."""
        with self._changed:
            mine = [buffer for buffer in self._buffers.values() if buffer.account == account]
            return {
                buffer.name: {
                    "records": sum(len(batch.records) for batch in buffer.waiting()),
                    "bytes": sum(batch.size for batch in buffer.waiting()),
                }
                for buffer in mine
            }

    def told(self, account: Account) -> list[dict[str, Any]]:
        """How the buffers of an account stand, those of deleted streams first."""
        with self._changed:
            now = account.now()
            every = [(False, one) for one in self._closed] + [(True, one) for one in self._buffers.values()]
            return [one.told(now) | {"open": is_open} for is_open, one in every if one.account == account.id]

    def _run(self) -> None:
        while True:
            with self._changed:
                found = self._due()
                if not found:
                    waits = any(buffer.waiting() for buffer in self._buffers.values())
                    self._changed.wait(LOOK_SECONDS if waits else None)
                    continue
            for buffer, batch in found:
                self._deliver(buffer, batch)

    def _due(self) -> list[tuple[Buffer, Batch]]:
        taken = (
            (buffer, buffer.take(self.speed(buffer.account), _now(buffer)))
            for buffer in self._buffers.values()
        )
        return [(buffer, batch) for buffer, batch in taken if batch is not None]

    def _deliver(self, buffer: Buffer, batch: Batch) -> None:
        try:
            buffer.deliver(b"".join(batch.records), batch.oldest_ms)
        except (BotoCoreError, ClientError, OSError) as error:
            if self._keep(buffer, batch):
                LOG.warning(
                    "Firehose stream %s could not deliver, and will try again: %s", buffer.name, error
                )
                return
            LOG.warning("Firehose stream %s drops %d records after 24 hours", buffer.name, len(batch.records))
            with self._changed:
                buffer.is_done_with(batch, delivered=False)
            return
        with self._changed:
            buffer.is_done_with(batch, delivered=True)

    def _keep(self, buffer: Buffer, batch: Batch) -> bool:
        speed = self.speed(buffer.account)
        with self._changed:
            now = _now(buffer)
            batch.retry_at = now + RETRY_SECONDS / speed
            return now - batch.began < quotas.FIREHOSE_KEPT_HOURS * 3600 / speed


def _now(buffer: Buffer) -> float:
    """Seconds since 1970, by the clock of the buffer's account."""
    return ACCOUNTS[buffer.account].now()


DELIVERIES = Deliveries()


def _show(account: Account) -> dict[str, Any]:
    return {
        "speed": DELIVERIES.speed(account.id),
        "waiting": DELIVERIES.waiting(account.id),
        "streams": DELIVERIES.told(account),
    }


def _set(account: Account, body: dict[str, Any]) -> None:
    speed = body.get("speed")
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= FASTEST:
        raise ValueError(f"speed is a number above 0, at most {FASTEST:g}: 60 makes a minute a second")
    DELIVERIES.set_speed(account.id, float(speed))


@hooks.on_infra_start()
def add_switch() -> None:
    control.switch("firehose", _show, _set)
    control.on_wipe(DELIVERIES.forget)
