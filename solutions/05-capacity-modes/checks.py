"""The checks of assignment 05-capacity-modes: five tasks.

The prices are those of `lab.rules.prices`, and stand in the prompts too ("use these prices"). GB are
decimal, the minimum of Advantage is given in GB, and no case lies near a boundary where that would matter.
"""

from collections.abc import Sequence
from random import Random

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, FreeText, Misconception, Task, Value
from lab.rules.prices import Mode, price

LESSON = "course/05-capacity-modes.ipynb"
HOURS = 720
"""A month of 30 days."""
MINIMUM_GB = 67_948
"""25 MiB/s for 720 hours, in GB, rounded; the prompts give this number."""
MODES: tuple[Mode, ...] = ("provisioned", "on-demand standard", "on-demand advantage")


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

# --- Task 1: monthly_cost ------------------------------------------------------------------------


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


MONTHLY_COST = Task(
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

# --- Task 2: break_even --------------------------------------------------------------------------

FULL = 3.6
"""Million records, and GB, that go through a shard in an hour at 1,000 records/s of 1 KB."""


def break_even(shard_hour: float, million_units: float, gb_in: float, gb_out: float, readers: int) -> float:
    """The utilisation from 0 to 1 at which an hour of one shard costs the same in both modes."""
    return shard_hour / (FULL * (gb_in + readers * gb_out - million_units))


def _prices(shard_hour: float, million_units: float, gb_in: float, gb_out: float, readers: int) -> Arguments:
    return {
        "shard_hour": shard_hour,
        "million_units": million_units,
        "gb_in": gb_in,
        "gb_out": gb_out,
        "readers": readers,
    }


def _other_prices(rng: Random) -> Arguments:
    return _prices(
        rng.randint(12, 40) / 1000,
        rng.randint(10, 25) / 1000,
        rng.randint(60, 120) / 1000,
        rng.randint(30, 60) / 1000,
        rng.randint(2, 4),
    )


BREAK_EVEN = Task(
    id="break_even",
    title="The utilisation at which the modes break even",
    function="break_even",
    oracle=break_even,
    compare=Close(relative=0.001),
    read=f"{LESSON}, “Break-even”",
    parts=(
        Cases(
            id="any_prices",
            points=2,
            says="must find the break-even for any prices and readers",
            visible=(
                _prices(0.015, 0.014, 0.08, 0.04, 1),
                _prices(0.015, 0.014, 0.08, 0.04, 3),
                _prices(0.03, 0.02, 0.1, 0.05, 2),
                _prices(0.015, 0.014, 0.08, 0.04, 0),
            ),
            hidden=_other_prices,
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_units",
            words="What provisioned mode bills for writing is left out. It grows with the traffic too, so "
            "only the difference between the two makes up for the shard-hour.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (FULL * (gb_in + readers * gb_out))
            ),
        ),
        Misconception(
            id="adds_units",
            words="You add what the two modes bill for the traffic. Provisioned pays its units as well, "
            "so they are taken off: put both sides in an equation and solve it for u.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (FULL * (gb_in + readers * gb_out + million_units))
            ),
        ),
        Misconception(
            id="reads_once",
            words="Reading is counted once, whatever the number of readers.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (FULL * (gb_in + gb_out - million_units))
            ),
        ),
        Misconception(
            id="per_second",
            words="An hour has 3,600 seconds: a full shard takes 3.6 million records in it, not one million.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (gb_in + readers * gb_out - million_units)
            ),
        ),
    ),
    hints=(
        "Write down what an hour costs at utilisation u, once for each mode, and set the two equal.",
        "Provisioned: shard_hour + u × 3.6 × million_units. On-demand: u × 3.6 × (gb_in + readers × gb_out).",
        "Bring the terms with u to one side and take u out of them: what is left there is 3.6 times a "
        "difference of prices. Divide the shard-hour by it.",
    ),
)

# --- Task 3: may_throttle ------------------------------------------------------------------------

START, DAYS = 4, 30


def may_throttle(history: Sequence[Sequence[float]], spike: float) -> bool:
    """Whether the spike is beyond double the 30-day peak, and beyond what a new stream takes."""
    recent = [rate for days_ago, rate in history if days_ago <= DAYS]
    return spike > max(START, 2 * max(recent, default=0))


def _spike(history: list[list[float]], spike: float) -> Arguments:
    return {"history": history, "spike": spike}


def _history(rng: Random, highest: int) -> list[list[float]]:
    """Peaks of some of the last days, none above HIGHEST, which is one of them."""
    days = rng.sample(range(1, 28), 5)
    rates = [float(highest), *(float(rng.randint(1, max(highest * 2 // 3, 1))) for _ in days[1:])]
    return [[day, rate] for day, rate in zip(days, rates, strict=True)]


def _recent_case(rng: Random) -> Arguments:
    highest = rng.randint(6, 40)
    return _spike(_history(rng, highest), round(highest * rng.choice((1.3, 1.6, 2.0, 2.4, 3.5)), 1))


def _old_case(rng: Random) -> Arguments:
    """A higher peak long ago, or just 30 days ago; or a stream that has hardly been used."""
    kind = rng.randrange(4)
    if kind == 0:
        return _spike([[rng.randint(1, 20), 1.0]], rng.choice((3.0, 3.5, 6.0, 9.0)))
    highest = rng.randint(6, 30)
    old = [30 if kind == 1 else rng.randint(33, 90), float(highest * 4)]
    return _spike([*_history(rng, highest), old], round(highest * rng.choice((1.5, 3.0, 5.0)), 1))


MAY_THROTTLE = Task(
    id="may_throttle",
    title="Will this spike throttle?",
    function="may_throttle",
    oracle=may_throttle,
    read=f"{LESSON}, “Will this spike throttle?”",
    parts=(
        Cases(
            id="recent",
            points=1,
            says="must go by double the highest peak",
            visible=(
                _spike([[3, 10.0], [12, 6.0]], 15.0),
                _spike([[3, 10.0], [12, 6.0]], 25.0),
                _spike([[3, 10.0], [12, 6.0]], 20.0),
                _spike([[20, 12.0], [2, 5.0], [1, 4.0]], 22.0),
            ),
            hidden=_recent_case,
        ),
        Cases(
            id="old",
            points=1,
            says="must forget what is older than 30 days, and know where a new stream begins",
            visible=(
                _spike([[40, 50.0], [5, 10.0]], 30.0),
                _spike([], 3.0),
                _spike([], 9.0),
                _spike([], 4.5),
                _spike([[31, 20.0], [2, 8.0]], 30.0),
                _spike([[6, 1.0]], 3.5),
                _spike([[30, 20.0], [2, 8.0]], 35.0),
            ),
            hidden=_old_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_double",
            words="You compare with the peak itself. An on-demand stream takes up to double that.",
            model=lambda history, spike: spike > max([START, *(r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="never_forgets",
            words="You count peaks older than 30 days. The stream goes by the last 30 days only.",
            model=lambda history, spike: spike > max([START, *(2 * r for _, r in history)]),
        ),
        Misconception(
            id="no_start",
            words="You forget where a stream begins: 4 MB/s, also when it has hardly been used.",
            model=lambda history, spike: spike > 2 * max([0, *(r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="doubles_start",
            words="You double the 4 MB/s of a new stream too. It begins with 4 MB/s; only a peak is doubled.",
            model=lambda history, spike: spike > 2 * max([START, *(r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="drops_day_30",
            words="You leave out the peak of 30 days ago. It still counts; one of 31 days ago doesn't.",
            model=lambda history, spike: spike > max([START, *(2 * r for d, r in history if d < DAYS)]),
        ),
        Misconception(
            id="takes_equal",
            words="A spike of exactly double the peak is absorbed: only what is more may be throttled.",
            model=lambda history, spike: spike >= max([START, *(2 * r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="latest",
            words="You take the latest peak. The highest one of the last 30 days counts.",
            model=lambda history, spike: (
                spike > max([START, *(2 * r for d, r in history if d == min(day for day, _ in history))])
            ),
        ),
    ),
    hints=(
        "Which of the peaks count? Of those, which one?",
        "Double the highest peak of at most 30 days ago; but a stream takes 4 MB/s in any case.",
        "Work out one number, what the stream absorbs: the larger of 4 and double that peak. "
        "max(..., default=0) helps when no peak is left.",
    ),
)

# --- Tasks 4 and 5: pick a mode, and defend it ---------------------------------------------------


def cheapest(shards: int, million_records: int, gb_in: int, readers: int) -> float:
    """The least of the three monthly costs."""
    return min(monthly_cost(mode, shards, million_records, gb_in, readers) for mode in MODES)


def _own_workload(rng: Random) -> Arguments:
    """Workloads of all three kinds: idle shards, steady ones, and a volume beyond Advantage's minimum."""
    kind = rng.randrange(3)
    if kind == 0:  # many shards for a rare peak: Standard
        gb = rng.randint(100, 400)
        return {
            "shards": rng.randint(20, 60),
            "million_records": gb,
            "gb_in": gb,
            "readers": rng.randint(1, 2),
        }
    if kind == 1:  # steady: provisioned
        gb = rng.randint(10_000, 30_000)
        return {"shards": gb // 1500, "million_records": gb, "gb_in": gb, "readers": rng.randint(1, 3)}
    # hundreds of shards for a peak, tiny records rounded up: Advantage
    gb = rng.randint(70_000, 90_000)
    return {"shards": rng.randint(600, 900), "million_records": gb, "gb_in": gb, "readers": 1}


PICK = Task(
    id="pick",
    title="Pick a mode for your own workload",
    read=f"{LESSON}, “What a day costs” and “Advantage and its minimum”",
    parts=(
        Value(
            id="own",
            points=2,
            says="it must be the dollars a month of the cheapest mode for the workload in `given`",
            name="cheapest_dollars",
            unit="dollars a month",
            lowest=1.0,
            highest=100_000.0,
            draw=_own_workload,
            oracle=cheapest,
            tolerance=0.005,
        ),
    ),
    hints=(
        "Three costs with the function of task 1, for the same workload.",
        "monthly_cost(mode, **given) for each of the three modes; the answer is the smallest.",
    ),
)

DEFENCE = Task(
    id="defence",
    title="Defend your choice",
    read=f"{LESSON}, “How far each mode goes”",
    parts=(
        FreeText(id="text", points=2, says="names a mode, its numbers, and what would change the choice"),
    ),
    hints=(
        "Begin with the three numbers from task 4.",
        "Then say what the numbers leave out: spikes, planning, what happens when the traffic doubles.",
    ),
)

TASKS = [MONTHLY_COST, BREAK_EVEN, MAY_THROTTLE, PICK, DEFENCE]
