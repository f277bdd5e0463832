"""Records written hour by hour into a stream that is split on the way; a window of it is to be read again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from grader.tasks.scenarios.stage import Stage, Verdict

NOT_IDS = "it did not return a list of texts."


@dataclass(frozen=True)
class Replay:
    """The learner's function is to return the ids (the data) of the records that came in within a window.

    `keys` devices write a record each, in every one of `hours` hours by the lab's clock, into a stream of
    `shards`. At the hours of `splits` an open shard is split in the middle. The window reaches from hour
    `first` to hour `last`, both between two hours of writing, so that no record lies near an edge.
    """

    hours: int
    keys: int
    splits: tuple[int, ...]
    first: float
    last: float
    seed: int
    shards: int = 2
    name: ClassVar[str] = "replay"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "exact", "once", "in_order")

    def play(self, stage: Stage) -> Verdict:
        stream = stage.stream("replay", self.shards)
        self._write(stage, stream)
        written = stage.records(stream)
        began = min(record["ApproximateArrivalTimestamp"] for record in written)
        start, end = began + timedelta(hours=self.first), began + timedelta(hours=self.last)
        returned = stage.call(stream_name=stream, start=start.isoformat(), end=end.isoformat())
        return judge(written, (start, end), returned, closed_shards(stage, stream))

    def _write(self, stage: Stage, stream: str) -> None:
        kinesis, rng = stage.client("kinesis"), Random(self.seed)
        devices = [f"device-{number}" for number in rng.sample(range(100, 1000), self.keys)]
        for hour in range(self.hours):
            if hour in self.splits:
                _split(kinesis, stream)
            for device in rng.sample(devices, len(devices)):
                data = f"{device}/{hour:02}/{rng.randrange(10**6):06}"
                kinesis.put_record(StreamName=stream, PartitionKey=device, Data=data.encode())
            stage.clock(hours=1)


def _split(kinesis: Any, stream: str) -> None:
    """Cut the widest open shard in the middle of its hash keys."""
    shards = kinesis.list_shards(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    ranges = [
        (int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]), s["ShardId"])
        for s in shards
    ]
    low, high, shard_id = max(ranges, key=lambda one: (one[1] - one[0], one[2]))
    middle = str((low + high) // 2 + 1)
    kinesis.split_shard(StreamName=stream, ShardToSplit=shard_id, NewStartingHashKey=middle)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def closed_shards(stage: Stage, stream: str) -> frozenset[str]:
    """The ids of the shards that take no more records."""
    shards = stage.client("kinesis").list_shards(StreamName=stream)["Shards"]
    return frozenset(s["ShardId"] for s in shards if "EndingSequenceNumber" in s["SequenceNumberRange"])


def judge(
    written: Sequence[Mapping[str, Any]],
    window: tuple[datetime, datetime],
    returned: Any,
    closed: frozenset[str] = frozenset(),
) -> Verdict:
    """What the RETURNED ids come to. WRITTEN: all records, as the stage gives them; CLOSED: ids of shards."""
    if not isinstance(returned, list) or not all(isinstance(one, str) for one in returned):
        return Verdict(dict.fromkeys(Replay.criteria, NOT_IDS))
    start, end = window
    times = {_id_of(record): record["ApproximateArrivalTimestamp"] for record in written}
    homes = {_id_of(record): record["ShardId"] for record in written}
    wanted = [one for one, time in times.items() if start <= time < end]
    missing = set(wanted) - set(returned)
    early = {one for one in returned if one in times and times[one] < start}
    late = {one for one in returned if one in times and times[one] >= end}
    if not set(wanted) & set(returned):
        return Verdict(dict.fromkeys(Replay.criteria, "no record of the window was returned."))
    broken = {}
    if missing:
        broken["complete"] = f"{len(missing)} of the window's {len(wanted)} records are missing."
    if extra := len(set(returned) - set(wanted)):
        broken["exact"] = f"{extra} records were returned that lie outside the window."
    if repeated := sum(count - 1 for count in Counter(returned).values()):
        broken["once"] = f"{repeated} records were returned more than once."
    if words := _disorder([one for one in returned if one in times]):
        broken["in_order"] = words
    sign = None
    if early or late:
        sign = "no_start" if early and not late else "no_end" if late and not early else None
    elif missing and closed:
        lost = {homes[one] in closed for one in missing}
        sign = "open_only" if lost == {True} and _all_of(closed, homes, wanted) <= missing else "one_shard"
    elif "in_order" in broken and not repeated and _sorted_by_shard(returned, homes):
        sign = "child_first"
    return Verdict(broken, sign)


def _sorted_by_shard(returned: Sequence[str], homes: Mapping[str, str]) -> bool:
    """Whether each shard's records, taken by themselves, are in the order of writing."""
    shards = set(homes.values())
    return all(_disorder([one for one in returned if homes.get(one) == shard]) is None for shard in shards)


def _all_of(shards: frozenset[str], homes: Mapping[str, str], ids: Sequence[str]) -> set[str]:
    return {one for one in ids if homes[one] in shards}


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
