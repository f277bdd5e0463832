"""Events sent into a stream that refuses some of them: what arrived, how often, in which order and calls."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from grader.tasks.scenarios.stage import Stage, Verdict
from lab.rules.quotas import PUT_RECORDS_MAX_RECORDS

FAULTS_END = 40
"""Calls of PutRecords; more than any task allows."""

ENOUGH = 0.75
"""Of what sending everything once would store, the part that must be there before its form counts."""

Name = tuple[str, int]
"""An event: its device and number."""


@dataclass(frozen=True)
class Sending:
    """The learner's function is to send `devices` × `each` events, from a list, into a stream of `shards`.

    Every event is a dictionary with "device", "number" (from 1, rising for each device) and "body"; a
    record's data must be its JSON. Of the entries of each PutRecords call a part, `refused` (0 to 1), is
    refused, drawn with `seed`, up to call number FAULTS_END: so that sending everything again comes to an end
    too, and can be told. At most `most_calls` calls of PutRecord and PutRecords are allowed; 0 allows any
    number.

    The form of the work (once, keyed, calls, in order, spread) counts only where work was done: where most of
    what sending everything once would store is there. And who sends nothing again, though events were
    refused, shows neither that only those are sent again nor that the order is kept.
    """

    devices: int
    each: int
    seed: int
    shards: int = 2
    refused: float = 0.2
    most_calls: int = 0
    name: ClassVar[str] = "sending"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "once", "keyed", "calls", "in_order", "spread")

    def events(self) -> list[dict[str, Any]]:
        """The events as they are to be sent: the devices by turns drawn with the seed."""
        rng = Random(self.seed)
        names = [f"device-{number}" for number in rng.sample(range(100, 1000), self.devices)]
        turns = [name for name in names for _ in range(self.each)]
        rng.shuffle(turns)
        counted: Counter[str] = Counter()
        events = []
        for device in turns:
            counted[device] += 1
            body = f"{rng.randrange(10**9):09}"
            events.append({"device": device, "number": counted[device], "body": body})
        return events

    def play(self, stage: Stage) -> Verdict:
        events = self.events()
        stream = stage.stream("events", self.shards)
        if self.refused:
            rule = {"operation": "kinesis.PutRecords", "entries": self.refused, "seed": self.seed}
            stage.faults({**rule, "until": FAULTS_END})
        stage.work(stream_name=stream, events=events, all_or_nothing=True)
        calls = stage.calls()
        return self.judge(events, stage.records(stream), calls)

    def judge(
        self,
        events: Sequence[Mapping[str, Any]],
        records: Sequence[Mapping[str, Any]],
        calls: Mapping[str, int],
    ) -> Verdict:
        """What RECORDS, of each shard in order, and the number of CALLS of each operation come to."""
        batches = calls.get("kinesis.PutRecords", 0)
        made = batches + calls.get("kinesis.PutRecord", 0)
        stored = [(_event_of(record), record["ShardId"]) for record in records]
        if words := _foreign(events, records):
            return Verdict(dict.fromkeys(self.criteria, words))
        if not stored:
            return Verdict(dict.fromkeys(self.criteria, "the stream is empty."))
        copies = Counter(_name_of(event) for event, _ in stored if event is not None)
        broken = {}
        if missing := len(events) - len(copies):
            broken["complete"] = f"{missing} of {len(events)} events are not in the stream."
        if doubled := copies.total() - len(copies):
            broken["once"] = f"the stream holds {doubled} copies too many."
        keys = [str(record["PartitionKey"]) for record in records]
        names = [str(event["device"]) for event, _ in stored if event is not None]
        if others := sum(key != name for key, name in zip(keys, names, strict=True)):
            held = f"{_many(others, 'record')} with another partition key than the event's device"
            broken["keyed"] = f"the stream holds {held}."
        if self.most_calls and made > self.most_calls:
            broken["calls"] = (
                f"it made {made} calls of PutRecord and PutRecords, where {self.most_calls} are allowed."
            )
        if len({shard for _, shard in stored}) < 2 <= self.shards:
            broken["spread"] = "not more than one shard took records."
        if words := _disorder(stored):
            broken["in_order"] = words
        sign = self._sign(broken, batches, len(set(keys)))
        broken |= self._not_shown(broken, len(copies), made)
        return Verdict(broken, sign)

    def _not_shown(self, broken: Mapping[str, str], stored: int, made: int) -> Mapping[str, str]:
        """The criteria of form that so much, or so little, work does not show: so MADE calls."""
        asked = self.devices * self.each
        if stored < ENOUGH * asked * (1 - self.refused):
            words = f"too little was stored to show that: {stored} of {asked} events."
            return {name: words for name in self.criteria if name not in broken}
        if stored < asked and made <= -(-asked // PUT_RECORDS_MAX_RECORDS):
            words = "events were refused, and nothing was sent again: that shows nothing."
            return {name: words for name in ("once", "in_order") if name not in broken}
        return {}

    def _sign(self, broken: Mapping[str, str], batches: int, keys: int) -> str | None:
        """The misconception that the behaviour shows: a number of BATCHES was sent, with so many KEYS."""
        if self.most_calls and "keyed" in broken and not broken.keys() & {"complete", "once", "calls"}:
            return "not_the_device"
        if "spread" in broken and "complete" not in broken and keys == 1:
            return "one_key"
        if "once" in broken:
            return "resends_all"
        if "complete" in broken and batches:
            return "ignores_failures"
        if "calls" in broken:
            return "one_by_one"
        if "in_order" not in broken:
            return None
        if "shards" in broken["in_order"]:
            return "scattered"
        return "batch_order" if batches else None


def _event_of(record: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        event = json.loads(record["Data"])
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _name_of(event: Mapping[str, Any]) -> Name:
    return event["device"], event["number"]


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _foreign(events: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> str | None:
    """What is in the stream and was not to be sent, with the beginning of the first such data."""
    found = [record["Data"] for record in records if _event_of(record) not in events]
    if not found:
        return None
    held = f"{_many(len(found), 'record')} whose data is no event of the list as JSON"
    return f"the stream holds {held}; the first begins with {found[0][:60]!r}."


def _disorder(stored: Sequence[tuple[Mapping[str, Any] | None, str]]) -> str | None:
    """Whether a device's events lie on several shards, or a later one comes before an earlier one.

    A second copy right behind the first one is no disorder; behind later events it is.
    """
    shards: dict[str, set[str]] = {}
    order: dict[str, list[int]] = {}
    for event, shard in stored:
        if event is None:
            continue
        device, number = _name_of(event)
        shards.setdefault(device, set()).add(shard)
        order.setdefault(device, []).append(number)
    if scattered := sum(len(found) > 1 for found in shards.values()):
        return f"the events of {_many(scattered, 'device')} lie on several shards."
    if mixed := sum(numbers != sorted(numbers) for numbers in order.values()):
        return f"the events of {_many(mixed, 'device')} lie in another order than that of their numbers."
    return None
