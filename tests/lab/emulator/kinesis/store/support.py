"""A store with a clock that the test moves, without LocalStack."""

from dataclasses import dataclass, field

from lab_emulator.kinesis.store.lasting import Durations
from lab_emulator.kinesis.store.memory import Memory
from lab_emulator.kinesis.store.registry import Registry
from lab_emulator.kinesis.store.shard import Shard
from lab_emulator.kinesis.store.stream import HOUR_MS, Stream

from lab.rules.arn import StreamArn

ADA, BEN = "111111111111", "222222222222"
REGION = "us-east-1"
START_MS = 1_800_000_000_000


@dataclass
class Store:
    """One registry for tests, all accounts by one clock."""

    now: int = START_MS
    durations: Durations = field(default_factory=Durations)
    memory: Memory = field(default_factory=lambda: Memory(2**40, 2**40))

    def __post_init__(self) -> None:
        self.registry = Registry(lambda _: lambda: self.now, lambda _: self.durations, self.memory)

    def create(
        self, name: str = "orders", shards: int = 1, account: str = ADA, region: str = REGION
    ) -> Stream:
        place = self.registry.region(account, region)
        with place.lock:
            made = place.create(StreamArn("aws", region, account, name), shards)
            self.registry.add(made)
        return made

    def pass_hours(self, hours: float) -> None:
        self.now += round(hours * HOUR_MS)


def put(stream: Stream, *keys: str, data: bytes = b"x") -> list[tuple[Shard, str]]:
    """Write a record for each key; shard and sequence number of each."""
    shards = [stream.map.shard_of(key) for key in keys]
    places = stream.write([(shard, data, key) for shard, key in zip(shards, keys, strict=True)])
    return [(shard, shard.number_at(place)) for shard, place in zip(shards, places, strict=True)]


def keys_in(stream: Stream, shard: Shard) -> list[str]:
    """What is left to read in a shard."""
    stream.trim(shard)
    return [record.partition_key for record in shard.records]
