"""SplitShard, MergeShards, UpdateShardCount on the shards themselves, whole or not at all.

Words: as seen of AWS in public. Hold the stream's lock.
"""

from collections.abc import Sequence

from lab.rules.hash_space import HashRange
from lab_emulator.kinesis.store.errors import InvalidArgumentException
from lab_emulator.kinesis.store.plan import Merge, Split
from lab_emulator.kinesis.store.shard import Shard
from lab_emulator.kinesis.store.stream import Stream

NOT_FOUND = "Could not find shard {} in {}."


def split(stream: Stream, name: str, at: int) -> tuple[Shard, HashRange, HashRange]:
    """The shard to split, and the ranges of its children; nothing is changed yet.

    Raises ResourceNotFoundException, InvalidArgumentException.
    """
    shard = stream.shard(name, NOT_FOUND)
    _must_be_open(stream, shard)
    start, end = shard.range.start, shard.range.end
    if not start + 1 < at < end:
        raise InvalidArgumentException(
            f"NewStartingHashKey {at} used in SplitShard() on shard {shard.id} in {stream.where} is not both "
            f"greater than one plus the shard's StartingHashKey {start} and less than the shard's "
            f"EndingHashKey {end}."
        )
    return shard, HashRange(start, at - 1), HashRange(at, end)


def merge(stream: Stream, name: str, adjacent: str) -> tuple[Shard, Shard, HashRange]:
    """The shards to merge, and the range of their child; nothing is changed yet.

    Raises ResourceNotFoundException, InvalidArgumentException.
    """
    one, other = stream.shard(name, NOT_FOUND), stream.shard(adjacent, NOT_FOUND)
    _must_be_open(stream, one)
    _must_be_open(stream, other)
    if one.range.end + 1 != other.range.start:  # seen: the lower one is named first
        raise InvalidArgumentException(
            f"Shards {one.id} and {other.id} in {stream.where} are not an adjacent pair of shards eligible "
            "for merging"
        )
    return one, other, HashRange(one.range.start, other.range.end)


def _must_be_open(stream: Stream, shard: Shard) -> None:
    if not shard.is_open:
        raise InvalidArgumentException(
            f"Shard {shard.id} in {stream.where} has already been merged or split, and thus is not eligible "
            "for merging or splitting."
        )


def take(stream: Stream, steps: Sequence[Split | Merge]) -> None:
    """All steps, or none when one of them fails."""
    count, before = len(stream.shards), stream.map
    touched: list[Shard] = []
    try:
        for step in steps:
            touched += _take(stream, step)
    except BaseException:
        for shard in touched:
            shard.closed, shard.children = None, ()
        del stream.shards[count:]
        stream.map = before
        raise


def _take(stream: Stream, step: Split | Merge) -> list[Shard]:
    left, right = stream.map.at(step.at - 1), stream.map.at(step.at)
    if isinstance(step, Split):
        start, end = left.range.start, left.range.end
        stream.replace([left], [HashRange(start, step.at - 1), HashRange(step.at, end)])
        return [left]
    stream.replace([left, right], [HashRange(left.range.start, right.range.end)])
    return [left, right]
