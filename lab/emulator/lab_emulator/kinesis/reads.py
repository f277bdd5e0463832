"""GetShardIterator and GetRecords: quotas of reading, retention, and every time by the lab's clock.

Rates and sizes: API model, GetRecords ("five transactions per second", "2 MiB per second", the five seconds
after 10 MiB); GetShardIterator (five calls a second on a shard, valid for five minutes).
"""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from lab.rules import quotas
from lab_emulator.accounts.registry import machine_ms
from lab_emulator.errors import (
    ExpiredIteratorException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
)
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.iterators import Position, pack, unpack
from lab_emulator.kinesis.resharding import grow
from lab_emulator.kinesis.streams import STREAMS, Stream
from lab_emulator.kinesis.writes import rate_exceeded


def get_shard_iterator(stream: Stream, request: dict[str, Any]) -> Wire:
    """An iterator that is valid for five minutes of the lab's clock."""
    shard_id = request["ShardId"]
    stream.existing_shard(shard_id)
    _pay_for_iterator(stream, shard_id)
    return {"ShardIterator": iterator(stream, request)}


def iterator(stream: Stream, request: dict[str, Any]) -> str:
    """An iterator for GetShardIterator's parameters, nothing paid."""
    shard_id, kind = request["ShardId"], request["ShardIteratorType"]
    asked = {"StreamARN": stream.arn, "ShardId": shard_id, "ShardIteratorType": kind}
    moment: float | None = None
    if kind == "TRIM_HORIZON":
        moment = stream.account.timeline.machine(stream.horizon_ms())
    elif kind == "AT_TIMESTAMP" and request.get("Timestamp") is not None:
        moment = _machine_time(stream, milliseconds(request["Timestamp"]))
    elif number := request.get("StartingSequenceNumber"):
        asked["StartingSequenceNumber"] = number
        moment = time_of_sequence_number(stream.existing_shard(shard_id), number)
    if moment is not None:
        asked.pop("StartingSequenceNumber", None)
        asked |= {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment / 1000}
    inner = stream.backend.call("GetShardIterator", asked)["ShardIterator"]
    return pack(Position(stream.token, shard_id, stream.account.now_ms(), inner))


def sequence_number_at(shard: Wire, machine: int) -> str:
    """A number that stands for a time and not for a record, to continue from where nothing was read.

    kinesis-mock's own numbers in a shard are all at least 2**80 above the shard's first.
    """
    return str(int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) + machine)


def time_of_sequence_number(shard: Wire, number: str) -> int | None:
    """The machine's time that such a number stands for; None for any other number."""
    if not number.isdecimal():
        return None
    above = int(number) - int(shard["SequenceNumberRange"]["StartingSequenceNumber"])
    return above if 0 < above < 2**64 else None


def milliseconds(timestamp: Any) -> int:
    """A timestamp of a request, in milliseconds since 1970."""
    seconds = timestamp.timestamp() if isinstance(timestamp, datetime) else float(timestamp)
    return round(seconds * 1000)


def _machine_time(stream: Stream, lab: int) -> int:
    """The machine's time for kinesis-mock. Older than the trim horizon counts as the trim horizon."""
    if lab > stream.account.now_ms():
        raise InvalidArgumentException(
            f"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {lab}, currentTimestampInMillis: {stream.account.now_ms()}"
        )
    return stream.account.timeline.machine(max(lab, stream.horizon_ms()))


def _pay_for_iterator(stream: Stream, shard_id: str) -> None:
    if stream.account.quotas == "off":
        return
    with stream.lock:
        bucket, scale = stream.limits_of(shard_id).iterator_calls, stream.account.quota_scale
        if not bucket.admits(1, time.monotonic(), scale):
            raise ProvisionedThroughputExceededException(rate_exceeded(stream, shard_id))
        bucket.take(1, scale)


def stream_of_iterator(request: dict[str, Any]) -> tuple[Stream, Position]:
    """Where an iterator stands. Raises InvalidArgumentException, ExpiredIteratorException."""
    position = unpack(request["ShardIterator"])
    stream = STREAMS.of_token(position.token)
    if stream is None:
        raise InvalidArgumentException("Invalid ShardIterator: the stream that it was made for is gone.")
    now = stream.account.now_ms()
    if now - position.issued > quotas.SHARD_ITERATOR_SECONDS * 1000:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {_words(position.issued)} while right now "
            f"it is {_words(now)} which is further in the future than the tolerated delay of "
            f"{quotas.SHARD_ITERATOR_SECONDS * 1000} milliseconds."
        )
    return stream, position


def _words(lab: int) -> str:
    return time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(lab / 1000))


def get_records(request: dict[str, Any], most: int | None = None) -> Wire:
    """Up to 10,000 records or 10 MiB that have not expired, paid for from the shard's read buckets.

    MOST is what a fault plan leaves of them.
    """
    stream, position = stream_of_iterator(request)
    grow(stream)
    limit = request.get("Limit")
    if limit is not None and not 1 <= limit <= quotas.GET_RECORDS_MAX_RECORDS:
        raise InvalidArgumentException(
            f"Limit {limit}: GetRecords takes a limit of 1 to {quotas.GET_RECORDS_MAX_RECORDS} records."
        )
    stream.existing_shard(position.shard_id)
    metered = stream.account.quotas == "aws"
    if metered:
        _begin_read(stream, position.shard_id)
    page = read(stream, position, limit) if most is None else _short(stream, position, limit, most)
    if metered:
        _pay_for_read(stream, position.shard_id, size_of(page["Records"]))
    return page


def _begin_read(stream: Stream, shard_id: str) -> None:
    now, scale = time.monotonic(), stream.account.quota_scale
    with stream.lock:
        limits = stream.limits_of(shard_id)
        if not (limits.read_bytes.open(now) and limits.read_calls.admits(1, now, scale)):
            raise ProvisionedThroughputExceededException(rate_exceeded(stream, shard_id))
        limits.read_calls.take(1, scale)


def _pay_for_read(stream: Stream, shard_id: str, size: int) -> None:
    with stream.lock:
        bucket = stream.limits_of(shard_id).read_bytes
        bucket.refill(time.monotonic())
        bucket.take(size, stream.account.quota_scale)


def size_of(records: list[Wire]) -> int:
    """Bytes of data and partition keys."""
    return sum(_data_size(one["Data"]) + len(one["PartitionKey"].encode()) for one in records)


def _data_size(base64: str) -> int:
    return len(base64) // 4 * 3 - base64.endswith("=") - base64.endswith("==")


def read(stream: Stream, position: Position, limit: int | None) -> Wire:
    """A page of records from POSITION on, in the lab's times, without what has expired. Pays for nothing."""
    inner, horizon = position.inner, stream.horizon_ms()
    page = _page(stream, inner, limit)
    if page["Records"] and _arrived(stream, page["Records"][0]) < horizon:
        inner = _at_horizon(stream, position.shard_id, horizon)
        page = _page(stream, inner, limit)
    records = page["Records"]
    # How far behind: before the times are the lab's, since what is left is asked of kinesis-mock.
    behind = _is_more(stream, page, limit)
    for record in records:
        record["ApproximateArrivalTimestamp"] = _arrived(stream, record) / 1000
    answer: Wire = {"Records": records, "MillisBehindLatest": 0}
    if behind:
        last = round(records[-1]["ApproximateArrivalTimestamp"] * 1000)
        answer["MillisBehindLatest"] = max(stream.account.now_ms() - last, 1)
    if page.get("NextShardIterator"):
        following = Position(
            stream.token, position.shard_id, stream.account.now_ms(), page["NextShardIterator"]
        )
        answer["NextShardIterator"] = pack(following)
    if page.get("ChildShards"):
        answer["ChildShards"] = page["ChildShards"]
    return answer


def _short(stream: Stream, position: Position, limit: int | None, most: int) -> Wire:
    """A page of MOST records at most; of none at all the same place again, unless nothing follows there."""
    if most:
        return read(stream, position, min(limit or most, most))
    page = read(stream, position, 1)
    if not page["Records"]:
        return page
    now, first = stream.account.now_ms(), page["Records"][0]["ApproximateArrivalTimestamp"]
    again = pack(replace(position, issued=now))
    return {
        "Records": [],
        "MillisBehindLatest": max(now - round(first * 1000), 1),
        "NextShardIterator": again,
    }


def _page(stream: Stream, inner: str, limit: int | None) -> Wire:
    request: Wire = {"ShardIterator": inner, "StreamARN": stream.arn}
    return stream.backend.call("GetRecords", request | ({"Limit": limit} if limit else {}))


def _arrived(stream: Stream, record: Wire) -> int:
    """The lab's time of a record as kinesis-mock tells it, in milliseconds."""
    return stream.account.timeline.lab(round(record["ApproximateArrivalTimestamp"] * 1000))


def _at_horizon(stream: Stream, shard_id: str, horizon: int) -> str:
    """kinesis-mock's iterator at the oldest record that has not expired."""
    asked = {
        "StreamARN": stream.arn,
        "ShardId": shard_id,
        "ShardIteratorType": "AT_TIMESTAMP",
        "Timestamp": min(stream.account.timeline.machine(horizon), machine_ms()) / 1000,
    }
    return str(stream.backend.call("GetShardIterator", asked)["ShardIterator"])


def _is_more(stream: Stream, page: Wire, limit: int | None) -> bool:
    """Whether the shard holds records after this page. kinesis-mock counts from the tip's own time, so it
    says 0 too when what follows came in the same millisecond: only a full page needs a second look."""
    if not page["Records"] or not page.get("NextShardIterator"):
        return False
    if page["MillisBehindLatest"] > 0:
        return True
    full = len(page["Records"]) >= (limit or quotas.GET_RECORDS_MAX_RECORDS)
    if not full and size_of(page["Records"]) < quotas.GET_RECORDS_MAX_BYTES // 2:
        return False
    return bool(_page(stream, page["NextShardIterator"], 1)["Records"])
