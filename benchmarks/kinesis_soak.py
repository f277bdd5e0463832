"""Ten minutes at the highest rate, the stream resharded and its records expiring: nothing lost, memory flat.

Three producers, one reader that polls and one that subscribes. The account's clock jumps an hour every few
seconds, so records expire all the time, subscriptions end, iterators too. Every acknowledged record must be
read once by each reader, each key's in order.

The highest rate is the one at which the readers keep up: what a reader does not read within the retention is
gone, on AWS too. So the producers wait when a reader is far behind.

LAB_SOAK_SECONDS: another time than 600. LAB_SOAK_CLOCK_SECONDS: after how many seconds the clock jumps an
hour, other than 5: with 2 a day passes in 48 s, and a soak of four minutes sees five of them.
"""

import itertools
import os
import random
import threading
import time
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import boto3
import psutil
from botocore.config import Config

from benchmarks._classes import others, spread
from benchmarks._soak_readers import STREAM, Poller, Reader, Subscriber
from lab import clock
from lab.aws.environment import LEARNER_ACCOUNT, REGION, SECRET
from lab.aws.instance import private_lab
from lab.control import Control, control_of
from lab.rules.hash_space import is_open, range_of
from lab.rules.quotas import RETENTION_DEFAULT_HOURS

PRODUCERS, KEYS, BATCH = 3, 50, 200
CLOCK_SECONDS = float(os.environ.get("LAB_SOAK_CLOCK_SECONDS") or 5)
SAMPLE_SECONDS, RESHARD_SECONDS = 0.5, 1.0
BEHIND_HOURS = RETENTION_DEFAULT_HOURS / 8
"""Producers wait when a reader is that far behind, by the account's clock."""
RETENTION_SECONDS = RETENTION_DEFAULT_HOURS * CLOCK_SECONDS
"""On the machine's clock."""


def client(endpoint: str) -> Any:
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, max_pool_connections=100)
    return boto3.client(
        "kinesis", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=LEARNER_ACCOUNT,
        aws_secret_access_key=SECRET, config=config,
    )  # fmt: skip


@dataclass
class Producer:
    """Numbered records for keys of its own. `sent`: how many of each key were acknowledged."""

    kinesis: Any
    number: int
    sent: dict[str, int] = field(default_factory=dict)
    waited: float = 0.0
    """Seconds."""

    def __post_init__(self) -> None:
        self.sent = {f"{self.number}-{key}": 0 for key in range(KEYS)}

    def run(self, may_write: threading.Event, stop: threading.Event) -> None:
        keys = list(self.sent)
        for at in itertools.count():
            began = time.monotonic()
            while not may_write.wait(SAMPLE_SECONDS) and not stop.is_set():
                pass
            self.waited += time.monotonic() - began
            if stop.is_set():
                return
            self._write([keys[(at * BATCH + place) % KEYS] for place in range(BATCH)])

    def _write(self, keys: list[str]) -> None:
        numbers: Counter[str] = Counter()
        entries = []
        for key in keys:
            number = self.sent[key] + numbers[key]
            numbers[key] += 1
            entries.append({"Data": str(number).encode().ljust(100), "PartitionKey": key})
        answer = self.kinesis.put_records(StreamName=STREAM, Records=entries)
        assert answer["FailedRecordCount"] == 0, "quotas are off"
        for key, count in numbers.items():
            self.sent[key] += count


@dataclass
class Lag:
    """How far a reader is behind: how long ago the oldest record was acknowledged that it has not read."""

    reader: Reader
    marks: deque[tuple[float, dict[str, int]]] = field(default_factory=deque)
    """What was acknowledged at which second."""
    largest: float = 0.0
    """Seconds on the machine's clock."""

    def look(self, now: float, sent: dict[str, int]) -> float:
        """Seconds, right to SAMPLE_SECONDS."""
        self.marks.append((now, sent))
        while self.marks and all(self.reader.seen[key] >= count for key, count in self.marks[0][1].items()):
            self.marks.popleft()
        behind = now - self.marks[0][0] if self.marks else 0.0
        self.largest = max(self.largest, behind)
        return behind


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


@dataclass
class Course:
    """What is seen on the way. `seconds`: how long the producers write."""

    producers: list[Producer]
    lags: list[Lag]
    lab: psutil.Process
    seconds: float
    took: float = 0.0
    memory: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds since the beginning, resident MiB of the lab, records acknowledged so far."""

    def sent(self) -> dict[str, int]:
        return {key: count for one in self.producers for key, count in one.sent.items()}

    def watch(self, may_write: threading.Event, running: list[Future[Any]]) -> None:
        """Until the time is over or one of RUNNING ends. Producers write as long as readers keep up."""
        began = time.monotonic()
        most = BEHIND_HOURS * CLOCK_SECONDS
        while self.took < self.seconds and not any(job.done() for job in running):
            now, sent = time.monotonic(), self.sent()
            behind = max(lag.look(now, sent) for lag in self.lags)
            (may_write.clear if behind > most else may_write.set)()
            self.memory.append((now - began, self.lab.memory_info().rss >> 20, sum(sent.values())))
            time.sleep(SAMPLE_SECONDS)
            self.took = time.monotonic() - began

    def check(self) -> None:
        """Raises AssertionError when a reader has not read all that was acknowledged, or something else."""
        sent = self.sent()
        for lag in self.lags:
            seen = lag.reader.seen
            wrong = {key: (seen[key], count) for key, count in sent.items() if seen[key] != count}
            assert not wrong, f"{lag.reader.who} read, of how many: {wrong}"
            assert seen.keys() <= sent.keys(), f"{lag.reader.who} read what nobody sent"

    def tell(self, reshardings: int, hours: int) -> None:
        total = sum(self.sent().values())
        waited = sum(one.waited for one in self.producers) / len(self.producers)
        print(
            f"{total:,} records in {self.took:.0f} s ({total / self.took:,.0f} a second), each read once by "
            f"both readers and in order; {reshardings} reshardings, {hours} hours of the clock"
        )
        print(f"the producers waited for the readers {waited / self.took:.0%} of the time; farthest behind:")
        for lag in self.lags:
            hours_behind = lag.largest / CLOCK_SECONDS
            print(f"  {lag.reader.who}: {hours_behind:.1f} of {RETENTION_DEFAULT_HOURS} hours")
        print(f"resident: {self.memory[0][1]} MiB at first")
        full = [one for one in self.memory if one[0] > RETENTION_SECONDS]
        quarter = len(full) // 4
        if quarter:
            self._tell_memory("once a day is held", full[:quarter])
            self._tell_memory("at last", full[-quarter:])

    def _tell_memory(self, when: str, part: Sequence[tuple[float, int, int]]) -> None:
        """With how many records were held, as memory follows their number."""
        moments = [at for at, _, _ in self.memory]
        held = []
        for at, _, total in part:
            expired = self.memory[bisect_right(moments, at - RETENTION_SECONDS) - 1]
            held.append(total - expired[2])
        sizes = spread([mib for _, mib, _ in part])
        print(f"  {when}, {part[0][0]:.0f} to {part[-1][0]:.0f} s: {sizes} MiB, {spread(held)} records held")


def main() -> None:
    """Print counts, lags and memory. Raises AssertionError when a record was lost or read twice."""
    seconds = float(os.environ.get("LAB_SOAK_SECONDS") or 600)
    print(others(), flush=True)
    with private_lab() as lab:
        known = lab.running
        assert known is not None
        control = control_of(lab, LEARNER_ACCOUNT)
        control.set("quotas", mode="off")
        kinesis = client(known.endpoint)
        kinesis.create_stream(StreamName=STREAM, ShardCount=4)
        arn = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
        made = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="soak")["Consumer"]
        stop, done, may_write = threading.Event(), threading.Event(), threading.Event()
        readers: list[Reader] = [
            Poller(client(known.endpoint), done),
            Subscriber(client(known.endpoint), done, made["ConsumerARN"]),
        ]
        producers = [Producer(client(known.endpoint), number) for number in range(PRODUCERS)]
        course = Course(producers, [Lag(reader) for reader in readers], psutil.Process(known.pid), seconds)
        with ThreadPoolExecutor(16) as pool:
            reading = [pool.submit(reader.run) for reader in readers]
            hours = pool.submit(pass_hours, control, stop)
            changes = pool.submit(reshard, client(known.endpoint), stop)
            writing = [pool.submit(producer.run, may_write, stop) for producer in producers]
            ending: list[Future[Any]] = [*writing, changes, hours]
            try:
                course.watch(may_write, [*reading, *ending])
            finally:
                stop.set()
                wait(ending)  # nothing new comes to the readers from now on
                done.set()
            for job in (*writing, *reading):
                job.result()
        course.check()
        course.tell(changes.result(), hours.result())


if __name__ == "__main__":
    main()
