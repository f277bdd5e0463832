"""A night's events, minute by minute, into a stream that refuses, loses an answer and is resharded."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Final

from grader.tasks.answers import Raised
from grader.tasks.scenarios.stage import NoAnswer, Stage, Verdict
from lab.rules.quotas import PUT_RECORDS_MAX_RECORDS

PARTNER: Final = "partner"
PUT_RECORDS: Final = "kinesis.PutRecords"
WRITES: Final = ("kinesis.PutRecord", PUT_RECORDS)
REFUSALS_END: Final = 2
"""Calls of a minute, from its first, that refuse entries: who sends these again is done with the third."""
SPARE_CALLS: Final = 5
"""What the whole night may take beyond the calls that each minute needs."""
ENOUGH: Final = 0.5
"""Of the events, the part that must be in the stream before the form of the work counts."""

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Producing:
    """The learner's `function(stream_name, events)` is called once for each minute of CURVE, with its events.

    An event is {"id": "...", "source": "player-17", "n": 1, "kind": "..."}; `n` counts a source's events from
    1, over the whole night. `partner`: so large a part (0 to 1) has the source "partner". The partition key
    is the source, and of the partner `partner#R` with R = n modulo `salts`; the data is the event as JSON.

    In the minutes of `refused` (from 0) the first REFUSALS_END calls of PutRecords refuse a third of their
    entries; in those of `lost` the first call takes effect and its answer is lost. Before minute `reshard`
    the shards double. Between the minutes the account's clock moves on by one.

    Once, spread and calls count only where at least half of the events are in the stream.
    """

    curve: Sequence[int]
    seed: int
    partner: float = 0.5
    salts: int = 8
    shards: int = 2
    refused: Sequence[int] = ()
    lost: Sequence[int] = ()
    reshard: int = 0
    name: ClassVar[str] = "night-producing"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "once", "players", "partner", "calls")

    def minutes(self) -> list[list[dict[str, Any]]]:
        """The events of each minute; who sends when is drawn with the seed."""
        rng, counted = Random(self.seed), Counter[str]()
        night = []
        for number, size in enumerate(self.curve):
            events: list[dict[str, Any]] = []
            for _ in range(size):
                is_partner = rng.random() < self.partner
                source = PARTNER if is_partner else f"player-{rng.randint(1, 60)}"
                counted[source] += 1
                kind = rng.choice(("start", "level", "score", "Münze"))
                name = f"{rng.randrange(16**6):06x}-{number}-{len(events)}"
                events.append({"id": name, "source": source, "n": counted[source], "kind": kind})
            night.append(events)
        return night

    def key_of(self, event: Event) -> str:
        """The partition key that the task asks for."""
        return f"{PARTNER}#{event['n'] % self.salts}" if event["source"] == PARTNER else str(event["source"])

    def play(self, stage: Stage) -> Verdict:
        stream, night = stage.stream("night", self.shards), self.minutes()
        raised: Raised | None = None
        for number, events in enumerate(night):
            if self.reshard and number == self.reshard:
                _double(stage, stream, self.shards)
            stage.faults(*self._faults(number))
            answer = stage.work(stream_name=stream, events=events)
            raised = raised or (answer if isinstance(answer, Raised) else None)
            stage.clock(hours=1 / 60)
        calls = sum(stage.calls().get(name, 0) for name in WRITES)
        if raised and not calls:
            raise NoAnswer(raised)
        verdict = self.judge(night, stage.records(stream), calls)
        if not raised:
            return verdict
        told = f" It raised {raised.type}: {raised.message}"
        return Verdict({name: words + told for name, words in verdict.broken.items()}, verdict.sign)

    def _faults(self, minute: int) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = []
        if minute in self.refused:
            rules.append(
                {"operation": PUT_RECORDS, "entries": 1 / 3, "seed": self.seed, "until": REFUSALS_END}
            )
        if minute in self.lost:
            rules.append({"operation": PUT_RECORDS, "requests": [1], "after": True})
        return rules

    def most_calls(self) -> int:
        """Full batches, the calls that the faults cost, and some to spare."""
        return self._batches() + REFUSALS_END * len(self.refused) + len(self.lost) + SPARE_CALLS

    def _batches(self) -> int:
        """Calls that send every event once."""
        return sum(-(-size // PUT_RECORDS_MAX_RECORDS) for size in self.curve)

    def judge(
        self, night: Sequence[Sequence[Event]], records: Sequence[Mapping[str, Any]], calls: int
    ) -> Verdict:
        """What the RECORDS in the stream and the number of CALLS that write come to."""
        known = {event["id"]: (event, number) for number, events in enumerate(night) for event in events}
        found = [(_event_of(record), record) for record in records]
        ours = [
            (event, record) for event, record in found if known.get(event.get("id", ""), ({},))[0] == event
        ]
        copies = Counter(event["id"] for event, _ in ours)
        broken: dict[str, str] = {}
        if missing := len(known) - len(copies):
            broken["complete"] = f"{missing} of {len(known)} events are not in the stream.{self._trouble()}"
        elif foreign := len(found) - len(ours):
            broken["complete"] = (
                f"{foreign} records hold something else than the JSON of an event of the list."
            )
        # A lost answer leaves unknown what was stored: only then is a second copy no mistake.
        if doubled := sum(count > 1 + (known[one][1] in self.lost) for one, count in copies.items()):
            broken["once"] = f"{doubled} events are stored more often than lost answers force."
        broken |= self._keys(ours)
        if calls > self.most_calls():
            broken["calls"] = (
                f"it made {calls} calls of PutRecord and PutRecords, where {self.most_calls()} are allowed."
            )
        sign = self._sign(broken, len(copies), calls)
        if len(copies) < ENOUGH * len(known):
            words = f"too little was stored to show that: {len(copies)} of {len(known)} events."
            broken |= {name: words for name in self.criteria if name not in broken}
        elif missing and calls <= self._batches() + len(self.lost) and "once" not in broken:
            broken["once"] = "events were refused, and nothing was sent again: that shows nothing."
        return Verdict(broken, sign)

    def _keys(self, ours: Sequence[tuple[Event, Mapping[str, Any]]]) -> dict[str, str]:
        broken = {}
        wrong = [(event, record) for event, record in ours if record["PartitionKey"] != self.key_of(event)]
        if others := sum(event["source"] != PARTNER for event, _ in wrong):
            broken["players"] = f"{others} records of players carry another partition key than the player."
        if ill := [record for event, record in wrong if event["source"] == PARTNER]:
            shards = Counter(record["ShardId"] for event, record in ours if event["source"] == PARTNER)
            share = max(shards.values()) / shards.total()
            broken["partner"] = (
                f"{len(ill)} of the partner's records lack the salted key, the first has "
                f"{str(ill[0]['PartitionKey'])[:40]!r}: one shard took {share:.0%} of them."
            )
        return broken

    def _sign(self, broken: Mapping[str, str], stored: int, calls: int) -> str | None:
        """The misconception that the behaviour shows."""
        if "once" in broken:
            return "resends_all"
        if "complete" in broken:
            once = 0 < calls <= self._batches() + len(self.lost)
            return "ignores_failures" if stored and once else None
        if "calls" in broken:
            return "one_by_one"
        if "players" in broken:
            return "salts_everybody"
        return "one_hot_key" if "partner" in broken else None

    def _trouble(self) -> str:
        told = [f"minute {number} refused entries" for number in self.refused]
        told += [f"minute {number} lost an answer" for number in self.lost]
        return f" Minutes count from 0; {', '.join(told)}." if told else ""


def _double(stage: Stage, stream: str, shards: int) -> None:
    kinesis = stage.client("kinesis")
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=2 * shards, ScalingType="UNIFORM_SCALING")
    kinesis.get_waiter("stream_exists").wait(
        StreamName=stream, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )


def _event_of(record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        event = json.loads(record["Data"])
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("id"), str) else {}
