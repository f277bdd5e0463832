"""One event source mapping at work: a thread that reads the shards, and one for each batch."""

import logging
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from lab_emulator.accounts.registry import ACCOUNTS, Account
from lab_emulator.functions.mappings.batches import Lane, Record
from lab_emulator.functions.mappings.events import Origin
from lab_emulator.functions.mappings.filters import Filter
from lab_emulator.functions.mappings.lanes import Work
from lab_emulator.functions.mappings.settings import Settings
from lab_emulator.functions.mappings.shards import Reading
from lab_emulator.functions.registry import FUNCTIONS
from lab_emulator.functions.roles import may
from lab_emulator.kinesis.store.positions import Start, place_of
from lab_emulator.kinesis.store.shard import Shard
from lab_emulator.kinesis.store.stream import Stream

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 0.1
"""The machine's: how soon a moved clock is noticed."""
READING = (
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
PROBLEM_ACCESS = "PROBLEM: the function's role may not read the stream"
PROBLEM_STREAM = "PROBLEM: Stream not found"
NOTHING_YET = "No records processed"


def may_read(role: str, stream: Stream) -> bool:
    """Whether a function's role may read a stream, while IAM is on."""
    return all(may(role, action, str(stream.arn), stream.policy) for action in READING)


@dataclass(eq=False)
class EventSource:
    """A mapping: one stream, read for one function. Begins with `begin`, ends with `end`.

    `start`: where it begins to read. `modified`: seconds since 1970 by the account's clock.
    """

    account: str
    region: str
    function_arn: str
    stream: Stream
    settings: Settings
    start: Start
    enabled: bool
    modified: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    result: str = NOTHING_YET
    readings: dict[int, Reading] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    """Shards, by number, of which nothing is left to do."""
    passing: Filter = field(default_factory=lambda: Filter(()))
    deleted: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self) -> None:
        """Find the places to begin at, and start to work.

        Raises InvalidArgumentException for a start in the future.
        """
        self.passing = Filter(self.settings.patterns)
        for shard in self.stream.shards:
            if self._is_before_start(shard):
                self.finished.add(shard.number)
            else:
                place_of(self.stream, shard, self.start)
        beginners = [shard for shard in self.stream.shards if self._may_begin(shard)]
        for shard in beginners:
            self._add(shard, place_of(self.stream, shard, self.start))
        self._first = {shard.number for shard in self.stream.shards}
        threading.Thread(target=self._run, name=f"lab-mapping-{self.id[:8]}", daemon=True).start()

    def _is_before_start(self, shard: Shard) -> bool:
        """Whether the start lies behind all that is in a shard."""
        if self.stream.is_expired(shard):
            return True
        if shard.closed is None or self.start.kind == "TRIM_HORIZON":
            return False
        return self.start.kind == "LATEST" or (self.start.moment or 0) > shard.closed

    def change(self, settings: Settings, *, enabled: bool, function_arn: str) -> None:
        """New settings, which the next batch is made by. Raises BadSettingError."""
        passing = Filter(settings.patterns)
        with self.changed:
            self.settings, self.passing = settings, passing
            self.enabled, self.function_arn = enabled, function_arn
            self.modified = self._owner.now()
            self.changed.notify_all()

    def end(self) -> None:
        """What is at the function now comes to its end; nothing is tried again."""
        self.deleted.set()
        with self.changed:
            self.changed.notify_all()

    # For a batch at work

    def goes_on(self) -> bool:
        """Wait while the mapping is disabled; False once it is deleted."""
        with self.changed:
            self.changed.wait_for(lambda: self.enabled or self.deleted.is_set())
        return not self.deleted.is_set()

    def pause(self, seconds: float) -> None:
        """Let seconds of the account pass, jumps left out."""
        self.deleted.wait(seconds / self._owner.clock.pace)

    # The thread that reads

    @property
    def _owner(self) -> Account:
        return ACCOUNTS[self.account]

    def _run(self) -> None:
        while not self.deleted.is_set():
            with self.changed:
                try:
                    if self.enabled:
                        self._step()
                except Exception:
                    LOG.exception("The mapping %s can't go on now; it tries again", self.id)
                self.changed.wait(LOOK_SECONDS)

    def _step(self) -> None:
        if self.stream.status in (None, "DELETING"):
            self.result = PROBLEM_STREAM
            return
        self._go_on_to_children()
        function = FUNCTIONS.get(self.function_arn)
        readable = function is None or may_read(function.settings.role, self.stream)
        if not readable:
            self.result = PROBLEM_ACCESS
        running = self._owner.running()
        for reading in self.readings.values():
            if readable and reading.is_due(self.settings, running):
                self.result = reading.poll(self.passing, running) or self.result
            self._hand_over(reading)

    def _go_on_to_children(self) -> None:
        for number, reading in list(self.readings.items()):
            if reading.is_finished:
                del self.readings[number]
                self.finished.add(number)
        for shard in self.stream.shards:
            if self._may_begin(shard):
                is_first = shard.number in self._first and self.start.kind != "LATEST"
                self._add(shard, place_of(self.stream, shard, self.start) if is_first else shard.first)

    def _may_begin(self, shard: Shard) -> bool:
        """Whether a shard is to be read that is not read yet: all of its parents are finished."""
        if shard.number in self.readings or shard.number in self.finished:
            return False
        return self.finished.issuperset(shard.parents)

    def _add(self, shard: Shard, place: int) -> None:
        function = FUNCTIONS.get(self.function_arn)
        origin = Origin(str(self.stream.arn), shard.id, function.settings.role if function else "")
        self.readings[shard.number] = Reading(self.stream, shard, origin, place)

    def _hand_over(self, reading: Reading) -> None:
        """Give the function what is due."""
        now, settings = self.stream.clock(), self.settings
        if len(reading.lanes) != settings.lanes:
            if not reading.is_idle:
                return
            reading.share_out(settings.lanes, now)
        for lane in reading.lanes:
            batch = reading.batch(lane, settings, now)
            if batch is not None:
                self._work(reading, lane, batch)

    def _work(self, reading: Reading, lane: Lane, batch: Sequence[Record]) -> None:
        work = Work(self, self.stream, reading.shard.id, lane.number, batch, reading.window)

        def run() -> None:
            try:
                work.run()
            except Exception:
                LOG.exception("A batch of the mapping %s came to no end", self.id)
            finally:
                with self.changed:
                    if work.is_final:
                        reading.window = None
                    lane.done(self.stream.clock())
                    self.changed.notify_all()

        threading.Thread(target=run, name=f"lab-batch-{self.id[:8]}", daemon=True).start()
