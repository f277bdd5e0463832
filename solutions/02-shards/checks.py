"""The checks of assignment 02-shards: five tasks.

The quotas come from `lab.rules.quotas`, the hash rules from `lab.rules.hash_space`; their sources stand
there. Every draw is seeded, every case is JSON. No case lies where MB for MiB, or a float's rounding error,
would change the right answer.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import md5
from math import ceil, floor
from random import Random
from typing import Any

from grader.tasks.compare import LegalSteps, ParentsFirst
from grader.tasks.declaration import Arguments, Cases, Misconception, Task, Value
from lab.rules.hash_space import (
    HASH_SPACE_SIZE,
    LARGEST_HASH_KEY,
    HashRange,
    even_ranges,
    hash_key,
    is_open,
    range_of,
    shard_for,
)
from lab.rules.quotas import (
    SHARD_READ_KIB_PER_SECOND,
    SHARD_WRITE_KIB_PER_SECOND,
    SHARD_WRITE_RECORDS_PER_SECOND,
    UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS,
    UPDATE_SHARD_COUNT_MAX_FACTOR,
    UPDATE_SHARD_COUNT_MAX_SHARDS,
    legal_shard_counts,
)

LESSON = "course/02-shards.ipynb"

# --- Task 1: required_shards ---------------------------------------------------------------------


def required_shards(
    record_kib: float,
    records_per_second: int,
    shared_consumers: int,
    fan_out_consumers: int,
    headroom_percent: int,
) -> int:
    """The largest of the three needs with headroom, rounded up, at least 1: in whole numbers.

    Sizes are whole numbers of quarter KiB. Fan-out consumers read beside the shared 2 MiB/s.
    """
    written = round(record_kib * 4) * records_per_second
    needs = (
        (written, 4 * SHARD_WRITE_KIB_PER_SECOND),
        (written * shared_consumers, 4 * SHARD_READ_KIB_PER_SECOND),
        (records_per_second, SHARD_WRITE_RECORDS_PER_SECOND),
    )
    percent = 100 + headroom_percent
    return max(1, *(-(-amount * percent // (limit * 100)) for amount, limit in needs))


@dataclass(frozen=True)
class Workload:
    """The arguments of `required_shards`, and the needs in shards before headroom and rounding."""

    record_kib: float
    records_per_second: int
    shared_consumers: int
    fan_out_consumers: int
    headroom_percent: int

    @property
    def written_kib(self) -> Fraction:
        return Fraction(self.record_kib) * self.records_per_second

    @property
    def write(self) -> Fraction:
        return self.written_kib / SHARD_WRITE_KIB_PER_SECOND

    @property
    def read(self) -> Fraction:
        return self.written_kib * self.shared_consumers / SHARD_READ_KIB_PER_SECOND

    @property
    def records(self) -> Fraction:
        return Fraction(self.records_per_second, SHARD_WRITE_RECORDS_PER_SECOND)

    @property
    def largest(self) -> Fraction:
        return max(self.write, self.read, self.records)

    @property
    def headroom(self) -> Fraction:
        """The factor of the headroom: 1.2 for 20 %."""
        return Fraction(100 + self.headroom_percent, 100)


def _workload_model(shards: Callable[[Workload], int]) -> Callable[..., int]:
    """A misconception's model from what it makes of a workload."""
    return lambda **arguments: shards(Workload(**arguments))


def _rounded(need: Fraction, workload: Workload) -> int:
    return max(1, ceil(need * workload.headroom))


def _fan_out_counted(w: Workload) -> int:
    readers = w.shared_consumers + w.fan_out_consumers
    return _rounded(max(w.write, w.written_kib * readers / SHARD_READ_KIB_PER_SECOND, w.records), w)


def _size_rounded(w: Workload) -> int:
    written = ceil(w.record_kib) * w.records_per_second
    needs = (
        Fraction(written, SHARD_WRITE_KIB_PER_SECOND),
        Fraction(written * w.shared_consumers, SHARD_READ_KIB_PER_SECOND),
        w.records,
    )
    return _rounded(max(needs), w)


def _is_clear(workload: Workload) -> bool:
    """Far enough from a whole number of shards that neither a float nor 1,000 for 1,024 matters."""
    need = workload.largest * workload.headroom
    decimal = max(
        workload.written_kib / 1000,
        workload.written_kib * workload.shared_consumers / 2000,
        workload.records,
    )
    away = abs(need - round(need)) >= Fraction(1, 50)
    return away and ceil(need) == ceil(decimal * workload.headroom)


def _clear(draw: Callable[[Random], Workload]) -> Callable[[Random], Arguments]:
    """Draw until a workload is clear and needs 2 to 40 shards."""

    def hidden(rng: Random) -> Arguments:
        while True:
            workload = draw(rng)
            if 1 < workload.largest * workload.headroom <= 40 and _is_clear(workload):
                return vars(workload).copy()

    return hidden


def _writing(rng: Random, headroom: int = 0) -> Workload:
    """Writing needs most: not more than one shared reader, records of some KiB."""
    size = rng.randint(8, 80) / 4
    return Workload(size, rng.randint(150, 2500), rng.randint(0, 1), rng.randint(0, 6), headroom)


def _reading(rng: Random, headroom: int = 0) -> Workload:
    """Reading needs most: three shared readers or more."""
    size = rng.randint(6, 40) / 4
    return Workload(size, rng.randint(150, 2500), rng.randint(3, 6), rng.randint(0, 4), headroom)


def _counting(rng: Random, headroom: int = 0) -> Workload:
    """The number of records needs most: they are smaller than 1 KiB."""
    size = rng.randint(1, 3) / 4
    rate = rng.randint(1100, 18000)
    return Workload(size, rate, rng.randint(0, 2), rng.randint(0, 4), headroom)


def _any_need(rng: Random) -> Workload:
    kind = rng.choice((_writing, _reading, _counting))
    return kind(rng, rng.randint(5, 80))


def _in_decimals(w: Workload) -> int:
    """What a float makes of it: 1 + 10 / 100 is a little more than 1.1, and 50 times that more than 55."""
    return max(1, ceil(float(w.largest) * (1 + w.headroom_percent / 100)))


def _headroom_case(rng: Random) -> Arguments:
    """Any need with headroom; at times one that is whole with its headroom, and too much for decimals."""
    if rng.randrange(4):
        return _clear(_any_need)(rng)
    while True:
        workload = Workload(0.25, rng.randint(10, 90) * 1000, 1, rng.randint(0, 3), rng.randint(1, 12) * 5)
        whole = (workload.records * workload.headroom).denominator == 1
        if whole and _in_decimals(workload) > _rounded(workload.records, workload):
            return vars(workload).copy()


def _records_case(rng: Random) -> Arguments:
    """Many small records; at times a rate that fits its shards to the record, or none at all."""
    kind = rng.randrange(6)
    if kind == 0:
        return _case(rng.choice((0.25, 0.5, 1, 4)), 0, rng.randint(0, 3), rng.randint(0, 2), 0)
    if kind == 1:
        return _case(rng.choice((0.25, 0.5)), rng.randint(2, 18) * 1000, rng.randint(0, 2), 0, 0)
    return _clear(_counting)(rng)


def _own_workload(rng: Random) -> Arguments:
    """A learner's own givens: fan-out consumers, one need clearly the largest, headroom that counts."""

    def draw(rng: Random) -> Workload:
        kind = rng.choice((_reading, _counting))
        return kind(rng, rng.randint(2, 8) * 5)

    while True:
        workload = Workload(**_clear(draw)(rng))
        *_, second, largest = sorted((workload.write, workload.read, workload.records))
        seen = ceil(largest) < ceil(largest * workload.headroom)
        if workload.fan_out_consumers and largest - second > 1 and largest > 3 and seen:
            return vars(workload).copy()


def _case(size: float, rate: int, shared: int, fan_out: int, headroom: int) -> Arguments:
    return vars(Workload(size, rate, shared, fan_out, headroom)).copy()


REQUIRED_SHARDS = Task(
    id="required_shards",
    title="Work out how many shards a workload needs",
    function="required_shards",
    oracle=required_shards,
    read=f"{LESSON}, “How many shards?”",
    parts=(
        Cases(
            id="write",
            points=1,
            says="must be right where writing is the largest need",
            visible=(
                _case(5, 700, 1, 0, 0),
                _case(2.25, 1500, 1, 0, 0),
                _case(10, 400, 1, 5, 0),
                _case(4, 60, 1, 0, 0),
            ),
            hidden=_clear(_writing),
        ),
        Cases(
            id="read",
            points=1,
            says="must be right where the shared readers are the largest need",
            visible=(
                _case(3, 900, 4, 0, 0),
                _case(1.5, 1200, 3, 0, 0),
                _case(2, 800, 5, 3, 0),
            ),
            hidden=_clear(_reading),
        ),
        Cases(
            id="records",
            points=1,
            says="must be right where the number of records is the largest need",
            visible=(
                _case(0.25, 5200, 1, 0, 0),
                _case(0.5, 3000, 2, 1, 0),
                _case(0.75, 9500, 1, 2, 0),
                _case(1, 0, 2, 0, 0),
            ),
            hidden=_records_case,
        ),
        Cases(
            id="headroom",
            points=1,
            says="must add the headroom to the need and then, once, round up",
            visible=(
                _case(5, 700, 1, 0, 10),
                _case(6, 1100, 3, 1, 50),
                _case(0.25, 7100, 2, 2, 40),
                _case(2.5, 1000, 1, 4, 25),
                _case(0.25, 50_000, 1, 0, 10),
            ),
            hidden=_headroom_case,
        ),
        Value(
            id="own_workload",
            points=1,
            says="it must be the number of shards that the workload in `given` needs",
            name="my_shards",
            unit="shards",
            lowest=1,
            highest=100,
            draw=_own_workload,
        ),
    ),
    misconceptions=(
        Misconception(
            id="forgets_records",
            words="Records per second are left out: a shard takes at most 1,000 records/s, however "
            "small they are.",
            model=_workload_model(lambda w: _rounded(max(w.write, w.read), w)),
        ),
        Misconception(
            id="forgets_read",
            words="The read side is left out: all shared consumers of a shard have 2,048 KiB/s "
            "together, and each of them reads everything that is written.",
            model=_workload_model(lambda w: _rounded(max(w.write, w.records), w)),
        ),
        Misconception(
            id="counts_fan_out",
            words="Enhanced fan-out consumers are counted among the shared readers: each of them "
            "has 2 MiB/s of its own on every shard and takes nothing from the shared 2,048 KiB/s.",
            model=_workload_model(_fan_out_counted),
        ),
        Misconception(
            id="megabits",
            words="Megabits are taken for mebibytes: a shard takes 1 MiB/s, which is 1,024 KiB/s, "
            "not 1 megabit per second, which would be 128 KiB/s. A byte has 8 bits.",
            model=_workload_model(lambda w: _rounded(max(8 * w.write, 8 * w.read, w.records), w)),
        ),
        Misconception(
            id="read_like_write",
            words="Reading is divided by 1,024 KiB/s, as writing is: a shard gives its shared "
            "readers twice that, 2,048 KiB/s.",
            model=_workload_model(lambda w: _rounded(max(w.write, 2 * w.read, w.records), w)),
        ),
        Misconception(
            id="rounds_down",
            words="The need is rounded down: 3.2 shards' worth of traffic does not fit into 3 "
            "shards. Round up.",
            model=_workload_model(lambda w: max(1, floor(w.largest * w.headroom))),
        ),
        Misconception(
            id="adds_one",
            words="One shard is added to the whole part of the need. That is the same as rounding "
            "up, except when the need is whole already: a need of exactly 3 is 3 shards.",
            model=_workload_model(lambda w: max(1, floor(w.largest * w.headroom) + 1)),
        ),
        Misconception(
            id="adds_needs",
            words="The three needs are added up: every shard brings write bandwidth, read "
            "bandwidth and record rate at once, so the largest need covers the others.",
            model=_workload_model(lambda w: _rounded(w.write + w.read + w.records, w)),
        ),
        Misconception(
            id="forgets_headroom",
            words="The headroom is left out: multiply by (100 + headroom_percent) / 100 before you round up.",
            model=_workload_model(lambda w: max(1, ceil(w.largest))),
        ),
        Misconception(
            id="headroom_after_rounding",
            words="The headroom is added after rounding up, so you round twice and may buy a shard "
            "too many: add it to the need, then round up once.",
            model=_workload_model(lambda w: max(1, ceil(ceil(w.largest) * w.headroom))),
        ),
        Misconception(
            id="headroom_of_capacity",
            words="The headroom is taken as a part of the shards that stays free (need divided by "
            "1 - headroom). Others do count like that; the rule printed here adds it to the need: "
            "need × (100 + headroom_percent) / 100.",
            model=_workload_model(lambda w: max(1, ceil(w.largest * 100 / (100 - w.headroom_percent)))),
        ),
        Misconception(
            id="in_decimals",
            words="The headroom is worked out in decimals: 1 + 10 / 100 is a little more than 1.1 in "
            "Python, so a need of exactly 55 becomes 56. Multiply by (100 + headroom_percent) first and "
            "divide last.",
            model=_workload_model(_in_decimals),
        ),
        Misconception(
            id="rounds_size_up",
            words="The record's size is rounded up to whole KiB. The AWS guide's own formula does "
            "that; the rule printed here takes the size as it is.",
            model=_workload_model(_size_rounded),
        ),
        Misconception(
            id="no_minimum",
            words="A workload without traffic gets 0 shards: a stream has at least 1.",
            model=_workload_model(lambda w: ceil(w.largest * w.headroom)),
        ),
    ),
    hints=(
        "A shard runs out of one thing first: write bandwidth, read bandwidth or records per "
        "second. Work out for each of the three how many shards it needs, without rounding.",
        "Write: record_kib × records_per_second, over 1,024. Read: the written KiB/s once for "
        "every shared consumer, over 2,048. Records: records_per_second over 1,000. Fan-out "
        "consumers appear nowhere.",
        "Take the largest of the three, multiply by (100 + headroom_percent), divide by 100, and "
        "round up at the very end: math.ceil. Then see that the answer is never below 1.",
    ),
)

# --- A stream that is resharded, for tasks 2, 3 and 5 --------------------------------------------

Shard = dict[str, Any]


def _sequence_number(moment: int) -> str:
    """A number of 56 digits that grows with time, as real ones do."""
    return str(49_668 * 10**51 + moment * 1_003_271_490_256_608_559_692_538_361_571_095_921_575_989)


@dataclass
class Stream:
    """The shards of a stream in the order they came to be, as ListShards describes them.

    `numbers` are the ids to give out, on purpose not in order of age: an id promises nothing.
    """

    numbers: Iterable[int]
    ranges: Sequence[HashRange]
    shards: list[Shard] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = iter(self.numbers)
        self._moment = 0
        for span in self.ranges:
            self._open(span)

    def _open(self, span: HashRange, *parents: Shard) -> None:
        names = ("ParentShardId", "AdjacentParentShardId")
        lineage = {name: parent["ShardId"] for name, parent in zip(names, parents, strict=False)}
        limits = {"StartingHashKey": str(span.start), "EndingHashKey": str(span.end)}
        start = {"StartingSequenceNumber": _sequence_number(self._moment)}
        self.shards.append(
            {"ShardId": f"shardId-{next(self._numbers):012d}"}
            | lineage
            | {"HashKeyRange": limits, "SequenceNumberRange": start}
        )

    def _close(self, *shards: Shard) -> None:
        for shard in shards:
            end = _sequence_number(self._moment + 1)
            shard["SequenceNumberRange"]["EndingSequenceNumber"] = end
        self._moment += 2

    def split(self, index: int, tenths: int = 5) -> "Stream":
        """Split the shard of this index: the lower child gets so many tenths of the range."""
        parent = self.shards[index]
        span = range_of(parent)
        point = span.start + span.width * tenths // 10
        self._close(parent)
        self._open(HashRange(span.start, point - 1), parent)
        self._open(HashRange(point, span.end), parent)
        return self

    def merge(self, index: int, adjacent: int) -> "Stream":
        """Merge two neighbours; the first becomes the parent, the second the adjacent parent."""
        parents = self.shards[index], self.shards[adjacent]
        spans = sorted(range_of(parent) for parent in parents)
        self._close(*parents)
        self._open(HashRange(spans[0].start, spans[1].end), *parents)
        return self

    def open_indexes(self) -> list[int]:
        """Indexes of the open shards, by hash range."""
        open_ = [index for index, shard in enumerate(self.shards) if is_open(shard)]
        return sorted(open_, key=lambda index: range_of(self.shards[index]))

    def listed(self, *order: int) -> list[Shard]:
        """The shards of these indexes, in this order."""
        return [self.shards[index] for index in order]

    def by_range(self) -> list[Shard]:
        """All shards by the start of their range; of two with the same start the older first."""
        return sorted(self.shards, key=lambda shard: range_of(shard).start)


def _resharded(rng: Random, shards: int, steps: str) -> Stream:
    """A stream of even shards after these steps: s splits a random shard unevenly, m merges two."""
    stream = Stream(rng.sample(range(100), 30), even_ranges(shards))
    for step in steps:
        indexes = stream.open_indexes()
        if step == "m" and len(indexes) > 1:
            at = rng.randrange(len(indexes) - 1)
            pair = [indexes[at], indexes[at + 1]]
            rng.shuffle(pair)
            stream.merge(*pair)
        else:
            stream.split(rng.choice(indexes), rng.choice((1, 2, 3, 7, 8, 9)))
    return stream


def _shuffled(rng: Random, shards: Iterable[Shard]) -> list[Shard]:
    return rng.sample(shards := list(shards), len(shards))


# --- Task 2: predict_shard -----------------------------------------------------------------------


def predict_shard(partition_key: str, shards: list[Shard]) -> str:
    return shard_for(partition_key, shards)


def _covering(key: int, shards: Iterable[Shard]) -> str | None:
    found = (shard["ShardId"] for shard in shards if key in range_of(shard))
    return next(found, None)


def _first_match(partition_key: str, shards: list[Shard]) -> str | None:
    return _covering(hash_key(partition_key), shards)


def _modulo(partition_key: str, shards: list[Shard]) -> str:
    open_ = [shard["ShardId"] for shard in shards if is_open(shard)]
    return str(open_[hash_key(partition_key) % len(open_)])


def _modulo_all(partition_key: str, shards: list[Shard]) -> str:
    return str(shards[hash_key(partition_key) % len(shards)]["ShardId"])


def _even_cut(partition_key: str, shards: list[Shard]) -> str:
    open_ = [shard for shard in shards if is_open(shard)]
    return str(open_[hash_key(partition_key) * len(open_) // HASH_SPACE_SIZE]["ShardId"])


def _as_text(partition_key: str, shards: list[Shard]) -> str | None:
    key = str(hash_key(partition_key))
    for shard in filter(is_open, shards):
        limits = shard["HashKeyRange"]
        if limits["StartingHashKey"] <= key <= limits["EndingHashKey"]:
            return str(shard["ShardId"])
    return None


def _little_endian(partition_key: str, shards: list[Shard]) -> str | None:
    digest = md5(partition_key.encode(), usedforsecurity=False).digest()
    return _covering(int.from_bytes(digest, "little"), filter(is_open, shards))


def _plain_letters(partition_key: str, shards: list[Shard]) -> str:
    return shard_for(partition_key.encode("ascii", errors="ignore").decode(), shards)


def _word(rng: Random) -> str:
    word = rng.choice(("device", "player", "order", "sensor", "user", "cart", "meter", "s"))
    return f"{word}-{rng.randint(1, 9999)}"


def _foreign_word(rng: Random) -> str:
    word = rng.choice(("Zürich", "café", "señal", "jeu-à-2", "北京", "Łódź", "Ωmega", "😀", "smörgås"))
    return f"{word}-{rng.randint(1, 999)}"


def _open_shards_case(rng: Random) -> Arguments:
    stream = _resharded(rng, rng.randint(2, 4), rng.choice(("s", "ss", "sss")))
    return {"partition_key": _word(rng), "shards": stream.listed(*stream.open_indexes())}


def _closed_shards_case(rng: Random) -> Arguments:
    stream = _resharded(rng, rng.randint(1, 3), rng.choice(("s", "ss", "sm", "ssm", "sms")))
    return {"partition_key": _word(rng), "shards": _shuffled(rng, stream.shards)}


def _foreign_key_case(rng: Random) -> Arguments:
    stream = _resharded(rng, rng.randint(3, 5), rng.choice(("s", "ss")))
    return {"partition_key": _foreign_word(rng), "shards": stream.listed(*stream.open_indexes())}


# Split unevenly twice, listed without the closed ones, as with the filter AT_LATEST.
_UNEVEN = Stream((0, 1, 2, 3, 4), even_ranges(1)).split(0, 2).split(2, 7)
_EVEN = Stream((0, 1, 2, 3), even_ranges(4))
# Two shards, the first split and its upper child merged with the second: all in the list.
_MERGED = Stream((0, 1, 2, 3, 4), even_ranges(2)).split(0, 3).merge(3, 1)
_SPLIT = Stream((6, 2, 9, 4, 1, 7), even_ranges(2)).split(1, 8).split(2, 1)


def _key_case(key: str, shards: list[Shard]) -> Arguments:
    return {"partition_key": key, "shards": shards}


PREDICT_SHARD = Task(
    id="predict_shard",
    title="Predict the shard of a partition key",
    function="predict_shard",
    oracle=predict_shard,
    read=f"{LESSON}, “From the number to a shard”",
    parts=(
        Cases(
            id="hash_ranges",
            points=2,
            says="must find the shard whose hash range holds the MD5 of the partition key",
            visible=(
                _key_case("device-1", _EVEN.shards),
                _key_case("device-4", _UNEVEN.listed(1, 3, 4)),
                _key_case("order-2", _UNEVEN.listed(1, 3, 4)),
                _key_case("player-7", _UNEVEN.listed(1, 3, 4)),
            ),
            hidden=_open_shards_case,
        ),
        Cases(
            id="closed_shards",
            points=1,
            says="must pass over closed shards, which take no records any more",
            visible=(
                _key_case("device-4", _MERGED.by_range()),
                _key_case("s-90", _MERGED.by_range()),
                _key_case("order-1", _SPLIT.by_range()),
                _key_case("order-3", _SPLIT.by_range()),
            ),
            hidden=_closed_shards_case,
        ),
        Cases(
            id="any_language",
            points=1,
            says="must hash the UTF-8 bytes of the key, whatever letters it has",
            visible=(
                _key_case("café-4", _EVEN.shards),
                _key_case("Zürich-7", _UNEVEN.listed(1, 3, 4)),
                _key_case("北京-7", _EVEN.shards),
            ),
            hidden=_foreign_key_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="first_match",
            words="You take the first shard whose range holds the key, and it may be a closed one: "
            "a parent that was split or merged stays in the list and takes no records. An open "
            "shard has no EndingSequenceNumber.",
            model=_first_match,
        ),
        Misconception(
            id="modulo",
            words="You take the remainder of a division by the number of open shards. Kinesis does "
            "not: each shard owns a range of hash keys, and the range that holds the hash decides.",
            model=_modulo,
        ),
        Misconception(
            id="modulo_all",
            words="You take the remainder of a division by the length of the list. Kinesis does "
            "not: each shard owns a range of hash keys, and the open shard whose range holds the "
            "hash takes the record.",
            model=_modulo_all,
        ),
        Misconception(
            id="even_cut",
            words="You cut the hash space into equal pieces, one for each open shard. That holds "
            "for a new stream only: after a split or a merge the ranges differ in size. Read them "
            "from HashKeyRange.",
            model=_even_cut,
        ),
        Misconception(
            id="as_text",
            words='You compare hash keys as strings, and as strings "9" comes after "10". Turn '
            "StartingHashKey and EndingHashKey into whole numbers with int() first.",
            model=_as_text,
        ),
        Misconception(
            id="little_endian",
            words="You read the MD5 with its last byte first. The first byte counts most: "
            'int.from_bytes(digest, "big"), or int(hexdigest, 16).',
            model=_little_endian,
        ),
        Misconception(
            id="plain_letters",
            words="Letters outside ASCII are dropped from the key before it is hashed. Every "
            "letter counts: encode the key as UTF-8.",
            model=_plain_letters,
        ),
    ),
    hints=(
        "Two steps: from the key to a number, then from the number to a shard. The lesson draws "
        "the second step as a ring.",
        "hashlib.md5(...).hexdigest() is a number written in base 16; int(text, 16) reads it. "
        "Go through the shards and look for the range that holds the number, both ends included.",
        "Leave out every shard whose SequenceNumberRange has an EndingSequenceNumber; compare "
        "int(StartingHashKey) <= number <= int(EndingHashKey); return the ShardId.",
    ),
)

# --- Task 3: split_point -------------------------------------------------------------------------


def split_point(shard: Shard) -> str:
    return str(range_of(shard).middle)


def _point_model(point: Callable[[HashRange], int]) -> Callable[[Shard], str]:
    return lambda shard: str(point(range_of(shard)))


def _range_case(span: HashRange, number: int) -> Arguments:
    return {"shard": Stream((number,), (span,)).shards[0]}


def _first_shard_case(rng: Random) -> Arguments:
    return _range_case(HashRange(0, rng.randint(2**100, LARGEST_HASH_KEY)), rng.randrange(100))


def _any_shard_case(rng: Random) -> Arguments:
    start = rng.randint(2**90, LARGEST_HASH_KEY - 2**90)
    end = rng.randint(start + 2, LARGEST_HASH_KEY)
    return _range_case(HashRange(start, end), rng.randrange(100))


SPLIT_POINT = Task(
    id="split_point",
    title="Give the hash key that splits a shard evenly",
    function="split_point",
    oracle=split_point,
    read=f"{LESSON}, “Split it”",
    parts=(
        Cases(
            id="first_shard",
            points=1,
            says="must split a shard whose range starts at 0",
            visible=(
                _range_case(even_ranges(1)[0], 0),
                _range_case(even_ranges(3)[0], 0),
                _range_case(HashRange(0, 381), 5),
            ),
            hidden=_first_shard_case,
        ),
        Cases(
            id="any_shard",
            points=2,
            says="must split a shard wherever its range starts",
            visible=(
                _range_case(even_ranges(3)[1], 1),
                _range_case(even_ranges(4)[3], 3),
                _range_case(HashRange(276, 381), 8),
            ),
            hidden=_any_shard_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="forgets_start",
            words="You halve the end of the range and forget where it starts. For a range that "
            "does not start at 0 that is not the middle, and it may lie outside.",
            model=_point_model(lambda span: span.end // 2),
        ),
        Misconception(
            id="half_width",
            words="You give half of the range's width. Counted from the start of the range that is "
            "right: add the start to it.",
            model=_point_model(lambda span: (span.end - span.start) // 2),
        ),
        Misconception(
            id="middle_of_space",
            words="You give the middle of the whole hash space, whatever range the shard has.",
            model=_point_model(lambda span: HASH_SPACE_SIZE // 2),
        ),
        Misconception(
            id="upper_half",
            words="You give the first key of the upper half, half the width counted from the "
            "start. Kinesis accepts that as well; the rule printed here is (start + end) // 2, "
            "which can be one lower.",
            model=_point_model(lambda span: span.start + (span.width + 1) // 2),
        ),
        Misconception(
            id="float",
            words="The division with / makes a float, which keeps about 16 of the 39 digits. "
            "Divide in whole numbers with //.",
            model=_point_model(lambda span: int((span.start + span.end) / 2)),
        ),
        Misconception(
            id="number",
            words="The number is right, but SplitShard takes NewStartingHashKey as a string: give "
            "its decimal digits with str().",
            model=lambda shard: range_of(shard).middle,
        ),
    ),
    hints=(
        "What lies half way between two numbers? And of what type are the two numbers in the dictionary?",
        "Turn both ends of HashKeyRange into whole numbers with int(), add them, halve the sum "
        "without leaving whole numbers.",
        "(start + end) // 2, and str() around it. A single / would give a float and lose digits.",
    ),
)

# --- Task 4: plan_scaling ------------------------------------------------------------------------


def _plan(current: int, target: int) -> list[int]:
    """As far as one call may go, until the target is in reach."""
    steps = []
    while current != target:
        reach = legal_shard_counts(current)
        current = min(max(target, reach[0]), reach[-1])
        steps.append(current)
    return steps


def plan_scaling(current: int, target: int) -> dict[str, int]:
    """What a right plan obeys, as `LegalSteps` takes it."""
    steps = len(_plan(current, target))
    largest = UPDATE_SHARD_COUNT_MAX_SHARDS
    return {"start": current, "goal": target, "steps": steps, "largest": largest}


def _one_call(current: int, target: int) -> list[int]:
    return [target] if current != target else []


def _overshoots(current: int, target: int) -> list[int]:
    steps = []
    rising = current < target
    while (current < target) if rising else (current > target):
        current = current * 2 if rising else -(-current // 2)
        steps.append(current)
    return steps


def _half_rounded_down(current: int, target: int) -> list[int]:
    steps = []
    while current != target:
        current = min(target, current * 2) if current < target else max(target, current // 2)
        steps.append(current)
    return steps


def _only_up(current: int, target: int) -> list[int]:
    return _plan(current, target) if current < target else []


def _one_at_a_time(current: int, target: int) -> list[int]:
    step = 1 if current < target else -1
    return list(range(current + step, target + step, step)) if current != target else []


def _counts_the_start(current: int, target: int) -> list[int]:
    return [current, *_plan(current, target)]


def _in_ten_calls(draw: Callable[[Random], tuple[int, int]]) -> Callable[[Random], Arguments]:
    def hidden(rng: Random) -> Arguments:
        while True:
            current, target = draw(rng)
            if len(_plan(current, target)) <= UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS:
                return {"current": current, "target": target}

    return hidden


def _count(rng: Random) -> int:
    """A number of shards of any size: small ones as likely as large ones."""
    return rng.randint(1, 10 ** rng.randint(1, 4))


def _up(rng: Random) -> tuple[int, int]:
    low, high = sorted((_count(rng), _count(rng)))
    return (low, low) if rng.random() < 0.1 else (low, high)


def _down(rng: Random) -> tuple[int, int]:
    low, high = sorted((_count(rng), _count(rng)))
    return high, low


def _scaling(current: int, target: int) -> Arguments:
    return {"current": current, "target": target}


PLAN_SCALING = Task(
    id="plan_scaling",
    title="Plan the UpdateShardCount calls from one count to another",
    function="plan_scaling",
    oracle=plan_scaling,
    compare=LegalSteps(factor=UPDATE_SHARD_COUNT_MAX_FACTOR),
    read=f"{LESSON}, “The whole stream at once: UpdateShardCount”",
    parts=(
        Cases(
            id="up",
            points=2,
            says="must reach a larger count in as few legal calls as possible, and call nothing "
            "when the count is right already",
            visible=(
                _scaling(4, 8),
                _scaling(3, 20),
                _scaling(1, 9),
                _scaling(9, 9),
            ),
            hidden=_in_ten_calls(_up),
        ),
        Cases(
            id="down",
            points=2,
            says="must reach a smaller count in as few legal calls as possible",
            visible=(
                _scaling(12, 6),
                _scaling(5, 2),
                _scaling(21, 4),
                _scaling(7, 1),
            ),
            hidden=_in_ten_calls(_down),
        ),
    ),
    misconceptions=(
        Misconception(
            id="one_call",
            words="You go to the target in one call. A call may at most double the number of "
            "shards and at most halve it, so a far target takes several.",
            model=_one_call,
        ),
        Misconception(
            id="overshoots",
            words="You double or halve until the target is passed, and end beyond it. The last "
            "call goes exactly to the target.",
            model=_overshoots,
        ),
        Misconception(
            id="half_rounded_down",
            words="You round the half down: from 5 shards to 2 is below half. The lowest legal "
            "count is the half rounded up: 3.",
            model=_half_rounded_down,
        ),
        Misconception(
            id="only_up",
            words="You plan upwards only. A smaller count takes calls too: at most down to half each time.",
            model=_only_up,
        ),
        Misconception(
            id="one_at_a_time",
            words="You add or remove one shard a call. That is legal and takes far too many calls: "
            "a stream allows 10 in 24 hours. Go as far as one call may.",
            model=_one_at_a_time,
        ),
        Misconception(
            id="counts_the_start",
            words="Your list begins with the count that the stream already has. List only the "
            "targets of the calls.",
            model=_counts_the_start,
        ),
    ),
    hints=(
        "Play it with small numbers on paper: from 3 to 20, how far may the first call go? And "
        "from 5 downwards?",
        "Repeat: go as far as one call may, but not past the target. Upwards that is "
        "min(target, 2 × current).",
        "Downwards it is max(target, half of current rounded up), and (current + 1) // 2 is that "
        "half. Append each new count to the list, until current equals target.",
    ),
)

# --- Task 5: reading_order -----------------------------------------------------------------------

Lineage = Callable[[Shard], list[str]]


def _parents(shard: Shard) -> list[str]:
    names = ("ParentShardId", "AdjacentParentShardId")
    return [shard[name] for name in names if shard.get(name)]


def reading_order(shards: list[Shard]) -> dict[str, list[Any]]:
    """What a right order obeys, as `ParentsFirst` takes it; an expired parent asks nothing."""
    items = [shard["ShardId"] for shard in shards]
    pairs = [[parent, shard["ShardId"]] for shard in shards for parent in _parents(shard) if parent in items]
    return {"items": items, "pairs": pairs}


def _in_rounds(shards: list[Shard], is_ready: Callable[[Shard, list[str]], bool]) -> list[str]:
    """Go round the list and take what is ready, given what is taken; stop when nothing is."""
    order: list[str] = []
    while True:
        before = len(order)
        for shard in shards:
            if shard["ShardId"] not in order and is_ready(shard, order):
                order.append(shard["ShardId"])
        if len(order) == before:
            return order


def _by_id(shards: list[Shard]) -> list[str]:
    return sorted(shard["ShardId"] for shard in shards)


def _as_listed(shards: list[Shard]) -> list[str]:
    return [shard["ShardId"] for shard in shards]


def _one_parent(shards: list[Shard]) -> list[str]:
    listed = _as_listed(shards)

    def is_ready(shard: Shard, order: Collection[str]) -> bool:
        parent = shard.get("ParentShardId")
        return parent not in listed or parent in order

    return _in_rounds(shards, is_ready)


def _children_first(shards: list[Shard]) -> list[str]:
    def is_ready(shard: Shard, order: Collection[str]) -> bool:
        children = [other for other in shards if shard["ShardId"] in _parents(other)]
        return all(child["ShardId"] in order for child in children)

    return _in_rounds(shards, is_ready)


def _from_the_roots(shards: list[Shard]) -> list[str]:
    roots_first = sorted(shards, key=lambda shard: bool(_parents(shard)))
    return _in_rounds(roots_first, lambda shard, order: all(p in order for p in _parents(shard)))


def _expired_too(shards: list[Shard]) -> list[str]:
    by_id = {shard["ShardId"]: shard for shard in shards}
    order: list[str] = []

    def visit(shard_id: str) -> None:
        if shard_id in order:
            return
        for parent in _parents(by_id.get(shard_id, {})):
            visit(parent)
        order.append(shard_id)

    for shard_id in by_id:
        visit(shard_id)
    return order


def _splits_case(rng: Random) -> Arguments:
    stream = _resharded(rng, rng.randint(1, 2), rng.choice(("s", "ss", "sss")))
    return {"shards": _shuffled(rng, stream.shards)}


def _merges_case(rng: Random) -> Arguments:
    stream = _resharded(rng, rng.randint(2, 3), rng.choice(("m", "ms", "sm", "smm", "msm")))
    return {"shards": _shuffled(rng, stream.shards)}


def _expired_case(rng: Random) -> Arguments:
    """The shards that closed first are gone from the list, at least one with a child in it."""
    stream = _resharded(rng, rng.randint(1, 2), rng.choice(("ss", "sms", "ssm", "sss")))
    ends = {
        shard["ShardId"]: shard["SequenceNumberRange"]["EndingSequenceNumber"]
        for shard in stream.shards
        if not is_open(shard)
    }
    expired = {shard_id for shard_id, end in ends.items() if end == min(ends.values())}
    return {"shards": _shuffled(rng, (s for s in stream.shards if s["ShardId"] not in expired))}


_TWICE_SPLIT = Stream((4, 9, 2, 7, 1), even_ranges(1)).split(0, 4).split(2, 5)
_TWO_MERGED = Stream((5, 3, 8), even_ranges(2)).merge(0, 1)
_SPLIT_AND_MERGED = Stream((6, 1, 4, 9, 3), even_ranges(2)).split(0, 5).merge(3, 1)

READING_ORDER = Task(
    id="reading_order",
    title="Order shards so that parents come before their children",
    function="reading_order",
    oracle=reading_order,
    compare=ParentsFirst(),
    read=f"{LESSON}, “Parents before children”",
    parts=(
        Cases(
            id="splits",
            points=1,
            says="must put a shard that was split before its two children",
            visible=(
                {"shards": _TWICE_SPLIT.listed(1, 2, 0)},
                {"shards": _TWICE_SPLIT.listed(1, 3, 4, 2, 0)},
            ),
            hidden=_splits_case,
        ),
        Cases(
            id="merges",
            points=2,
            says="must put both shards that were merged before their child",
            visible=(
                {"shards": _TWO_MERGED.listed(0, 2, 1)},
                {"shards": _SPLIT_AND_MERGED.listed(0, 1, 3, 4, 2)},
                {"shards": _SPLIT_AND_MERGED.listed(0, 3, 2, 4, 1)},
            ),
            hidden=_merges_case,
        ),
        Cases(
            id="expired",
            points=1,
            says="must take shards whose parents have expired and are not in the list any more",
            visible=(
                {"shards": _TWICE_SPLIT.listed(1, 3, 4, 2)},
                {"shards": _SPLIT_AND_MERGED.listed(3, 1, 4, 2)},
                {"shards": _TWO_MERGED.listed(2)},
            ),
            hidden=_expired_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="by_id",
            words="You sort by shard id. An id says nothing for certain about age: go by "
            "ParentShardId and AdjacentParentShardId.",
            model=_by_id,
        ),
        Misconception(
            id="as_listed",
            words="You keep the order of the list. It may name a child before its parent: go by "
            "ParentShardId and AdjacentParentShardId.",
            model=_as_listed,
        ),
        Misconception(
            id="one_parent",
            words="AdjacentParentShardId is left out. A shard that came out of a merge has two "
            "parents, and both must be read before it.",
            model=_one_parent,
        ),
        Misconception(
            id="children_first",
            words="Your order is the wrong way round: children come before their parents. A key's "
            "older records lie in the parent.",
            model=_children_first,
        ),
        Misconception(
            id="from_the_roots",
            words="You start at shards that have no parent at all, so a shard whose parent has "
            "expired is never reached. A parent that is not in the list asks nothing.",
            model=_from_the_roots,
        ),
        Misconception(
            id="expired_too",
            words="Your answer names shards that are not in the list. A parent that has expired is "
            "gone: nobody can read it any more.",
            model=_expired_too,
        ),
    ),
    hints=(
        "A shard may be read when all of its parents have been. Which shards of the list may be "
        "read at the very start?",
        "Each shard has none, one or two parents: look at ParentShardId and AdjacentParentShardId "
        "with .get(). Parents whose id is not in the list don't count.",
        "Keep a list of waiting shards. Again and again, take one that has no parent among the "
        "waiting ones, and append its id to the answer, until nothing waits.",
    ),
)

TASKS = [REQUIRED_SHARDS, PREDICT_SHARD, SPLIT_POINT, PLAN_SCALING, READING_ORDER]
