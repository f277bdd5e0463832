"""A Lambda handler on launch night: events that come twice, damaged ones, a busy table, a function that dies.

The mapping is played as in `invoking`, without the lab. What is judged is the table that the handler fills.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from grader.tasks.scenarios.invoking import ENOUGH, Invoking, Play
from grader.tasks.scenarios.stage import Stage, Verdict


@dataclass(frozen=True)
class Consuming(Invoking):
    """The learner's function, given `store`, makes a handler that fills a table: `store(key, event)`.

    A key that is stored again takes the place of its row. `copies` maps a record's place (as text) to that of
    an earlier record with the same event: the producer sent it again, so it has another sequence number.
    Before the batches in `crashes` the function's process ends, and a new one begins. All else is as in
    Invoking.
    """

    copies: Mapping[str, int] = field(default_factory=dict)
    crashes: Sequence[int] = ()
    name: ClassVar[str] = "night-consuming"
    criteria: ClassVar[tuple[str, ...]] = ("nothing_lost", "reports", "one_row", "progress")

    def play(self, stage: Stage) -> Verdict:
        return _Night(self, stage).verdict()


class _Night(Play):
    """The books of one run, and the table."""

    def __init__(self, run: Consuming, stage: Stage) -> None:
        super().__init__(run, stage)
        self.night = run
        self.rows: dict[str, Any] = {}
        self.places = {self._order(place)["id"]: place for place in reversed(range(sum(run.batches)))}

    def _before(self, number: int) -> None:
        if number in self.night.crashes:
            self.stage.renew()
            self._begin()

    def _asked(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What the handler stores, and what it answers."""
        match message:
            case {"action": "store", "sequenceNumber": str(key), "value": value}:
                name = value.get("id") if isinstance(value, dict) else None
                place = self.places.get(name, -1) if isinstance(name, str) else -1
                if self.failures[place] < self.run.busy.get(str(place), 0):
                    self.failures[place] += 1
                    return {"error": "the table is busy"}
                self.rows[key] = value
                self.stored.append((place, value))
                self.stored_in_call.add(place)
            case {"action": "answered", "value": value}:
                self.answered = value
        return {}

    def _look_back(self, part: range, first: int) -> None:
        """As for any mapping; an event that came before needs no storing again."""
        done = self.stored_in_call
        if any(place not in done for place in range(part.start, first) if not self._is_copy(place)):
            self._note("reports_a_later_one")
        elif first in done:
            self._note("reports_everything")
        elif any(place > first for place in done):
            self._note("goes_on")

    def _judge(self, delivered: int) -> Verdict:
        good = [i for i in range(delivered) if i not in self.run.damaged and not self._is_copy(i)]
        times = Counter(place for place, _ in self.stored)
        kept = [place for place in good if self._order(place) in self.rows.values()]
        broken: dict[str, str] = {}
        if lost := len(good) - len(kept):
            broken["nothing_lost"] = f"{lost} of {len(good)} events are not in the table as they came."
        if silent := [i for i in self.run.damaged if i not in self.given_up]:
            broken["reports"] = (
                f"{len(silent)} of {len(self.run.damaged)} damaged records never came to the destination."
            )
        held = Counter(
            str(value["id"]) for value in self.rows.values() if isinstance(value, dict) and "id" in value
        )
        if doubled := sum(count > 1 for count in held.values()):
            broken["one_row"] = f"{doubled} events have more than one row in the table."
            self.sign = self.sign or ("keyed_by_number" if not self.night.crashes else None)
        forced = Counter(self.night.copies.values())
        if again := [place for place in good if times[place] > 1 + forced[place]]:
            broken["progress"] = f"{len(again)} events were stored again because another record failed."
        if len(kept) < ENOUGH * len(good):
            words = f"too little was stored to show that: {len(kept)} of {len(good)} events."
            broken = dict.fromkeys(self.run.criteria, words) | broken
        if self.thrown:
            broken = {name: f"{words} The handler raised {self.thrown}." for name, words in broken.items()}
        return Verdict(broken, self.sign if broken else None)

    def _is_copy(self, place: int) -> bool:
        return str(place) in self.night.copies

    def _order(self, index: int) -> dict[str, Any]:
        origin = self.night.copies.get(str(index), index)
        name = f"{self.run.seed * 7919 + origin * 104_729:08x}"
        source = f"player-{(origin * 7 + self.run.seed) % 5}"
        return {"id": name, "source": source, "n": origin + 1, "kind": "score"}

    def _key_of(self, order: Mapping[str, Any]) -> str:
        return str(order["source"])
