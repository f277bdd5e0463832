"""What to study next, from all results: items missed come back at growing intervals, until they are known.

The intervals are FSRS's (package fsrs, its default memory model): a miss sets an item back, each right answer
after it makes the next interval longer. Nothing is kept beside the results; the plan is worked out from them.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

KNOWN_DAYS: Final = 60
"""An item whose next interval would be longer is taken for known and doesn't come back."""


@dataclass(frozen=True)
class Studied:
    """An item that was missed at least once. `due`: when to try it again, None when it is known by now."""

    item: str
    lesson: str
    version: int
    missed: int
    tried: int
    due: datetime.datetime | None

    def is_due(self, now: datetime.datetime) -> bool:
        """Is it time to try it again?"""
        return self.due is not None and self.due <= now


def studied(results: Iterable[Mapping[str, Any]], versions: Mapping[str, int]) -> list[Studied]:
    """Every item that was missed once, the soonest due first. `results` from the oldest on.

    `versions`: of the items in the bank today; answers to an earlier version of an item count no more.
    """
    tries: dict[str, list[tuple[datetime.datetime, Mapping[str, Any]]]] = {}
    for result in results:
        at = datetime.datetime.fromisoformat(result["finished"])
        for entry in result["items"]:
            if versions.get(entry["item"]) == entry["version"]:
                tries.setdefault(entry["item"], []).append((at, entry))
    found = [_studied(of_item) for of_item in tries.values() if any(not e["points"] for _, e in of_item)]
    late = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return sorted(found, key=lambda one: (one.due or late, one.item))


def _studied(tries: list[tuple[datetime.datetime, Mapping[str, Any]]]) -> Studied:
    from fsrs import Card, Rating, Scheduler  # takes a third of a second

    # No steps of minutes and no chance: whole days, the same each time they are worked out.
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    card = Card(card_id=1)
    begun = False
    for at, entry in tries:
        begun = begun or not entry["points"]
        if begun:
            rating = Rating.Good if entry["points"] else Rating.Again
            card, _ = scheduler.review_card(card, rating, at.astimezone(datetime.UTC))
    last = tries[-1][1]
    known = card.due - tries[-1][0] > datetime.timedelta(days=KNOWN_DAYS)
    missed = sum(not entry["points"] for _, entry in tries)
    due = None if known else card.due
    return Studied(last["item"], last["lesson"], last["version"], missed, len(tries), due)
