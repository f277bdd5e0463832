"""Readers of the stream: one that polls, one with enhanced fan-out, a Lambda mapping. Each can be killed.

What a reader has read is known by the sequence numbers of its answers, as spans of places by shard. A reader
that is started again goes on behind its last record, as one with a checkpoint does.
"""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from lab.playground import code
from lab.playground.account import STREAM, Home
from lab.playground.spans import Span, add
from lab.rules.sequence_numbers import parse

POLL_SECONDS: Final = 1.0
NAMESPACE: Final = "Playground"
BEHIND: Final = "MillisBehindLatest"
OWN_METRIC: Final = f"{NAMESPACE} {BEHIND}, which the reader itself puts"
TOLERATED_MS: Final = 60_000
"""An alarm rings when a reader is further behind, or says nothing for a minute."""
GOOD: Final = "def handler(event, context):\n    return len(event['Records'])\n"
BAD: Final = "def handler(event, context):\n    raise RuntimeError('this consumer is broken')\n"

Told = Callable[[str, str, int], None]
"""Hears that a reader (its name) has read from a shard so many records."""


class Reader(Protocol):
    """Of any kind. `name` is its own; `alarm`, `metric` are those of CloudWatch that watch it."""

    name: str
    kind: str
    alive: bool
    throttled: int
    metric: str

    def spans(self) -> Mapping[str, list[Span]]:
        """What it has read, by shard."""

    def begin(self) -> str:
        """Start it, or start it again; the lines that do so."""

    def kill(self) -> str:
        """It ends at once and tells nobody; the lines that do so, "" where a process dies."""

    def close(self) -> None:
        """It is forgotten, with its threads and connections; what it has in the lab stays."""


class Bookmarks:
    """What a reader has read, and where it goes on."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def note(self, shard: str, numbers: list[str]) -> None:
        with self._lock:
            self._last[shard] = numbers[-1]
            first, last = parse(numbers[0]).place, parse(numbers[-1]).place
            self._spans[shard] = add(self._spans.get(shard, []), first, last)

    def spans(self) -> dict[str, list[Span]]:
        with self._lock:
            return {shard: list(spans) for shard, spans in self._spans.items()}

    def start(self, shard: str) -> dict[str, str]:
        """Where to begin: behind the last record, else at the oldest one that is left."""
        last = self._last.get(shard)
        if last is None:
            return {"Type": "TRIM_HORIZON"}
        return {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last}


class Voice:
    """A reader's own metric, MillisBehindLatest, as the Kinesis Client Library puts one, and its alarm."""

    def __init__(self, home: Home, name: str) -> None:
        self._cloudwatch, self._name = home.client("cloudwatch"), name

    def watched(self) -> None:
        """From now on silence rings."""
        watch(self._cloudwatch, self._name, NAMESPACE, BEHIND, {"Reader": self._name})

    def close(self) -> None:
        self._cloudwatch.close()

    def say(self, behind: int) -> None:
        """BEHIND: milliseconds."""
        datum = {
            "MetricName": BEHIND,
            "Value": behind,
            "Unit": "Milliseconds",
            "Dimensions": [{"Name": "Reader", "Value": self._name}],
        }
        self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])


class Polling:
    """GetRecords, once a second for each shard, from the limits that all pollers share."""

    kind = "polling"
    metric = OWN_METRIC

    def __init__(self, home: Home, name: str, told: Told) -> None:
        self.name, self.alive, self.throttled = name, False, 0
        self._kinesis, self._voice = home.client("kinesis"), Voice(home, name)
        self._told, self._marks, self._dead = told, Bookmarks(), threading.Event()

    def spans(self) -> Mapping[str, list[Span]]:
        return self._marks.spans()

    def begin(self) -> str:
        self._voice.watched()
        self.alive, self._dead = True, threading.Event()
        shards = [one["ShardId"] for one in self._kinesis.list_shards(StreamName=STREAM)["Shards"]]
        threading.Thread(target=self._run, args=(self._dead,), daemon=True).start()
        return code.polling(shards)

    def kill(self) -> str:
        self.alive = False
        self._dead.set()
        return ""

    def close(self) -> None:
        self.kill()  # its thread hangs up

    def _run(self, dead: threading.Event) -> None:
        iterators: dict[str, str | None] = {}
        """By shard; None for one that was read to its end."""
        while not dead.wait(POLL_SECONDS):
            try:
                behind = self._round(iterators, dead)
                if behind is not None and not dead.is_set():
                    self._voice.say(behind)
            except (ClientError, BotoCoreError, OSError):
                iterators.clear()  # the clock was moved, or the lab is away: find the places again
        self._hang_up()

    def _hang_up(self) -> None:
        self._kinesis.close()
        self._voice.close()

    def _round(self, iterators: dict[str, str | None], dead: threading.Event) -> int | None:
        """One call for each shard that can be read; how far behind the worst is, in milliseconds."""
        shards = self._kinesis.list_shards(StreamName=STREAM)["Shards"]
        listed = {one["ShardId"] for one in shards}
        worst: int | None = None
        for shard in shards:
            name = shard["ShardId"]
            parents = (shard.get("ParentShardId"), shard.get("AdjacentParentShardId"))
            if any(one in listed and iterators.get(one, "") is not None for one in parents):
                continue  # each key in order: the parents first
            if name not in iterators:
                iterators[name] = self._iterator(name)
            iterator = iterators[name]
            if iterator is not None and not dead.is_set():
                behind = self._read(name, iterator, iterators)
                worst = max((one for one in (worst, behind) if one is not None), default=None)
        return worst

    def _iterator(self, shard: str) -> str:
        start = self._marks.start(shard)
        more = {"StartingSequenceNumber": start["SequenceNumber"]} if "SequenceNumber" in start else {}
        answer = self._kinesis.get_shard_iterator(
            StreamName=STREAM, ShardId=shard, ShardIteratorType=start["Type"], **more
        )
        return str(answer["ShardIterator"])

    def _read(self, shard: str, iterator: str, iterators: dict[str, str | None]) -> int | None:
        try:
            answer = self._kinesis.get_records(ShardIterator=iterator)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ProvisionedThroughputExceededException":
                raise
            self.throttled += 1
            return None
        if numbers := [one["SequenceNumber"] for one in answer["Records"]]:
            self._marks.note(shard, numbers)
            self._told(self.name, shard, len(numbers))
        iterators[shard] = answer.get("NextShardIterator")
        return int(answer["MillisBehindLatest"])


class FanOut:
    """SubscribeToShard: the records are pushed, 2 MiB a second for this reader and shard alone."""

    kind = "fan-out"
    metric = OWN_METRIC

    def __init__(self, home: Home, name: str, told: Told) -> None:
        self.name, self.alive, self.throttled = name, False, 0
        self._kinesis, self._voice, self._home = home.client("kinesis"), Voice(home, name), home
        self._told, self._marks, self._dead, self._arn = told, Bookmarks(), threading.Event(), ""
        self._behind: dict[str, int] = {}

    def spans(self) -> Mapping[str, list[Span]]:
        return self._marks.spans()

    def begin(self) -> str:
        lines = []
        if not self._arn:
            asked = {"StreamARN": self._home.stream_arn, "ConsumerName": self.name}
            self._arn = self._kinesis.register_stream_consumer(**asked)["Consumer"]["ConsumerARN"]
            lines.append(code.listing("kinesis", "register_stream_consumer", asked))
            self._voice.watched()
        self.alive, self._dead = True, threading.Event()
        shards = [one["ShardId"] for one in self._kinesis.list_shards(StreamName=STREAM)["Shards"]]
        threading.Thread(target=self._run, args=(self._dead,), daemon=True).start()
        return "\n".join([*lines, code.subscribing(shards, self._arn)])

    def kill(self) -> str:
        self.alive = False
        self._dead.set()
        return ""

    def close(self) -> None:
        self.kill()  # its thread hangs up

    def _run(self, dead: threading.Event) -> None:
        """A thread for each shard that is listed and not read yet."""
        threads: dict[str, threading.Thread] = {}
        ended: set[str] = set()
        while not dead.wait(POLL_SECONDS):
            try:
                shards = self._kinesis.list_shards(StreamName=STREAM)["Shards"]
                if self._behind:
                    self._voice.say(max(self._behind.values()))
            except (ClientError, BotoCoreError, OSError):
                continue
            listed = {one["ShardId"] for one in shards}
            for shard in shards:
                name, parents = (
                    shard["ShardId"],
                    (shard.get("ParentShardId"), shard.get("AdjacentParentShardId")),
                )
                waits = any(one in listed and one not in ended for one in parents)
                if name in ended or waits or (name in threads and threads[name].is_alive()):
                    continue
                threads[name] = threading.Thread(target=self._listen, args=(name, dead, ended), daemon=True)
                threads[name].start()
        for thread in threads.values():
            thread.join()  # each hears something every five seconds
        self._kinesis.close()
        self._voice.close()

    def _listen(self, shard: str, dead: threading.Event, ended: set[str]) -> None:
        try:
            answer = self._kinesis.subscribe_to_shard(
                ConsumerARN=self._arn, ShardId=shard, StartingPosition=self._marks.start(shard)
            )
            # Closed also where it ends by an error: it holds its connection until somebody does.
            with closing(answer["EventStream"]) as events:
                for event in events:
                    if dead.is_set():
                        return
                    self._hear(shard, event["SubscribeToShardEvent"], ended)
        except (ClientError, BotoCoreError, HTTPError, OSError):
            time.sleep(POLL_SECONDS)  # a second subscription within five seconds is refused: the next try

    def _hear(self, shard: str, told: Mapping[str, Any], ended: set[str]) -> None:
        self._behind[shard] = int(told["MillisBehindLatest"])
        if numbers := [one["SequenceNumber"] for one in told["Records"]]:
            self._marks.note(shard, numbers)
            self._told(self.name, shard, len(numbers))
        if told.get("ChildShards"):
            ended.add(shard)
            self._behind.pop(shard, None)


class LambdaMapping:
    """A Lambda function, called with what an event source mapping reads for it."""

    kind = "lambda"
    metric = "AWS/Lambda IteratorAge by FunctionName"

    def __init__(self, home: Home, name: str, told: Told) -> None:
        self.name, self.alive, self.throttled = name, False, 0
        self._home, self._told = home, told
        self._lambda, self._cloudwatch, self._id = home.client("lambda"), home.client("cloudwatch"), ""
        self._counted: dict[str, int] = {}

    def spans(self) -> Mapping[str, list[Span]]:
        told = self._home.control.look("progress").get(self._id, {})
        found = {shard: [(one[0], one[1]) for one in runs] for shard, runs in told.items()}
        for shard, spans in found.items():
            count = sum(last - first + 1 for first, last in spans)
            if new := count - self._counted.get(shard, 0):
                self._counted[shard] = count
                self._told(self.name, shard, new)
        return found

    def begin(self) -> str:
        self.alive = True
        if self._id:
            self._lambda.update_function_code(FunctionName=self.name, ZipFile=zipped(GOOD))
            return f"# the handler works again\nHANDLER = {GOOD!r}\n" + _UPDATE.format(name=self.name)
        self._lambda.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Role=self._home.role,
            Handler="index.handler",
            Code={"ZipFile": zipped(GOOD)},
        )
        asked = {
            "FunctionName": self.name,
            "EventSourceArn": self._home.stream_arn,
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 1000,
        }
        self._id = self._lambda.create_event_source_mapping(**asked)["UUID"]
        watch(
            self._cloudwatch,
            self.name,
            "AWS/Lambda",
            "IteratorAge",
            {"FunctionName": self.name},
            silent=False,
        )
        made = _CREATE.format(name=self.name, role=self._home.role)
        return (
            f"HANDLER = {GOOD!r}\n{made}\n{code.listing('functions', 'create_event_source_mapping', asked)}"
        )

    def close(self) -> None:
        self.alive = False
        self._lambda.close()
        self._cloudwatch.close()

    def kill(self) -> str:
        self.alive = False
        self._lambda.update_function_code(FunctionName=self.name, ZipFile=zipped(BAD))
        return (
            f"# a handler that fails: its batch is tried again and again\nHANDLER = {BAD!r}\n"
            + _UPDATE.format(name=self.name)
        )


_ZIP = """import io
import zipfile

packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    archive.writestr("index.py", HANDLER)
functions = session.client("lambda")
"""
_UPDATE = _ZIP + 'functions.update_function_code(FunctionName="{name}", ZipFile=packed.getvalue())'
_CREATE = (
    _ZIP
    + """functions.create_function(
    FunctionName="{name}",
    Runtime="python3.13",
    Role="{role}",
    Handler="index.handler",
    Code={{"ZipFile": packed.getvalue()}},
)"""
)


def zipped(source: str) -> bytes:
    """A function's code as Lambda takes it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", source)
    return packed.getvalue()


def watch(
    cloudwatch: Any,
    name: str,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, str],
    *,
    silent: bool = True,
) -> None:
    """An alarm that rings when a reader is far behind; SILENT: also when it says nothing for a minute."""
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": one, "Value": value} for one, value in dimensions.items()],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=TOLERATED_MS,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="breaching" if silent else "notBreaching",
    )
    # Before its first minute is over, a reader that has just begun is not one that says nothing.
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="The reader has just begun.")


KINDS: Final[Mapping[str, Callable[[Home, str, Told], Reader]]] = {
    "polling": Polling,
    "fan-out": FanOut,
    "lambda": LambdaMapping,
}


def new(kind: str, number: int, home: Home, told: Told) -> Reader:
    """A reader of KIND, not begun yet. Raises KeyError for another kind."""
    return KINDS[kind](home, f"{kind}-{number}", told)
