"""One shard and its records, in the order in which they came."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple

from lab.rules import sequence_numbers
from lab.rules.hash_space import HashRange

RECORD_OVERHEAD = 256
"""Bytes of memory that a record costs beside its data and key, as measured on CPython 3.11."""


class Record(NamedTuple):
    """`arrived`: milliseconds since 1970 by the stream's clock."""

    data: bytes
    partition_key: str
    arrived: int


def shard_id(number: int) -> str:
    """The name of a stream's shard NUMBER, from 0."""
    return f"shardId-{number:012d}"


def shard_number(name: str) -> int | None:
    """The number in a shard's name: `shardId-000000000003`, `shardId-3`, `3` and `x-3` are one.

    None for a name without one.
    """
    parts = name.split("-")
    digits = parts[1] if len(parts) > 1 and parts[1] else name
    if digits.isascii() and digits.isdecimal() and int(digits) <= sequence_numbers.LARGEST_SHARD:
        return int(digits)
    return None


@dataclass(eq=False, slots=True)
class Shard:
    """A shard. Places count from 1, so that the first record's number is above the shard's own start.

    `epoch`: the second, since 1970, that its sequence numbers say it was made in: a child's is later than its
    parents', also when they were made within one second. Times are the stream's clock's, in milliseconds.
    """

    number: int
    range: HashRange
    created: int
    epoch: int
    parents: tuple[int, ...] = ()
    closed: int | None = None
    children: tuple[int, ...] = ()
    records: list[Record] = field(default_factory=list, repr=False)
    first: int = 1
    """The place of `records[0]`; grows as records expire."""
    encryption: list[tuple[int, str]] = field(default_factory=list, repr=False)
    """From which place on records are encrypted how, KMS or NONE; empty where no encryption ever was."""
    base: int = field(init=False)
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.base = sequence_numbers.base_of(self.epoch, self.number)
        self.id = shard_id(self.number)

    @property
    def is_open(self) -> bool:
        return self.closed is None

    @property
    def end(self) -> int:
        """The place that the next record gets, or would get."""
        return self.first + len(self.records)

    # Numbers

    @property
    def starting_number(self) -> str:
        return str(sequence_numbers.number(self.base, 0, self.epoch))

    @property
    def ending_number(self) -> str | None:
        """Above every record's, once the shard is closed."""
        if self.closed is None:
            return None
        return str(sequence_numbers.number(self.base, sequence_numbers.LAST_PLACE, self.closed // 1000))

    def number_at(self, place: int) -> str:
        """The number of the record at PLACE; before the first that is left, one that means this place."""
        index = place - self.first
        if 0 <= index < len(self.records):
            return str(sequence_numbers.number(self.base, place, self.records[index].arrived // 1000))
        return str(sequence_numbers.number(self.base, max(place, 0), self.epoch))

    def numbers_of(self, records: Sequence[Record], start: int) -> list[str]:
        """The numbers of RECORDS, the first of which is at START."""
        number, base = sequence_numbers.number, self.base
        return [str(number(base, place, one.arrived // 1000)) for place, one in enumerate(records, start)]

    def encryption_at(self, place: int) -> str:
        """How the record at PLACE is encrypted: KMS or NONE."""
        before = [how for start, how in self.encryption if start <= place]
        return before[-1] if before else "NONE"

    # Records

    def append(self, record: Record) -> int:
        """The place of the new record."""
        self.records.append(record)
        return self.first + len(self.records) - 1

    def place_since(self, moment: int) -> int:
        """The place of the first record that came at MOMENT or later."""
        return self.first + bisect_left(self.records, moment, key=lambda record: record.arrived)

    def trim(self, horizon: int) -> int:
        """Drop the records that came before HORIZON; how many bytes of memory that frees."""
        records = self.records
        if not records or records[0].arrived >= horizon:
            return 0
        count = bisect_left(records, horizon, key=lambda record: record.arrived)
        freed = sum(map(memory_of, records[:count]))
        del records[:count]
        self.first += count
        return freed

    def arrived(self, place: int) -> int:
        """When the record at PLACE came, which must be there."""
        return self.records[place - self.first].arrived

    def page(self, place: int, most: int, most_bytes: int) -> list[Record]:
        """Up to MOST records from PLACE on, and up to MOST_BYTES of data and keys, but at least one."""
        begin = max(place - self.first, 0)
        page = self.records[begin : begin + most]
        sizes = sizes_of(page)
        if sum(sizes) <= most_bytes:
            return page
        return page[: max(bisect_right(list(accumulate(sizes)), most_bytes), 1)]


def size_of(record: Record) -> int:
    """Bytes of data and partition key, as the quotas count them."""
    key = record.partition_key
    return len(record.data) + (len(key) if key.isascii() else len(key.encode()))


def sizes_of(records: Sequence[Record]) -> list[int]:
    """`size_of` each, without a call for each."""
    return [len(data) + (len(key) if key.isascii() else len(key.encode())) for data, key, _ in records]


def memory_of(record: Record) -> int:
    """Bytes of memory that a record costs."""
    return size_of(record) + RECORD_OVERHEAD
