"""Task `retention_plan`: find the cheapest retention for an outage."""

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from random import Random
from typing import Any

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.prices import RETENTION_EXTENDED_HOURS, RETENTION_INCLUDED_HOURS, price
from lab.rules.quotas import RETENTION_MIN_HOURS

LESSON = "course/04-retention.ipynb"

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


def _around_a_day(rng: Random) -> Arguments:
    """Within a day the answer is always the same, so that alone would show nothing."""
    return _within_a_day(rng) if rng.randrange(2) else _clear_plan(_short)(rng)


TASK = Task(
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
            says="must tell where 24 hours are enough, which cost nothing, and where they are not",
            visible=(_plan_case(6, 0, 4, 50), _plan_case(18, 10, 2, 5), _plan_case(30, 10, 3, 60)),
            hidden=_around_a_day,
            hidden_count=4,
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
