"""A fault plan for one account: which calls fail, told by a seed and the number of the call, never by time.

So a busy machine and a quiet one see the same faults. A plan is a list of rules, as JSON:

    {"operation": "kinesis.PutRecords", "error": "InternalFailure", "requests": [1, 4]}
    {"operation": "s3.PutObject", "error": "SlowDown", "rate": 0.2, "seed": 7}
    {"operation": "kinesis.PutRecord", "error": "InternalFailure", "requests": [2], "after": true}
    {"operation": "kinesis.PutRecords", "entries": 0.1, "seed": 7}
    {"operation": "kinesis.GetRecords", "most": [5, 0]}

`requests` counts the calls of that operation from 1, since the plan was set; `rate` (0 to 1) is drawn for
each call from the seed. `after` (Kinesis only): the call takes effect and its answer is lost, which is how
a retry stores a record twice. `entries`: single records of a PutRecords that succeeds as a whole; their
`ErrorCode` is the rule's error. `most`: how many records the calls of GetRecords give at most, by turns; with
0 an answer is empty though more records follow, as "it might take multiple calls to get to a portion of the
shard that contains records" (API model: GetRecords). `until`: the last call that a rule may strike; later
ones all succeed.
"""

import random
from dataclasses import dataclass
from typing import Any

KNOWN = {"operation", "error", "requests", "rate", "seed", "after", "entries", "most", "until"}


@dataclass
class Rule:
    """One rule of a plan, and how many calls it has seen."""

    operation: str
    error: str = "InternalFailure"
    requests: tuple[int, ...] = ()
    rate: float = 0.0
    seed: int = 0
    after: bool = False
    entries: float = 0.0
    most: tuple[int, ...] = ()
    until: int | None = None
    seen: int = 0

    def strikes(self, number: int) -> bool:
        """Whether call NUMBER, from 1, fails as a whole."""
        return number in self.requests or self._drawn(number, 0) < self.rate

    def struck_entries(self, number: int, count: int) -> frozenset[int]:
        """The places of the entries of call NUMBER that fail."""
        return frozenset(p for p in range(count) if self._drawn(number, p + 1) < self.entries)

    def _drawn(self, number: int, place: int) -> float:
        return random.Random(f"{self.seed}/{self.operation}/{number}/{place}").random()


def rule(told: Any) -> Rule:
    """A rule from JSON. Raises ValueError, in words for its author."""
    if not isinstance(told, dict) or not isinstance(told.get("operation"), str):
        raise ValueError('a rule is an object with an "operation" such as "kinesis.PutRecords"')
    if unknown := told.keys() - KNOWN:
        raise ValueError(
            f"a rule has no {', '.join(sorted(unknown))}; it may have {', '.join(sorted(KNOWN))}"
        )
    lists = {
        "requests": _numbers(told, "requests", 1, "of calls, counted from 1"),
        "most": _numbers(told, "most", 0, "of records, 0 or more"),
    }
    made = Rule(**{**told, **lists})
    for name in ("rate", "entries"):
        value = getattr(made, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"{name} is a part from 0 to 1, not {value!r}")
    if made.until is not None and (isinstance(made.until, bool) or not isinstance(made.until, int)):
        raise ValueError(f"until is the number of a call, not {made.until!r}")
    _fits_its_operation(made)
    return made


def _numbers(told: dict[str, Any], name: str, least: int, what: str) -> tuple[int, ...]:
    """A list of whole numbers, none below LEAST. Raises ValueError."""
    found = told.get(name, [])
    if not isinstance(found, list) or not all(type(one) is int and one >= least for one in found):
        raise ValueError(f"{name} is a list of numbers {what}")
    return tuple(found)


def _fits_its_operation(made: Rule) -> None:
    """Raises ValueError."""
    if made.after and not made.operation.startswith("kinesis."):
        raise ValueError("only Kinesis calls can fail after they took effect")
    if made.entries and made.operation != "kinesis.PutRecords":
        raise ValueError("only kinesis.PutRecords has entries")
    if made.most and made.operation != "kinesis.GetRecords":
        raise ValueError("only kinesis.GetRecords gives records")
