"""A Lambda handler under an event source mapping: damaged records, a busy database, batches tried again.

The mapping is played to the handler, without Lambda and without the lab, in milliseconds. Source of its
rules: Lambda guide, "Using Lambda with Kinesis": error handling and partial batch responses.
"""

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from grader.tasks.answers import Raised, Returned
from grader.tasks.scenarios.stage import NoAnswer, Stage, Verdict

SHARD = "shardId-000000000003"
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
FIRST = 49_680_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000
DAMAGED = b"one pizza"
RETRIES = 2
"""MaximumRetryAttempts of the mapping. Halving uses up none."""
ENOUGH = 1 / 3
"""Part of the good records that must be stored before the form of the work counts."""
MOST = 500
"""Calls of the handler in a run, more than any way of working needs."""
SLIPS = ("AttributeError", "NameError", "TypeError", "KeyError", "ImportError", "ModuleNotFoundError")


@dataclass(frozen=True)
class Invoking:
    """The learner's function, given `store`, makes a handler, which a mapping hands BATCHES of one shard.

    `store(sequence_number, order)` keeps an order. `damaged` are the places of records that are no JSON.
    `busy` has, by a record's place (as text), how often `store` fails for it before it works.

    The mapping has ReportBatchItemFailures and BisectBatchOnFunctionError on. A batch is tried again from
    the lowest reported number on; one that fails at its first record is halved; a single record that fails
    is tried RETRIES times more and then given up: its place goes to the destination.
    """

    batches: Sequence[int]
    damaged: Sequence[int] = ()
    busy: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    name: ClassVar[str] = "invoking"
    needs_lab: ClassVar[bool] = False
    criteria: ClassVar[tuple[str, ...]] = ("nothing_lost", "reports", "once", "in_order")

    def play(self, stage: Stage) -> Verdict:
        return Play(self, stage).verdict()


@dataclass
class Play:
    """The books of one run: what was stored, reported and given up."""

    run: Invoking
    stage: Stage
    stored: list[tuple[int, Any]] = field(default_factory=list)
    """Place and value, as they were stored."""
    failures: Counter[int] = field(default_factory=Counter)
    """How often storing a record has failed."""
    tries: Counter[int] = field(default_factory=Counter)
    """How often a single record's batch has failed."""
    given_up: list[int] = field(default_factory=list)
    answered: Any = None
    calls: int = 0
    thrown: str | None = None
    sign: str | None = None
    stored_in_call: set[int] = field(default_factory=set)

    def verdict(self) -> Verdict:
        self._begin()
        begin = 0
        for number, size in enumerate(self.run.batches):
            self._before(number)
            self._deliver(range(begin, begin + size))
            begin += size
        return self._judge(begin)

    def _begin(self) -> None:
        """A handler is made in the learner's process as it is now."""
        self._tell({"action": "begin", "name": self.stage.function, "gets": ["store"]})

    def _before(self, number: int) -> None:
        """What happens before a batch; here nothing does."""

    def _deliver(self, batch: range) -> None:
        """A batch, and whatever of it is tried again, until all is done or given up."""
        todo = [batch]
        while todo:
            part = todo.pop(0)
            failed = self._invoke(part)
            if failed is None:
                continue
            if failed > part.start:
                todo.insert(0, range(failed, part.stop))
            elif len(part) > 1:
                middle = part.start + len(part) // 2
                todo[:0] = [range(part.start, middle), range(middle, part.stop)]
            else:
                self.tries[failed] += 1
                if self.tries[failed] <= RETRIES:
                    todo.insert(0, part)
                else:
                    self.given_up.append(failed)

    def _invoke(self, part: range) -> int | None:
        """Call the handler once: the place from which on it failed, or None."""
        self.calls += 1
        if self.calls > MOST:
            return None
        self.answered, self.stored_in_call = None, set()
        answer = self._tell({"action": "invoke", "event": {"Records": [self._record(i) for i in part]}})
        if isinstance(answer, Raised):
            self._note("raises")
            return part.start
        return self._failed_from(part)

    def _tell(self, message: Mapping[str, Any]) -> Returned | Raised:
        answer = self.stage.tell(message, self._asked)
        if isinstance(answer, Raised) and message["action"] == "invoke":
            self.thrown = f"{answer.type}: {answer.message}" if answer.message else answer.type
            return answer
        if not isinstance(answer, Returned):
            raise NoAnswer(answer)
        return answer

    def _asked(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What the handler stores, and what it answers."""
        match message:
            case {"action": "store", "sequenceNumber": str(number), "value": value}:
                place = _place(number)
                if self.failures[place] < self.run.busy.get(str(place), 0):
                    self.failures[place] += 1
                    return {"error": "the database is busy"}
                self.stored.append((place, value))
                self.stored_in_call.add(place)
            case {"action": "answered", "value": value}:
                self.answered = value
        return {}

    def _failed_from(self, part: range) -> int | None:
        """What the answer says by the rules of partial batch responses.

        Success is an empty or null answer or list; failure of the whole batch an identifier that is empty,
        null, unknown or has another name.
        """
        reported = self.answered.get("batchItemFailures") if isinstance(self.answered, dict) else None
        if not reported:
            if any(place in self.run.damaged for place in part):
                self._note("swallows")
            return None
        if not isinstance(reported, list):
            self._note("misnamed")
            return part.start
        names = [one.get("itemIdentifier") if isinstance(one, dict) else None for one in reported]
        places = [_place(name) for name in names]
        if any(place not in part for place in places):
            self._note("misnamed")
            return part.start
        first = min(places)
        self._look_back(part, first)
        return first

    def _look_back(self, part: range, first: int) -> None:
        """Whether the reported record FIRST is the first that was not stored, and the last that was tried."""
        if any(place not in self.stored_in_call for place in range(part.start, first)):
            self._note("reports_a_later_one")
        elif first in self.stored_in_call:
            self._note("reports_everything")
        elif any(place > first for place in self.stored_in_call):
            self._note("goes_on")

    def _note(self, sign: str) -> None:
        """The first sign counts; a slip that raises such an error is not taken for a wrong idea."""
        slip = sign == "raises" and self.thrown is not None and self.thrown.startswith(SLIPS)
        self.sign = self.sign or (None if slip else sign)

    def _judge(self, delivered: int) -> Verdict:
        good = [i for i in range(delivered) if i not in self.run.damaged]
        values = dict(reversed(self.stored))
        times = Counter(place for place, _ in self.stored)
        kept = [place for place in good if place in times]
        broken: dict[str, str] = {}
        if lost := len(good) - len(kept):
            broken["nothing_lost"] = f"{lost} of {len(good)} good records were never stored."
        elif wrong := sum(values[place] != self._order(place) for place in good):
            words = f"{wrong} records were stored with another value than their data, read as JSON."
            broken["nothing_lost"] = words
        if silent := [i for i in self.run.damaged if i not in self.given_up or i in times]:
            words = f"{len(silent)} of {len(self.run.damaged)} damaged records never came to the destination."
            broken["reports"] = words
        if again := [place for place in good if times[place] > 1]:
            broken["once"] = f"{len(again)} good records were stored more than once."
        first_seen = [place for place in dict.fromkeys(place for place, _ in self.stored) if place in good]
        if first_seen != sorted(first_seen):
            broken["in_order"] = "a later record was stored before an earlier one."
        if len(kept) < ENOUGH * len(good):
            words = f"too little was stored to show that: {len(kept)} of {len(good)} good records."
            broken = dict.fromkeys(self.run.criteria, words) | broken
        if self.thrown:
            broken = {name: f"{words} The handler raised {self.thrown}." for name, words in broken.items()}
        return Verdict(broken, self.sign if broken else None)

    def _order(self, index: int) -> dict[str, Any]:
        return {"order": self.run.seed * 1000 + index, "customer": f"c{(index * 7 + self.run.seed) % 5}"}

    def _key_of(self, order: Mapping[str, Any]) -> str:
        return str(order["customer"])

    def _record(self, index: int) -> dict[str, Any]:
        """As Lambda hands it over (Lambda guide, "Example event")."""
        order, number = self._order(index), _number(index)
        data = DAMAGED if index in self.run.damaged else json.dumps(order).encode()
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": self._key_of(order),
                "sequenceNumber": number,
                "data": base64.b64encode(data).decode(),
                "approximateArrivalTimestamp": 1_790_000_000 + index,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{SHARD}:{number}",
            "eventName": "aws:kinesis:record",
            "awsRegion": "us-east-1",
            "eventSourceARN": ARN,
        }


def _number(index: int) -> str:
    """The sequence number of a record: rising, not consecutive."""
    return str(FIRST + 1000 * index + index % 7)


def _place(number: Any) -> int:
    """The place of the record with this sequence number; -1 when there is none."""
    if not isinstance(number, str) or not (len(number) < 128 and number.isascii() and number.isdecimal()):
        return -1
    index = (int(number) - FIRST) // 1000
    return index if index >= 0 and _number(index) == number else -1
