"""UpdateShardCount's rules, mode switches, retention bounds, and where records go through reshardings."""

import itertools
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab import clock, wait_until_active
from lab.control import Control
from lab.rules.hash_space import LARGEST_HASH_KEY, even_ranges, hash_key, is_open, range_of
from tests.lab.emulator.support import code, create, quotas_off, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")


def scale(kinesis: Any, target: int, name: str = "orders") -> None:
    kinesis.update_shard_count(StreamName=name, TargetShardCount=target, ScalingType="UNIFORM_SCALING")


def open_ranges(kinesis: Any, name: str = "orders") -> list[Any]:
    return sorted(range_of(shard) for shard in shards_of(kinesis, name) if is_open(shard))


@pytest.mark.parametrize("targets", [(8, 9, 5), (2, 1), (3, 6, 4)])
def test_ranges_are_even_after_each_call(kinesis: Any, targets: tuple[int, ...]) -> None:
    create(kinesis, shards=4)
    for target in targets:
        scale(kinesis, target)
        assert open_ranges(kinesis) == even_ranges(target)
        wait_until_active(kinesis, "orders")


def test_at_most_double_and_not_below_half(kinesis: Any, control: Control) -> None:
    create(kinesis, shards=5)
    for target in (2, 11):
        with pytest.raises(ClientError, match="here 3 to 10") as caught:
            scale(kinesis, target)
        assert code(caught.value) == "InvalidArgumentException"
    scale(kinesis, 10)
    quotas_off(control)
    scale(kinesis, 2)
    assert open_ranges(kinesis) == even_ranges(2), "the control"


def test_ten_calls_in_24_hours_of_the_clock(kinesis: Any, control: Control) -> None:
    create(kinesis)
    for target in (2, 1) * 5:
        scale(kinesis, target)
        time.sleep(0.12)  # ten a second, too
    with pytest.raises(kinesis.exceptions.LimitExceededException, match="10 times"):
        scale(kinesis, 2)
    clock.advance(hours=24, of=control)
    scale(kinesis, 2)


def test_on_demand_streams_are_not_resharded(kinesis: Any) -> None:
    create(kinesis, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    first = shards_of(kinesis)[0]["ShardId"]
    calls = [
        lambda: scale(kinesis, 8),
        lambda: kinesis.split_shard(StreamName="orders", ShardToSplit=first, NewStartingHashKey="5"),
        lambda: kinesis.merge_shards(
            StreamName="orders", ShardToMerge=first, AdjacentShardToMerge="shardId-000000000001"
        ),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="is in On-Demand mode") as caught:
            call()
        assert code(caught.value) == "ValidationException"


def test_the_mode_is_switched_twice_in_24_hours(kinesis: Any, control: Control) -> None:
    arn = create(kinesis, shards=3)

    def switch(mode: str) -> None:
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        wait_until_active(kinesis, "orders")

    switch("ON_DEMAND")
    assert len(open_ranges(kinesis)) == 3, "the shards stay as they are"
    switch("PROVISIONED")
    with pytest.raises(kinesis.exceptions.LimitExceededException, match="switched 2 times"):
        switch("ON_DEMAND")
    clock.advance(hours=24, of=control)
    switch("ON_DEMAND")


def test_retention_has_bounds_and_a_direction(kinesis: Any) -> None:
    create(kinesis)
    refused = [
        (kinesis.increase_stream_retention_period, 8761),
        (kinesis.decrease_stream_retention_period, 23),
        (kinesis.decrease_stream_retention_period, 36),
    ]
    for call, hours in refused:
        with pytest.raises(ClientError) as caught:
            call(StreamName="orders", RetentionPeriodHours=hours)
        assert code(caught.value) == "InvalidArgumentException"
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=36)
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=8760)
    with pytest.raises(ClientError, match="can not be shorter"):
        kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48)
    kinesis.decrease_stream_retention_period(StreamName="orders", RetentionPeriodHours=24)


STEPS = st.lists(
    st.tuples(st.sampled_from(["split", "merge", "scale"]), st.integers(0, 10**6)), min_size=1, max_size=6
)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(shards=st.integers(1, 4), steps=STEPS, data=st.data())
def test_a_record_is_in_the_shard_of_its_key_through_any_resharding(
    kinesis: Any, control: Control, shards: int, steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Open shards cover the hash space; each record is in the one that its hash key lies in."""
    control.set("wipe")
    quotas_off(control)
    create(kinesis, shards=shards)
    for kind, number in steps:
        reshard(kinesis, kind, number)
        listed = shards_of(kinesis)
        edges = [edge for shard in listed for edge in (range_of(shard).start, range_of(shard).end)]
        keys = [*edges, *data.draw(st.lists(st.integers(0, LARGEST_HASH_KEY), min_size=3, max_size=10))]
        records = [
            {"Data": b"", "PartitionKey": f"key-{n}", "ExplicitHashKey": str(key)}
            for n, key in enumerate(keys)
        ]
        records += [{"Data": b"", "PartitionKey": f"key-{n}"} for n in range(20)]
        answer = kinesis.put_records(StreamName="orders", Records=records)
        covers_everything(listed)
        ranges = {shard["ShardId"]: range_of(shard) for shard in listed if is_open(shard)}
        for record, result in zip(records, answer["Records"], strict=True):
            told = record.get("ExplicitHashKey")
            place = hash_key(record["PartitionKey"]) if told is None else int(told)
            assert place in ranges[result["ShardId"]]


def covers_everything(listed: list[dict[str, Any]]) -> None:
    open_now = sorted(range_of(shard) for shard in listed if is_open(shard))
    assert (open_now[0].start, open_now[-1].end) == (0, LARGEST_HASH_KEY)
    assert all(a.end + 1 == b.start for a, b in itertools.pairwise(open_now))


def reshard(kinesis: Any, kind: str, number: int) -> None:
    wait_until_active(kinesis, "orders")
    open_now = sorted((s for s in shards_of(kinesis) if is_open(s)), key=range_of)
    place = number % len(open_now)
    if kind == "split":
        range_ = range_of(open_now[place])
        if range_.width < 4:
            return
        at = range_.start + 2 + number * 7919 % (range_.width - 3)
        kinesis.split_shard(
            StreamName="orders", ShardToSplit=open_now[place]["ShardId"], NewStartingHashKey=str(at)
        )
    elif kind == "merge" and place + 1 < len(open_now):
        one, other = (shard["ShardId"] for shard in open_now[place : place + 2])
        kinesis.merge_shards(StreamName="orders", ShardToMerge=one, AdjacentShardToMerge=other)
    elif kind == "scale":
        scale(kinesis, 1 + number % (2 * len(open_now)))
    wait_until_active(kinesis, "orders")
