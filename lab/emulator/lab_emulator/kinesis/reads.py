"""GetShardIterator and GetRecords: quotas of reading, retention, and every time by the lab's clock.

Rates and sizes: API model, GetRecords ("five transactions per second", "2 MiB per second", the five seconds
after 10 MiB); GetShardIterator (five calls a second on a shard, valid for five minutes).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lab.rules import quotas
from lab.rules.arn import StreamArn
from lab_emulator.kinesis import encryption
from lab_emulator.kinesis.limits.meters import meter_of
from lab_emulator.kinesis.protocol.moments import Moment, milliseconds
from lab_emulator.kinesis.store.errors import (
    ExpiredIteratorException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
)
from lab_emulator.kinesis.store.positions import Start, place_of
from lab_emulator.kinesis.store.shard import Record, Shard, shard_id, shard_number, sizes_of
from lab_emulator.kinesis.store.signing import Position
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import SEAL, STREAMS, owner
from lab_emulator.kinesis.writes import rate_exceeded

Request = dict[str, Any]
Answer = dict[str, Any]


def get_shard_iterator(stream: Stream, request: Request, *, is_try: bool = False) -> Answer:
    """An iterator that is valid for five minutes of the lab's clock."""
    shard = stream.shard(request["ShardId"])
    stream.must_take_records()
    place = place_of(stream, shard, start_of(request, request["ShardIteratorType"]))
    if not is_try:
        _pay_for_iterator(stream, shard.id)
    return {"ShardIterator": iterator(stream, shard, place)}


def no_such_shard(named: StreamArn, name: str) -> ResourceNotFoundException:
    """There is no stream that could have such a shard."""
    where = f"in stream {named.name} under account {named.account}"
    return ResourceNotFoundException(f"Shard {shard_id(shard_number(name) or 0)} {where} does not exist")


def start_of(request: Request, kind: str) -> Start:
    """Where a request wants to begin, whether it is GetShardIterator's or SubscribeToShard's."""
    moment = request.get("Timestamp")
    return Start(
        kind,
        request.get("StartingSequenceNumber") or request.get("SequenceNumber"),
        None if moment is None else milliseconds(moment),
    )


def iterator(stream: Stream, shard: Shard, place: int) -> str:
    """An iterator at a place, issued now."""
    arn = stream.arn
    now = stream.clock()
    return SEAL.iterator(
        Position(arn.account, arn.region, stream.name, stream.token, shard.number, place, now)
    )


def _pay_for_iterator(stream: Stream, name: str) -> None:
    account = owner(stream)
    if account.quotas == "off":
        return
    with stream.lock:
        bucket, scale = meter_of(stream).limits_of(name).iterator_calls, account.quota_scale
        if not bucket.admits(1, account.running(), scale):
            raise ProvisionedThroughputExceededException(rate_exceeded(stream, name))
        bucket.take(1, scale)


def position_of(text: str) -> Position:
    """Where an iterator stands. Raises InvalidArgumentException for what is none of this lab's."""
    try:
        return SEAL.position(text)
    except ValueError:
        raise InvalidArgumentException("Invalid ShardIterator.") from None


def stream_of_iterator(position: Position) -> Stream:
    """The stream of an iterator, or the one that has its name since (seen).

    Raises ResourceNotFoundException, ExpiredIteratorException.
    """
    stream = STREAMS.of_position(position)
    if stream is None:
        raise ResourceNotFoundException(
            f"Shard {shard_id(position.shard)} in stream {position.name} under account {position.account} "
            "does not exist"
        )
    now = stream.clock()
    if now - position.issued > quotas.SHARD_ITERATOR_SECONDS * 1000:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {_words(position.issued)} while right now "
            f"it is {_words(now)} which is further in the future than the tolerated delay of "
            f"{quotas.SHARD_ITERATOR_SECONDS * 1000} milliseconds."
        )
    return stream


def _words(lab: int) -> str:
    return time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(lab / 1000))


def get_records(stream: Stream, position: Position, limit: int | None, most: int | None = None) -> Answer:
    """Up to 10,000 records or 10 MiB that have not expired, paid for from the shard's read buckets.

    MOST is what a fault plan leaves of them.
    """
    stream.must_take_records()
    shard = stream.shard(shard_id(position.shard))
    metered = owner(stream).quotas == "aws"
    if metered:
        _begin_read(stream, shard.id)
    count = limit or quotas.GET_RECORDS_MAX_RECORDS
    # An iterator of an earlier stream of the name is before everything in this one.
    place = position.place if position.token == stream.token else shard.first
    page = read(stream, shard, place, count if most is None else min(count, most))
    if page.records:
        encryption.check_read(stream, shard, page.following - 1)
    if metered:
        _pay_for_read(stream, shard.id, sum(sizes_of(page.records)))
    answer: Answer = {
        "Records": told(stream, shard, page),
        "MillisBehindLatest": page.behind,
    }
    if page.children:
        answer["ChildShards"] = children_of(stream, shard)
    else:
        answer["NextShardIterator"] = iterator(stream, shard, page.following)
    return answer


def _begin_read(stream: Stream, name: str) -> None:
    account = owner(stream)
    now, scale = account.running(), account.quota_scale
    with stream.lock:
        limits = meter_of(stream).limits_of(name)
        if not (limits.read_bytes.open(now) and limits.read_calls.admits(1, now, scale)):
            raise ProvisionedThroughputExceededException(rate_exceeded(stream, name))
        limits.read_calls.take(1, scale)


def _pay_for_read(stream: Stream, name: str, size: int) -> None:
    account = owner(stream)
    with stream.lock:
        bucket = meter_of(stream).limits_of(name).read_bytes
        bucket.refill(account.running())
        bucket.take(size, account.quota_scale)


@dataclass(frozen=True)
class Page:
    """Records of one read. `start`: the first one's place. `following`: where the next read begins."""

    records: Sequence[Record]
    start: int
    following: int
    behind: int
    """Milliseconds from the last record, or of none the next one, to now; 0 when there is no more."""
    children: bool
    """Whether the shard is closed and was read to its end."""


def read(stream: Stream, shard: Shard, place: int, most: int) -> Page:
    """Records from a place on that have not expired, paid for by nobody."""
    stream.trim(shard)
    with stream.lock:
        start = max(place, shard.first)
        records = shard.page(start, most, quotas.GET_RECORDS_MAX_BYTES)
        following = start + len(records)
        is_more, closed = following < shard.end, not shard.is_open
        behind = max(stream.clock() - shard.arrived(max(following - 1, start)), 1) if is_more else 0
    return Page(records, start, following, behind, closed and not is_more)


def told(stream: Stream, shard: Shard, page: Page) -> list[Answer]:
    """The records of a page as answers tell them."""
    numbers = shard.numbers_of(page.records, page.start)
    found: list[Answer] = []
    moment = Moment(0)
    for place, (record, number) in enumerate(zip(page.records, numbers, strict=True), page.start):
        if record.arrived != moment.ms:  # those that came together share one
            moment = Moment(record.arrived)
        one: Answer = {
            "SequenceNumber": number,
            "ApproximateArrivalTimestamp": moment,
            "Data": record.data,
            "PartitionKey": record.partition_key,
        }
        if shard.encryption:  # AWS tells of encryption only where there is one
            one["EncryptionType"] = shard.encryption_at(place)
        found.append(one)
    return found


def children_of(stream: Stream, shard: Shard) -> list[Answer]:
    """The shards that go on where a closed one ends (API model: ChildShard)."""
    return [
        {
            "ShardId": child.id,
            "ParentShards": [shard_id(number) for number in child.parents],
            "HashKeyRange": hash_range(child),
        }
        for child in (stream.shards[number] for number in shard.children)
    ]


def hash_range(shard: Shard) -> Answer:
    return {"StartingHashKey": str(shard.range.start), "EndingHashKey": str(shard.range.end)}
