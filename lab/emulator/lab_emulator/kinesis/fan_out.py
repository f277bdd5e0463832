"""SubscribeToShard: 2 MiB a second for each consumer of a shard, pushed, for five minutes.

Sources: API model, SubscribeToShard (one call a second for each consumer and shard; a second one within
five seconds is refused with ResourceInUseException, a later one takes over; five minutes),
RegisterStreamConsumer (2 MiB a second). The five minutes are the lab clock's, the seconds real ones.
"""

import base64
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.rules import quotas
from lab_emulator.errors import LimitExceededException, ResourceInUseException
from lab_emulator.kinesis import reads
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.iterators import Position, unpack
from lab_emulator.kinesis.shards.buckets import Bucket
from lab_emulator.kinesis.streams import Stream

Request = dict[str, Any]
EVENT_MAX_BYTES = quotas.MIB
"""An event holds records up to this size, or one larger record. AWS does not publish its own measure."""
HEARTBEAT_SECONDS = 5.0
"""An event is sent at least this often, without records when there are none."""


@dataclass
class Subscription:
    """One consumer's subscription to one shard."""

    since: float
    """Monotonic time."""
    bucket: Bucket
    stopped: threading.Event = field(default_factory=threading.Event)


@dataclass
class Subscriptions:
    """All subscriptions of a stream, by consumer and shard."""

    of: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    calls: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_ALL: "weakref.WeakKeyDictionary[Stream, Subscriptions]" = weakref.WeakKeyDictionary()


def subscribe(stream: Stream, request: Request) -> Iterator[Wire]:
    """The events of a new subscription, which begins at once. Raises for one that is refused."""
    consumer_arn, shard_id = request["ConsumerARN"], request["ShardId"]
    stream.backend.call("DescribeStreamConsumer", {"ConsumerARN": consumer_arn})
    shard = stream.existing_shard(shard_id)
    position, continuation = _start(stream, shard, request["StartingPosition"])
    subscription = _enter(stream, (consumer_arn, shard_id))
    return _events(stream, subscription, position, continuation)


def end(stream: Stream, consumer_arn: str) -> None:
    """The consumer was deregistered: its subscriptions end."""
    for (arn, _), subscription in list(_ALL.get(stream, Subscriptions()).of.items()):
        if arn == consumer_arn:
            subscription.stopped.set()
    stream.wake()


def _enter(stream: Stream, key: tuple[str, str]) -> Subscription:
    subscriptions = _ALL.setdefault(stream, Subscriptions())
    now = time.monotonic()
    with subscriptions.lock:
        before = subscriptions.of.get(key)
        if stream.account.quotas == "aws":
            calls = subscriptions.calls.setdefault(
                key, Bucket.full(quotas.SUBSCRIBE_TO_SHARD_CALLS_PER_SECOND, now)
            )
            if not calls.admits(1, now):
                raise LimitExceededException(
                    f"Rate exceeded for SubscribeToShard: one call a second for a consumer on {key[1]}."
                )
            calls.take(1)
            living = before is not None and not before.stopped.is_set()
            if living and now - before.since < quotas.SUBSCRIPTION_TAKE_OVER_SECONDS:
                raise ResourceInUseException(
                    f"Another active subscription exists for this consumer: {key[0]} on {key[1]}. It can be "
                    f"taken over {quotas.SUBSCRIPTION_TAKE_OVER_SECONDS} seconds after it was made."
                )
        if before is not None:
            before.stopped.set()
        bucket = before.bucket if before else Bucket.full(quotas.FAN_OUT_BYTES_PER_SECOND, now)
        subscriptions.of[key] = subscription = Subscription(now, bucket)
    stream.wake()
    return subscription


def _start(stream: Stream, shard: Wire, starting: Request) -> tuple[Position, str]:
    """Where to begin, and the sequence number that means this place while nothing was read."""
    asked = {"ShardId": shard["ShardId"], "ShardIteratorType": starting["Type"]}
    if "SequenceNumber" in starting:
        asked["StartingSequenceNumber"] = starting["SequenceNumber"]
    if starting.get("Timestamp") is not None:
        asked["Timestamp"] = starting["Timestamp"]
    position = unpack(reads.iterator(stream, asked))
    kind = starting["Type"]
    if kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        return position, str(starting["SequenceNumber"])
    moment = {"LATEST": stream.account.now_ms(), "TRIM_HORIZON": stream.horizon_ms()}.get(kind)
    if moment is None:
        moment = reads.milliseconds(starting["Timestamp"])
    return position, reads.sequence_number_at(shard, stream.account.timeline.machine(moment))


def _events(
    stream: Stream, subscription: Subscription, position: Position, continuation: str
) -> Iterator[Wire]:
    ends = stream.account.now_ms() + quotas.SUBSCRIPTION_SECONDS * 1000
    told = time.monotonic()
    while not subscription.stopped.is_set() and stream.account.now_ms() < ends:
        seen = stream.writes
        page = reads.read(stream, position, None)
        for records in _in_events(page["Records"]):
            if not _wait_for_turn(stream, subscription, reads.size_of(records)):
                return
            continuation = records[-1]["SequenceNumber"]
            last = records[-1] is page["Records"][-1]
            children = page.get("ChildShards") if last else None
            behind = page["MillisBehindLatest"] if last else max(page["MillisBehindLatest"], 1)
            yield _event(records, continuation, behind, children)
            told = time.monotonic()
        if "NextShardIterator" not in page:
            if not page["Records"]:
                yield _event([], continuation, 0, page.get("ChildShards"))
            return
        position = unpack(page["NextShardIterator"])
        if not page["Records"]:
            if time.monotonic() - told >= HEARTBEAT_SECONDS:
                yield _event([], continuation, 0, None)
                told = time.monotonic()
            with stream.arrival:
                stream.arrival.wait_for(
                    lambda seen=seen: stream.writes != seen or subscription.stopped.is_set(),
                    timeout=HEARTBEAT_SECONDS / 2,
                )


def _in_events(records: list[Wire]) -> Iterator[list[Wire]]:
    batch: list[Wire] = []
    size = 0
    for record in records:
        own = reads.size_of([record])
        if batch and size + own > EVENT_MAX_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += own
    if batch:
        yield batch


def _wait_for_turn(stream: Stream, subscription: Subscription, size: int) -> bool:
    """Hold the event until the consumer's rate allows it; whether the subscription still lives."""
    bucket = subscription.bucket
    while stream.account.quotas == "aws":
        scale, now = stream.account.quota_scale, time.monotonic()
        if bucket.admits(size, now, scale):
            bucket.take(size, scale)
            break
        missing = min(size / scale, bucket.capacity) - bucket.level
        if subscription.stopped.wait(min(missing / bucket.rate, 1.0)):
            return False
    return not subscription.stopped.is_set()


def _event(records: list[Wire], continuation: str, behind: int, children: Any) -> Wire:
    event: Wire = {
        "Records": [_parsed(record) for record in records],
        "ContinuationSequenceNumber": continuation,
        "MillisBehindLatest": behind,
    }
    if children:
        event["ChildShards"] = children
    return {"SubscribeToShardEvent": event}


def _parsed(record: Wire) -> Wire:
    arrived = datetime.fromtimestamp(record["ApproximateArrivalTimestamp"], UTC)
    return record | {"Data": base64.b64decode(record["Data"]), "ApproximateArrivalTimestamp": arrived}
