"""A stream that is read on and on, as it is written to, split and merged between two readings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Final

from grader.tasks.scenarios.resharding import closed_shards, merge, split
from grader.tasks.scenarios.stage import Spoiled, Stage, Verdict

GET_RECORDS: Final = "kinesis.GetRecords"
THROTTLED: Final = "ProvisionedThroughputExceededException"
FORM: Final = 'it did not return a dictionary with "data", a list of texts, and "places".'
ENOUGH: Final = 0.5
"""Part of the records that must have been read before the form of the reading counts."""


@dataclass(frozen=True)
class Following:
    """The learner's function reads what is new in a stream, and says where it is to go on next time.

    `function(stream_name, places)` returns {"data": [...], "places": ...}. The first call is given {}, each
    later one the places of the one before, after a way through JSON. `rounds` say what happens before each
    call: "write" (each of `keys` devices puts `each` records), "split", "merge". In the end it is called
    once more, with nothing new. `pages`: how many records its calls of GetRecords give at most, by turns; 0
    is an empty answer. `refused`: numbers of those calls, from 1 in every reading, that are throttled.
    """

    rounds: Sequence[Sequence[str]]
    keys: int
    each: int
    seed: int
    shards: int = 2
    pages: Sequence[int] = ()
    refused: Sequence[int] = ()
    name: ClassVar[str] = "following"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "once", "in_order")

    def play(self, stage: Stage) -> Verdict:
        stream, rng = stage.stream("following", self.shards), Random(self.seed)
        devices = [f"device-{number}" for number in rng.sample(range(100, 1000), self.keys)]
        counted: Counter[str] = Counter()
        readings: list[list[str]] = []
        places: Any = {}
        for happens in (*self.rounds, ()):
            for what in happens:
                self._happen(stage, stream, what, devices, counted, rng)
            answer = self._read(stage, stream, places)
            if answer is None:
                return Verdict(dict.fromkeys(self.criteria, FORM))
            readings.append(answer["data"])
            places = answer["places"]
        return self.judge(stage.records(stream), readings, closed_shards(stage, stream))

    def _happen(
        self, stage: Stage, stream: str, what: str, devices: Sequence[str], counted: Counter[str], rng: Random
    ) -> None:
        if what == "split":
            split(stage, stream)
        elif what == "merge":
            merge(stage, stream)
        else:
            for _ in range(self.each):
                data = {}
                for device in rng.sample(devices, len(devices)):
                    counted[device] += 1
                    data[device] = f"{device}/{counted[device]:03}/{rng.randrange(10**6):06}"
                stage.write(stream, data)

    def _read(self, stage: Stage, stream: str, places: Any) -> dict[str, Any] | None:
        """What one reading gives; None where it has not the form that is asked for."""
        rules: list[dict[str, Any]] = []
        if self.refused:
            rules.append({"operation": GET_RECORDS, "error": THROTTLED, "requests": list(self.refused)})
        if self.pages:
            rules.append({"operation": GET_RECORDS, "most": list(self.pages)})
        stage.faults(*rules)
        answer = stage.call(stream_name=stream, places=places)
        if not isinstance(answer, dict) or not {"data", "places"} <= answer.keys():
            return None
        data = answer["data"]
        return answer if isinstance(data, list) and all(isinstance(one, str) for one in data) else None

    def judge(
        self,
        written: Sequence[Mapping[str, Any]],
        readings: Sequence[Sequence[str]],
        closed: frozenset[str],
    ) -> Verdict:
        """What the READINGS come to. WRITTEN: all records, as the stage gives them; CLOSED: ids of shards."""
        homes = {str(record["Data"], "utf-8"): str(record["ShardId"]) for record in written}
        returned = [one for reading in readings for one in reading]
        if unknown := [one for one in returned if one not in homes]:
            raise Spoiled(f"it returned {len(unknown)} texts that are the data of no record of the stream.")
        times, missing = Counter(returned), homes.keys() - set(returned)
        broken: dict[str, str] = {}
        if missing:
            broken["complete"] = f"{len(missing)} of {len(homes)} records were never returned.{self._met()}"
        if repeated := [one for one, count in times.items() if count > 1]:
            broken["once"] = f"{len(repeated)} of {len(homes)} records were returned more than once."
        if mixed := _mixed(returned):
            broken["in_order"] = f"the records of {mixed} devices are not in the order of their writing."
        sign = self._sign(broken, homes, readings, closed)
        if len(homes) - len(missing) < ENOUGH * len(homes):
            words = f"too little was read to show that: {len(homes) - len(missing)} of {len(homes)} records."
            broken = dict.fromkeys(self.criteria, words) | broken
        return Verdict(broken, sign)

    def _met(self) -> str:
        """What the run put in the way, without its numbers."""
        met = ["short and empty answers"] * bool(self.pages) + ["throttled calls"] * bool(self.refused)
        return f" In this run there were {' and '.join(met)}." if met else ""

    def _sign(
        self,
        broken: Mapping[str, str],
        homes: Mapping[str, str],
        readings: Sequence[Sequence[str]],
        closed: frozenset[str],
    ) -> str | None:
        """The misconception that it looks like."""
        if "once" in broken:
            return self._repeats(homes, readings)
        missing = homes.keys() - {one for reading in readings for one in reading}
        if missing:
            if self.pages or self.refused:
                return "one_page" if self.pages else "gives_up"
            seen = {one.split("/")[0] for reading in readings for one in reading}
            if {one.split("/")[0] for one in missing} - seen:
                return "one_shard"  # a device of which nothing came at all
            lost_of_closed = {homes[one] in closed for one in missing}
            return "open_only" if lost_of_closed == {True} else "from_now_on"
        return "child_first" if "in_order" in broken else None

    def _repeats(self, homes: Mapping[str, str], readings: Sequence[Sequence[str]]) -> str | None:
        """Whether each reading begins anew, or each repeats only the last record of a shard."""
        before: set[str] = set()
        last: dict[str, str] = {}
        only_last = True
        for reading in readings:
            again = {one for one in reading if one in before}
            only_last &= again <= set(last.values())
            before |= set(reading)
            last |= {homes[one]: one for one in reading}
        if only_last:
            return "at_the_last"
        return "begins_anew" if set(readings[-1]) == homes.keys() else None


def _mixed(ids: Sequence[str]) -> int:
    """Devices of which a later record comes before an earlier one; of a repeated one the first counts."""
    seen: dict[str, list[str]] = {}
    for one in dict.fromkeys(ids):
        seen.setdefault(one.split("/")[0], []).append(one)
    return sum(found != sorted(found) for found in seen.values())
