"""Records written hour by hour into a stream that is split on the way; a window of it is to be read again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from grader.tasks.scenarios.resharding import closed_shards, split
from grader.tasks.scenarios.stage import Stage, Verdict

NOT_IDS = "it did not return a list of texts."
ENOUGH = 0.25
"""Part of the window's records that must be there before the form of the answer counts."""


@dataclass(frozen=True)
class Replay:
    """The learner's function is to return the ids (the data) of the records that came in within a window.

    `keys` devices write a record each, in every one of `hours` hours by the lab's clock, into a stream of
    `shards`. At the hours of `splits` an open shard is split in the middle. The window reaches from hour
    `first` to hour `last`, both between two hours of writing, so that no record lies near an edge. `pages`
    are the most records that the function's calls of GetRecords give, by turns: 0 is an empty answer.

    The form of an answer (exact, once, in order) counts only where enough of the window is there to show it;
    and whoever returns all that is in the stream has chosen nothing.
    """

    hours: int
    keys: int
    splits: tuple[int, ...]
    first: float
    last: float
    seed: int
    shards: int = 2
    pages: Sequence[int] = ()
    name: ClassVar[str] = "replay"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "exact", "once", "in_order")

    def play(self, stage: Stage) -> Verdict:
        stream = stage.stream("replay", self.shards)
        self._write(stage, stream)
        written = stage.records(stream)
        began = min(record["ApproximateArrivalTimestamp"] for record in written)
        start, end = began + timedelta(hours=self.first), began + timedelta(hours=self.last)
        if self.pages:
            stage.faults({"operation": "kinesis.GetRecords", "most": list(self.pages)})
        returned = stage.call(stream_name=stream, start=start.isoformat(), end=end.isoformat())
        verdict = judge(written, (start, end), returned, closed_shards(stage, stream))
        if not self.pages or verdict.sign not in ("open_only", "one_shard"):
            return verdict
        # Short pages leave gaps everywhere: which shards they are in tells nothing.
        return Verdict(verdict.broken, "one_page" if list(verdict.broken) == ["complete"] else None)

    def _write(self, stage: Stage, stream: str) -> None:
        rng = Random(self.seed)
        devices = [f"device-{number}" for number in rng.sample(range(100, 1000), self.keys)]
        for hour in range(self.hours):
            if hour in self.splits:
                split(stage, stream)
            data = {
                device: f"{device}/{hour:02}/{rng.randrange(10**6):06}"
                for device in rng.sample(devices, len(devices))
            }
            stage.write(stream, data)
            stage.clock(hours=1)


def judge(
    written: Sequence[Mapping[str, Any]],
    window: tuple[datetime, datetime],
    returned: Any,
    closed: frozenset[str] = frozenset(),
) -> Verdict:
    """What the RETURNED ids come to. WRITTEN: all records, as the stage gives them; CLOSED: ids of shards."""
    if not isinstance(returned, list) or not all(isinstance(one, str) for one in returned):
        return Verdict(dict.fromkeys(Replay.criteria, NOT_IDS))
    seen = _Seen(written, window, returned, closed)
    if not seen.found:
        return Verdict(dict.fromkeys(Replay.criteria, "no record of the window was returned."))
    if seen.times.keys() <= set(returned):
        return Verdict(dict.fromkeys(Replay.criteria, "everything was returned that is in the stream."))
    return seen.verdict()


@dataclass
class _Seen:
    """What was written, and what of it was RETURNED."""

    written: Sequence[Mapping[str, Any]]
    window: tuple[datetime, datetime]
    returned: Sequence[str]
    closed: frozenset[str]

    def __post_init__(self) -> None:
        start, end = self.window
        self.times = {_id_of(record): record["ApproximateArrivalTimestamp"] for record in self.written}
        self.homes = {_id_of(record): str(record["ShardId"]) for record in self.written}
        self.wanted = [one for one, time in self.times.items() if start <= time < end]
        self.found = set(self.wanted) & set(self.returned)
        self.missing = set(self.wanted) - self.found
        known = [one for one in self.returned if one in self.times]
        self.early = {one for one in known if self.times[one] < start}
        self.late = {one for one in known if self.times[one] >= end}
        self.disorder = _disorder(known)

    def verdict(self) -> Verdict:
        broken = {}
        if self.missing:
            broken["complete"] = (
                f"{len(self.missing)} of the window's {len(self.wanted)} records are missing."
            )
        if extra := len(set(self.returned) - set(self.wanted)):
            broken["exact"] = f"{extra} records were returned that lie outside the window."
        if repeated := sum(count - 1 for count in Counter(self.returned).values()):
            broken["once"] = f"{repeated} records were returned more than once."
        if self.disorder:
            broken["in_order"] = self.disorder
        sign = self._sign(broken)
        if len(self.found) < ENOUGH * len(self.wanted):
            words = f"too little of the window was returned to show that: {len(self.missing)} are missing."
            broken = dict.fromkeys(Replay.criteria, words) | broken
        return Verdict(broken, sign)

    def _sign(self, broken: Mapping[str, str]) -> str | None:
        """The misconception that it looks like."""
        if self.early and self.late:
            return None
        if self.early or self.late:
            return "no_start" if self.early else "no_end"
        if self.missing and self.closed:
            lost = {self.homes[one] in self.closed for one in self.missing}
            in_closed = {one for one in self.wanted if self.homes[one] in self.closed}
            return "open_only" if lost == {True} and in_closed <= self.missing else "one_shard"
        if list(broken) == ["in_order"] and _sorted_by_shard(self.returned, self.homes):
            return "child_first"
        return None


def _sorted_by_shard(returned: Sequence[str], homes: Mapping[str, str]) -> bool:
    """Whether each shard's records, taken by themselves, are in the order of writing."""
    shards = set(homes.values())
    return all(_disorder([one for one in returned if homes.get(one) == shard]) is None for shard in shards)


def _id_of(record: Mapping[str, Any]) -> str:
    return str(record["Data"], "utf-8")


def _disorder(ids: Sequence[str]) -> str | None:
    """Whether a device's later record stands before an earlier one: ids are device/hour/number."""
    latest: dict[str, str] = {}
    mixed = set()
    for one in ids:
        device, hour, _ = one.split("/")
        if hour < latest.get(device, ""):
            mixed.add(device)
        latest[device] = hour
    if not mixed:
        return None
    devices = "1 device" if len(mixed) == 1 else f"{len(mixed)} devices"
    return f"the records of {devices} are not in the order of their writing."
