"""Which shard a hash key belongs to, and which shards there are. Pure; shards as ListShards gives them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from lab.rules.hash_space import LARGEST_HASH_KEY, hash_key, is_open, range_of

Shard = Mapping[str, Any]


class ShardMap:
    """The shards of one stream between two reshardings. Never changes."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        """Raises ValueError when the open shards do not cover the hash space exactly."""
        self.shards = tuple(sorted(shards, key=lambda shard: shard["ShardId"]))
        self.by_id = {str(shard["ShardId"]): shard for shard in self.shards}
        self.open = sorted((shard for shard in self.shards if is_open(shard)), key=range_of)
        expected = 0
        for shard in self.open:
            if range_of(shard).start != expected:
                raise ValueError(f"the open shards leave or share hash keys at {expected}")
            expected = range_of(shard).end + 1
        if expected != LARGEST_HASH_KEY + 1:
            raise ValueError("the open shards do not reach the end of the hash space")
        self._starts = [range_of(shard).start for shard in self.open]
        self._ids = [str(shard["ShardId"]) for shard in self.open]

    def shard_of(self, partition_key: str, explicit_hash_key: str | None = None) -> str:
        """The id of the open shard of a record; an explicit hash key overrides the key's own hash."""
        place = int(explicit_hash_key) if explicit_hash_key is not None else hash_key(partition_key)
        return self._ids[bisect_right(self._starts, place) - 1]
