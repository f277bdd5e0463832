"""Which open shard a hash key belongs to. Never changes: a resharding makes a new one."""

from bisect import bisect_right
from collections.abc import Iterable

from lab.rules.hash_space import LARGEST_HASH_KEY, hash_key
from lab_emulator.kinesis.store.shard import Shard


class ShardMap:
    """The open shards of one stream between two reshardings, in the order of their ranges."""

    def __init__(self, shards: Iterable[Shard]) -> None:
        """Raises ValueError when the open shards do not cover the hash space exactly."""
        self.open = sorted((shard for shard in shards if shard.is_open), key=lambda shard: shard.range.start)
        expected = 0
        for shard in self.open:
            if shard.range.start != expected:
                raise ValueError(f"the open shards leave or share hash keys at {expected}")
            expected = shard.range.end + 1
        if expected != LARGEST_HASH_KEY + 1:
            raise ValueError("the open shards do not reach the end of the hash space")
        self._starts = [shard.range.start for shard in self.open]

    def at(self, place: int) -> Shard:
        """The open shard of a hash key."""
        return self.open[bisect_right(self._starts, place) - 1]

    def shard_of(self, partition_key: str, explicit_hash_key: str | None = None) -> Shard:
        """The open shard of a record; an explicit hash key overrides the key's own hash."""
        place = int(explicit_hash_key) if explicit_hash_key is not None else hash_key(partition_key)
        return self.open[bisect_right(self._starts, place) - 1]
