"""Producers and consumers at work while the stream is resharded, quotas on: nothing lost, nothing twice."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.control import Control
from lab.rules.hash_space import is_open, range_of
from tests.lab.emulator.support import client, code, create, iterator, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")
PRODUCERS, CONSUMERS, KEYS, ROUNDS = 3, 2, 40, 12
WAITABLE = {"ProvisionedThroughputExceededException", "ResourceInUseException", "LimitExceededException"}
Seen = dict[str, list[int]]


def produce(kinesis: Any, producer: int, throttled: list[int]) -> Seen:
    """Numbered records for keys of its own; a round is sent again until all of it is acknowledged."""
    sent: Seen = {}
    for number in range(ROUNDS):
        left = [
            {"Data": f"{number}".encode().ljust(900), "PartitionKey": f"{producer}-{key}"}
            for key in range(KEYS)
        ]
        while left:
            answer = kinesis.put_records(StreamName="orders", Records=left)
            results = answer["Records"]
            assert len(results) == len(left)
            left = [entry for entry, result in zip(left, results, strict=True) if "ErrorCode" in result]
            assert answer["FailedRecordCount"] == len(left)
            if left:
                throttled.append(len(left))
                time.sleep(random.uniform(0.02, 0.1))
        for key in range(KEYS):
            sent.setdefault(f"{producer}-{key}", []).append(number)
    return sent


class Reader:
    """One consumer application: every shard once, parents before their children."""

    def __init__(self, kinesis: Any, done: threading.Event) -> None:
        self.kinesis, self.done = kinesis, done
        self.seen: Seen = defaultdict(list)
        self.numbers: list[str] = []
        self.places: dict[str, str | None] = {}

    def run(self) -> Seen:
        while True:
            ending = self.done.is_set()
            quiet = True
            for shard in shards_of(self.kinesis):
                if self._may_begin(shard) and self._read(shard["ShardId"]):
                    quiet = False
            if ending and quiet:
                return self.seen
            time.sleep(0.1)

    def _may_begin(self, shard: Mapping[str, Any]) -> bool:
        parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
        return all(parent is None or self.places.get(parent, "") is None for parent in parents)

    def _read(self, shard: str) -> bool:
        """Whether there may be more."""
        try:
            if shard not in self.places:
                self.places[shard] = iterator(self.kinesis, shard)
            place = self.places[shard]
            if place is None:
                return False
            page = self.kinesis.get_records(ShardIterator=place)
        except ClientError as error:
            if code(error) not in WAITABLE:
                raise
            return True
        for record in page["Records"]:
            self.seen[record["PartitionKey"]].append(int(record["Data"]))
            self.numbers.append(record["SequenceNumber"])
        self.places[shard] = page.get("NextShardIterator")
        return bool(page["Records"]) or "NextShardIterator" not in page


def reshard(kinesis: Any, stop: threading.Event) -> int:
    """Split, merge and scale, over and over; how often it worked."""
    count, chance = 0, random.Random(5)
    while not stop.is_set():
        try:
            open_now = sorted((s for s in shards_of(kinesis) if is_open(s)), key=range_of)
            kind = chance.choice(["split", "merge", "scale"])
            if kind == "split" or len(open_now) == 1:
                shard = chance.choice(open_now)
                kinesis.split_shard(
                    StreamName="orders",
                    ShardToSplit=shard["ShardId"],
                    NewStartingHashKey=str(range_of(shard).middle),
                )
            elif kind == "merge":
                at = chance.randrange(len(open_now) - 1)
                one, other = (shard["ShardId"] for shard in open_now[at : at + 2])
                kinesis.merge_shards(StreamName="orders", ShardToMerge=one, AdjacentShardToMerge=other)
            else:
                target = chance.choice([max(1, len(open_now) // 2), len(open_now)])
                kinesis.update_shard_count(
                    StreamName="orders", TargetShardCount=target, ScalingType="UNIFORM_SCALING"
                )
            count += 1
        except ClientError as error:
            if code(error) not in WAITABLE | {"InvalidArgumentException"}:
                raise
        stop.wait(0.4)
    return count


def test_every_acknowledged_record_is_read_once_by_each_reader_and_keys_keep_their_order(
    fresh_account: Mapping[str, str], control: Control
) -> None:
    create(client(fresh_account), shards=2)
    control.set("quotas", scale=0.01)  # a round is more than what two shards take at once
    done, stop, throttled = threading.Event(), threading.Event(), []
    readers = [Reader(client(fresh_account), done) for _ in range(CONSUMERS)]
    with ThreadPoolExecutor(PRODUCERS + CONSUMERS + 1) as pool:
        resharding = pool.submit(reshard, client(fresh_account), stop)
        reading = [pool.submit(reader.run) for reader in readers]
        producing = [pool.submit(produce, client(fresh_account), n, throttled) for n in range(PRODUCERS)]
        try:
            while not throttled and not any(one.done() for one in producing):
                time.sleep(0.05)
            control.set("quotas", scale=0.2)
            sent = {key: numbers for one in producing for key, numbers in one.result().items()}
        finally:
            stop.set()
            done.set()
            control.set("quotas", mode="off")  # the rest is read without waiting
        assert resharding.result() >= 3, "reshardings were under way"
        seen = [one.result() for one in reading]
    assert sum(throttled) > 0, "the quotas were reached"
    assert sum(map(len, sent.values())) == PRODUCERS * KEYS * ROUNDS
    for reader, found in zip(readers, seen, strict=True):
        assert dict(found) == sent, "each key: every number once, in its order"
        assert len(set(reader.numbers)) == len(reader.numbers)
