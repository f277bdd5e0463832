"""On-demand streams: what they take at first, how they grow by the lab's clock, what they never do."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_emulator.kinesis.limits.growth import Growth, Rate

from lab import clock
from lab.control import Control
from lab.rules import quotas
from lab.rules.hash_space import is_open, range_of, shard_for
from tests.lab.emulator.support import create, everything, quotas_off, shards_of

shared = pytest.mark.xdist_group("shared-lab")
ON_DEMAND = {"StreamMode": "ON_DEMAND"}
WAIT = quotas.ON_DEMAND_SPLIT_MINUTES
START = 4 * quotas.MIB


def written(growth: Growth, shard: str, size: float, now: float, minute: int, records: int = 1) -> None:
    growth.settle(now, minute)
    growth.note({shard: Rate(size, records)}, now, minute, 1.0)


def capacity(growth: Growth, minute: int, now: float = 10**6) -> float:
    growth.settle(now, minute)
    return growth.bytes.rate


def test_it_takes_double_the_peak_of_thirty_days_after_fifteen_minutes() -> None:
    growth = Growth.of(4, 0.0)
    written(growth, "a", 3 * quotas.MIB, 1.0, minute=100)
    assert capacity(growth, 100 + WAIT - 1) == START
    assert capacity(growth, 100 + WAIT) == 6 * quotas.MIB
    assert capacity(growth, 100 + 30 * 1440 - 1) == 6 * quotas.MIB
    assert capacity(growth, 100 + 30 * 1440) == START, "and is forgotten"


def test_a_peak_is_what_one_second_took_from_all_shards() -> None:
    growth = Growth.of(4, 0.0)
    for number in range(3):
        written(growth, f"shard-{number}", quotas.MIB, 1.2, minute=100)
    written(growth, "shard-0", quotas.MIB, 2.2, minute=100)
    assert capacity(growth, 100 + WAIT) == 6 * quotas.MIB


def test_what_was_written_before_the_clock_was_moved_counts_once() -> None:
    growth = Growth.of(4, 0.0)
    written(growth, "a", quotas.MIB, 1.0, minute=100)
    growth.hot.clear()  # split
    written(growth, "a", 1, 1.5, minute=100 + WAIT)
    assert growth.hot == {}
    written(growth, "a", quotas.MIB, 1.6, minute=100 + WAIT)
    assert list(growth.hot) == ["a"], "the control"


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 10**8)), min_size=1, max_size=30))
def test_it_never_more_than_doubles_within_fifteen_minutes(load: list[tuple[int, float]]) -> None:
    growth, minute, before = Growth.of(4, 0.0), 0, {0: float(START)}
    for place, (pause, size) in enumerate(load):
        minute += pause
        written(growth, "a", size, float(place), minute)
        before[minute] = growth.bytes.rate
        earlier = [rate for at, rate in before.items() if at <= minute - WAIT]
        assert START <= growth.bytes.rate <= max([START, *(2 * rate for rate in earlier)])


@pytest.mark.parametrize(
    ("size", "records", "splits"),
    [(500_000, 1, False), (500_001, 1, True), (1, 500, False), (1, 501, True)],
)
def test_what_splits_a_shard(size: int, records: int, splits: bool) -> None:
    growth = Growth.of(4, 0.0)
    written(growth, "a", size, 1.0, minute=100, records=records)
    assert growth.to_split(100 + WAIT - 1) == []
    assert growth.to_split(100 + WAIT) == (["a"] if splits else [])


def test_a_grown_capacity_is_there_at_once_and_a_lost_one_is_gone() -> None:
    growth = Growth.of(4, 0.0)
    growth.take(START, 1.0)
    assert not growth.admits(1, 0.0, 1.0)
    growth.note({"a": Rate(START, 1)}, 0.0, 0, 1.0)
    growth.settle(0.0, WAIT)
    assert growth.admits(START, 0.0, 1.0)
    assert not growth.admits(START + 1, 0.0, 1.0)
    growth.settle(0.0, 31 * 1440)
    assert growth.bytes.level <= START


def entries(count: int, size: int, key: str | None = None) -> list[dict[str, Any]]:
    return [{"Data": b"x" * size, "PartitionKey": key or f"player-{n}"} for n in range(count)]


def open_shards(kinesis: Any) -> list[dict[str, Any]]:
    return [shard for shard in shards_of(kinesis) if is_open(shard)]


@shared
def test_it_starts_with_four_mebibytes_a_second(kinesis: Any, control: Control) -> None:
    create(kinesis, StreamModeDetails=ON_DEMAND)
    answer = kinesis.put_records(StreamName="orders", Records=entries(8, quotas.MIB - 300))
    taken = sum("SequenceNumber" in one for one in answer["Records"])
    assert 3 <= taken <= 5
    quotas_off(control)
    assert len(everything(kinesis)) == taken


@shared
def test_a_hot_shard_is_split_after_fifteen_minutes_and_its_key_stays_hot(
    kinesis: Any, control: Control
) -> None:
    create(kinesis, StreamModeDetails=ON_DEMAND)
    before = open_shards(kinesis)
    hot = shard_for("player-7", before)
    kinesis.put_records(StreamName="orders", Records=entries(6, 100_000, key="player-7"))
    clock.advance(minutes=WAIT - 1, of=control)
    assert open_shards(kinesis) == before
    clock.advance(minutes=1, of=control)
    after = open_shards(kinesis)
    assert len(after) == 5
    children = sorted(range_of(one) for one in after if one.get("ParentShardId") == hot)
    parent = next(range_of(one) for one in before if one["ShardId"] == hot)
    assert [children[0].start, children[0].end + 1, children[1].end] == [
        parent.start,
        parent.middle + 1,
        parent.end,
    ]
    answer = kinesis.put_records(StreamName="orders", Records=entries(12, 100_000, key="player-7"))
    assert answer["FailedRecordCount"] > 0, "one key is on one shard, however many there are"
    assert {one["ShardId"] for one in answer["Records"] if "ShardId" in one} == {shard_for("player-7", after)}


@shared
def test_spread_traffic_doubles_what_it_takes(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.1)
    create(kinesis, StreamModeDetails=ON_DEMAND)
    load = entries(500, 1_700)
    first = kinesis.put_records(StreamName="orders", Records=load)
    clock.advance(minutes=WAIT, of=control)
    assert len(open_shards(kinesis)) == 8
    time.sleep(1.1)  # the stream's bucket fills by real time
    second = kinesis.put_records(StreamName="orders", Records=load)
    accepted = [500 - answer["FailedRecordCount"] for answer in (first, second)]
    assert accepted[1] > 1.5 * accepted[0]
    clock.advance(days=30, of=control)
    time.sleep(1.1)
    third = kinesis.put_records(StreamName="orders", Records=load)
    assert 500 - third["FailedRecordCount"] < accepted[1], "30 days later the peak is forgotten"


@shared
def test_what_stays_as_it_is(kinesis: Any, control: Control) -> None:
    """A provisioned stream, one with little traffic, and one whose quotas are off."""
    create(kinesis)
    create(kinesis, "little", StreamModeDetails=ON_DEMAND)
    kinesis.put_records(StreamName="orders", Records=entries(6, 100_000, key="k"))
    kinesis.put_records(StreamName="little", Records=entries(4, 100_000, key="k"))
    quotas_off(control)
    create(kinesis, "unmetered", StreamModeDetails=ON_DEMAND)
    kinesis.put_records(StreamName="unmetered", Records=entries(6, 100_000, key="k"))
    control.set("quotas", mode="aws")
    clock.advance(minutes=2 * WAIT, of=control)
    assert [len(shards_of(kinesis, name)) for name in ("orders", "little", "unmetered")] == [1, 4, 4]


@shared
def test_a_reader_finds_the_children_of_a_split_shard(kinesis: Any, control: Control) -> None:
    create(kinesis, StreamModeDetails=ON_DEMAND)
    hot = shard_for("player-7", shards_of(kinesis))
    kinesis.put_records(StreamName="orders", Records=entries(6, 100_000, key="player-7"))
    clock.advance(minutes=WAIT, of=control)
    place = kinesis.get_shard_iterator(StreamName="orders", ShardId=hot, ShardIteratorType="TRIM_HORIZON")
    page = kinesis.get_records(ShardIterator=place["ShardIterator"])
    if page.get("NextShardIterator"):
        assert len(page["Records"]) == 6
        page = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert "NextShardIterator" not in page
    assert len(page["ChildShards"]) == 2


@shared
def test_fifty_on_demand_streams_and_any_number_of_others(kinesis: Any, control: Control) -> None:
    quotas_off(control)
    for number in range(quotas.ON_DEMAND_STREAMS):
        kinesis.create_stream(StreamName=f"events-{number}", StreamModeDetails=ON_DEMAND)
    arn = create(kinesis)
    with pytest.raises(kinesis.exceptions.LimitExceededException, match="has 50 on-demand streams"):
        create(kinesis, "one-too-many", StreamModeDetails=ON_DEMAND)
    with pytest.raises(kinesis.exceptions.LimitExceededException, match="has 50 on-demand streams"):
        kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails=ON_DEMAND)
    limits = kinesis.describe_limits()
    assert (limits["OnDemandStreamCount"], limits["OnDemandStreamCountLimit"]) == (50, 50)
    kinesis.delete_stream(StreamName="events-0")
    kinesis.get_waiter("stream_not_exists").wait(StreamName="events-0", WaiterConfig={"Delay": 1})
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails=ON_DEMAND)


def settled(kinesis: Any) -> None:
    """Wait until ACTIVE, by a call that may be made more often than the waiter's."""
    while (
        kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamStatus"]
        != "ACTIVE"
    ):
        time.sleep(0.06)
    time.sleep(0.06)


@shared
def test_encryption_changes_25_times_in_24_hours(kinesis: Any, control: Control) -> None:
    create(kinesis)
    asked = {"StreamName": "orders", "EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    for _ in range(quotas.ENCRYPTION_CHANGES_PER_24_HOURS):
        kinesis.start_stream_encryption(**asked)
        settled(kinesis)
    with pytest.raises(kinesis.exceptions.LimitExceededException, match="25 times"):
        kinesis.start_stream_encryption(**asked)
    kinesis.stop_stream_encryption(**asked)
    settled(kinesis)
    clock.advance(hours=24, of=control)
    kinesis.start_stream_encryption(**asked)
