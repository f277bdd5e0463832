"""Records that wait in one lane, and when a batch of them is due. Pure.

Source: Lambda guide, "Batching behavior": a function is invoked when the batching window ends, the batch size
is reached, or the payload reaches 6 MB. The lab begins the window when a record waits and nothing runs.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from lab_emulator.functions.mappings.settings import Settings

MOST_BYTES: Final = 6 * 2**20
"""Of an event: base64 and all that is said about the records counted."""
ENVELOPE_BYTES: Final = 512
"""For what stands around the records in an event, without a window's state."""


class Record(NamedTuple):
    """One record of a stream. `told`: its JSON in an event. `arrived`: ms since 1970."""

    number: str
    arrived: int
    key: str
    told: bytes


def bytes_of(records: Sequence[Record]) -> int:
    """Of an event with these records."""
    return ENVELOPE_BYTES + sum(len(one.told) + 1 for one in records)


@dataclass
class Lane:
    """One order of records: a shard's, or with a ParallelizationFactor a part of its keys.

    `running`: a batch is at the function, or is tried again. `began`: since when a record waits and nothing
    runs, ms since 1970; None when none waits.
    """

    number: int = 0
    waiting: deque[Record] = field(default_factory=deque)
    waiting_bytes: int = 0
    running: bool = False
    began: int | None = None

    def add(self, record: Record, now: int) -> None:
        self.waiting.append(record)
        self.waiting_bytes += len(record.told) + 1
        if self.began is None:
            self.began = now

    def done(self, now: int) -> None:
        """The batch is over; the next window begins."""
        self.running = False
        self.began = now if self.waiting else None

    def is_due(self, settings: Settings, now: int, *, closing: bool = False) -> bool:
        """Whether a batch is due. CLOSING: there will be no more records, so none is waited for."""
        if self.running or not self.waiting or self.began is None:
            return False
        return (
            closing
            or len(self.waiting) >= settings.batch_size
            or self.waiting_bytes + ENVELOPE_BYTES >= MOST_BYTES
            or now - self.began >= settings.window_seconds * 1000
        )

    def take(self, settings: Settings, before: int | None = None) -> list[Record]:
        """The next batch, in order: as many records as fit, at least one.

        BEFORE: only records that came before that moment, which the first one must have.
        """
        batch: list[Record] = []
        size = ENVELOPE_BYTES
        while self.waiting and len(batch) < settings.batch_size:
            record = self.waiting[0]
            size += len(record.told) + 1
            if batch and (size > MOST_BYTES or (before is not None and record.arrived >= before)):
                break
            batch.append(self.waiting.popleft())
            self.waiting_bytes -= len(record.told) + 1
        self.running = True
        return batch
