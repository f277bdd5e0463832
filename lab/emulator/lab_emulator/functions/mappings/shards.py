"""What a mapping knows of one shard, and how it reads it: once a second, from the shard's shared limits.

Source: Lambda guide, "Polling and batching streams" (once a second for each shard); kinesis: GetRecords.
"""

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab_emulator.functions.mappings.batches import MOST_BYTES, Lane, Record
from lab_emulator.functions.mappings.events import Origin
from lab_emulator.functions.mappings.filters import Filter
from lab_emulator.functions.mappings.settings import Settings
from lab_emulator.functions.mappings.windows import Window, window_of
from lab_emulator.kinesis.metrics import count_service_read
from lab_emulator.kinesis.reads import get_records
from lab_emulator.kinesis.store.errors import KeyRefused, ProvisionedThroughputExceededException, Refused
from lab_emulator.kinesis.store.shard import Shard
from lab_emulator.kinesis.store.signing import Position
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import SEAL, owner

POLL_SECONDS = 1.0


@dataclass
class Reading:
    """One shard: where it is read, and what waits for the function. Hold the mapping's lock.

    `place`: of the next record. `at_end`: it is closed and was read to its end. `polled`: the account's
    running seconds. `seen_until`: all that came before that moment, ms since 1970, was read.
    """

    stream: Stream
    shard: Shard
    origin: Origin
    place: int
    lanes: list[Lane] = field(default_factory=lambda: [Lane()])
    at_end: bool = False
    polled: float | None = None
    seen_until: int = 0
    window: Window | None = None

    @property
    def is_idle(self) -> bool:
        """Nothing is at the function."""
        return not any(lane.running for lane in self.lanes)

    @property
    def is_finished(self) -> bool:
        """Nothing of this shard is left to do, so that its children may begin."""
        return self.at_end and self.is_idle and self.window is None and not any(self._waiting())

    def _waiting(self) -> Iterator[Record]:
        return (record for lane in self.lanes for record in lane.waiting)

    # Reading

    def is_due(self, settings: Settings, running: float) -> bool:
        """Whether to read now: a second has passed, and what was read is not waiting in heaps."""
        if self.at_end or (self.polled is not None and running - self.polled < POLL_SECONDS):
            return False
        count = sum(len(lane.waiting) for lane in self.lanes)
        size = sum(lane.waiting_bytes for lane in self.lanes)
        return count < settings.batch_size * len(self.lanes) and size < MOST_BYTES * len(self.lanes)

    def poll(self, passing: Filter, running: float) -> str:
        """Read once. What went wrong, "" for nothing."""
        self.polled = running
        stream, now, begun = self.stream, self.stream.clock(), time.perf_counter()
        arn = stream.arn
        position = Position(
            arn.account, arn.region, arn.name, stream.token, self.shard.number, self.place, now
        )
        try:
            answer = get_records(stream, position, None)
        except ProvisionedThroughputExceededException:
            count_service_read(stream, self.shard, None, (time.perf_counter() - begun) * 1000)
            return ""  # the next poll tries again
        except KeyRefused as refused:  # and so it does once the key can be used again
            return f"PROBLEM: {refused.message}"
        except Refused as refused:
            # The shard has expired with all that was in it, or the stream is gone.
            self.at_end = True
            return refused.message or refused.code
        count_service_read(stream, self.shard, answer, (time.perf_counter() - begun) * 1000)
        for told in answer["Records"]:
            if passing.lets_through(told["Data"]):
                self._add(told["SequenceNumber"], told["ApproximateArrivalTimestamp"].ms, told, now)
        following = answer.get("NextShardIterator")
        self.at_end = following is None
        if following is not None:
            self.place = SEAL.position(following).place
        if not answer["MillisBehindLatest"]:
            self.seen_until = now
        return ""

    def _add(self, number: str, arrived: int, told: dict[str, object], now: int) -> None:
        key, data = str(told["PartitionKey"]), told["Data"]
        assert isinstance(data, bytes)
        record = self.origin.record(number, arrived, key, data)
        self.lanes[zlib.crc32(key.encode()) % len(self.lanes)].add(record, now)

    def share_out(self, count: int, now: int) -> None:
        """Make it COUNT lanes, when nothing is at the function: each key stays in order."""
        waiting = sorted(self._waiting(), key=lambda record: int(record.number))
        self.lanes = [Lane(number) for number in range(count)]
        for record in waiting:
            self.lanes[zlib.crc32(record.key.encode()) % count].add(record, now)

    # Batches

    def batch(self, lane: Lane, settings: Settings, now: int) -> list[Record] | None:
        """What the function is to have now; an empty list to close a window; None for nothing."""
        if not settings.tumbling_seconds and self.window is None:
            return lane.take(settings) if lane.is_due(settings, now, closing=self.at_end) else None
        return self._batch_of_window(lane, settings, now)

    def _batch_of_window(self, lane: Lane, settings: Settings, now: int) -> list[Record] | None:
        if lane.running:
            return None
        first = lane.waiting[0].arrived if lane.waiting else None
        if self.window is None:
            if first is None:
                return None
            self.window = window_of(first, settings.tumbling_seconds)
        window = self.window
        is_complete = (
            self.at_end
            or self.seen_until >= window.end
            or bool(lane.waiting and lane.waiting[-1].arrived >= window.end)
        )
        if window.is_full or (is_complete and (first is None or first >= window.end)):
            lane.running = True
            return []
        if first is not None and first < window.end and lane.is_due(settings, now, closing=is_complete):
            return lane.take(settings, window.end)
        return None

    def account_running(self) -> float:
        """Running seconds of the stream's account."""
        return owner(self.stream).running()
