"""Task `cut_batches`: cut records into calls of PutRecords."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import KIB, MIB, PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_RECORDS, RECORD_DEFAULT_MAX_KIB

LESSON = "course/01-producers.ipynb"

Record = Sequence[Any]
"""Bytes of data, and the partition key."""


def _with_key(data_bytes: int, key: str) -> int:
    return data_bytes + len(key.encode())


@dataclass(frozen=True)
class Cutter:
    """A way to cut records into calls; the defaults are the right one."""

    most: int = PUT_RECORDS_MAX_RECORDS
    most_bytes: int = PUT_RECORDS_MAX_BYTES
    weigh: Callable[[int, str], int] = _with_key
    own_limit: int | None = None
    """KiB of a record, in place of the stream's."""
    apart: bool = True
    """Whether records that are too large are set apart."""
    closing: bool = False
    """Whether a record that is too large closes the batch."""

    def __call__(self, records: Sequence[Record], record_limit_kib: int) -> dict[str, Any]:
        limit = (self.own_limit or record_limit_kib) * KIB
        batches: list[list[int]] = []
        batch: list[int] = []
        too_large: list[int] = []
        size = 0
        for place, (data_bytes, key) in enumerate(records):
            weight = self.weigh(data_bytes, key)
            if self.apart and weight > limit:
                too_large.append(place)
                if not self.closing:
                    continue
            if batch and (
                len(batch) == self.most or size + weight > self.most_bytes or too_large[-1:] == [place]
            ):
                batches.append(batch)
                batch, size = [], 0
            if too_large[-1:] != [place]:
                batch.append(place)
                size += weight
        return {"batches": [*batches, batch] if batch else batches, "too_large": too_large}


cut_batches = Cutter()


IN_DECIMALS = Cutter(most_bytes=10 * 1000 * 1000)


def _slices_first(records: Sequence[Record], record_limit_kib: int) -> dict[str, Any]:
    """Every 500 places a batch, and what is too large taken out of it afterwards."""
    right = cut_batches(records, record_limit_kib)
    batches = []
    for start in range(0, len(records), PUT_RECORDS_MAX_RECORDS):
        here = range(start, min(start + PUT_RECORDS_MAX_RECORDS, len(records)))
        kept = [place for place in here if place not in right["too_large"]]
        cut = cut_batches([records[place] for place in kept], record_limit_kib)["batches"]
        batches += [[kept[place] for place in batch] for batch in cut]
    return {**right, "batches": batches}


def _clear_cut(records: list[list[Any]], record_limit_kib: int) -> Arguments | None:
    """The case, if decimal megabytes would cut it as MiB do."""
    kb = [[data_bytes * KIB / 1000, key] for data_bytes, key in records]
    same = cut_batches(records, record_limit_kib) == IN_DECIMALS(records, record_limit_kib)
    alike = cut_batches(records, record_limit_kib)["too_large"] == [
        place for place, (size, key) in enumerate(kb) if size + len(key) > record_limit_kib * KIB
    ]
    return {"records": records, "record_limit_kib": record_limit_kib} if same and alike else None


def _until_clear(draw: Callable[[Random], tuple[list[list[Any]], int]]) -> Callable[[Random], Arguments]:
    def hidden(rng: Random) -> Arguments:
        while True:
            if case := _clear_cut(*draw(rng)):
                return case

    return hidden


def _many(rng: Random) -> tuple[list[list[Any]], int]:
    """Small records, a little over 500 or 1,000 of them."""
    count = rng.choice((500, 502, 1000, 1003)) if rng.randrange(3) else rng.randint(502, 999)
    return [[rng.randint(1, 9) * 10, "k"]] * count, RECORD_DEFAULT_MAX_KIB


def _heavy(rng: Random) -> tuple[list[list[Any]], int]:
    """Records of megabytes, so that 10 MiB decide; at times ten whose keys alone make them too much."""
    if rng.randrange(2):
        sizes = [rng.randint(700_000, 3_900_000) for _ in range(rng.randint(6, 14))]
        return [[size, f"k{rng.randrange(100)}"] for size in sizes], 4096
    letter = rng.choice("aé")
    key = letter * (210 if letter == "a" else 105)
    share = PUT_RECORDS_MAX_BYTES // 10
    size = share - rng.randint(120, 190)
    return [[size, key]] * rng.randint(10, 14), 2048


def _oversize(rng: Random) -> tuple[list[list[Any]], int]:
    """Some records above the stream's own limit, one way or by their key."""
    limit = rng.choice((1024, 2048, 4096, 5120, 8192))
    small = [rng.randint(1, limit * 90) * 10 for _ in range(rng.randint(3, 7))]
    large = [limit * KIB + rng.randint(30_000, 900_000) for _ in range(rng.randint(1, 3))]
    records: list[list[Any]] = [[size, f"k{rng.randrange(100)}"] for size in small + large]
    if rng.randrange(2):
        records.append([limit * KIB - rng.randint(20, 90), "é" * 60])
    if rng.randrange(3) == 0:
        records += [[10, "k"]] * (PUT_RECORDS_MAX_RECORDS - len(small) + 3)
    rng.shuffle(records)
    return records, limit


def _all(*records: tuple[int, str], limit: int = RECORD_DEFAULT_MAX_KIB) -> Arguments:
    return {"records": [list(record) for record in records], "record_limit_kib": limit}


TASK = Task(
    id="cut_batches",
    title="Cut records into calls of PutRecords",
    function="cut_batches",
    oracle=cut_batches,
    read=f"{LESSON}, “In batches”",
    parts=(
        Cases(
            id="count",
            points=1,
            says="must put at most 500 records into a call, and no fewer than fit",
            visible=(
                _all((10, "a"), (20, "b"), (30, "c")),
                _all(),
                _all(*[(10, "k")] * 502),
            ),
            hidden=_until_clear(_many),
            hidden_count=3,
        ),
        Cases(
            id="bytes",
            points=2,
            says="must put at most 10 MiB, keys included, into a call, and no less than fits",
            visible=(
                _all(*[(1_900_000, "a")] * 12, limit=2048),
                _all(*[(1_048_400, "a" * 200)] * 11, limit=2048),
                _all(*[(1_048_450, "é" * 100)] * 11, limit=2048),
                _all((6_000_000, "a"), (6_000_000, "b"), (900_000, "c"), limit=8192),
            ),
            hidden=_until_clear(_heavy),
        ),
        Cases(
            id="record_limit",
            points=2,
            says="must set apart what is larger than the stream's limit for a record, and cut the rest",
            visible=(
                _all((10, "a"), (1_300_000, "b"), (20, "c")),
                _all((1_048_500, "k" * 100), (900_000, "b")),
                _all((3_000_000, "a"), (6_000_000, "b"), (4_000_000, "c"), limit=5120),
                _all((1_300_000, "a"), *[(10, "k")] * 501),
            ),
            hidden=_until_clear(_oversize),
        ),
    ),
    misconceptions=(
        Misconception(
            id="counts_only",
            words="You leave out the bytes of a call. A call takes at most 500 records and at most 10 MiB, "
            "whichever is reached first.",
            model=Cutter(most_bytes=10**12),
        ),
        Misconception(
            id="forgets_count",
            words="You leave out the number of records. A call takes at most 500, however small they are.",
            model=Cutter(most=10**9),
        ),
        Misconception(
            id="takes_501",
            words="You put 501 records into a call. Close a call when it holds 500.",
            model=Cutter(most=PUT_RECORDS_MAX_RECORDS + 1),
        ),
        Misconception(
            id="forgets_keys",
            words="You weigh only the data. The bytes of the partition key count as well, for a record and "
            "for a call.",
            model=Cutter(weigh=lambda data_bytes, key: data_bytes),
        ),
        Misconception(
            id="counts_characters",
            words="You count a key's characters. Its bytes count: é is one character, and two bytes in "
            "UTF-8.",
            model=Cutter(weigh=lambda data_bytes, key: data_bytes + len(key)),
        ),
        Misconception(
            id="five_mib",
            words="A call is closed at 5 MiB: that was the limit until October 2025, now it is 10 MiB.",
            model=Cutter(most_bytes=5 * MIB),
        ),
        Misconception(
            id="always_one_mib",
            words="You leave out the stream's own limit for a record. It is record_limit_kib. 1,024 KiB is "
            "only the default.",
            model=Cutter(own_limit=RECORD_DEFAULT_MAX_KIB),
        ),
        Misconception(
            id="keeps_too_large",
            words="You keep records in the batches that are too large. With one of them, Kinesis refuses "
            "the whole call.",
            model=Cutter(apart=False),
        ),
        Misconception(
            id="closes_at_too_large",
            words="You close the batch at a record that is too large. Set that record apart, and go on "
            "filling the batch.",
            model=Cutter(closing=True),
        ),
        Misconception(
            id="slices_first",
            words="You cut the list into slices of 500 first, and take out the records that are too large "
            "later. So some calls are not full. Set those records apart first.",
            model=_slices_first,
        ),
    ),
    hints=(
        "Go through the list once and fill one batch. Before you add a record ask: is it too large for any "
        "call? Does it still fit into this batch?",
        "A record weighs data_bytes + len(key.encode()). It is too large above record_limit_kib * 1024. "
        "Otherwise close the batch, if it is not empty, when it holds 500 records or its bytes and this "
        "record's are more than 10 * 1024 * 1024.",
        "Keep four things: the batches that are closed, the present batch, its bytes, and the places of "
        "what is too large. At the end don't forget the last batch; an empty one is none.",
    ),
)
