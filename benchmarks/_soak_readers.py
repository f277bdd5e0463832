"""The two readers of the soak: one that polls and one that subscribes. Each reads every shard once."""

import contextlib
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

STREAM = "soak"
WAITABLE = {"ProvisionedThroughputExceededException", "ResourceInUseException", "LimitExceededException"}
AGAIN = {"ExpiredIteratorException"}
GONE = "ResourceNotFoundException"
"""A shard has expired, read to its end or not: what was in it and was not read is missed at the end."""
LOOK_SECONDS = 0.3
SUBSCRIPTIONS = 64


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


class Reader:
    """Parents before their children. Raises AssertionError for a record read twice, late or not at all."""

    who = "a reader"

    def __init__(self, kinesis: Any, done: threading.Event) -> None:
        self.kinesis, self.done = kinesis, done
        self.seen: Counter[str] = Counter()
        """By key: how many records were read, which is the number of the next one."""
        self.last: dict[str, str] = {}
        """By shard: the number to go on after."""
        self.ended: set[str] = set()
        self.lock = threading.Lock()

    def run(self) -> None:
        """Until everything was read that is there once DONE is set."""
        raise NotImplementedError

    def take(self, shard: str, records: list[dict[str, Any]]) -> None:
        with self.lock:
            for record in records:
                key, number = record["PartitionKey"], int(record["Data"])
                assert number == self.seen[key], (
                    f"{self.who}: record {number} of key {key} in {shard}, {self.seen[key]} was to come"
                )
                self.seen[key] += 1
        if records:
            self.last[shard] = records[-1]["SequenceNumber"]

    def ready(self, begun: set[str]) -> list[str]:
        """Shards whose parents were read to their ends, and that are not begun."""
        shards = []
        for page in self.kinesis.get_paginator("list_shards").paginate(StreamName=STREAM):
            shards += page["Shards"]
        known = {shard["ShardId"] for shard in shards}
        found = []
        for shard in shards:
            parents = {shard.get("ParentShardId"), shard.get("AdjacentParentShardId")} & known
            if shard["ShardId"] not in begun | self.ended and parents <= self.ended:
                found.append(str(shard["ShardId"]))
        return found

    def start(self, shard: str) -> dict[str, str]:
        number = self.last.get(shard)
        if number is None:
            return {"Type": "TRIM_HORIZON"}
        return {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}


class Poller(Reader):
    """One thread. It looks for new shards whenever one has ended, as only an end makes children ready."""

    who = "the reader that polls"

    def run(self) -> None:
        places: dict[str, str] = {}
        listed = -1
        while True:
            ending, quiet = self.done.is_set(), True
            if len(self.ended) != listed:
                listed = len(self.ended)
                places |= dict.fromkeys(self.ready(set(places)), "")
                quiet = False
            for shard in list(places):
                if self._read_or_end(shard, places):
                    quiet = False
            if ending and quiet:
                return

    def _iterator(self, shard: str) -> str:
        start = self.start(shard)
        number = start.get("SequenceNumber")
        more = {"StartingSequenceNumber": number} if number else {}
        answer = self.kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard, ShardIteratorType=start["Type"], **more
        )
        return str(answer["ShardIterator"])

    def _read_or_end(self, shard: str, places: dict[str, str]) -> bool:
        """Whether there was something, or will be when asked again."""
        try:
            return self._read(shard, places)
        except ClientError as error:
            if code(error) != GONE:
                raise
            self.ended.add(shard)
            del places[shard]
            return True

    def _read(self, shard: str, places: dict[str, str]) -> bool:
        places[shard] = places[shard] or self._iterator(shard)
        try:
            page = self.kinesis.get_records(ShardIterator=places[shard])
        except ClientError as error:
            if code(error) not in AGAIN:
                raise
            places[shard] = ""
            return True
        self.take(shard, page["Records"])
        if "NextShardIterator" not in page:
            self.ended.add(shard)
            del places[shard]
            return True
        places[shard] = page["NextShardIterator"]
        return bool(page["Records"])


class Subscriber(Reader):
    """A thread for each shard that it follows."""

    who = "the reader that subscribes"

    def __init__(self, kinesis: Any, done: threading.Event, consumer: str) -> None:
        super().__init__(kinesis, done)
        self.consumer = consumer
        self.quiet: dict[str, bool] = {}
        self.over = False

    def run(self) -> None:
        with ThreadPoolExecutor(SUBSCRIPTIONS) as pool:
            begun: set[str] = set()
            jobs: list[Future[None]] = []
            listed = -1
            while not any(job.done() and job.exception() for job in jobs):
                ending, ended = self.done.is_set(), len(self.ended)
                found = self.ready(begun) if ended != listed else []
                listed = ended
                for shard in found:
                    begun.add(shard)
                    self.quiet[shard] = False
                    jobs.append(pool.submit(self._follow, shard))
                if ending and not found and all(self.quiet.values()) and len(self.ended) == listed:
                    break
                time.sleep(LOOK_SECONDS)
            self.over = True
            for job in jobs:
                job.result()

    def _follow(self, shard: str) -> None:
        while not self.over:
            asked = {"ConsumerARN": self.consumer, "ShardId": shard, "StartingPosition": self.start(shard)}
            try:
                stream = self.kinesis.subscribe_to_shard(**asked)["EventStream"]
            except ClientError as error:
                if code(error) == GONE:
                    self.ended.add(shard)
                    self.quiet[shard] = True
                    return
                if code(error) not in WAITABLE:
                    raise
                time.sleep(LOOK_SECONDS)
                continue
            with contextlib.closing(stream):
                for message in stream:
                    event = message["SubscribeToShardEvent"]
                    self.take(shard, event["Records"])
                    if "ContinuationSequenceNumber" not in event:
                        self.ended.add(shard)
                        self.quiet[shard] = True
                        return
                    self.last[shard] = event["ContinuationSequenceNumber"]
                    self.quiet[shard] = self.done.is_set() and not event["Records"]
                    if self.over:
                        return
