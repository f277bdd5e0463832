"""The pure parts: buckets, time, the shard map, the plan of UpdateShardCount, fault rules."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_emulator.kinesis.limits.buckets import Bucket, ReadBucket
from lab_emulator.kinesis.store.plan import Merge, Split, is_even, plan

from lab.rules.hash_space import HashRange, even_ranges

LOADS = st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 3000)), min_size=1, max_size=200)
"""Pauses before a piece of work, seconds, and its cost."""
SCALES = st.sampled_from([0.1, 0.5, 1.0, 3.0])


@given(LOADS, SCALES)
def test_a_bucket_never_admits_more_than_its_capacity_and_what_flowed_in(
    load: list[tuple[float, float]], scale: float
) -> None:
    bucket, now, admitted, largest = Bucket.full(1000, 0.0), 0.0, 0.0, 0.0
    for pause, cost in load:
        now += pause
        if bucket.admits(cost, now, scale):
            bucket.take(cost, scale)
            admitted += cost
            largest = max(largest, cost)
        oversize = max(0.0, largest - 1000 * scale)
        assert admitted <= 1000 * scale * (1 + now) + oversize + 1e-6


@given(LOADS, SCALES)
def test_what_was_refused_would_have_been_too_much(load: list[tuple[float, float]], scale: float) -> None:
    """The other side: a bucket that refuses everything would pass the test above."""
    bucket, now = Bucket.full(1000, 0.0), 0.0
    for pause, cost in load:
        now += pause
        if bucket.admits(cost, now, scale):
            bucket.take(cost, scale)
        else:
            missing = min(cost / scale, 1000) - bucket.level
            assert missing > 0
            assert bucket.admits(cost, now + missing / 1000 + 1e-6, scale), "it comes when it has flowed in"
            bucket.level, bucket.seen = bucket.level - missing, now


@given(st.floats(1001, 100_000))
def test_a_large_record_is_admitted_when_full_and_its_debt_is_repaid(cost: float) -> None:
    bucket = Bucket.full(1000, 0.0)
    assert bucket.admits(cost, 0.0)
    bucket.take(cost)
    repaid = (cost - 1000) / 1000
    assert not bucket.admits(1, max(repaid - 0.01, 0))
    assert bucket.admits(1, repaid + 0.01)
    assert not bucket.admits(cost, repaid + 0.5), "another large one waits until it is full"
    assert bucket.admits(cost, repaid + 1.01)


def test_time_that_goes_back_gives_nothing() -> None:
    bucket = Bucket.full(10, 100.0)
    bucket.take(10)
    bucket.refill(50.0)
    assert (bucket.level, bucket.seen) == (0, 100.0)


@pytest.mark.parametrize(("mebibytes", "seconds"), [(10, 5.0), (3, 1.5), (2, 1.0)])
def test_a_read_that_empties_the_bucket_closes_it_until_it_is_full(mebibytes: float, seconds: float) -> None:
    bucket = ReadBucket.full(2, 0.0)
    assert bucket.open(0.0)
    bucket.take(mebibytes)
    assert not bucket.open(seconds - 0.01)
    assert bucket.open(seconds)


def test_reads_below_the_rate_never_close_it() -> None:
    bucket, now = ReadBucket.full(2, 0.0), 0.0
    for _ in range(100):
        assert bucket.open(now)
        bucket.take(0.4)
        now += 0.2


def followed(ranges: list[HashRange], target: int) -> tuple[list[HashRange], int]:
    """The open ranges after the plan, and the number of its steps; each step must be possible."""
    open_now = list(ranges)
    steps = plan(ranges, target)
    for step in steps:
        if isinstance(step, Split):
            parent = next(one for one in open_now if one.start < step.at <= one.end)
            open_now.remove(parent)
            open_now += [HashRange(parent.start, step.at - 1), HashRange(step.at, parent.end)]
        else:
            assert isinstance(step, Merge)
            left = next(one for one in open_now if one.end == step.at - 1)
            right = next(one for one in open_now if one.start == step.at)
            open_now = [one for one in open_now if one not in (left, right)]
            open_now.append(HashRange(left.start, right.end))
    return sorted(open_now), len(steps)


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_plan_reaches_even_ranges(count: int, target: int) -> None:
    reached, steps = followed(even_ranges(count), target)
    assert len(reached) == target
    assert is_even(reached)
    if target == count:
        assert steps == 0
    if target == 2 * count or 2 * target == count:
        assert steps == min(count, target), "doubling and halving need one step for each pair"


@given(st.lists(st.integers(1, 2**128 - 1), min_size=1, max_size=12, unique=True), st.integers(1, 20))
def test_a_plan_starts_from_any_ranges(cuts: list[int], target: int) -> None:
    bounds = [0, *sorted(cuts), 2**128]
    ranges = [HashRange(a, b - 1) for a, b in itertools.pairwise(bounds)]
    reached, _ = followed(ranges, target)
    assert len(reached) == target
    assert is_even(reached)
