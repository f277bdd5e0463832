"""The 128-bit hash space: from a partition key to a number, and from a number to a shard.

Standard library only: the emulator imports it too. Sources: API model (botocore 1.44.5, `kinesis`),
PutRecord: MD5 of the partition key maps it to a 128-bit integer; an explicit hash key overrides it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

HASH_SPACE_SIZE: Final = 2**128
LARGEST_HASH_KEY: Final = HASH_SPACE_SIZE - 1


@dataclass(frozen=True, order=True)
class HashRange:
    """Hash keys `start` to `end`, both included."""

    start: int
    end: int

    def __contains__(self, hash_key: int) -> bool:
        return self.start <= hash_key <= self.end

    @property
    def width(self) -> int:
        """How many hash keys lie in the range."""
        return self.end - self.start + 1

    @property
    def share(self) -> float:
        """Part of the whole hash space, 0 to 1."""
        return self.width / HASH_SPACE_SIZE

    @property
    def middle(self) -> int:
        """The hash key that splits the range evenly: (start + end) / 2 in whole numbers."""
        return (self.start + self.end) // 2


def hash_key(partition_key: str) -> int:
    """MD5 of the partition key's UTF-8 bytes, as an unsigned 128-bit integer."""
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest, "big")


def even_ranges(shard_count: int) -> list[HashRange]:
    """The whole hash space cut into `shard_count` equal ranges, as CreateStream cuts it.

    Raises ValueError when `shard_count` is below 1.
    """
    if shard_count < 1:
        raise ValueError(f"a stream has at least one shard, not {shard_count}")
    bounds = [i * HASH_SPACE_SIZE // shard_count for i in range(shard_count + 1)]
    return [HashRange(a, b - 1) for a, b in pairwise(bounds)]


def range_of(shard: Mapping[str, Any]) -> HashRange:
    """The hash range of a shard as ListShards and DescribeStream give it."""
    limits = shard["HashKeyRange"]
    return HashRange(int(limits["StartingHashKey"]), int(limits["EndingHashKey"]))


def is_open(shard: Mapping[str, Any]) -> bool:
    """A shard is open as long as it has no ending sequence number (API model: SequenceNumberRange)."""
    return shard["SequenceNumberRange"].get("EndingSequenceNumber") is None


def shard_for(partition_key: str, shards: Iterable[Mapping[str, Any]]) -> str:
    """The id of the open shard that a record with this partition key goes to.

    `shards` as ListShards gives them, closed ones among them or not.
    Raises LookupError when no open shard covers the key: the list is not the whole stream.
    """
    key = hash_key(partition_key)
    for shard in shards:
        if is_open(shard) and key in range_of(shard):
            return str(shard["ShardId"])
    raise LookupError(f"no open shard of the list covers hash key {key}")
