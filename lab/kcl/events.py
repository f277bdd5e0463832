"""What happens in a KCL application, as data: one JSON line an event, and the same as objects."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal[
    "worker_started",
    "worker_stopped",
    "worker_killed",
    "worker_ended",
    "lease_won",
    "delivered",
    "processed",
    "checkpoint",
    "checkpoint_refused",
    "lease_lost",
    "shard_ended",
    "shutdown_requested",
    "rule_broken",
    "printed",
    "complained",
    "processor_ended",
    "owner_changed",
]
"""worker_started, worker_stopped (it was asked to), worker_killed, worker_ended (by itself: `text` says how).

lease_won: a record processor begins with `shard` after `sequence_number` (or TRIM_HORIZON, LATEST).
delivered: KCL handed over `records`; processed: the processor has answered for `count` of them.
checkpoint: KCL stored `sequence_number` (or SHARD_END); checkpoint_refused: it did not, for `error`.
lease_lost, shard_ended, shutdown_requested: KCL told the processor so.
rule_broken: the processor did what KCL can't go on from; `text` says what.
printed, complained: a line (`text`) on the processor's stdout or stderr that is no message to KCL.
processor_ended: the processor's process ended; `text` is how.
owner_changed: the lease table names another `owner` (None: nobody) for `shard` than when last looked at.
"""


@dataclass(frozen=True)
class Record:
    """A record as KCL delivered it."""

    partition_key: str
    sequence_number: str
    sub_sequence_number: int
    """Place within an aggregated record, 0 otherwise."""
    arrival: float
    """ApproximateArrivalTimestamp, seconds since 1970."""
    data: bytes


@dataclass(frozen=True)
class Event:
    """One thing that happened; the fields that its kind does not use are None or empty."""

    at: float
    """Seconds since 1970, by this machine's clock."""
    kind: Kind
    worker: str | None = None
    shard: str | None = None
    sequence_number: str | None = None
    records: tuple[Record, ...] = ()
    count: int | None = None
    millis_behind_latest: int | None = None
    owner: str | None = None
    error: str | None = None
    text: str | None = None


def event_of(content: dict[str, Any], worker: str | None) -> Event:
    """The event that a JSON line holds; records are in it as KCL's protocol writes them."""
    records = tuple(record_of(record) for record in content.pop("records", ()))
    return Event(worker=worker, records=records, **content)


def record_of(message: dict[str, Any]) -> Record:
    """A record of KCL's protocol (MultiLangDaemon's JsonFriendlyRecord)."""
    return Record(
        partition_key=message["partitionKey"],
        sequence_number=message["sequenceNumber"],
        sub_sequence_number=int(message.get("subSequenceNumber") or 0),
        arrival=int(message.get("approximateArrivalTimestamp") or 0) / 1000,
        data=base64.b64decode(message["data"]),
    )


class EventFolder:
    """The files into which the record processors of one worker write, a file each, as they grow."""

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder = folder
        self._worker = worker
        self._read: dict[Path, int] = {}

    def new(self) -> list[Event]:
        """The events since the last call, in the order of time. A line that is not whole yet waits."""
        found = [event for file in self._folder.glob("*.jsonl") for event in self._new_of(file)]
        return sorted(found, key=lambda event: event.at)

    def _new_of(self, file: Path) -> Iterable[Event]:
        with file.open("rb") as lines:
            lines.seek(self._read.get(file, 0))
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                self._read[file] = self._read.get(file, 0) + len(line)
                yield event_of(json.loads(line), self._worker)
