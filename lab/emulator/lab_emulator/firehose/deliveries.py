"""A Firehose stream at work: records come in, are shaped, wait, and become objects.

One thread sees what is due for all streams and writes to S3. A function or a jq query may take long, so
each stream that has one gets a thread for a batch, one batch at a time. Intervals pass by the account's
clock, divided by the account's speed (control switch `firehose`).

Sources: API model, PutRecordBatch: "Data records sent to Firehose are stored for 24 hours ... as it
attempts to send the records to the destination"; DeleteDeliveryStream: "Deletes a Firehose stream and its
data"; Firehose guide, "Handle data delivery failures": from a Kinesis stream, as long as the source keeps
them.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from localstack.runtime import hooks

from lab.rules import quotas
from lab_emulator.accounts import control
from lab_emulator.accounts.registry import ACCOUNTS, Account
from lab_emulator.firehose import log
from lab_emulator.firehose.buffers import BACKUP, DELIVERY, ERRORS, Batch, Buffer, Limits, Place
from lab_emulator.firehose.metrics import Meter
from lab_emulator.firehose.objects import Writer
from lab_emulator.firehose.partitioning import Query
from lab_emulator.firehose.processors import Processing
from lab_emulator.firehose.records import Failure, Record, told
from lab_emulator.firehose.splitting import split
from lab_emulator.firehose.transforming import PAUSE_SECONDS, Caller, transformed

LOG = logging.getLogger(__name__)
RETRY_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.1
"""How soon a moved clock is seen when something waits."""
FASTEST: Final = 3_600.0
"""The greatest speed: an interval of 300 s is then a twelfth of a second."""
EXCEEDED: Final = Failure(
    "activePartitionExceeded",
    "DynamicPartitioning.ActivePartitionLimitExceeded",
    f"There are {quotas.FIREHOSE_ACTIVE_PARTITIONS} active partitions already",
)
BROKEN: Final = Failure("processing-failed", "Lab.Broken", "The lab could not process it: see `lab logs`")


@dataclass
class Plan:
    """What a Firehose stream is set to."""

    writer: Writer
    processing: Processing
    limits: dict[str, Limits]
    kept_seconds: Callable[[], float] = lambda: quotas.FIREHOSE_KEPT_HOURS * 3600.0
    """How long a destination that does not take the data is tried."""
    source: str = ""
    """The ARN of the Kinesis stream."""


class Origin(NamedTuple):
    """Where records were read: a shard, and the first and last place in it (`lab.rules.sequence_numbers`)."""

    shard: str
    first: int
    last: int


@dataclass(eq=False)
class Line:
    """One Firehose stream's way from a put to an object."""

    account: str
    region: str
    name: str
    arn: str
    plan: Plan
    meter: Meter
    query: Query | None = None
    buffer: Buffer = field(default_factory=lambda: Buffer({}))
    unshaped: list[Record] = field(default_factory=list)
    unshaped_bytes: int = 0
    unshaped_since: float = 0.0
    at_work: int = 0
    """Records that are at the function or the query."""
    counts: Counter[str] = field(default_factory=Counter)
    """received, delivered, failed, dropped, lost, backed up: records."""
    objects: Counter[str] = field(default_factory=Counter)
    """Of the delivered objects: how many, and their bytes."""
    taken: dict[str, list[list[int]]] = field(default_factory=dict)
    """Of a stream as source, by shard: the first and last places of what was read without a gap."""
    open: bool = True

    @property
    def now(self) -> float:
        return ACCOUNTS[self.account].now()

    def take(self, records: Sequence[Record], speed: float) -> None:
        """Records that came in, in the order of the guide: taken apart, backed up, then shaped."""
        processing, now = self.plan.processing, self.now
        if self.plan.writer.backup is not None:
            for record in records:
                self.buffer.add(Place(BACKUP), record.raw, record.arrived_ms, now, speed)
        if processing.splits:
            records = [
                Record(part, one.arrived_ms, part, origin=one.origin)
                for one in records
                for part in split(one.data, processing.split_at)
            ]
        self.counts["received"] += len(records)
        if processing.transformation is None and self.query is None:
            self.put_out(records, now, speed)
            return
        if not self.unshaped:
            self.unshaped_since = now
        self.unshaped += records
        self.unshaped_bytes += sum(len(one.data) for one in records)

    def shapes(self, speed: float) -> list[Record]:
        """The batch that is to be shaped now; none when there is none, or one is at work."""
        if not self.unshaped or self.at_work:
            return []
        plan = self.plan.processing.transformation
        number = len(self.unshaped)
        if plan is not None:
            full = self.unshaped_bytes >= plan.limit_bytes
            if not full and self.now < self.unshaped_since + plan.seconds / speed:
                return []
            number = _fitting(self.unshaped, plan.limit_bytes)
        batch, self.unshaped = self.unshaped[:number], self.unshaped[number:]
        self.unshaped_bytes -= sum(len(one.data) for one in batch)
        self.at_work = len(batch)
        return batch

    def put_out(self, records: Sequence[Record], now: float, speed: float) -> None:
        """Into the buffers, each to its partition."""
        end, exceeded = self.plan.processing.delimiter, False
        for record in records:
            place = Place(keys=record.keys)
            if self.plan.processing.partitioned and not self.buffer.has_room(place):
                exceeded = True
                self.fail(record, EXCEEDED, now, speed)
                continue
            self.buffer.add(place, record.data + end, record.arrived_ms, now, speed)
        if records and self.plan.processing.partitioned:
            self.meter.partitions(self.buffer.active(), exceeded=exceeded)

    def fail(self, record: Record, failure: Failure, now: float, speed: float) -> None:
        line = told(record, failure, round(now * 1000))
        self.buffer.add(Place(ERRORS, error=failure.kind), line, record.arrived_ms, now, speed)

    def note(self, origin: Origin) -> None:
        """Remember where records came from."""
        runs = self.taken.setdefault(origin.shard, [])
        if runs and runs[-1][1] == origin.first - 1:
            runs[-1][1] = origin.last
        else:
            runs.append([origin.first, origin.last])

    def close(self) -> None:
        self.open = False
        if left := self.waiting()["records"]:
            self.counts["lost"] += left
        self.buffer.empty()
        self.unshaped, self.unshaped_bytes = [], 0
        if self.query is not None:
            # In a thread of its own: a query that is running is waited for.
            threading.Thread(target=self.query.end, daemon=True).start()

    def told(self) -> dict[str, Any]:
        """How it stands, for the switch."""
        limits, filling = self.plan.limits[DELIVERY], self.buffer.first_filling()
        counted = {"objects": self.objects["objects"], "records": self.counts["delivered"]}
        return {
            "name": self.name,
            "open": self.open,
            "limit_bytes": limits.size,
            "interval_seconds": limits.seconds,
            "records": self.waiting()["records"] if self.open else 0,
            "filling_bytes": filling.size if filling else 0,
            "filling_seconds": self.now - filling.began if filling else None,
            "delivered": counted | {"bytes": self.objects["bytes"]},
            "dropped": self.counts["lost"],
            "taken": self.taken,
        }

    def waiting(self) -> dict[str, int]:
        """Records and bytes that are not written yet, the source's backup left out.

        `shaped`: those records of them that are past the function and the query.
        """
        batches = [one for one in self.buffer.waiting() if one.place.kind != BACKUP]
        shaped = sum(len(one.parts) for one in batches)
        return {
            "records": shaped + len(self.unshaped) + self.at_work,
            "shaped": shaped,
            "bytes": sum(one.size for one in batches) + self.unshaped_bytes,
        }


def _fitting(records: Sequence[Record], most: int) -> int:
    """How many records make a batch of MOST bytes; at least one."""
    size = 0
    for number, record in enumerate(records):
        size += len(record.data)
        if size >= most:
            return number + 1 if size == most or number == 0 else number
    return len(records)


class Deliveries:
    """All Firehose streams, and one thread for them all, which begins with the first record."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._closed: list[Line] = []
        """Firehose streams that were deleted: what became of their records is still told."""
        self._speeds: dict[str, float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def open(self, line: Line) -> None:
        """A new Firehose stream."""
        with self._changed:
            line.buffer.limits = line.plan.limits
            self._lines[line.arn] = line

    def change(self, arn: str, plan: Plan, query: Query | None) -> None:
        """New settings; they are for what waits already too, but for its shape."""
        with self._changed:
            line = self._lines[arn]
            line.plan, line.buffer.limits = plan, plan.limits
            before, line.query = line.query, query
            self._changed.notify()
        if before is not None:
            before.end()

    def close(self, arn: str) -> None:
        """Drop a Firehose stream and its data."""
        with self._changed:
            if line := self._lines.pop(arn, None):
                line.close()
                self._closed.append(line)

    def add(self, arn: str, records: Sequence[Record], origin: Origin | None = None) -> None:
        """Take records in. They are dropped when the stream is gone."""
        with self._changed:
            line = self._lines.get(arn)
            if line is None:
                return
            line.take(records, self.speed(line.account))
            if origin is not None:
                line.note(origin)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lab-firehose", daemon=True)
                self._thread.start()
            self._changed.notify()

    def meter(self, arn: str) -> Meter | None:
        line = self._lines.get(arn)
        return line.meter if line else None

    def is_stuck(self, arn: str) -> bool:
        """Whether the destination did not take the oldest batch at its last try."""
        with self._changed:
            line = self._lines.get(arn)
            return bool(line and any(batch.tries for batch in line.buffer.full))

    def speed(self, account: str) -> float:
        return self._speeds.get(account, 1.0)

    def set_speed(self, account: str, speed: float) -> None:
        with self._changed:
            self._speeds[account] = speed
            self._changed.notify()

    def forget(self, account: str) -> None:
        """An account is wiped."""
        with self._changed:
            arns = [arn for arn, line in self._lines.items() if line.account == account]
            self._speeds.pop(account, None)
        for arn in arns:
            self.close(arn)
        with self._changed:
            self._closed = [line for line in self._closed if line.account != account]
        log.LOG.forget(account)

    def told(self, account: str) -> dict[str, Any]:
        """What waits in each Firehose stream of an account, what became of the rest, and every object.

        `streams` tells how each stands, those that were deleted first.
        """
        with self._changed:
            mine = [line for line in self._lines.values() if line.account == account]
            return {
                "waiting": {line.name: line.waiting() for line in mine},
                "records": {line.name: dict(line.counts) for line in mine},
                "streams": [
                    line.told() for line in [*self._closed, *self._lines.values()] if line.account == account
                ],
                "objects": log.LOG.told(account),
            }

    def _run(self) -> None:
        while True:
            with self._changed:
                lines = list(self._lines.values())
                for line in lines:
                    self._ripen(line)
                found = [(line, batch) for line in lines if (batch := line.buffer.next(time.monotonic()))]
                if not found:
                    waits = any(line.buffer.waiting() or line.unshaped for line in lines)
                    self._changed.wait(LOOK_SECONDS if waits else None)
                    continue
            for line, batch in found:
                self._deliver(line, batch)

    def _ripen(self, line: Line) -> None:
        speed = self.speed(line.account)
        line.buffer.ripen(line.now, speed)
        if records := line.shapes(speed):
            threading.Thread(
                target=self._shape, args=(line, records, line.plan, line.query), daemon=True
            ).start()

    def _shape(self, line: Line, records: list[Record], plan: Plan, query: Query | None) -> None:
        """The function, then the query. Whatever happens there, the records go somewhere."""
        good, failed, dropped = records, [], 0
        try:
            if plan.processing.transformation is not None:
                good, failed, dropped = self._transform(line, records, plan)
            if query is not None:
                good, more = _partitioned(query, good)
                failed += more
        except Exception:
            LOG.exception("Firehose stream %s could not shape %d records", line.name, len(records))
            good, failed, dropped = [], [(record, BROKEN) for record in records], 0
        with self._changed:
            line.at_work = 0
            if line.open:
                if dropped:
                    line.counts["dropped"] += dropped
                now, speed = line.now, self.speed(line.account)
                line.put_out(good, now, speed)
                for record, failure in failed:
                    line.fail(record, failure, now, speed)
            self._changed.notify()

    def _transform(
        self, line: Line, records: list[Record], plan: Plan
    ) -> tuple[list[Record], list[tuple[Record, Failure]], int]:
        """The records to go on with, those that failed and why, and how many were dropped."""
        transformation = plan.processing.transformation
        assert transformation is not None
        pause = PAUSE_SECONDS / self.speed(line.account)
        caller = Caller(line.arn, line.account, line.region, plan.source, pause)
        by_function = "partitionKeyFromLambda" in plan.writer.delivery.names.prefix
        began = time.perf_counter()
        verdicts = transformed(caller, transformation, records, keys=by_function)
        good = [one for one in verdicts if isinstance(one, Record)]
        failed = [
            (record, one) for record, one in zip(records, verdicts, strict=True) if isinstance(one, Failure)
        ]
        dropped = verdicts.count(None)
        milliseconds = (time.perf_counter() - began) * 1000
        fine = [record for record, one in zip(records, verdicts, strict=True) if not isinstance(one, Failure)]
        line.meter.processed(milliseconds, sum(len(one.data) for one in fine), len(fine), len(records))
        return good, failed, dropped

    def _deliver(self, line: Line, batch: Batch) -> None:
        worked, where = True, ("", "")
        try:
            where = line.plan.writer.write(batch)
        except (BotoCoreError, ClientError, OSError) as error:
            worked = False
            LOG.warning("Firehose stream %s could not deliver: %s", line.name, error)
        with self._changed:
            if batch not in line.buffer.full:
                return  # the stream was deleted meanwhile
            # The lab looks at a moved clock a moment later; the moment that counts is when the batch was due.
            at = line.now if batch.tries else batch.full_at
            age = max(0.0, at - batch.oldest_ms / 1000)
            line.meter.tried(batch, age, worked=worked)
            if worked:
                self._done(line, batch, where, at)
            elif line.now - batch.began < line.plan.kept_seconds() / self.speed(line.account):
                batch.tries += 1
                batch.retry_at = time.monotonic() + RETRY_SECONDS / self.speed(line.account)
            else:
                LOG.warning("Firehose stream %s loses %d records", line.name, len(batch.parts))
                if batch.place.kind != BACKUP:
                    line.counts["lost"] += len(batch.parts)
                line.buffer.full.remove(batch)

    @staticmethod
    def _done(line: Line, batch: Batch, where: tuple[str, str], at: float) -> None:
        line.buffer.full.remove(batch)
        kind = {BACKUP: "backed up", ERRORS: "failed"}.get(batch.place.kind, "delivered")
        line.counts[kind] += len(batch.parts)
        if batch.place.kind == DELIVERY:
            line.objects.update(objects=1, bytes=batch.size)
        entry = log.Entry(
            at=at,
            stream=line.name,
            kind=batch.place.kind,
            bucket=where[0],
            key=where[1],
            records=len(batch.parts),
            bytes=batch.size,
            reason=batch.reason,
            age=round(max(0.0, at - batch.oldest_ms / 1000), 3),
        )
        log.LOG.add(line.account, entry)


def _partitioned(
    query: Query, records: Sequence[Record]
) -> tuple[list[Record], list[tuple[Record, Failure]]]:
    good, failed = [], []
    for record, keys in zip(records, query.keys([one.data for one in records]), strict=True):
        if isinstance(keys, Failure):
            failed.append((record, keys))
        else:
            good.append(record.now(record.data, keys))
    return good, failed


DELIVERIES = Deliveries()


def _show(account: Account) -> dict[str, Any]:
    return {"speed": DELIVERIES.speed(account.id), **DELIVERIES.told(account.id)}


def _set(account: Account, body: dict[str, Any]) -> None:
    speed = body.get("speed")
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= FASTEST:
        raise ValueError(f"speed is a number above 0, at most {FASTEST:g}: 60 makes a minute a second")
    DELIVERIES.set_speed(account.id, float(speed))


@hooks.on_infra_start()
def add_switch() -> None:
    control.switch("firehose", _show, _set)
    control.on_wipe(DELIVERIES.forget)
