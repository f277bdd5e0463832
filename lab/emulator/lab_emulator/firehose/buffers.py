"""Records that wait to be delivered, and the thread that delivers them when a buffer is full or old enough.

Sources: API model, BufferingHints; PutRecordBatch: "Data records sent to Firehose are stored for 24 hours ...
as it attempts to send the records to the destination"; DeleteDeliveryStream: "Deletes a Firehose stream and
its data". Intervals are real time, divided by the account's speed (control switch `firehose`).
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from localstack.runtime import hooks

from lab.rules import quotas
from lab_emulator.accounts import control
from lab_emulator.accounts.registry import Account

LOG = logging.getLogger(__name__)
RETRY_SECONDS: Final = 5.0
FASTEST: Final = 3_600.0
"""The greatest speed: an interval of 300 s is then a twelfth of a second."""

Deliver = Callable[[bytes, int], None]
"""Writes one object of these bytes; the arrival of its oldest record, ms since 1970 by the account's clock.
Raises when the destination does not take it."""


@dataclass
class Batch:
    """What becomes one object. `began`: the machine's monotonic time of the first record."""

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

    def add(self, records: Sequence[bytes], arrived_ms: int, now: float) -> None:
        for plain in records:
            record = plain + self.delimiter
            batch = self.filling = self.filling or Batch(now, arrived_ms)
            batch.records.append(record)
            batch.size += len(record)
            if batch.size >= self.limit_bytes:
                self.full.append(batch)
                self.filling = None

    def waiting(self) -> list[Batch]:
        return [*self.full, *([self.filling] if self.filling else [])]

    def due(self, speed: float) -> float | None:
        """The monotonic time at which something is to be delivered; none when nothing waits."""
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
                buffer.full, buffer.filling = [], None

    def add(self, arn: str, records: Sequence[bytes], arrived_ms: int) -> None:
        """Take records in. They are dropped when the stream is gone."""
        with self._changed:
            buffer = self._buffers.get(arn)
            if buffer is None:
                return
            buffer.add(records, arrived_ms, time.monotonic())
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

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                found = self._due(now)
                if not found:
                    self._changed.wait(self._until_next(now))
                    continue
            for buffer, batch in found:
                self._deliver(buffer, batch)

    def _due(self, now: float) -> list[tuple[Buffer, Batch]]:
        taken = ((buffer, buffer.take(self.speed(buffer.account), now)) for buffer in self._buffers.values())
        return [(buffer, batch) for buffer, batch in taken if batch is not None]

    def _until_next(self, now: float) -> float | None:
        times = [buffer.due(self.speed(buffer.account)) for buffer in self._buffers.values()]
        return min((max(0.0, moment - now) for moment in times if moment is not None), default=None)

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
            if batch in buffer.full:
                buffer.full.remove(batch)

    def _keep(self, buffer: Buffer, batch: Batch) -> bool:
        speed = self.speed(buffer.account)
        with self._changed:
            batch.retry_at = time.monotonic() + RETRY_SECONDS / speed
            return time.monotonic() - batch.began < quotas.FIREHOSE_KEPT_HOURS * 3600 / speed


DELIVERIES = Deliveries()


def _show(account: Account) -> dict[str, Any]:
    return {"speed": DELIVERIES.speed(account.id), "waiting": DELIVERIES.waiting(account.id)}


def _set(account: Account, body: dict[str, Any]) -> None:
    speed = body.get("speed")
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= FASTEST:
        raise ValueError(f"speed is a number above 0, at most {FASTEST:g}: 60 makes a minute a second")
    DELIVERIES.set_speed(account.id, float(speed))


@hooks.on_infra_start()
def add_switch() -> None:
    control.switch("firehose", _show, _set)
    control.on_wipe(DELIVERIES.forget)
