"""The playground at work: it looks at the lab, publishes what changed, and does what the page asks for.

One event loop; what waits for the lab runs in threads. A record's count never depends on the page: `sent` is
what PutRecords calls were answered, everything else is what the lab tells.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lab import clock
from lab.errors import LabError
from lab.pages.feed import Feed
from lab.playground import code, model, readers, sending
from lab.playground.account import (
    FIREHOSE,
    PREFIX,
    SHARDS,
    STREAM,
    Home,
    destination,
    unwrapped,
)
from lab.playground.spans import size
from lab.rules.hash_space import range_of, shard_for

LOG = logging.getLogger(__name__)
LOOK_SECONDS: Final = 0.25
"""Between two looks at the lab while something happens, ..."""
SOONEST_SECONDS: Final = 0.1
"""... and at least so long, however much happens."""
IDLE_SECONDS: Final = 1.0
IDLE_AFTER: Final = 5.0
ALARM_SECONDS: Final = 2.0
OBJECTS_SHOWN: Final = 50
CONTENT_SHOWN: Final = 20_000
"""Characters of an object's content."""
CODE_KEPT: Final = 20
MOST_READERS: Final = 6
MOST_SHARDS: Final = 16
LONGEST_STEP: Final = 8 * 86_400

Find = Callable[[], Home]
AWAY = (LabError, BotoCoreError, ClientError, OSError)
"""What a lab that does not answer, or was started anew, raises."""


class Playground:
    """One stream, its Firehose and readers, in the account that FIND finds. `run` it in an event loop."""

    def __init__(self, find: Find) -> None:
        self.state: dict[str, Any] = {"lab": "starting", "code": [], "readers": [], "objects": [], "busy": 0}
        self.feed = Feed(lambda: self.state)
        self._find = find
        self._loop: asyncio.AbstractEventLoop | None = None
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="playground")
        self._looking = asyncio.Lock()
        self._counting = threading.Lock()
        self._woken = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._home: Home | None = None
        self._clients: list[Any] = []
        self._forget()

    def _forget(self) -> None:
        """Nothing was sent yet."""
        self._stopped = threading.Event()
        self._sent, self._numbered = 0, 0
        self._readers: list[readers.Reader] = []
        self._reader_number, self._firehose_number = 0, 0
        self._objects_told = -1
        self._active = self._alarms_at = 0.0
        self._alarms: dict[str, str] = {}
        self._shards: list[Any] = []

    # The loop

    async def run(self) -> None:
        """Look at the lab for as long as there is a page, until cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                if self.feed.pages:
                    await self._look_safely()
                idle = time.monotonic() - self._active > IDLE_AFTER
                await asyncio.sleep(SOONEST_SECONDS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), IDLE_SECONDS if idle else LOOK_SECONDS)
                self._woken.clear()
        finally:
            self._end()

    def _end(self) -> None:
        self._stopped.set()
        self._let_go()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _let_go(self) -> None:
        """Readers and connections end. A function's mapping is the lab's: it goes with the account."""
        for reader in self._readers:
            reader.close()
        for client in self._clients:
            client.close()

    async def _look_safely(self) -> None:
        """A mistake of ours in one look must not end all others."""
        try:
            await self.look()
        except Exception:
            LOG.exception("The playground could not look at the lab")

    async def look(self) -> None:
        """Ask the lab how everything stands, and tell the pages what is new."""
        async with self._looking:
            try:
                home = self._home or await self._thread(self._begin)
                after = await self._thread(self._looked, home)
            except AWAY:
                await self._lost()
                return
            self._publish({"lab": "running", **after})

    async def _lost(self) -> None:
        if self._home is not None and self.state["lab"] == "running":
            self._note("The lab does not answer. This page goes on by itself when it is back: lab up")
        if not await self._thread(self._still_there):
            self._stopped.set()
            self._home = None
        self._publish({"lab": "lost"})

    def _still_there(self) -> bool:
        """Whether the lab that runs is the one in which this account was set up."""
        try:
            return self._home is not None and self._find() == self._home and self._has_stream(self._home)
        except LabError:
            return False

    @staticmethod
    def _has_stream(home: Home) -> bool:
        return STREAM in home.control.look("shards")

    def _publish(self, after: dict[str, Any]) -> None:
        new = model.changes(self.state, after)
        if new:
            self.state.update(new)
            self.feed.publish("changed", new)

    def _note(self, text: str) -> None:
        """Words for a person, on every page."""
        self.feed.publish("note", {"text": text})

    async def _thread(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _from_thread(self, publish: Callable[..., None], *given: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(publish, *given)

    # Beginning

    def _begin(self) -> Home:
        """An empty account with a stream, a bucket and Firehose between them."""
        home = self._find()
        self._stopped.set()
        self._let_go()
        with self._counting:
            home.control.set("wipe")
            self._forget()
        self._clients = [home.client(name) for name in ("kinesis", "s3", "firehose", "cloudwatch")]
        self.kinesis, self.s3, self.firehose, self.cloudwatch = self._clients
        made = {"StreamName": STREAM, "ShardCount": SHARDS}
        self.kinesis.create_stream(**made)
        self.s3.create_bucket(Bucket=home.bucket)
        lines = [
            code.opening(home.account, "kinesis", "s3", "firehose"),
            code.listing("kinesis", "create_stream", made),
            code.listing("s3", "create_bucket", {"Bucket": home.bucket}),
            self._open_firehose(home),
        ]
        self._see_shards()
        self._home = home
        self._from_thread(self._ran, "What the page began with", "\n".join(lines))
        return home

    def _open_firehose(self, home: Home) -> str:
        self._firehose_number += 1
        name = f"{FIREHOSE}-{self._firehose_number}"
        asked = {
            "DeliveryStreamName": name,
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": {
                "KinesisStreamARN": home.stream_arn,
                "RoleARN": home.role,
            },
            "ExtendedS3DestinationConfiguration": destination(home),
        }
        self.firehose.create_delivery_stream(**asked)
        return code.listing("firehose", "create_delivery_stream", asked)

    def _see_shards(self) -> None:
        self._shards = self.kinesis.list_shards(StreamName=STREAM)["Shards"]

    # Looking

    def _looked(self, home: Home) -> dict[str, Any]:
        """The order of the looks matters: see `model.reckoning`."""
        with self._counting:
            known = list(self._readers)
            spans = [reader.spans() for reader in known]
            firehoses = home.control.look("firehose")["streams"]
            streams = home.control.look("shards")
            sent = self._sent
        if STREAM not in streams:
            raise LabError("The lab is empty.")
        stream = streams[STREAM]
        counted = model.reckoning(sent, stream, firehoses, spans)
        return {
            "now": stream["now"] // 1000,
            "status": stream["status"],
            "retention_hours": stream["retention_hours"],
            "sum": vars(counted) | {"right": counted.is_right},
            "lanes": model.lanes(stream),
            "firehose": model.gauge(firehoses),
            "objects": self._objects(home, sum(one["delivered"]["objects"] for one in firehoses)),
            "readers": [self._reader(one, spans[place], stream) for place, one in enumerate(known)],
        }

    def _objects(self, home: Home, count: int) -> list[dict[str, Any]]:
        if count == self._objects_told:
            return list(self.state["objects"])
        told = self.s3.list_objects_v2(Bucket=home.bucket).get("Contents", [])
        self._objects_told = count
        newest = sorted(told, key=lambda one: one["LastModified"], reverse=True)[:OBJECTS_SHOWN]
        return [{"key": one["Key"], "size": one["Size"]} for one in newest]

    def _reader(self, one: readers.Reader, spans: model.Spans, stream: dict[str, Any]) -> dict[str, Any]:
        if time.monotonic() - self._alarms_at > ALARM_SECONDS:
            told = self.cloudwatch.describe_alarms()["MetricAlarms"]
            self._alarms = {alarm["AlarmName"]: alarm["StateValue"] for alarm in told}
            self._alarms_at = time.monotonic()
        return {
            "name": one.name,
            "kind": one.kind,
            "alive": one.alive,
            "throttled": one.throttled,
            "metric": one.metric,
            "read": sum(size(each) for each in spans.values()),
            "lag": model.lag(stream, spans),
            "alarm": self._alarms.get(one.name, "INSUFFICIENT_DATA"),
        }

    # What the page asks for

    async def send(self, body: dict[str, Any]) -> dict[str, Any]:
        """Send records in the background."""
        self._must_run()
        asked = sending.order(body)
        first = self._numbered
        self._numbered += asked.count
        self._ran(
            f"Send {asked.count:,} records",
            code.sending(
                first, asked.count, asked.size, asked.hot_percent, asked.per, asked.pause, retry=asked.retry
            ),
        )
        self._active = time.monotonic()
        self._publish({"busy": self.state["busy"] + 1})
        self._stopped = threading.Event() if self._stopped.is_set() else self._stopped
        self._sending.add(task := asyncio.create_task(self._send(asked, first, self._stopped)))
        task.add_done_callback(self._sending.discard)
        return {}

    async def _send(self, asked: sending.Order, first: int, stopped: threading.Event) -> None:
        try:
            await self._thread(sending.send, self.kinesis, asked, first, self._told, stopped, self._counting)
        except AWAY as error:
            self._note(str(unwrapped(error) if not isinstance(error, LabError) else error))
        finally:
            self._publish({"busy": self.state["busy"] - 1})

    def _told(self, batch: list[dict[str, Any]], answer: dict[str, Any], tries: int) -> None:
        """One call was answered; in its thread, with `_counting` held."""
        self._sent += len(batch)
        self._active = time.monotonic()
        by_shard = model.flights(answer, lambda place: shard_for(batch[place]["PartitionKey"], self._shards))
        self._from_thread(self.feed.publish, "flew", {"tries": tries, "shards": by_shard})
        self._from_thread(self._woken.set)

    def _has_read(self, name: str, shard: str, count: int) -> None:
        self._active = time.monotonic()
        self._from_thread(self.feed.publish, "read", {"reader": name, "shard": shard, "count": count})

    async def stop(self, _body: dict[str, Any]) -> dict[str, Any]:
        """Send no more."""
        self._stopped.set()
        return {}

    async def move_clock(self, body: dict[str, Any]) -> dict[str, Any]:
        """Let time pass in the account."""
        seconds = body.get("seconds")
        if type(seconds) is not int or not 0 < seconds <= LONGEST_STEP:
            raise LabError(f"The clock moves forward, by 1 to {LONGEST_STEP:,} seconds.")
        home = self._must_run()
        lines = f"from lab import clock, control\n\nplayground = control.control({home.account!r})\n"

        def advance() -> str:
            clock.advance(seconds=seconds, of=home.control)
            return f"{lines}clock.advance(seconds={seconds}, of=playground)"

        await self._do(f"Wait {seconds:,} seconds", advance)
        return {}

    async def split(self, body: dict[str, Any]) -> dict[str, Any]:
        """Cut a shard in the middle of its hash range."""
        shard = self._open_shard(body.get("shard"))
        self._must_leave_room(1)
        asked = {
            "StreamName": STREAM,
            "ShardToSplit": shard["ShardId"],
            "NewStartingHashKey": str(range_of(shard).middle + 1),
        }
        await self._call("Split a shard", "split_shard", asked)
        return {}

    async def merge(self, body: dict[str, Any]) -> dict[str, Any]:
        """Join a shard with the one behind it."""
        shard = self._open_shard(body.get("shard"))
        after = range_of(shard).end + 1
        others = [one for one in self._open() if range_of(one).start == after]
        if not others:
            raise LabError("No shard follows this one. Merge the one before it instead.")
        asked = {
            "StreamName": STREAM,
            "ShardToMerge": shard["ShardId"],
            "AdjacentShardToMerge": others[0]["ShardId"],
        }
        await self._call("Merge two shards", "merge_shards", asked)
        return {}

    async def double(self, _body: dict[str, Any]) -> dict[str, Any]:
        """Twice as many shards."""
        self._must_run()
        count = len(self._open())
        self._must_leave_room(count)
        asked = {"StreamName": STREAM, "TargetShardCount": 2 * count, "ScalingType": "UNIFORM_SCALING"}
        await self._call("Double the shards", "update_shard_count", asked)
        return {}

    async def switch_firehose(self, body: dict[str, Any]) -> dict[str, Any]:
        """Delete Firehose, with what waits in its buffer, or make it anew."""
        home = self._must_run()
        if body.get("on") is True and self.state.get("firehose") is None:
            await self._do("Create Firehose", lambda: self._open_firehose(home))
        elif body.get("on") is False and self.state.get("firehose") is not None:
            asked = {"DeliveryStreamName": f"{FIREHOSE}-{self._firehose_number}"}

            def delete() -> str:
                self.firehose.delete_delivery_stream(**asked)
                return code.listing("firehose", "delete_delivery_stream", asked)

            await self._do("Delete Firehose", delete)
        return {}

    async def add_reader(self, body: dict[str, Any]) -> dict[str, Any]:
        """One more reader, from the oldest record on."""
        home, kind = self._must_run(), body.get("kind")
        if kind not in readers.KINDS:
            raise LabError(f"A reader is one of {', '.join(readers.KINDS)}.")
        if len(self._readers) >= MOST_READERS:
            raise LabError(f"The page has room for {MOST_READERS} readers.")
        self._reader_number += 1
        reader = readers.new(str(kind), self._reader_number, home, self._has_read)

        def begin() -> str:
            lines = reader.begin()
            self._readers.append(reader)
            self._alarms_at = 0.0
            return lines

        await self._do(f"Add a reader ({kind})", begin)
        return {}

    async def switch_reader(self, body: dict[str, Any]) -> dict[str, Any]:
        """Kill a reader, or start it again."""
        self._must_run()
        found = [one for one in self._readers if one.name == body.get("name")]
        if not found:
            raise LabError("There is no such reader.")
        (reader,) = found
        if reader.alive:
            dies = f"# {reader.name} dies: no call says so"
            await self._do(f"Kill {reader.name}", lambda: reader.kill() or dies)
        else:
            await self._do(f"Start {reader.name} again", reader.begin)
        self._alarms_at = 0.0
        return {}

    async def start_over(self, _body: dict[str, Any]) -> dict[str, Any]:
        """Empty the account, its clock too, and begin anew."""
        self._must_run()
        async with self._looking:
            try:
                await self._thread(self._begin)
            except AWAY as error:
                raise unwrapped(error) from None
            self._publish({"code": self.state["code"][-1:], "objects": [], "readers": []})
        self._note("Everything is empty again, and the clock is set back.")
        await self.look()
        return {}

    async def content(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What is in an object of the bucket: its beginning as text, and how many records it has."""
        home, key = self._must_run(), asked.get("key", "")
        if not key.startswith(PREFIX):
            raise LabError("There is no such object.")

        def read() -> bytes:
            return bytes(self.s3.get_object(Bucket=home.bucket, Key=key)["Body"].read())

        try:
            body = await self._thread(read)
        except AWAY as error:
            raise unwrapped(error) from None
        text = body[:CONTENT_SHOWN].decode(errors="replace")
        lines = f"answer = {code.listing('s3', 'get_object', {'Bucket': home.bucket, 'Key': key})}"
        return {
            "key": key,
            "size": len(body),
            "records": body.count(b"\n"),
            "text": text,
            "cut": len(body) > CONTENT_SHOWN,
            "code": f'{lines}\nprint(answer["Body"].read().decode())',
        }

    # Helpers

    def _must_run(self) -> Home:
        if self._home is None or self.state["lab"] != "running":
            raise LabError("The lab does not answer yet. Try again when the page says that it runs.")
        return self._home

    def _open(self) -> list[Any]:
        return [one for one in self._shards if "EndingSequenceNumber" not in one["SequenceNumberRange"]]

    def _open_shard(self, name: Any) -> Any:
        self._must_run()
        for shard in self._open():
            if shard["ShardId"] == name:
                return shard
        raise LabError("Only an open shard can be split or merged.")

    def _must_leave_room(self, more: int) -> None:
        if len(self._open()) + more > MOST_SHARDS:
            raise LabError(f"The page has room for {MOST_SHARDS} open shards. AWS has more.")

    async def _call(self, title: str, method: str, asked: dict[str, Any]) -> None:
        """One call of Kinesis that changes the shards."""

        def call() -> str:
            with self._counting:
                getattr(self.kinesis, method)(**asked)
                self._see_shards()
            return code.listing("kinesis", method, asked)

        await self._do(title, call)

    async def _do(self, title: str, work: Callable[[], str]) -> None:
        """Run WORK, which gives the lines that it ran, then look. Raises LabError with AWS's words."""
        self._active = time.monotonic()
        try:
            lines = await self._thread(work)
        except AWAY as error:
            raise (error if isinstance(error, LabError) else unwrapped(error)) from None
        self._ran(title, lines)
        await self.look()

    def _ran(self, title: str, lines: str) -> None:
        """Show the code behind a button."""
        number = self.state["code"][-1]["number"] + 1 if self.state["code"] else 1
        told = {"number": number, "title": title, "lines": lines}
        self._publish({"code": [*self.state["code"], told][-CODE_KEPT:]})
