"""The checks of assignment 04-retention: four tasks.

Retention's bounds come from `lab.rules.quotas`, prices from `lab.rules.prices`; their sources stand there.
Every draw is seeded, every case is JSON; where a number is rounded, no case lies near the edge.
"""

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from random import Random
from typing import Any

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Choice, Criterion, Misconception, Runs, Task
from grader.tasks.scenarios.replaying import Replay
from lab.rules.prices import RETENTION_EXTENDED_HOURS, RETENTION_INCLUDED_HOURS, price
from lab.rules.quotas import RETENTION_MIN_HOURS

LESSON = "course/04-retention.ipynb"
SERVICES = ("kinesis",)

# --- Task 1: replay ------------------------------------------------------------------------------


def _replay(rng: Random) -> Replay:
    hours = rng.randint(8, 10)
    first = rng.randint(0, 2) + 0.5
    splits = (rng.randint(3, 4),) if rng.randrange(2) else (rng.randint(2, 3), rng.randint(5, 6))
    last = rng.randint(hours - 3, hours - 2) + 0.5
    return Replay(
        hours=hours, keys=rng.randint(5, 7), splits=splits, first=first, last=last, seed=rng.randrange(10**6)
    )


REPLAY = Task(
    id="replay",
    title="Read a window of time again",
    function="replay_window",
    read=f"{LESSON}, “Replay by time”",
    runs=Runs(
        visible=(Replay(hours=8, keys=6, splits=(3, 5), first=1.5, last=6.5, seed=2),),
        hidden=_replay,
        hidden_count=2,
    ),
    parts=(
        Criterion(id="complete", points=2, says="must return every record of the window, on whichever shard"),
        Criterion(id="exact", points=2, says="must return nothing from before or after the window"),
        Criterion(id="once", points=1, says="must return no record twice"),
        Criterion(id="in_order", points=1, says="must return each device's records in the order of writing"),
    ),
    misconceptions=(
        Misconception(
            id="open_only",
            words="Closed shards are left out: records written before a split stay in the parent, which is "
            "read like any other. list_shards gives it without a filter.",
        ),
        Misconception(
            id="one_shard",
            words="Not every shard is read: a window of time lies on all shards that list_shards gives.",
        ),
        Misconception(
            id="no_end",
            words="Reading does not stop at the end of the window: AT_TIMESTAMP says where to begin, and "
            "where to stop is told by each record's ApproximateArrivalTimestamp.",
        ),
        Misconception(
            id="no_start",
            words="Records from before the window are returned: begin with AT_TIMESTAMP, or leave out what "
            "came in earlier.",
        ),
        Misconception(
            id="child_first",
            words="A child is read before its parent, so a device's newer records stand before its older "
            "ones.",
        ),
    ),
    hints=(
        "Three steps: which shards are there, closed ones too? In each, from where do you read, and until "
        "when? In which order do you go through the shards?",
        'list_shards without a filter; for each shard an iterator with ShardIteratorType="AT_TIMESTAMP" and '
        "Timestamp=datetime.fromisoformat(start); keep the records whose ApproximateArrivalTimestamp is "
        "before the end.",
        "A closed shard is finished when there is no NextShardIterator, an open one when "
        "MillisBehindLatest is 0. list_shards names a split's parent before its children here; to be sure, "
        "put shards with a listed ParentShardId behind that parent.",
    ),
)

# --- Task 2: age_threshold -----------------------------------------------------------------------


def age_threshold(retention_hours: int, percent: int) -> int:
    """Milliseconds of iterator age at which to alarm."""
    return retention_hours * 3_600_000 * percent // 100


def _retention(rng: Random) -> int:
    return rng.choice((24, 36, 48, 72, 96, 120, 168, 720, 8760))


def _hidden_threshold(rng: Random) -> Arguments:
    return {"retention_hours": _retention(rng), "percent": rng.choice((10, 20, 25, 30, 40, 50, 60, 75, 80))}


def _threshold(retention_hours: int, percent: int) -> Arguments:
    return {"retention_hours": retention_hours, "percent": percent}


AGE_THRESHOLD = Task(
    id="age_threshold",
    title="Set the alarm that saves data",
    function="age_threshold",
    oracle=age_threshold,
    read=f"{LESSON}, “Iterator age: the number that saves data”",
    parts=(
        Cases(
            id="milliseconds",
            points=2,
            says="must give the part of the retention period in milliseconds",
            visible=(_threshold(24, 50), _threshold(36, 25), _threshold(168, 50), _threshold(720, 80)),
            hidden=_hidden_threshold,
        ),
        Choice(
            id="statistic",
            points=1,
            says="it must be the alarm that goes off before records are lost on any shard",
            name="my_alarm",
            options={
                "a": "GetRecords.IteratorAgeMilliseconds, Average",
                "b": "GetRecords.IteratorAgeMilliseconds, Minimum",
                "c": "GetRecords.IteratorAgeMilliseconds, Maximum",
                "d": "ReadProvisionedThroughputExceeded, Sum",
            },
            right=("c",),
            why={
                "a": "One slow shard among many hardly moves the average, yet it loses records.",
                "b": "The minimum is the age of the fastest shard: near 0 as long as one shard is fine.",
                "d": "That counts refused reads. A reader may be slow, or down, without a single one.",
            },
        ),
    ),
    misconceptions=(
        Misconception(
            id="seconds",
            words="The threshold is in seconds: the metric counts milliseconds, as its name says.",
            model=lambda retention_hours, percent: retention_hours * 3600 * percent // 100,
        ),
        Misconception(
            id="minutes_only",
            words="An hour is taken for 60 seconds: it has 60 minutes of 60 seconds, 3,600,000 ms.",
            model=lambda retention_hours, percent: retention_hours * 60_000 * percent // 100,
        ),
        Misconception(
            id="whole_retention",
            words="The threshold is the whole retention period: when the age is that high, records are "
            "being lost.",
            model=lambda retention_hours, percent: retention_hours * 3_600_000,
        ),
        Misconception(
            id="always_half",
            words="The threshold is always 50 %: that is AWS's advice, and here `percent` says how much.",
            model=lambda retention_hours, percent: retention_hours * 1_800_000,
        ),
        Misconception(
            id="always_a_day",
            words="The retention is taken for 24 hours: that is only the default.",
            model=lambda retention_hours, percent: 24 * 3_600_000 * percent // 100,
        ),
        Misconception(
            id="what_is_left",
            words="The part that is left is computed: the alarm is to go off when the age has reached "
            "`percent` of the retention.",
            model=lambda retention_hours, percent: retention_hours * 36_000 * (100 - percent),
        ),
    ),
    hints=(
        "How many milliseconds has an hour? 60 minutes of 60 seconds of 1,000 ms.",
        "retention_hours * 3_600_000 is the whole period. Multiply by percent, and divide by 100 last, "
        "with //.",
    ),
)

# --- Task 3: retention_plan ----------------------------------------------------------------------

MONTH_HOURS = 720
PROVISIONED, ON_DEMAND = "provisioned", "on-demand standard"


def _dollars(mode: Any, dimension: str) -> Fraction:
    return Fraction(price(mode, dimension).dollars)


SHARD_HOUR = _dollars(PROVISIONED, "extended retention")
EXTENDED_GB = _dollars(ON_DEMAND, "extended retention")
LONG_GB = _dollars(PROVISIONED, "long-term retention")


def _needed(outage_hours: int, margin_percent: int) -> int:
    return max(RETENTION_MIN_HOURS, -(-outage_hours * (100 + margin_percent) // 100))


def _cost(
    hours: int,
    shards: int,
    gb_per_day: int,
    mode: str,
    *,
    included: int = RETENTION_INCLUDED_HOURS,
    month: int = MONTH_HOURS,
    both_bands: bool = True,
) -> Fraction:
    beyond = max(0, hours - RETENTION_EXTENDED_HOURS)
    long_term = Fraction(beyond * gb_per_day, 24) * LONG_GB
    if hours <= RETENTION_INCLUDED_HOURS and included == RETENTION_INCLUDED_HOURS:
        return Fraction(0)
    if beyond and not both_bands:
        return long_term
    if mode == PROVISIONED:
        return (SHARD_HOUR * shards * month if hours > included else 0) + long_term
    stored = Fraction((min(hours, RETENTION_EXTENDED_HOURS) - included) * gb_per_day, 24)
    return stored * EXTENDED_GB + long_term


def _plan(hours: int, shards: int, gb_per_day: int, **how: Any) -> dict[str, Any]:
    """The cheaper mode; when both cost nothing, the one that the stream has: provisioned."""
    costs = {mode: _cost(hours, shards, gb_per_day, mode, **how) for mode in (PROVISIONED, ON_DEMAND)}
    mode = min(costs, key=lambda one: costs[one])
    return {"hours": hours, "mode": mode, "dollars": round(float(costs[mode]), 4)}


def retention_plan(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
    """The least retention that covers the outage, and the mode in which that retention costs least."""
    return _plan(_needed(outage_hours, margin_percent), shards, gb_per_day)


def _whole_days(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
    return _plan(-(-_needed(outage_hours, margin_percent) // 24) * 24, shards, gb_per_day)


def _no_minimum(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
    hours = -(-outage_hours * (100 + margin_percent) // 100)
    return {**_plan(max(hours, 24), shards, gb_per_day), "hours": hours}


def _rounds_down(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
    hours = max(24, outage_hours * (100 + margin_percent) // 100)
    return _plan(hours, shards, gb_per_day)


def _decimal_margin(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
    return _plan(max(24, ceil(outage_hours * (1 + margin_percent / 100))), shards, gb_per_day)


def _all_included(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
    hours = _needed(outage_hours, margin_percent)
    return {"hours": hours, "mode": PROVISIONED, "dollars": 0}


def _always_provisioned(
    outage_hours: int, margin_percent: int, shards: int, gb_per_day: int
) -> dict[str, Any]:
    hours = _needed(outage_hours, margin_percent)
    return {
        "hours": hours,
        "mode": PROVISIONED,
        "dollars": round(float(_cost(hours, shards, gb_per_day, PROVISIONED)), 4),
    }


def _with(**how: Any) -> Callable[..., dict[str, Any]]:
    def model(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> dict[str, Any]:
        return _plan(_needed(outage_hours, margin_percent), shards, gb_per_day, **how)

    return model


def _plan_case(outage_hours: int, margin_percent: int, shards: int, gb_per_day: int) -> Arguments:
    return {
        "outage_hours": outage_hours,
        "margin_percent": margin_percent,
        "shards": shards,
        "gb_per_day": gb_per_day,
    }


def _is_clear_plan(case: Arguments) -> bool:
    """One mode is at least a tenth cheaper, the hours are not at a band's edge, rounding is not close."""
    hours = _needed(case["outage_hours"], case["margin_percent"])
    costs = sorted(
        _cost(hours, case["shards"], case["gb_per_day"], mode) for mode in (PROVISIONED, ON_DEMAND)
    )
    edge = min(abs(hours - RETENTION_INCLUDED_HOURS), abs(hours - RETENTION_EXTENDED_HOURS))
    feasible = case["gb_per_day"] <= 80 * case["shards"]
    return feasible and edge > 1 and costs[1] > costs[0] * Fraction(11, 10)


def _clear_plan(draw: Callable[[Random], Arguments]) -> Callable[[Random], Arguments]:
    def hidden(rng: Random) -> Arguments:
        while not _is_clear_plan(case := draw(rng)):
            pass
        return case

    return hidden


def _short(rng: Random) -> Arguments:
    """Up to 7 days, either mode the cheaper one; hours that are no whole days."""
    outage, margin = rng.randint(26, 130), rng.choice((0, 10, 15, 25))
    return _plan_case(outage, margin, rng.randint(1, 12), rng.choice((5, 10, 20, 50, 80, 150)))


def _long(rng: Random) -> Arguments:
    # Of a multiple of ten a tenth is whole, and decimals may miss it.
    outage, margin = rng.choice((rng.randint(175, 1500), 10 * rng.randint(18, 150))), rng.choice((0, 10, 20))
    return _plan_case(outage, margin, rng.randint(1, 12), rng.choice((5, 10, 20, 50, 80)))


def _within_a_day(rng: Random) -> Arguments:
    return _plan_case(rng.randint(1, 18), rng.choice((0, 10, 20)), rng.randint(1, 12), rng.choice((5, 50)))


RETENTION_PLAN = Task(
    id="retention_plan",
    title="Find the cheapest retention for an outage",
    function="retention_plan",
    oracle=retention_plan,
    compare=Close(relative=0.0, absolute=0.011),
    read=f"{LESSON}, “What it costs”",
    parts=(
        Cases(
            id="within_a_day",
            points=1,
            says="must be right where 24 hours are enough",
            visible=(_plan_case(6, 0, 4, 50), _plan_case(18, 10, 2, 5)),
            hidden=_within_a_day,
            hidden_count=3,
        ),
        Cases(
            id="up_to_a_week",
            points=2,
            says="must be right up to 7 days, in both modes",
            visible=(
                _plan_case(60, 0, 2, 100),
                _plan_case(50, 25, 8, 10),
                _plan_case(97, 15, 1, 70),
                _plan_case(140, 10, 10, 20),
                _plan_case(25, 0, 1, 24),
            ),
            hidden=_clear_plan(_short),
        ),
        Cases(
            id="beyond_a_week",
            points=2,
            says="must be right beyond 7 days, where both bands count",
            visible=(
                _plan_case(400, 0, 2, 100),
                _plan_case(300, 20, 9, 10),
                _plan_case(700, 10, 1, 50),
            ),
            hidden=_clear_plan(_long),
        ),
    ),
    misconceptions=(
        Misconception(
            id="whole_days",
            words="The retention is rounded up to whole days: it is a number of whole hours.",
            model=_whole_days,
        ),
        Misconception(
            id="no_minimum",
            words="Less than 24 hours is asked for: that is the least retention that a stream can have.",
            model=_no_minimum,
        ),
        Misconception(
            id="rounds_down",
            words="The hours are rounded down, so the last part of an hour is not covered.",
            model=_rounds_down,
        ),
        Misconception(
            id="decimal_margin",
            words="An hour too many: 1.1 is not exact in binary, and 700 * (1 + 10 / 100) comes to a little "
            "more than 770. Multiply whole numbers first, and divide by 100 last.",
            model=_decimal_margin,
        ),
        Misconception(
            id="forgets_margin",
            words="The margin is left out: the outage's hours are multiplied by (100 + margin_percent) / "
            "100.",
            model=lambda outage_hours, margin_percent, shards, gb_per_day: _plan(
                _needed(outage_hours, 0), shards, gb_per_day
            ),
        ),
        Misconception(
            id="all_included",
            words="Retention is taken to cost nothing: only the first 24 hours are included.",
            model=_all_included,
        ),
        Misconception(
            id="always_provisioned",
            words="The provisioned stream is taken for the cheaper one: with many shards and little data, an "
            "on-demand stream, which pays by the GB, costs less.",
            model=_always_provisioned,
        ),
        Misconception(
            id="pays_the_first_day",
            words="An on-demand stream's first 24 hours are counted among the GB: they are included.",
            model=_with(included=0),
        ),
        Misconception(
            id="a_day_of_shard_hours",
            words="The shard-hours of a single day are counted: the month of this task has 720 hours.",
            model=_with(month=24),
        ),
        Misconception(
            id="long_term_only",
            words="Beyond 7 days only long-term retention is counted: by this task's rule the first 7 days "
            "are still paid as extended retention.",
            model=_with(both_bands=False),
        ),
    ),
    hints=(
        "First the hours, which don't depend on the mode: outage and margin, rounded up, at least 24. Then "
        "the cost of these hours in each mode. Then the smaller of the two.",
        "Hours up to 24: 0 in both. Provisioned above 24: 0.020 × shards × 720. On-demand above 24: 0.10 × "
        "gb_per_day × (hours up to 168, less 24) / 24. Above 168, in both: plus 0.023 × gb_per_day × "
        "(hours − 168) / 24.",
        "-(-a // b) is a / b rounded up. Compare the costs before you round them, and give provisioned "
        "when both are the same.",
    ),
)

# --- Task 4: hours_until_loss --------------------------------------------------------------------


def _loss(ages: list[int], retention_hours: int, growth: Fraction, *, up: bool = False) -> int | None:
    """Hours from the last of AGES, in minutes, which grows by GROWTH minutes an hour, to the retention."""
    room = retention_hours * 60 - ages[-1]
    if room <= 0:
        return 0
    if growth <= 0:
        return None
    return ceil(room / growth) if up else int(room / growth)


def _growth(ages: list[int]) -> Fraction:
    return Fraction(ages[-1] - ages[0], len(ages) - 1)


def hours_until_loss(ages: list[int], retention_hours: int) -> int | None:
    """Whole hours until records are lost; None when the age does not grow, 0 when they are lost already."""
    return _loss(ages, retention_hours, _growth(ages))


def _last_step(ages: list[int], retention_hours: int) -> int | None:
    return _loss(ages, retention_hours, Fraction(ages[-1] - ages[-2]))


def _one_too_many(ages: list[int], retention_hours: int) -> int | None:
    return _loss(ages, retention_hours, Fraction(ages[-1] - ages[0], len(ages)))


def _no_growth(ages: list[int], retention_hours: int) -> int | None:
    return max(0, (retention_hours * 60 - ages[-1]) // 60)


def _from_nothing(ages: list[int], retention_hours: int) -> int | None:
    growth = _growth(ages)
    return int(retention_hours * 60 / growth) if growth > 0 else None


def _in_hours(ages: list[int], retention_hours: int) -> int | None:
    growth, room = _growth(ages), retention_hours - ages[-1]
    if room <= 0:
        return 0
    return int(room / growth) if growth > 0 else None


def _never_none(ages: list[int], retention_hours: int) -> int | None:
    growth = _growth(ages)
    room = retention_hours * 60 - ages[-1]
    if room <= 0:
        return 0
    return int(room / growth) if growth else 0


def _never_lost(ages: list[int], retention_hours: int) -> int | None:
    growth = _growth(ages)
    return floor((retention_hours * 60 - ages[-1]) / growth) if growth > 0 else None


def _none_first(ages: list[int], retention_hours: int) -> int | None:
    growth = _growth(ages)
    return _loss(ages, retention_hours, growth) if growth > 0 else None


def _ages(rng: Random, growth: int, first: int) -> list[int]:
    """Hourly ages in minutes that grow by GROWTH an hour on the whole, and unevenly."""
    steps = rng.randint(4, 8)
    middle = [first + growth * n + rng.randint(-9, 9) for n in range(1, steps)]
    return [first, *(max(0, age) for age in middle), max(0, first + growth * steps)]


def _growing(rng: Random) -> Arguments:
    """A rest of the last hour that is neither small nor nearly whole; an uneven last step."""
    while True:
        retention = rng.choice((24, 36, 48, 72, 168))
        ages = _ages(rng, rng.randint(7, 55), rng.randint(20, 500))
        room = retention * 60 - ages[-1]
        rest = (room / _growth(ages)) % 1 if room > 0 else Fraction(0)
        if Fraction(1, 5) < rest < Fraction(4, 5):
            return {"ages": ages, "retention_hours": retention}


def _not_growing(rng: Random) -> Arguments:
    """A reader that catches up or keeps its distance, or one that is too late, catching up or not."""
    retention = rng.choice((24, 36, 48))
    kind = rng.randrange(4)
    if kind == 3:
        first = retention * 60 + rng.randint(100, 300)
        return {"ages": _ages(rng, -rng.randint(3, 10), first), "retention_hours": retention}
    if kind == 0:
        return {"ages": _ages(rng, -rng.randint(5, 40), rng.randint(400, 1200)), "retention_hours": retention}
    if kind == 1:
        ages = _ages(rng, 0, rng.randint(60, 900))
        return {"ages": ages, "retention_hours": retention}
    first = retention * 60 - rng.randint(10, 100)
    return {"ages": _ages(rng, rng.randint(40, 55), first), "retention_hours": retention}


def _series(retention_hours: int, *ages: int) -> Arguments:
    return {"ages": list(ages), "retention_hours": retention_hours}


HOURS_UNTIL_LOSS = Task(
    id="hours_until_loss",
    title="See a loss coming",
    function="hours_until_loss",
    oracle=hours_until_loss,
    read=f"{LESSON}, “Iterator age: the number that saves data”",
    parts=(
        Cases(
            id="growing",
            points=2,
            says="must be right where the age grows",
            visible=(
                _series(24, 60, 95, 118, 160, 190),
                _series(48, 30, 60, 100, 112, 155, 172),
                _series(168, 500, 520, 541, 566, 575, 607),
                _series(24, 100, 90, 101),
            ),
            hidden=_growing,
        ),
        Cases(
            id="not_growing",
            points=2,
            says="must tell a reader that catches up, and one that is too late",
            visible=(
                _series(24, 700, 610, 555, 480),
                _series(24, 300, 310, 295, 300),
                _series(24, 1300, 1352, 1401, 1460),
                _series(24, 1530, 1502, 1488),
                _series(24, 1466, 1451, 1440),
            ),
            hidden=_not_growing,
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_growth",
            words="The room that is left is taken for the time that is left: that is so only when the age "
            "grows by an hour every hour, as it does when nothing is read. Divide the room by the growth.",
            model=_no_growth,
        ),
        Misconception(
            id="from_nothing",
            words="The whole retention is divided by the growth: part of it, the present age, is used up "
            "already.",
            model=_from_nothing,
        ),
        Misconception(
            id="last_step",
            words="Only the last two ages are used: single hours are uneven, so take the first and the last.",
            model=_last_step,
        ),
        Misconception(
            id="one_too_many",
            words="The growth is divided by the number of ages: between n ages lie n − 1 hours.",
            model=_one_too_many,
        ),
        Misconception(
            id="in_hours",
            words="Minutes are compared with hours: the ages are in minutes, the retention is in hours.",
            model=_in_hours,
        ),
        Misconception(
            id="rounds_up",
            words="The hours are rounded up: the last of them would be too late. Round down.",
            model=lambda ages, retention_hours: _loss(ages, retention_hours, _growth(ages), up=True),
        ),
        Misconception(
            id="never_none",
            words="A reader that catches up, or keeps its distance, gets a number of hours: it loses "
            "nothing. Return None.",
            model=_never_none,
        ),
        Misconception(
            id="none_first",
            words="A reader that catches up while its age is above the retention gets None: it still loses "
            "records. Ask about the retention first. Return 0.",
            model=_none_first,
        ),
        Misconception(
            id="never_lost",
            words="A reader whose age is above the retention gets a number below 0: records are lost "
            "already. Return 0.",
            model=_never_lost,
        ),
    ),
    hints=(
        "Three cases. Is it too late already? Does the age grow at all? If it does: how much room is left, "
        "and how much of it is used up every hour?",
        "Room: retention_hours * 60 - ages[-1], in minutes. Growth: (ages[-1] - ages[0]) / (len(ages) - "
        "1), in minutes an hour. Room over growth, rounded down.",
    ),
)

TASKS = [REPLAY, AGE_THRESHOLD, RETENTION_PLAN, HOURS_UNTIL_LOSS]
