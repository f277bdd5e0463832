"""PutRecord and PutRecords: each record through its shard's buckets, and then into its shard.

Rates: Quotas page, "1 MiB a second and 1,000 records a second", the partition key's bytes counted.
Limits of a request: API model, PutRecordsRequestEntryList, PutRecordInput.
"""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from lab.rules import quotas
from lab.rules.hash_space import LARGEST_HASH_KEY
from lab_emulator.kinesis import encryption
from lab_emulator.kinesis.limits.growth import Growth, Rate
from lab_emulator.kinesis.limits.meters import Meter, meter_of
from lab_emulator.kinesis.store.errors import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
)
from lab_emulator.kinesis.store.positions import check_ordering
from lab_emulator.kinesis.store.shard import Shard
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import owner

Request = dict[str, Any]
Answer = dict[str, Any]
THROTTLED = "ProvisionedThroughputExceededException"
NO_FAULTS: Mapping[int, str] = {}


def put_records(stream: Stream, request: Request, failing: Mapping[int, str] = NO_FAULTS) -> Answer:
    """Write the records that their shards admit, and tell of each entry, in order, what became of it.

    FAILING: places of entries that a fault plan lets fail, each with its error's code.
    """
    entries: list[Request] = request["Records"]
    with stream.lock:
        stream.must_take_records()
        encryption.check_write(stream)
        sizes = _checked(stream, entries)
        shards = _shards_of(stream, entries)
        refused = {place: _fault(stream, shards[place], code) for place, code in failing.items()}
        refused |= _throttled(stream, shards, sizes, failing)
        meter_of(stream).refused.update(shards[place].id for place in refused)
        results: list[Answer] = _stored(stream, entries, shards, refused)
    return {"FailedRecordCount": len(refused), "Records": results} | encryption.told(stream)


def put_record(stream: Stream, request: Request) -> Answer:
    """Write one record. Raises ProvisionedThroughputExceededException, naming shard, stream and account."""
    with stream.lock:
        stream.must_take_records()
        encryption.check_write(stream)
        sizes = _checked(stream, [request])
        if number := request.get("SequenceNumberForOrdering"):
            check_ordering(stream, number)
        shards = _shards_of(stream, [request])
        refused = _throttled(stream, shards, sizes, ())
        if refused:
            meter_of(stream).refused[shards[0].id] += 1
            raise ProvisionedThroughputExceededException(refused[0]["ErrorMessage"])
        (result,) = _stored(stream, [request], shards, {})
    return result | encryption.told(stream)


def try_put(stream: Stream, request: Request) -> None:
    """What a write with DryRun checks: everything but the rates. Raises what the write would raise."""
    stream.must_take_records()
    encryption.check_write(stream)
    entries = request.get("Records") or [request]
    _checked(stream, entries)
    _shards_of(stream, entries)


def _stored(
    stream: Stream, entries: Sequence[Request], shards: Sequence[Shard], refused: Mapping[int, Answer]
) -> list[Answer]:
    admitted = [place for place in range(len(entries)) if place not in refused] if refused else None
    chosen = range(len(entries)) if admitted is None else admitted
    records = [(shards[place], entries[place]["Data"], entries[place]["PartitionKey"]) for place in chosen]
    places = stream.write(records) if records else []
    written = [
        {"SequenceNumber": shard.number_at(place), "ShardId": shard.id}
        for (shard, _, _), place in zip(records, places, strict=True)
    ]
    if written:
        stream.wake()
    if admitted is None:
        return written
    told = iter(written)
    return [refused[place] if place in refused else next(told) for place in range(len(entries))]


def _shards_of(stream: Stream, entries: Sequence[Request]) -> list[Shard]:
    """The shard of each entry. Raises InvalidArgumentException for a hash key that is none."""
    shard_of = stream.map.shard_of
    for entry in entries:
        told = entry.get("ExplicitHashKey")
        if told is not None and int(told) > LARGEST_HASH_KEY:
            raise InvalidArgumentException(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified "
                f"value was {told}"
            )
    return [shard_of(entry["PartitionKey"], entry.get("ExplicitHashKey")) for entry in entries]


def _throttled(
    stream: Stream, shards: Sequence[Shard], sizes: Sequence[int], skipped: Container[int]
) -> dict[int, Answer]:
    """The results of the entries that their shards refuse, by place; the others are paid for."""
    account = owner(stream)
    if account.quotas == "off":
        return {}
    gate, refused = Gate(stream, meter_of(stream), account.quota_scale), dict[int, Answer]()
    for place, shard in enumerate(shards):
        if place not in skipped and (refusal := gate.refusal(shard, sizes[place])) is not None:
            refused[place] = refusal
    gate.close()
    return refused


class Gate:
    """Lets one request's records through the buckets of their shards, all at the same moment."""

    def __init__(self, stream: Stream, meter: Meter, scale: float) -> None:
        self._stream, self._meter, self._scale = stream, meter, scale
        self._now = meter.account.running()
        self._growth = meter.growing(stream, self._now)
        self._refusals: dict[str, Answer] = {}
        """One for each shard: what a shard answers is the same for all its records."""
        self._spent: set[str] = set()
        """Shards that take no more records at this moment, of whatever size."""
        self._written: dict[str, Rate] = {}

    def refusal(self, shard: Shard, size: int) -> Answer | None:
        """What a record that is refused is told; None for one that is admitted, and paid for."""
        shard_id = shard.id
        if shard_id in self._spent:
            return self._refusals[shard_id]
        limits, growth = self._meter.limits_of(shard_id), self._growth
        if growth is None:
            admitted = limits.admits_write(size, self._now, self._scale)
        else:
            admitted = growth.admits(size, self._now, self._scale) and limits.admits_write(
                size, self._now, self._scale
            )
        if admitted:
            if growth is not None:
                self._count(growth, shard_id, size)
            return None
        if not limits.write_records.admits(1, self._now, self._scale):
            self._spent.add(shard_id)
        if shard_id not in self._refusals:
            self._refusals[shard_id] = _result(THROTTLED, rate_exceeded(self._stream, shard_id))
        return self._refusals[shard_id]

    def _count(self, growth: Growth, shard_id: str, size: int) -> None:
        growth.take(size, self._scale)
        written = self._written.setdefault(shard_id, Rate())
        written.bytes += size
        written.records += 1

    def close(self) -> None:
        """Tell an on-demand stream what was written."""
        if self._growth is not None and self._written:
            self._growth.note(self._written, self._now, self._meter.minute(), self._scale)


def rate_exceeded(stream: Stream, shard_id: str) -> str:
    """AWS's words."""
    return f"Rate exceeded for shard {shard_id} in {stream.where}."


def _fault(stream: Stream, shard: Shard, code: str) -> Answer:
    """What an entry is told that a fault plan lets fail; of throttling in the words of its shard."""
    if code != THROTTLED:
        return _result(code, "Internal Service Failure")
    return _result(code, rate_exceeded(stream, shard.id))


def _result(code: str, message: str) -> Answer:
    return {"ErrorCode": code, "ErrorMessage": message}


def _checked(stream: Stream, entries: Sequence[Request]) -> list[int]:
    """The bytes of each entry, keys included. Raises for a request that AWS refuses as a whole."""
    largest = stream.record_max_bytes
    sizes = []
    for place, entry in enumerate(entries):
        key = entry["PartitionKey"]
        size = len(entry["Data"]) + (len(key) if key.isascii() else len(key.encode()))
        if size > largest:
            raise InvalidArgumentException(
                f"Record {place + 1} has {size} bytes of data and partition key; {stream.where} takes "
                f"records of at most {largest} bytes (MaxRecordSizeInKiB)."
            )
        sizes.append(size)
    if sum(sizes) > quotas.PUT_RECORDS_MAX_BYTES and len(entries) > 1:
        raise InvalidArgumentException(
            f"Records size exceeds 10 MB limit: {sum(sizes)} bytes, partition keys included."
        )
    return sizes
