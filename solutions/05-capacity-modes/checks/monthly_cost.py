"""Task `monthly_cost`: what a month costs in each mode."""

from random import Random

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.prices import Mode, price

LESSON = "course/05-capacity-modes.ipynb"

HOURS = 720
"""A month of 30 days."""


MINIMUM_GB = 67_948
"""25 MiB/s for 720 hours, in GB, rounded; the prompts give this number."""


def _dollars(mode: Mode, dimension: str) -> float:
    return float(price(mode, dimension).dollars)


SHARD_HOUR = _dollars("provisioned", "capacity")


MILLION_UNITS = _dollars("provisioned", "writes")


STREAM_HOUR = _dollars("on-demand standard", "capacity")


STANDARD_IN, STANDARD_OUT = (
    _dollars("on-demand standard", "writes"),
    _dollars("on-demand standard", "shared reads"),
)


ADVANTAGE_IN = _dollars("on-demand advantage", "writes")


ADVANTAGE_OUT = _dollars("on-demand advantage", "shared reads")


def monthly_cost(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    """Dollars of a month of 720 hours, for one stream, by the printed table."""
    if mode == "provisioned":
        return shards * HOURS * SHARD_HOUR + million_records * MILLION_UNITS
    gb_out = gb_in * readers
    if mode == "on-demand standard":
        return HOURS * STREAM_HOUR + gb_in * STANDARD_IN + gb_out * STANDARD_OUT
    return max(gb_in, MINIMUM_GB) * ADVANTAGE_IN + max(gb_out, MINIMUM_GB) * ADVANTAGE_OUT


def _no_minimum(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    if mode != "on-demand advantage":
        return monthly_cost(mode, shards, million_records, gb_in, readers)
    return gb_in * ADVANTAGE_IN + gb_in * readers * ADVANTAGE_OUT


def _one_minimum(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    if mode != "on-demand advantage":
        return monthly_cost(mode, shards, million_records, gb_in, readers)
    return max(gb_in, MINIMUM_GB) * ADVANTAGE_IN + gb_in * readers * ADVANTAGE_OUT


def _sum_minimum(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    if mode != "on-demand advantage":
        return monthly_cost(mode, shards, million_records, gb_in, readers)
    used = gb_in * ADVANTAGE_IN + gb_in * readers * ADVANTAGE_OUT
    return max(used, MINIMUM_GB * (ADVANTAGE_IN + ADVANTAGE_OUT))


def _no_hours(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    cost = monthly_cost(mode, shards, million_records, gb_in, readers)
    return cost - shards * (HOURS - 1) * SHARD_HOUR if mode == "provisioned" else cost


def _joint_minimum(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    if mode != "on-demand advantage":
        return monthly_cost(mode, shards, million_records, gb_in, readers)
    short = max(0, MINIMUM_GB - gb_in - gb_in * readers)
    return (gb_in + short) * ADVANTAGE_IN + gb_in * readers * ADVANTAGE_OUT


def _of_hours(
    hours: int, mode: Mode, shards: int, million_records: float, gb_in: float, readers: int
) -> float:
    """The same for a month of other HOURS."""
    cost = monthly_cost(mode, shards, million_records, gb_in, readers)
    by_the_hour = {"provisioned": shards * SHARD_HOUR, "on-demand standard": STREAM_HOUR}
    return cost + (hours - HOURS) * by_the_hour.get(mode, 0.0)


def _reads_once(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    return monthly_cost(mode, shards, million_records, gb_in, min(readers, 1))


def _no_units(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    return monthly_cost(mode, shards, 0, gb_in, readers)


def _no_stream_hour(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    cost = monthly_cost(mode, shards, million_records, gb_in, readers)
    return cost - HOURS * STREAM_HOUR if mode == "on-demand standard" else cost


def _on_demand_shards(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> float:
    cost = monthly_cost(mode, shards, million_records, gb_in, readers)
    return cost + (shards - 1) * HOURS * STREAM_HOUR if mode == "on-demand standard" else cost


def _work(mode: Mode, shards: int, million_records: float, gb_in: float, readers: int) -> Arguments:
    return {
        "mode": mode,
        "shards": shards,
        "million_records": million_records,
        "gb_in": gb_in,
        "readers": readers,
    }


def _drawn(rng: Random, mode: Mode) -> Arguments:
    """Volumes with every part of the cost well seen; for Advantage now under the minimum, now above it."""
    if mode == "provisioned":
        return _work(
            mode, rng.randint(4, 60), rng.randint(3000, 40_000), rng.randint(900, 9000), rng.randint(2, 4)
        )
    if mode == "on-demand standard":
        return _work(
            mode, rng.randint(4, 60), rng.randint(900, 9000), rng.randint(100, 900), rng.randint(2, 5)
        )
    gb_in = rng.choice((rng.randint(5000, 15_000), rng.randint(30_000, 50_000), rng.randint(80_000, 200_000)))
    return _work(mode, rng.randint(4, 60), rng.randint(900, 9000), gb_in, rng.randint(2, 5))


TASK = Task(
    id="monthly_cost",
    title="What a month costs in each mode",
    function="monthly_cost",
    oracle=monthly_cost,
    compare=Close(relative=0.0005, absolute=0.005),
    read=f"{LESSON}, “What a day costs” and “Advantage and its minimum”",
    parts=(
        Cases(
            id="provisioned",
            points=1,
            says="must be right for provisioned mode",
            visible=(
                _work("provisioned", 4, 5184, 5184, 1),
                _work("provisioned", 12, 9000, 18_000, 3),
                _work("provisioned", 1, 0, 0, 0),
            ),
            hidden=lambda rng: _drawn(rng, "provisioned"),
        ),
        Cases(
            id="standard",
            points=1,
            says="must be right for on-demand Standard",
            visible=(
                _work("on-demand standard", 4, 5184, 5184, 1),
                _work("on-demand standard", 7, 300, 450, 3),
                _work("on-demand standard", 4, 0, 0, 2),
            ),
            hidden=lambda rng: _drawn(rng, "on-demand standard"),
        ),
        Cases(
            id="advantage",
            points=2,
            says="must be right for on-demand Advantage, its two minimums included",
            visible=(
                _work("on-demand advantage", 4, 5184, 5184, 1),
                _work("on-demand advantage", 60, 90_000, 100_000, 1),
                _work("on-demand advantage", 30, 40_000, 40_000, 3),
                _work("on-demand advantage", 90, 90_000, 120_000, 0),
            ),
            hidden=lambda rng: _drawn(rng, "on-demand advantage"),
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_minimum",
            words="The minimum of Advantage is left out: at least 25 MiB/s in and 25 MiB/s out are "
            "billed, used or not.",
            model=_no_minimum,
        ),
        Misconception(
            id="one_minimum",
            words="The minimum counts for writing only in your answer. Reading has one of its own.",
            model=_one_minimum,
        ),
        Misconception(
            id="sum_minimum",
            words="You compare the whole bill with the minimum. In and out have a minimum each: too little "
            "of the one is not made up for by much of the other.",
            model=_sum_minimum,
        ),
        Misconception(
            id="joint_minimum",
            words="You fill up one minimum with what is read and written together. In and out have a minimum "
            "each, 25 MiB/s both.",
            model=_joint_minimum,
        ),
        Misconception(
            id="hours_730",
            words="You take 730 hours for a month. Here a month has 30 days: 720 hours.",
            model=lambda **work: _of_hours(730, **work),
        ),
        Misconception(
            id="a_day",
            words="That is for one day: a month has 30 of them, 720 hours.",
            model=lambda **work: _of_hours(24, **work),
        ),
        Misconception(
            id="no_hours",
            words="A shard is billed for one hour in your answer; its month has 720.",
            model=_no_hours,
        ),
        Misconception(
            id="reads_once",
            words="Reading is counted once. Every shared reader reads all that is written, and each GB of "
            "it is billed on-demand.",
            model=_reads_once,
        ),
        Misconception(
            id="no_units",
            words="The PUT payload units are left out: provisioned mode bills the shards and, beside "
            "them, each million of units written.",
            model=_no_units,
        ),
        Misconception(
            id="no_stream_hour",
            words="The stream-hour of on-demand Standard is left out: 720 hours, used or not.",
            model=_no_stream_hour,
        ),
        Misconception(
            id="on_demand_shards",
            words="You bill on-demand by the shard. Its hour is for the stream, however many shards AWS "
            "gives it.",
            model=_on_demand_shards,
        ),
    ),
    hints=(
        "Three modes, three formulas. For each, which columns of the table have a price?",
        "On-demand: GB out are gb_in × readers. Provisioned: each record is one payload unit here, and "
        "reading is included.",
        "Advantage: what is billed each way is the larger of two numbers, the GB of the month and 67,948. "
        "Work out each way by itself, with its own price, and add the two.",
    ),
)
