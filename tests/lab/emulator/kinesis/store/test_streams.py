"""Streams, shards and records: order, hash space, expiry, whole changes."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab_emulator.kinesis.store import resharding
from lab_emulator.kinesis.store.errors import (
    InvalidArgumentException,
    LimitExceededException,
    Refused,
    ResourceInUseException,
    ResourceNotFoundException,
)
from lab_emulator.kinesis.store.lasting import Durations
from lab_emulator.kinesis.store.memory import Memory
from lab_emulator.kinesis.store.plan import Merge, Split, plan
from lab_emulator.kinesis.store.shard import memory_of
from lab_emulator.kinesis.store.stream import Stream

from lab.rules.hash_space import LARGEST_HASH_KEY, HashRange, even_ranges
from tests.lab.emulator.kinesis.store.support import ADA, BEN, Store, keys_in, put


def split(stream: Stream, shard: str, at: int) -> None:
    parent, low, high = resharding.split(stream, shard, at)
    stream.replace([parent], [low, high])


def merge(stream: Stream, one: str, other: str) -> None:
    left, right, whole = resharding.merge(stream, one, other)
    stream.replace([left, right], [whole])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 10, 1000])
def test_a_new_stream_cuts_the_hash_space_as_aws_does(count: int) -> None:
    assert [shard.range for shard in Store().create(shards=count).shards] == even_ranges(count)


def test_numbers_rise_in_a_shard_and_over_its_children() -> None:
    store = Store()
    stream = store.create()
    numbers = [int(number) for _ in range(3) for _, number in put(stream, "a", "b")]
    assert numbers == sorted(set(numbers))
    assert int(stream.shards[0].starting_number) < numbers[0]
    split(stream, "shardId-000000000000", 2**127)
    ending = stream.shards[0].ending_number
    assert ending is not None
    assert int(ending) >= numbers[-1]
    for child in stream.shards[1:]:
        assert int(child.starting_number) > int(ending)
    merge(stream, "shardId-000000000001", "shardId-000000000002")
    for parent in stream.shards[1:3]:
        assert int(stream.shards[3].starting_number) > int(parent.ending_number or 0)


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.booleans(), st.integers(0, 100), st.integers(0, 10**6)), max_size=25),
)
@settings(deadline=None)
def test_any_series_of_changes_leaves_no_hole_and_every_child_above_its_parents(
    count: int, steps: list[tuple[bool, int, int]]
) -> None:
    store = Store()
    stream = store.create(shards=count)
    for is_split, place, number in steps:
        store.now += number % 3
        shard = stream.map.open[place % len(stream.map.open)]
        put(stream, str(number))
        try:
            if is_split:
                split(stream, shard.id, shard.range.start + number * 10**30 % max(shard.range.width, 1))
            elif place + 1 < len(stream.map.open):
                merge(stream, shard.id, stream.map.open[(place + 1) % len(stream.map.open)].id)
        except Refused:
            pass
    open_now = stream.map.open
    assert (open_now[0].range.start, open_now[-1].range.end) == (0, LARGEST_HASH_KEY)
    assert all(a.range.end + 1 == b.range.start for a, b in itertools.pairwise(open_now))
    assert [shard for shard in stream.shards if shard.is_open] == sorted(open_now, key=lambda one: one.number)
    for child in stream.shards:
        for parent in child.parents:
            assert int(child.starting_number) > int(stream.shards[parent].ending_number or 0)


@pytest.mark.parametrize("at", [0, 1, LARGEST_HASH_KEY, LARGEST_HASH_KEY + 1])
def test_a_split_stays_away_from_the_edges(at: int) -> None:
    stream = Store().create()
    with pytest.raises(InvalidArgumentException, match="is not both greater than one plus"):
        split(stream, "shardId-000000000000", at)
    assert len(stream.shards) == 1, "nothing changed"


@pytest.mark.parametrize("at", [2, 2**127, LARGEST_HASH_KEY - 1])
def test_a_split_inside_the_edges(at: int) -> None:
    stream = Store().create()
    split(stream, "shardId-000000000000", at)
    assert [shard.range for shard in stream.map.open] == [
        HashRange(0, at - 1),
        HashRange(at, LARGEST_HASH_KEY),
    ]


def test_closed_expired_and_unknown_shards() -> None:
    store = Store()
    stream = store.create()
    split(stream, "shardId-000000000000", 2**127)
    for call in (
        lambda: split(stream, "shardId-000000000000", 2**126),
        lambda: merge(stream, "shardId-000000000000", "shardId-000000000001"),
        lambda: merge(stream, "shardId-000000000001", "shardId-000000000000"),
    ):
        with pytest.raises(InvalidArgumentException, match="has already been merged or split"):
            call()
    for one, other in ((1, 1), (2, 1)):  # the lower one is named first
        with pytest.raises(InvalidArgumentException, match="adjacent pair"):
            merge(stream, str(one), str(other))
    for unknown in ("shardId-000000000003", "nothing", "shardId-2147483648"):
        with pytest.raises(ResourceNotFoundException, match="Could not find shard"):
            split(stream, unknown, 2**126)
    store.pass_hours(24.01)
    with pytest.raises(ResourceNotFoundException):
        split(stream, "shardId-000000000000", 2**126)


@pytest.mark.parametrize("name", ["shardId-000000000001", "shardId-1", "1", "x-1", "-0001", "000001"])
def test_every_form_of_a_shards_name(name: str) -> None:
    assert Store().create(shards=2).shard(name).number == 1


@given(st.integers(1, 20), st.integers(1, 20))
@settings(deadline=None)
def test_a_plan_is_taken_whole(count: int, target: int) -> None:
    stream = Store().create(shards=count)
    resharding.take(stream, plan([shard.range for shard in stream.shards], target))
    assert [shard.range for shard in stream.map.open] == even_ranges(target)


def test_a_plan_that_fails_leaves_nothing_behind() -> None:
    stream = Store().create(shards=3)
    before = (list(stream.shards), stream.map)
    middle = stream.shards[0].range.middle
    with pytest.raises(Exception, match="hash keys"):
        resharding.take(stream, [Split(middle), Split(middle), Merge(0)])
    assert (stream.shards, stream.map) == before
    assert all(shard.is_open and shard.children == () for shard in stream.shards)
    put(stream, "a")
    resharding.take(stream, [Split(middle)])
    assert len(stream.map.open) == 4, "the control"


def test_records_expire_and_their_memory_is_freed() -> None:
    store = Store()
    stream = store.create()
    put(stream, "old", data=b"x" * 1000)
    store.pass_hours(23)
    put(stream, "new")
    taken = store.memory.total
    assert taken == sum(map(memory_of, stream.shards[0].records))
    store.pass_hours(1.01)
    assert keys_in(stream, stream.shards[0]) == ["new"]
    assert store.memory.total < taken - 1000
    store.pass_hours(24)
    store.registry.trim()
    assert (stream.shards[0].records, store.memory.total, store.memory.of[ADA]) == ([], 0, 0)
    ((_, number),) = put(stream, "later")
    assert int(number) > int(stream.shards[0].number_at(2)), "places go on"


def test_a_full_lab_says_so_and_goes_on() -> None:
    store = Store(memory=Memory(20_000, 10_000))
    mine, others = store.create(), store.create(account=BEN)
    put(mine, "a", data=b"x" * 9_000)
    with pytest.raises(LimitExceededException, match=f"memory for records is full: account {ADA}"):
        put(mine, "b", data=b"x" * 1_000)
    assert [record.partition_key for record in mine.shards[0].records] == ["a"], "nothing was stored"
    put(others, "c", data=b"x" * 9_000)
    store.pass_hours(25)
    put(mine, "d", data=b"x" * 9_000)
    assert keys_in(mine, mine.shards[0]) == ["d"], "what had expired made room"
    store.registry.delete(mine)
    assert store.memory.of[ADA] == 0


def test_accounts_and_regions_share_nothing() -> None:
    store = Store()
    mine = store.create(shards=990)
    for account, region in ((BEN, "us-east-1"), (ADA, "eu-central-1")):
        other = store.create(account=account, region=region, shards=300)
        assert other is not mine
        assert store.registry.region(account, region).open_shards == 300
        put(other, "a")
    assert not any(shard.records for shard in mine.shards)
    with pytest.raises(LimitExceededException, match=r"Limit: 1000. Number of additional shards .*: 701"):
        store.create("more", region="eu-central-1", shards=701)
    store.create("more", region="eu-central-1", shards=700)
    with pytest.raises(ResourceInUseException, match="already exists"):
        store.create()
    store.registry.forget(BEN)
    assert store.registry.find(mine.arn) is mine


def test_closed_shards_are_not_counted() -> None:
    store = Store()
    stream = store.create(region="eu-central-1", shards=1)
    for _ in range(600):
        split(stream, stream.map.open[0].id, 2**127)
        merge(stream, stream.map.open[0].id, stream.map.open[1].id)
    assert store.registry.region(ADA, "eu-central-1").open_shards == 1
    store.create("other", region="eu-central-1", shards=999)


def test_states_last_as_long_as_they_are_told_to() -> None:
    store = Store(durations=Durations(1000, 2000, 3000))
    stream = store.create()
    assert (stream.status, stream.listed()) == ("CREATING", [])
    with pytest.raises(ResourceNotFoundException):
        stream.must_take_records()
    store.now += 1000
    assert stream.status == "ACTIVE"
    stream.is_updated()
    assert (stream.status, stream.takes_records) == ("UPDATING", True)
    with pytest.raises(ResourceInUseException, match="not ACTIVE, instead in state UPDATING"):
        stream.must_be_active()
    store.now += 2000
    stream.must_be_active()
    store.registry.delete(stream)
    assert stream.status == "DELETING"
    assert store.registry.find(stream.arn) is stream
    store.now += 3000
    assert store.registry.find(stream.arn) is None
    assert store.create().status == "CREATING"


def test_six_streams_are_not_created_at_once() -> None:
    store = Store(durations=Durations(creating=1000))
    for number in range(5):
        store.create(str(number))
    with pytest.raises(LimitExceededException, match="concurrently"):
        store.create("6")
    store.create("6", account=BEN)
    store.now += 1000
    store.create("6")
