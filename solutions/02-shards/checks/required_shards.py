"""Task `required_shards`: work out how many shards a workload needs."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task, Value
from lab.rules.quotas import (
    SHARD_READ_KIB_PER_SECOND,
    SHARD_WRITE_KIB_PER_SECOND,
    SHARD_WRITE_RECORDS_PER_SECOND,
)

LESSON = "course/02-shards.ipynb"


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


TASK = Task(
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
            words="You leave out the records per second. A shard takes at most 1,000 records/s, however "
            "small they are.",
            model=_workload_model(lambda w: _rounded(max(w.write, w.read), w)),
        ),
        Misconception(
            id="forgets_read",
            words="You leave out the read side. All shared consumers of a shard have 2,048 KiB/s together, "
            "and each of them reads everything that is written.",
            model=_workload_model(lambda w: _rounded(max(w.write, w.records), w)),
        ),
        Misconception(
            id="counts_fan_out",
            words="You count enhanced fan-out consumers among the shared readers. Each of them has 2 MiB/s "
            "of its own on every shard. It takes nothing from the shared 2,048 KiB/s.",
            model=_workload_model(_fan_out_counted),
        ),
        Misconception(
            id="megabits",
            words="You take megabits for mebibytes. A shard takes 1 MiB/s, which is 1,024 KiB/s. 1 megabit "
            "per second would be only 128 KiB/s, since a byte has 8 bits.",
            model=_workload_model(lambda w: _rounded(max(8 * w.write, 8 * w.read, w.records), w)),
        ),
        Misconception(
            id="read_like_write",
            words="You divide reading by 1,024 KiB/s, as for writing. A shard gives its shared readers "
            "twice that, 2,048 KiB/s.",
            model=_workload_model(lambda w: _rounded(max(w.write, 2 * w.read, w.records), w)),
        ),
        Misconception(
            id="rounds_down",
            words="You round the need down. Traffic for 3.2 shards does not fit into 3 shards. Round up.",
            model=_workload_model(lambda w: max(1, floor(w.largest * w.headroom))),
        ),
        Misconception(
            id="adds_one",
            words="You add one shard to the whole part of the need. That differs from rounding up when the "
            "need is whole already: a need of exactly 3 is 3 shards.",
            model=_workload_model(lambda w: max(1, floor(w.largest * w.headroom) + 1)),
        ),
        Misconception(
            id="adds_needs",
            words="You add up the three needs. Every shard brings write bandwidth, read bandwidth and "
            "record rate at once, so the largest need covers the others.",
            model=_workload_model(lambda w: _rounded(w.write + w.read + w.records, w)),
        ),
        Misconception(
            id="forgets_headroom",
            words="You leave out the headroom. Multiply by (100 + headroom_percent) / 100 before you round "
            "up.",
            model=_workload_model(lambda w: max(1, ceil(w.largest))),
        ),
        Misconception(
            id="headroom_after_rounding",
            words="You add the headroom after rounding up. So you round twice, and may buy a shard too "
            "many. Add it to the need, then round up once.",
            model=_workload_model(lambda w: max(1, ceil(ceil(w.largest) * w.headroom))),
        ),
        Misconception(
            id="headroom_of_capacity",
            words="You take the headroom as a part of the shards that stays free: need divided by 1 - "
            "headroom. Some people count like that. The rule printed here adds it to the need: need × "
            "(100 + headroom_percent) / 100.",
            model=_workload_model(lambda w: max(1, ceil(w.largest * 100 / (100 - w.headroom_percent)))),
        ),
        Misconception(
            id="in_decimals",
            words="You work out the headroom in decimals. 1 + 10 / 100 is a little more than 1.1 in Python, "
            "so a need of exactly 55 becomes 56. Multiply by (100 + headroom_percent) first, and "
            "divide last.",
            model=_workload_model(_in_decimals),
        ),
        Misconception(
            id="rounds_size_up",
            words="You round the record's size up to whole KiB. The AWS guide's own formula does that. The "
            "rule printed here takes the size as it is.",
            model=_workload_model(_size_rounded),
        ),
        Misconception(
            id="no_minimum",
            words="You give 0 shards to a workload without traffic. A stream has at least 1.",
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
