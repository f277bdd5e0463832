"""A stream as ListShards shows it, made and resharded for cases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lab.rules.hash_space import HashRange, even_ranges, is_open, range_of

Shard = dict[str, Any]


def _sequence_number(moment: int) -> str:
    """A number of 56 digits that grows with time, as real ones do."""
    return str(49_668 * 10**51 + moment * 1_003_271_490_256_608_559_692_538_361_571_095_921_575_989)


@dataclass
class Stream:
    """The shards of a stream in the order they came to be, as ListShards describes them.

    `numbers` are the ids to give out, on purpose not in order of age: an id promises nothing.
    """

    numbers: Iterable[int]
    ranges: Sequence[HashRange]
    shards: list[Shard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = iter(self.numbers)
        self._moment = 0
        for span in self.ranges:
            self._open(span)

    def _open(self, span: HashRange, *parents: Shard) -> None:
        names = ("ParentShardId", "AdjacentParentShardId")
        lineage = {name: parent["ShardId"] for name, parent in zip(names, parents, strict=False)}
        limits = {"StartingHashKey": str(span.start), "EndingHashKey": str(span.end)}
        start = {"StartingSequenceNumber": _sequence_number(self._moment)}
        self.shards.append(
            {"ShardId": f"shardId-{next(self._numbers):012d}"}
            | lineage
            | {"HashKeyRange": limits, "SequenceNumberRange": start}
        )

    def _close(self, *shards: Shard) -> None:
        for shard in shards:
            end = _sequence_number(self._moment + 1)
            shard["SequenceNumberRange"]["EndingSequenceNumber"] = end
        self._moment += 2

    def split(self, index: int, tenths: int = 5) -> "Stream":
        """Split the shard of this index: the lower child gets so many tenths of the range."""
        parent = self.shards[index]
        span = range_of(parent)
        point = span.start + span.width * tenths // 10
        self._close(parent)
        self._open(HashRange(span.start, point - 1), parent)
        self._open(HashRange(point, span.end), parent)
        return self

    def merge(self, index: int, adjacent: int) -> "Stream":
        """Merge two neighbours; the first becomes the parent, the second the adjacent parent."""
        parents = self.shards[index], self.shards[adjacent]
        spans = sorted(range_of(parent) for parent in parents)
        self._close(*parents)
        self._open(HashRange(spans[0].start, spans[1].end), *parents)
        return self

    def open_indexes(self) -> list[int]:
        """Indexes of the open shards, by hash range."""
        open_ = [index for index, shard in enumerate(self.shards) if is_open(shard)]
        return sorted(open_, key=lambda index: range_of(self.shards[index]))

    def listed(self, *order: int) -> list[Shard]:
        """The shards of these indexes, in this order."""
        return [self.shards[index] for index in order]

    def by_range(self) -> list[Shard]:
        """All shards by the start of their range; of two with the same start the older first."""
        return sorted(self.shards, key=lambda shard: range_of(shard).start)


def resharded(rng: Random, shards: int, steps: str) -> Stream:
    """A stream of even shards after these steps: s splits a random shard unevenly, m merges two."""
    stream = Stream(rng.sample(range(100), 30), even_ranges(shards))
    for step in steps:
        indexes = stream.open_indexes()
        if step == "m" and len(indexes) > 1:
            at = rng.randrange(len(indexes) - 1)
            pair = [indexes[at], indexes[at + 1]]
            rng.shuffle(pair)
            stream.merge(*pair)
        else:
            stream.split(rng.choice(indexes), rng.choice((1, 2, 3, 7, 8, 9)))
    return stream


def shuffled(rng: Random, shards: Iterable[Shard]) -> list[Shard]:
    return rng.sample(shards := list(shards), len(shards))
