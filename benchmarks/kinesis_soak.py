"""Ten minutes at the highest rate, the stream resharded and its records expiring: nothing lost, memory flat.

Three producers, one reader that polls and one that subscribes. The account's clock jumps an hour every few
seconds, so records expire all the time, subscriptions end, iterators too. At the end every acknowledged
record must have been read once by each reader, each key's in order. LAB_SOAK_SECONDS: another time than 600.
"""

import contextlib
import itertools
import os
import random
import threading
import time
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import ClientError

from lab import clock
from lab.aws.environment import LEARNER_ACCOUNT, REGION, SECRET
from lab.aws.instance import private_lab
from lab.control import Control, control_of
from lab.rules.hash_space import is_open, range_of

STREAM = "soak"
PRODUCERS, KEYS, BATCH = 3, 50, 200
CLOCK_SECONDS, SAMPLE_SECONDS, RESHARD_SECONDS = 5.0, 5.0, 1.0
WAITABLE = {"ProvisionedThroughputExceededException", "ResourceInUseException", "LimitExceededException"}
AGAIN = {"ExpiredIteratorException"}
Seen = dict[str, list[int]]


def client(endpoint: str) -> Any:
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=100)
    return boto3.client(
        "kinesis", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=LEARNER_ACCOUNT,
        aws_secret_access_key=SECRET, config=config,
    )  # fmt: skip


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def produce(kinesis: Any, producer: int, stop: threading.Event) -> dict[str, int]:
    """Numbered records for keys of its own; how many of each key were acknowledged."""
    sent: dict[str, int] = defaultdict(int)
    keys = [f"{producer}-{key}" for key in range(KEYS)]
    for at in itertools.count():
        if stop.is_set():
            return sent
        chosen = [keys[(at * BATCH + place) % KEYS] for place in range(BATCH)]
        numbers: dict[str, int] = defaultdict(int)
        entries = []
        for key in chosen:
            number = sent[key] + numbers[key]
            numbers[key] += 1
            entries.append({"Data": str(number).encode().ljust(100), "PartitionKey": key})
        answer = kinesis.put_records(StreamName=STREAM, Records=entries)
        assert answer["FailedRecordCount"] == 0, "the scale never throttles"
        for key, count in numbers.items():
            sent[key] += count
    raise AssertionError


class Reader:
    """Every shard once, parents before their children."""

    def __init__(self, kinesis: Any, done: threading.Event) -> None:
        self.kinesis, self.done = kinesis, done
        self.seen: Seen = defaultdict(list)
        self.last: dict[str, str] = {}
        """By shard: the number to go on after."""
        self.ended: set[str] = set()
        self.lock = threading.Lock()

    def take(self, shard: str, records: list[dict[str, Any]]) -> None:
        with self.lock:
            for record in records:
                self.seen[record["PartitionKey"]].append(int(record["Data"]))
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
    def run(self) -> Seen:
        places: dict[str, str] = {}
        while True:
            ending, quiet = self.done.is_set(), True
            for shard in self.ready(set(places)):
                places[shard] = self._iterator(shard)
                quiet = False
            for shard in list(places):
                if self._read(shard, places):
                    quiet = False
            if ending and quiet:
                return self.seen

    def _iterator(self, shard: str) -> str:
        start = self.start(shard)
        number = start.get("SequenceNumber")
        more = {"StartingSequenceNumber": number} if number else {}
        answer = self.kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard, ShardIteratorType=start["Type"], **more
        )
        return str(answer["ShardIterator"])

    def _read(self, shard: str, places: dict[str, str]) -> bool:
        try:
            page = self.kinesis.get_records(ShardIterator=places[shard])
        except ClientError as error:
            if code(error) not in AGAIN:
                raise
            places[shard] = self._iterator(shard)
            return True
        self.take(shard, page["Records"])
        if "NextShardIterator" not in page:
            self.ended.add(shard)
            del places[shard]
            return True
        places[shard] = page["NextShardIterator"]
        return bool(page["Records"])


class Subscriber(Reader):
    def __init__(self, kinesis: Any, done: threading.Event, consumer: str) -> None:
        super().__init__(kinesis, done)
        self.consumer = consumer
        self.quiet: dict[str, bool] = {}

    def run(self) -> Seen:
        with ThreadPoolExecutor(64) as pool:
            begun: set[str] = set()
            jobs = []
            while True:
                ending = self.done.is_set()
                found = self.ready(begun)
                for shard in found:
                    begun.add(shard)
                    self.quiet[shard] = False
                    jobs.append(pool.submit(self._follow, shard))
                if ending and not found and all(self.quiet.values()):
                    break
                time.sleep(0.3)
            self.over = True
            for job in jobs:
                job.result()
        return self.seen

    over = False

    def _follow(self, shard: str) -> None:
        while not self.over:
            asked = {"ConsumerARN": self.consumer, "ShardId": shard, "StartingPosition": self.start(shard)}
            try:
                stream = self.kinesis.subscribe_to_shard(**asked)["EventStream"]
            except ClientError as error:
                if code(error) not in WAITABLE:
                    raise
                time.sleep(0.2)
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


def reshard(kinesis: Any, stop: threading.Event) -> int:
    """Split and merge, over and over; how often."""
    count, chance = 0, random.Random(5)
    while not stop.wait(RESHARD_SECONDS):
        shards = kinesis.list_shards(StreamName=STREAM, ShardFilter={"Type": "AT_LATEST"})["Shards"]
        open_now = sorted((shard for shard in shards if is_open(shard)), key=range_of)
        if len(open_now) < 4 or (len(open_now) < 12 and chance.random() < 0.5):
            shard = chance.choice(open_now)
            asked = {"ShardToSplit": shard["ShardId"], "NewStartingHashKey": str(range_of(shard).middle)}
            kinesis.split_shard(StreamName=STREAM, **asked)
        else:
            at = chance.randrange(len(open_now) - 1)
            one, other = (shard["ShardId"] for shard in open_now[at : at + 2])
            kinesis.merge_shards(StreamName=STREAM, ShardToMerge=one, AdjacentShardToMerge=other)
        count += 1
    return count


def pass_hours(control: Control, stop: threading.Event) -> int:
    count = 0
    while not stop.wait(CLOCK_SECONDS):
        clock.advance(hours=1, of=control)
        count += 1
    return count


def sample(process: psutil.Process, stop: threading.Event) -> list[int]:
    """Resident MiB, every few seconds."""
    found = [process.memory_info().rss >> 20]
    while not stop.wait(SAMPLE_SECONDS):
        found.append(process.memory_info().rss >> 20)
    return found


def check(sent: dict[str, int], seen: Seen, who: str) -> None:
    assert seen.keys() == sent.keys(), who
    for key, count in sent.items():
        assert seen[key] == list(range(count)), f"{who}: {key} was not read once and in order"


def main() -> None:
    """Print the counts and the memory. Raises AssertionError when a record was lost or read twice."""
    seconds = float(os.environ.get("LAB_SOAK_SECONDS") or 600)
    with private_lab() as lab:
        known = lab.running
        assert known is not None
        control = control_of(lab, LEARNER_ACCOUNT)
        control.set("quotas", mode="off")
        kinesis = client(known.endpoint)
        kinesis.create_stream(StreamName=STREAM, ShardCount=4)
        arn = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
        made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="soak")["Consumer"]
        stop, done = threading.Event(), threading.Event()
        poller = Poller(client(known.endpoint), done)
        subscriber = Subscriber(client(known.endpoint), done, made["ConsumerARN"])
        with ThreadPoolExecutor(16) as pool:
            reading = [pool.submit(poller.run), pool.submit(subscriber.run)]
            memory = pool.submit(sample, psutil.Process(known.pid), stop)
            hours = pool.submit(pass_hours, control, stop)
            changes = pool.submit(reshard, client(known.endpoint), stop)
            writing = [pool.submit(produce, client(known.endpoint), n, stop) for n in range(PRODUCERS)]
            running: list[Future[Any]] = [*reading, *writing]
            began = time.monotonic()
            while time.monotonic() - began < seconds and not any(job.done() for job in running):
                time.sleep(0.5)
            stop.set()
            sent = {key: count for job in writing for key, count in job.result().items()}
            done.set()
            polled, pushed = (job.result() for job in reading)
        check(sent, polled, "the reader that polls")
        check(sent, pushed, "the reader that subscribes")
        total, mib = sum(sent.values()), memory.result()
        half = mib[len(mib) // 2 :]
        print(
            f"{total:,} records in {seconds:.0f} s ({total / seconds:,.0f} a second), each read once by both "
            f"readers and in order; {changes.result()} reshardings, {hours.result()} hours of the clock; "
            f"resident {mib[0]} MiB at first, {min(half)} to {max(half)} MiB in the second half"
        )


if __name__ == "__main__":
    main()
