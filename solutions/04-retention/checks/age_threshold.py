"""Task `age_threshold`: set the alarm that saves data."""

from random import Random

from grader.tasks.declaration import Arguments, Cases, Choice, Misconception, Task

LESSON = "course/04-retention.ipynb"


def age_threshold(retention_hours: int, percent: int) -> int:
    """Milliseconds of iterator age at which to alarm."""
    return retention_hours * 3_600_000 * percent // 100


def _retention(rng: Random) -> int:
    return rng.choice((24, 36, 48, 72, 96, 120, 168, 720, 8760))


def _hidden_threshold(rng: Random) -> Arguments:
    return {"retention_hours": _retention(rng), "percent": rng.choice((10, 20, 25, 30, 40, 50, 60, 75, 80))}


def _threshold(retention_hours: int, percent: int) -> Arguments:
    return {"retention_hours": retention_hours, "percent": percent}


TASK = Task(
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
            # Of the last one every decimal on the way loses a millisecond when it is cut off.
            visible=(
                _threshold(24, 50),
                _threshold(36, 25),
                _threshold(168, 50),
                _threshold(720, 80),
                _threshold(120, 29),
            ),
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
        Misconception(
            id="divides_first",
            words="A decimal on the way is not exact, and `int` cuts off what it lacks. Multiply whole "
            "numbers first, and divide last, with `//`.",
            model=lambda retention_hours, percent: int(retention_hours * (percent / 100) * 3_600_000),
        ),
    ),
    hints=(
        "How many milliseconds has an hour? 60 minutes of 60 seconds of 1,000 ms.",
        "retention_hours * 3_600_000 is the whole period. Multiply by percent, and divide by 100 last, "
        "with //.",
    ),
)
