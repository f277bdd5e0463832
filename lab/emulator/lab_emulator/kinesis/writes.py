"""PutRecord and PutRecords: each record through its shard's buckets, the admitted ones to kinesis-mock.

Rates: Quotas page, "1 MiB a second and 1,000 records a second", the partition key's bytes counted.
Limits of a request: API model, PutRecordsRequestEntryList, PutRecordInput.
"""

import re
import time
from collections.abc import Container, Mapping, Sequence
from typing import Any

from lab.rules import quotas
from lab.rules.hash_space import LARGEST_HASH_KEY
from lab_emulator.errors import (
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ValidationException,
)
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.shards.growth import Growth, Rate
from lab_emulator.kinesis.streams import Stream

Entry = dict[str, Any]
THROTTLED = "ProvisionedThroughputExceededException"
_HASH_KEY = re.compile(r"0|[1-9]\d{0,38}")


NO_FAULTS: Mapping[int, str] = {}


def put_records(stream: Stream, request: dict[str, Any], failing: Mapping[int, str] = NO_FAULTS) -> Wire:
    """Write the records that their shards admit, and tell of each entry, in order, what became of it.

    FAILING: places of entries that a fault plan lets fail, each with its error's code.
    """
    entries: list[Entry] = request["Records"] or []
    sizes = _checked(stream, entries)
    refused = {place: _fault(stream, entries[place], code) for place, code in failing.items()}
    refused |= _throttled(stream, entries, sizes, failing)
    admitted = [entry for place, entry in enumerate(entries) if place not in refused]
    written = _write(stream, admitted)
    told = iter(written["Records"])
    results = [refused.get(place) or next(told) for place in range(len(entries))]
    return {
        "FailedRecordCount": len(refused),
        "Records": results,
        "EncryptionType": written["EncryptionType"],
    }


def put_record(stream: Stream, request: dict[str, Any]) -> Wire:
    """Write one record. Raises ProvisionedThroughputExceededException, naming shard, stream and account."""
    sizes = _checked(stream, [request])
    refused = _throttled(stream, [request], sizes, ())
    if refused:
        raise ProvisionedThroughputExceededException(refused[0]["ErrorMessage"])
    answer = stream.backend.call("PutRecord", request)
    stream.wake()
    return answer


def _write(stream: Stream, entries: Sequence[Entry]) -> Wire:
    if not entries:
        return {"Records": [], "EncryptionType": stream.summary().get("EncryptionType", "NONE")}
    answer = stream.backend.call("PutRecords", {"StreamARN": stream.arn, "Records": entries})
    stream.wake()
    return {
        "Records": [
            {"SequenceNumber": one["SequenceNumber"], "ShardId": one["ShardId"]} for one in answer["Records"]
        ],
        "EncryptionType": answer.get("EncryptionType", "NONE"),
    }


def _throttled(
    stream: Stream, entries: Sequence[Entry], sizes: Sequence[int], skipped: Container[int]
) -> dict[int, Wire]:
    """The results of the entries that their shards refuse, by place; the others are paid for."""
    account = stream.account
    if account.quotas == "off":
        return {}
    shards, refused = stream.shards(), dict[int, Wire]()
    with stream.lock:
        gate = Gate(stream, account.quota_scale)
        for place, entry in enumerate(entries):
            if place in skipped:
                continue
            shard_id = shards.shard_of(entry["PartitionKey"], entry.get("ExplicitHashKey"))
            if (refusal := gate.refusal(shard_id, sizes[place])) is not None:
                refused[place] = refusal
        gate.close()
    return refused


class Gate:
    """Lets one request's records through the buckets of their shards, all at the same moment."""

    def __init__(self, stream: Stream, scale: float) -> None:
        self._stream, self._scale, self._now = stream, scale, time.monotonic()
        self._growth = stream.growing(self._now)
        self._refusals: dict[str, Wire] = {}
        """One for each shard: what a shard answers is the same for all its records."""
        self._spent: set[str] = set()
        """Shards that take no more records at this moment, of whatever size."""
        self._written: dict[str, Rate] = {}

    def refusal(self, shard_id: str, size: int) -> Wire | None:
        """What a record that is refused is told; None for one that is admitted, and paid for."""
        if shard_id in self._spent:
            return self._refusals[shard_id]
        limits, growth = self._stream.limits_of(shard_id), self._growth
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
            self._growth.note(self._written, self._now, self._stream.minute(), self._scale)


def rate_exceeded(stream: Stream, shard_id: str) -> str:
    """AWS's words."""
    return f"Rate exceeded for shard {shard_id} in {stream.where()}."


def _fault(stream: Stream, entry: Entry, code: str) -> Wire:
    """What an entry is told that a fault plan lets fail; of throttling in the words of its shard."""
    if code != THROTTLED:
        return _result(code, "Internal service failure.")
    shard_id = stream.shards().shard_of(entry["PartitionKey"], entry.get("ExplicitHashKey"))
    return _result(code, rate_exceeded(stream, shard_id))


def _result(code: str, message: str) -> Wire:
    return {"ErrorCode": code, "ErrorMessage": message}


def _checked(stream: Stream, entries: Sequence[Entry]) -> list[int]:
    """The bytes of each entry, keys included. Raises for a request that AWS refuses as a whole."""
    if not 1 <= len(entries) <= quotas.PUT_RECORDS_MAX_RECORDS:
        raise ValidationException(
            "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have "
            f"length less than or equal to {quotas.PUT_RECORDS_MAX_RECORDS} and greater than or equal to 1"
        )
    largest = stream.record_max_bytes
    sizes = []
    for place, entry in enumerate(entries):
        _check_key(place, entry)
        size = len(entry["Data"]) + len(entry["PartitionKey"].encode())
        if size > largest:
            raise InvalidArgumentException(
                f"Record {place + 1} has {size} bytes of data and partition key; {stream.where()} takes "
                f"records of at most {largest} bytes (MaxRecordSizeInKiB)."
            )
        sizes.append(size)
    if sum(sizes) > quotas.PUT_RECORDS_MAX_BYTES and len(entries) > 1:
        raise InvalidArgumentException(
            f"Records size exceeds 10 MB limit: {sum(sizes)} bytes, partition keys included."
        )
    return sizes


def _check_key(place: int, entry: Entry) -> None:
    if not 1 <= len(entry["PartitionKey"]) <= quotas.PARTITION_KEY_MAX_CHARACTERS:
        raise ValidationException(
            f"1 validation error detected: Value at 'records.{place + 1}.member.partitionKey' failed to "
            "satisfy constraint: Member must have length less than or equal to "
            f"{quotas.PARTITION_KEY_MAX_CHARACTERS} and greater than or equal to 1"
        )
    hash_key = entry.get("ExplicitHashKey")
    if hash_key is not None and not (_HASH_KEY.fullmatch(hash_key) and int(hash_key) <= LARGEST_HASH_KEY):
        raise InvalidArgumentException(
            f"Invalid ExplicitHashKey {hash_key}: it is a number from 0 to {LARGEST_HASH_KEY} in decimal "
            "digits, without leading zeros."
        )
