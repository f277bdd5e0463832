"""Events sent into a stream that refuses some of them: what arrived, how often, in which order and calls."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from grader.scenarios.stage import Stage, Verdict

Name = tuple[str, int]
"""An event: its device and number."""


@dataclass(frozen=True)
class Sending:
    """The learner's function is to send `devices` × `each` events, from a list, into a stream of `shards`.

    Every event is a dictionary with "device", "number" (from 1, rising for each device) and "body"; a
    record's data must be its JSON. Of the entries of each PutRecords call a part, `refused` (0 to 1), is
    refused, drawn with `seed`. At most `most_calls` calls of PutRecord and PutRecords are allowed;
    0 allows any number.
    """

    devices: int
    each: int
    seed: int
    shards: int = 2
    refused: float = 0.2
    most_calls: int = 0
    name: ClassVar[str] = "sending"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "once", "calls", "in_order", "spread")

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
            stage.faults(rule)
        stage.call(stream_name=stream, events=events)
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
        foreign = sum(event not in events for event, _ in stored)
        if foreign:
            broken = dict.fromkeys(
                self.criteria, f"the stream holds {foreign} records that are no event of the list."
            )
            return Verdict(broken)
        if not stored:
            return Verdict(dict.fromkeys(self.criteria, "the stream is empty."))
        copies = Counter(_name_of(event) for event, _ in stored if event is not None)
        broken = {}
        if missing := len(events) - len(copies):
            broken["complete"] = f"{missing} of {len(events)} events are not in the stream."
        if doubled := copies.total() - len(copies):
            broken["once"] = f"the stream holds {doubled} copies too many."
        if self.most_calls and made > self.most_calls:
            broken["calls"] = (
                f"it made {made} calls of PutRecord and PutRecords, where {self.most_calls} are allowed."
            )
        if len({shard for _, shard in stored}) < 2 <= self.shards:
            broken["spread"] = "not more than one shard took records."
        if words := _disorder(stored):
            broken["in_order"] = words
        return Verdict(broken, self._sign(broken, batches))

    def _sign(self, broken: Mapping[str, str], batches: int) -> str | None:
        """The misconception that the behaviour shows."""
        if "spread" in broken and "complete" not in broken:
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
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _name_of(event: Mapping[str, Any]) -> Name:
    return event["device"], event["number"]


def _disorder(stored: Sequence[tuple[Mapping[str, Any] | None, str]]) -> str | None:
    """Whether a device's events lie on several shards, or a later one comes before an earlier one.

    Of an event that is stored more than once the first copy counts.
    """
    shards: dict[str, set[str]] = {}
    order: dict[str, list[int]] = {}
    for event, shard in stored:
        if event is None:
            continue
        device, number = _name_of(event)
        shards.setdefault(device, set()).add(shard)
        if number not in order.setdefault(device, []):
            order[device].append(number)
    if scattered := sum(len(found) > 1 for found in shards.values()):
        return f"the events of {scattered} devices lie on several shards."
    if mixed := sum(numbers != sorted(numbers) for numbers in order.values()):
        return f"the events of {mixed} devices lie in another order than that of their numbers."
    return None
