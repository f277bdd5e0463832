"""Events delivered into a stream that refuses entries, fails calls and loses answers, in so many calls."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Final

from grader.tasks.answers import Raised
from grader.tasks.scenarios.stage import NoAnswer, Stage, Verdict
from lab.rules.quotas import PUT_RECORDS_MAX_RECORDS

PUT_RECORDS: Final = "kinesis.PutRecords"
THROTTLED: Final = "ProvisionedThroughputExceededException"
FAILED: Final = "InternalFailure"
WRITES: Final = ("kinesis.PutRecord", PUT_RECORDS)
"""The calls that the budget counts, those that botocore repeats among them."""
TRIES: Final = 3
"""Of one call, by boto3's own settings."""
ENOUGH: Final = 0.75
"""Of what sending everything once would store, the part that must be there before its form counts."""


@dataclass(frozen=True)
class Delivery:
    """The learner's `function(stream_name, events, most_calls)` brings all events into the stream.

    An event is {"id": "...", "key": "...", "n": 1, "text": "..."}: the record's partition key is `key`, its
    data the event as JSON; `n` counts the events of a key from 1. `refused` and `broken` are parts (0 to 1)
    of the entries of each PutRecords that are refused, as throttled and as an internal failure. `failing`:
    numbers of PutRecords calls, from 1, that fail as a whole and store nothing; `lost`: those that take
    effect and whose answer is lost. `most_calls` is the budget of PutRecord and PutRecords calls together;
    where it is `scarce` it can't be enough, so what is left over breaks nothing, and going on does.

    The form of the work (once, budget, unchanged, in order) counts only where work was done: where most of
    what sending everything once would store is there. And that only refused events are sent again is shown
    by nobody who sends nothing again.
    """

    events: int
    keys: int
    seed: int
    most_calls: int
    shards: int = 2
    refused: float = 0.0
    broken: float = 0.0
    failing: Sequence[int] = ()
    lost: Sequence[int] = ()
    scarce: bool = False
    name: ClassVar[str] = "delivery"
    hurries: ClassVar[bool] = True
    criteria: ClassVar[tuple[str, ...]] = ("complete", "once", "budget", "unchanged", "in_order")

    def made_events(self) -> list[dict[str, Any]]:
        """The events, the keys in turns drawn with the seed."""
        rng, counted = Random(self.seed), Counter[str]()
        events = []
        for number in range(1, self.events + 1):
            key = f"show-{rng.randint(1, self.keys)}"
            counted[key] += 1
            events.append(
                {
                    "id": f"{rng.randrange(16**6):06x}-{number}",
                    "key": key,
                    "n": counted[key],
                    "text": f"order {number}, {rng.choice(('stalls', 'balcony', 'Ränge'))}",
                }
            )
        return events

    def rules(self) -> list[dict[str, Any]]:
        """The fault plan. Of the rules for whole calls the one that strikes a call first names its error."""
        told = [
            {"operation": PUT_RECORDS, "entries": self.refused, "seed": self.seed, "error": THROTTLED},
            {"operation": PUT_RECORDS, "entries": self.broken, "seed": self.seed + 1, "error": FAILED},
        ]
        rules = [rule for rule in told if rule["entries"]]
        if self.failing:
            rules.append({"operation": PUT_RECORDS, "requests": list(self.failing)})
        if self.lost:
            rules.append({"operation": PUT_RECORDS, "requests": list(self.lost), "after": True})
        return rules

    def play(self, stage: Stage) -> Verdict:
        events, stream = self.made_events(), stage.stream("delivery", self.shards)
        stage.faults(*self.rules())
        answer = stage.work(stream_name=stream, events=events, most_calls=self.most_calls)
        counted = stage.calls()
        calls = {name: counted.get(name, 0) for name in WRITES}
        records = stage.records(stream)
        if not isinstance(answer, Raised):
            return self.judge(events, records, calls)
        if not records and not any(calls.values()):
            raise NoAnswer(answer)
        # It may well give up by an error, as where the calls are used up: what it did counts.
        verdict, raised = self.judge(events, records, calls), f" It raised {answer.type}: {answer.message}"
        return Verdict({name: words + raised for name, words in verdict.broken.items()}, verdict.sign)

    def judge(
        self,
        events: Sequence[Mapping[str, Any]],
        records: Sequence[Mapping[str, Any]],
        calls: Mapping[str, int],
    ) -> Verdict:
        """What the RECORDS, of each shard in order, and the CALLS of each operation come to."""
        known = {event["id"]: event for event in events}
        found = [(_event_of(record), str(record["PartitionKey"])) for record in records]
        copies = Counter(event["id"] for event, _ in found if event.get("id") in known)
        broken = {}
        if (missing := len(known) - len(copies)) and not self.scarce:
            broken["complete"] = f"{missing} of {len(known)} events are not in the stream.{self._trouble()}"
        # A lost answer leaves unknown what was stored: only then is a second copy no mistake.
        if doubled := sum(count > 1 + len(self.lost) for count in copies.values()):
            most = max(copies.values())
            broken["once"] = (
                f"{doubled} events are stored more often than lost answers force: one of them {most} times."
            )
        if sum(calls.values()) > self.most_calls:
            broken["budget"] = (
                f"it made {sum(calls.values())} calls of PutRecord and PutRecords, "
                f"where {self.most_calls} were allowed."
            )
        if foreign := sum(event != known.get(event.get("id", "")) for event, _ in found):
            broken["unchanged"] = (
                f"{foreign} records hold something else than the JSON of an event of the list."
            )
        elif misplaced := sum(known[event["id"]]["key"] != key for event, key in found):
            broken["unchanged"] = f"{misplaced} records carry another partition key than their event's `key`."
        if mixed := _mixed(known[event["id"]] for event, _ in found if event.get("id") in known):
            broken["in_order"] = (
                f"the events of {mixed} keys are stored in another order than they were given."
            )
        sign = self._sign(broken, len(copies), calls)
        broken |= self._not_shown(broken, len(copies), calls)
        return Verdict(broken, sign)

    def _not_shown(
        self, broken: Mapping[str, str], stored: int, calls: Mapping[str, int]
    ) -> Mapping[str, str]:
        """The criteria of form that so much, or so little, work does not show."""
        least = ENOUGH * self.events * (1 - self.refused - self.broken)
        if stored < least:
            words = f"too little was stored to show that: {stored} of {self.events} events."
            return {name: words for name in self.criteria if name not in broken}
        if self._sent_once(calls) and stored < self.events and "once" not in broken:
            return {"once": "events were refused, and nothing was sent again: that shows nothing."}
        return {}

    def _sent_once(self, calls: Mapping[str, int]) -> bool:
        """Whether no more calls were made than all events need, though the stream refused some."""
        refuses = bool(self.refused or self.broken)
        return refuses and sum(calls.values()) <= -(-self.events // PUT_RECORDS_MAX_RECORDS)

    def _trouble(self) -> str:
        """What the stream did in this run, without its numbers; nothing where it took everything."""
        codes = [THROTTLED] * bool(self.refused) + [FAILED] * bool(self.broken)
        did = [f"refused single entries ({', '.join(codes)})"] if codes else []
        did += ["failed whole calls"] * bool(self.failing)
        did += ["lost answers of calls that took effect"] * bool(self.lost)
        return f" In this run the stream {', '.join(did)}." if did else ""

    def _sign(self, broken: Mapping[str, str], stored: int, calls: Mapping[str, int]) -> str | None:
        """The misconception that the behaviour shows."""
        # Refused entries alone were to be met, what was sent was right, and all of it was sent once.
        one_round = -(-self.events // PUT_RECORDS_MAX_RECORDS)
        plain = (self.refused or self.broken) and not (self.failing or self.lost)
        right = stored and "unchanged" not in broken
        if plain and "complete" in broken and right and calls[PUT_RECORDS] <= one_round:
            return "ignores_failures"
        if "once" in broken:
            return "resends_all"
        if "budget" in broken and calls["kinesis.PutRecord"] > self.most_calls:
            return "one_by_one"
        if "budget" in broken and self.scarce:
            # As many calls too many as boto3's further tries of the calls that failed.
            further = len(self.failing) - len(self.failing) // TRIES
            over = sum(calls.values()) - self.most_calls
            return "counts_tries_once" if over <= further else "never_stops"
        return None


def _event_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record holds; nothing where that is not an object of JSON."""
    try:
        event = json.loads(record["Data"])
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("id"), str) else {}


def _mixed(events: Iterable[Mapping[str, Any]]) -> int:
    """Keys whose events are not in the order of `n`; of one that is stored twice the first copy counts."""
    seen: dict[str, list[int]] = {}
    for event in events:
        numbers = seen.setdefault(event["key"], [])
        if event["n"] not in numbers:
            numbers.append(event["n"])
    return sum(numbers != sorted(numbers) for numbers in seen.values())
