"""What a function's answer means for the batch, and what is to be done next. Pure.

Source: Lambda guide, "Configuring partial batch response with Kinesis Data Streams and Lambda".
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from lab_emulator.functions.mappings.batches import Record
from lab_emulator.functions.mappings.settings import FOR_EVER, Settings

FIELD: Final = "batchItemFailures"
ITEM: Final = "itemIdentifier"

Next = Literal["", "retry", "split", "give_up"]


@dataclass(frozen=True)
class Attempt:
    """A batch, or what is left of one. `retries`: how many of its invocations were retries."""

    records: Sequence[Record]
    retries: int = 0


@dataclass(frozen=True)
class Verdict:
    """What came of one invocation. `attempts`: what is to be tried, in order. `then`: why."""

    failed_from: int | None
    then: Next = ""
    attempts: Sequence[Attempt] = ()
    given_up: Sequence[Record] = ()


def failed_from(answer: bytes, numbers: Sequence[str], *, reports_items: bool) -> int | None:
    """The first record of a batch that counts as failed, from 0; None when the whole batch succeeded.

    NUMBERS: the sequence numbers of the batch, in order. ANSWER: JSON of a function that ended without error.
    """
    if not reports_items:
        return None
    answered = json.loads(answer or b"null")
    if answered in (None, "", {}, []):
        return None
    if not isinstance(answered, dict):
        return 0
    items = answered.get(FIELD)
    if items is None or items == []:
        return None
    if not isinstance(items, list):
        return 0
    return _lowest(items, numbers)


def _lowest(items: Sequence[Any], numbers: Sequence[str]) -> int:
    """The place of the lowest number; 0, the whole batch, for an item that names none of it."""
    places = {number: place for place, number in enumerate(numbers)}
    found = []
    for item in items:
        named = item.get(ITEM) if isinstance(item, dict) else None
        place = places.get(named) if isinstance(named, str) else None
        if place is None:
            return 0
        found.append(place)
    return min(found)


def judged(attempt: Attempt, failed: int | None, settings: Settings) -> Verdict:
    """What follows when the records from FAILED on have failed; None for none of them.

    A split uses up no retry. With a partial answer the batch is split at the reported record, and what is
    behind it is tried again as one.
    """
    if failed is None:
        return Verdict(None)
    rest = attempt.records[failed:]
    if settings.bisects and failed == 0 and len(rest) > 1:
        half = (len(rest) + 1) // 2
        return Verdict(
            failed, "split", (Attempt(rest[:half], attempt.retries), Attempt(rest[half:], attempt.retries))
        )
    if settings.bisects and failed > 0:
        return Verdict(failed, "split", (Attempt(rest, attempt.retries),))
    if settings.retries != FOR_EVER and attempt.retries >= settings.retries:
        return Verdict(failed, "give_up", given_up=rest)
    return Verdict(failed, "retry", (Attempt(rest, attempt.retries + 1),))
