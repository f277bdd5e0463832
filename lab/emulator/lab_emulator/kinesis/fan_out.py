"""SubscribeToShard: 2 MiB a second for each consumer of a shard, pushed, for five minutes.

Sources: API model, SubscribeToShard (one call a second for each consumer and shard; a second one within
five seconds is refused with ResourceInUseException, a later one takes over; five minutes),
RegisterStreamConsumer (2 MiB a second). The five minutes are the lab clock's, the seconds running ones.
"""

import threading
import weakref
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.rules import quotas
from lab_emulator.kinesis import encryption
from lab_emulator.kinesis.limits.buckets import Bucket
from lab_emulator.kinesis.reads import Page, children_of, read, start_of, told
from lab_emulator.kinesis.store.consumers import Consumer
from lab_emulator.kinesis.store.errors import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from lab_emulator.kinesis.store.positions import BY_NUMBER, place_of
from lab_emulator.kinesis.store.shard import Record, Shard, size_of
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import owner

Request = dict[str, Any]
Answer = dict[str, Any]
EVENT_MAX_BYTES = quotas.MIB
"""An event holds records up to this size, or one larger record. AWS does not publish its own measure."""
HEARTBEAT_SECONDS = 5.0
"""An event is sent at least this often, without records when there are none."""
LOOK_SECONDS = HEARTBEAT_SECONDS / 2


@dataclass
class Subscription:
    """One consumer's subscription to one shard."""

    since: float
    """The account's running seconds."""
    bucket: Bucket
    stopped: threading.Event = field(default_factory=threading.Event)
    lost: bool = False
    """Its consumer or stream is gone."""


@dataclass
class Subscriptions:
    """All subscriptions of a stream, by consumer's ARN and shard."""

    of: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    calls: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def drop(self, key: tuple[str, str]) -> None:
        """Keep nothing more of a subscription. Hold the lock."""
        self.of.pop(key, None)
        self.calls.pop(key, None)


_ALL: weakref.WeakKeyDictionary[Stream, Subscriptions] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def _subscriptions(stream: Stream) -> Subscriptions:
    with _LOCK:
        return _ALL.setdefault(stream, Subscriptions())


def check(stream: Stream, consumer: Consumer, request: Request) -> tuple[Shard, int]:
    """The shard and place to begin at. Raises what a subscription is refused with, rates left out."""
    shard = stream.shard(request["ShardId"])
    stream.must_take_records()
    if consumer.state.at(stream.clock()) != "ACTIVE":
        raise ResourceInUseException(
            f"Consumer {consumer.arn} is not ACTIVE, instead in state {consumer.state.at(stream.clock())}"
        )
    starting = request["StartingPosition"]
    return shard, place_of(stream, shard, start_of(starting, starting["Type"]))


def subscribe(stream: Stream, consumer: Consumer, request: Request) -> Iterator[Answer]:
    """The events of a new subscription, which begins at once. Raises for one that is refused."""
    shard, place = check(stream, consumer, request)
    starting = request["StartingPosition"]
    continuation = shard.number_at(place - 1)
    if starting["Type"] in BY_NUMBER:
        continuation = str(starting["SequenceNumber"])
    subscription = _enter(stream, (consumer.arn, shard.id))
    return _events(stream, shard, subscription, place, continuation)


def end(stream: Stream, consumer_arn: str | None = None) -> None:
    """The consumer was deregistered, or for None the whole stream deleted: the subscriptions end."""
    subscriptions = _subscriptions(stream)
    with subscriptions.lock:
        ended = [key for key in subscriptions.of if consumer_arn is None or key[0] == consumer_arn]
        for key in ended:
            subscription = subscriptions.of[key]
            subscription.lost = True
            subscription.stopped.set()
            subscriptions.drop(key)
    stream.wake()


def end_all() -> None:
    """The lab ends: so do all subscriptions, as they do after their five minutes."""
    with _LOCK:
        known = list(_ALL.items())
    for stream, subscriptions in known:
        with subscriptions.lock:
            for subscription in subscriptions.of.values():
                subscription.stopped.set()
        stream.wake()


def forget(stream: Stream, shards: Container[str]) -> None:
    """SHARDS, by id, have expired: nobody can subscribe to them any more."""
    subscriptions = _subscriptions(stream)
    with subscriptions.lock:
        for key in [key for key in subscriptions.of if key[1] in shards]:
            if subscriptions.of[key].stopped.is_set():
                subscriptions.drop(key)


def _enter(stream: Stream, key: tuple[str, str]) -> Subscription:
    subscriptions = _subscriptions(stream)
    account = owner(stream)
    now = account.running()
    with subscriptions.lock:
        before = subscriptions.of.get(key)
        if account.quotas == "aws":
            calls = subscriptions.calls.setdefault(
                key, Bucket.full(quotas.SUBSCRIBE_TO_SHARD_CALLS_PER_SECOND, now)
            )
            if not calls.admits(1, now):
                raise LimitExceededException(
                    f"Rate exceeded for SubscribeToShard: one call a second for a consumer on {key[1]}."
                )
            calls.take(1)
            living = before is not None and not before.stopped.is_set()
            if before and living and now - before.since < quotas.SUBSCRIPTION_TAKE_OVER_SECONDS:
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


def _events(
    stream: Stream, shard: Shard, subscription: Subscription, place: int, continuation: str
) -> Iterator[Answer]:
    """Raises ResourceNotFoundException, which ends the stream of events, when consumer or stream is gone.

    The same for a key that can't be used: KMSNotFoundException and its kind are events (API model:
    SubscribeToShardEventStream).
    """
    account = owner(stream)
    ends = stream.clock() + quotas.SUBSCRIPTION_SECONDS * 1000
    last_told = account.running()
    try:
        while not subscription.stopped.is_set() and stream.clock() < ends:
            seen = stream.changes
            page = read(stream, shard, place, quotas.GET_RECORDS_MAX_RECORDS)
            if page.records:
                encryption.check_read(stream, shard, page.following - 1)
            for part in _in_events(page):
                if not _wait_for_turn(stream, subscription, sum(map(size_of, part.records))):
                    break
                event = _event(stream, shard, part)
                continuation = event.get("ContinuationSequenceNumber", continuation)
                yield event
                last_told = account.running()
            else:
                if page.children:
                    if not page.records:
                        yield _event(stream, shard, page)
                    return
                place = page.following
                if page.records:
                    continue
                if account.running() - last_told >= HEARTBEAT_SECONDS:
                    yield _heartbeat(continuation)
                    last_told = account.running()
                _wait(stream, subscription, seen, LOOK_SECONDS / account.clock.pace)
        if subscription.lost:
            raise ResourceNotFoundException(
                f"The consumer of this subscription, or its {stream.where}, is gone."
            )
    finally:
        subscription.stopped.set()


def _wait(stream: Stream, subscription: Subscription, seen: int, seconds: float) -> None:
    with stream.arrival:
        stream.arrival.wait_for(
            lambda: stream.changes != seen or subscription.stopped.is_set(), timeout=seconds
        )


def _in_events(page: Page) -> Iterator[Page]:
    """The parts of a page that fit an event each; only the last one is at the page's end."""
    parts: list[list[Record]] = []
    size = EVENT_MAX_BYTES
    for record in page.records:
        own = size_of(record)
        if size + own > EVENT_MAX_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += own
    start = page.start
    for part in parts:
        following = start + len(part)
        is_last = following == page.following
        behind = page.behind if is_last else max(page.behind, 1)
        yield Page(part, start, following, behind, page.children and is_last)
        start = following


def _wait_for_turn(stream: Stream, subscription: Subscription, size: int) -> bool:
    """Hold the event until the consumer's rate allows it; whether the subscription still lives."""
    bucket, account = subscription.bucket, owner(stream)
    while account.quotas == "aws":
        scale, now = account.quota_scale, account.running()
        if bucket.admits(size, now, scale):
            bucket.take(size, scale)
            break
        missing = min(size / scale, bucket.capacity) - bucket.level
        if subscription.stopped.wait(min(missing / bucket.rate, 1.0) / account.clock.pace):
            return False
    return not subscription.stopped.is_set()


def _event(stream: Stream, shard: Shard, page: Page) -> Answer:
    """At the end of a closed shard the children are told, and no number to continue from."""
    event: Answer = {"Records": told(stream, shard, page), "MillisBehindLatest": page.behind}
    if page.children:
        return event | {"ChildShards": children_of(stream, shard)}
    return event | {"ContinuationSequenceNumber": _last_number(event["Records"])}


def _last_number(records: Sequence[Answer]) -> str:
    return str(records[-1]["SequenceNumber"])


def _heartbeat(continuation: str) -> Answer:
    return {"Records": [], "MillisBehindLatest": 0, "ContinuationSequenceNumber": continuation}
