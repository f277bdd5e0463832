"""Task `buffer_settings`: set a buffer for a freshness and a file size."""

from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task, Value
from lab.rules.quotas import FIREHOSE_BUFFER_MIB, FIREHOSE_BUFFER_SECONDS, KIB

LESSON = "course/09-delivery.ipynb"
MOST_MIB, MOST_SECONDS = FIREHOSE_BUFFER_MIB[-1], FIREHOSE_BUFFER_SECONDS[-1]
Settings = dict[str, Any]


def buffer_settings(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    """The interval and the size for both goals, as far as Firehose lets them, and whether both are met."""
    interval, size = min(fresh_seconds, MOST_SECONDS), min(file_mib, MOST_MIB)
    return _told(interval, size, rate_kib * interval >= file_mib * KIB and file_mib <= MOST_MIB)


def _told(interval: int, size: int, both: bool) -> Settings:
    return {"interval": interval, "size": size, "both": both}


def _no_limits(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    return _told(fresh_seconds, file_mib, rate_kib * fresh_seconds >= file_mib * KIB)


def _always(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    return {**buffer_settings(rate_kib, fresh_seconds, file_mib), "both": True}


def _turned(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    interval, size = min(fresh_seconds, MOST_SECONDS), min(file_mib, MOST_MIB)
    return _told(interval, size, rate_kib * interval < file_mib * KIB)


def _thousand(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    interval, size = min(fresh_seconds, MOST_SECONDS), min(file_mib, MOST_MIB)
    return _told(interval, size, rate_kib * interval >= file_mib * 1000 and file_mib <= MOST_MIB)


def _as_asked(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    """Limits kept, but the goal is judged by the seconds that were asked for."""
    told = buffer_settings(rate_kib, fresh_seconds, file_mib)
    return {**told, "both": rate_kib * fresh_seconds >= file_mib * KIB and file_mib <= MOST_MIB}


def _cut_size(rate_kib: int, fresh_seconds: int, file_mib: int) -> Settings:
    """Limits kept, but the goal is judged by the size that was set."""
    interval, size = min(fresh_seconds, MOST_SECONDS), min(file_mib, MOST_MIB)
    return _told(interval, size, rate_kib * interval >= size * KIB)


def oldest(rate_kib: int, interval: int, size: int) -> float:
    """Seconds that the oldest record of a file has waited."""
    return min(interval, size * KIB / rate_kib)


def _goals(rate_kib: int, fresh_seconds: int, file_mib: int) -> Arguments:
    return {"rate_kib": rate_kib, "fresh_seconds": fresh_seconds, "file_mib": file_mib}


def _within(rng: Random) -> Arguments:
    """Inside of Firehose's limits, both goals met or not, now and then by a hair."""
    interval, size = rng.randint(10, 900), rng.randint(1, 120)
    needed = size * KIB // interval
    kind = rng.randrange(4)
    if kind == 0:  # between 1,000 and 1,024: who counts a MiB as 1,000 KiB is wrong
        size = rng.randint(60, 120)
        rate = size * 1012 // interval
        return _goals(max(1, rate), interval, size)
    rate = needed * rng.randint(2, 5) + 1 if kind == 1 else max(1, needed // rng.randint(2, 5))
    return _goals(rate, interval, size)


def _beyond(rng: Random) -> Arguments:
    """Goals that Firehose's limits cut."""
    if rng.randrange(2):
        size = rng.randint(20, 100)
        asked = rng.randint(1000, 3600)
        return _goals(rng.choice((size * KIB // asked + 1, size * KIB // 400)), asked, size)
    size, interval = rng.randint(129, 400), rng.randint(100, 900)
    return _goals(rng.choice((size * KIB // interval + 5, 140 * KIB // interval)), interval, size)


def _own(rng: Random) -> Arguments:
    """A learner's own: sometimes the size, sometimes the time decides."""
    interval, size = rng.randrange(60, 900, 10), rng.randint(4, 100)
    by_size = size * KIB / interval
    rate = round(by_size * rng.choice((0.4, 0.6, 1.7, 2.9)))
    return {"rate_kib": max(2, rate), "interval": interval, "size": size}


TASK = Task(
    id="buffer_settings",
    title="Set a buffer for a freshness and a file size",
    function="buffer_settings",
    oracle=buffer_settings,
    read=f"{LESSON}, “By size or by time, whichever comes first”",
    parts=(
        Cases(
            id="goals",
            points=2,
            says="must set what was asked for, and know whether both goals are met",
            visible=(
                _goals(20, 300, 5),
                _goals(10, 300, 5),
                _goals(100, 60, 6),
                _goals(1, 100, 1),
                _goals(253, 400, 100),
                _goals(1024, 100, 100),
                _goals(300, 341, 100),
            ),
            hidden=_within,
        ),
        Cases(
            id="limits",
            points=2,
            says="must keep to what Firehose takes: at most 900 seconds and 128 MiB",
            visible=(
                _goals(50, 1200, 50),
                _goals(400, 600, 200),
                _goals(2000, 600, 200),
                _goals(60, 1000, 50),
                _goals(300, 500, 128),
                _goals(300, 500, 129),
            ),
            hidden=_beyond,
        ),
        Value(
            id="own_buffer",
            points=1,
            says="it must be how long the oldest record of a file waits, for what `given` describes",
            name="oldest_seconds",
            unit="seconds",
            lowest=1,
            highest=1000,
            draw=_own,
            oracle=oldest,
            tolerance=0.005,
            models={
                "only_time": lambda rate_kib, interval, size: interval,
                "only_size": lambda rate_kib, interval, size: size * KIB / rate_kib,
            },
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_limits",
            words="The goals are set as they were asked for: Firehose takes at most 900 seconds and 128 MiB, "
            "and what is beyond cannot be met.",
            model=_no_limits,
        ),
        Misconception(
            id="always_met",
            words="Both goals are said to be met always: in so many seconds there may come less than the "
            "file asks for.",
            model=_always,
        ),
        Misconception(
            id="turned",
            words="The comparison is turned round: the file is large enough when rate × interval is at "
            "least its size.",
            model=_turned,
        ),
        Misconception(
            id="thousand",
            words="A MiB is taken as 1,000 KiB: it has 1,024.",
            model=_thousand,
        ),
        Misconception(
            id="as_asked",
            words="The file is judged by the seconds that were asked for, and not by the 900 that Firehose "
            "takes.",
            model=_as_asked,
        ),
        Misconception(
            id="cut_size",
            words="The file is judged by the 128 MiB that were set, and not by the size that was asked for.",
            model=_cut_size,
        ),
        Misconception(
            id="only_time",
            words="Only the time is looked at: at this rate the size is reached first, and whichever "
            "comes first counts.",
        ),
        Misconception(
            id="only_size",
            words="Only the size is looked at: at this rate the time is over first, and whichever "
            "comes first counts.",
        ),
    ),
    hints=(
        "First the two settings, each cut to what Firehose takes. Then compare rate × interval with the size "
        "that was asked for, in KiB.",
        "`min(fresh_seconds, 900)` and `min(file_mib, 128)`; a MiB is 1,024 KiB; more than 128 MiB is never "
        "met. For your own numbers take the smaller of the interval and size × 1,024 / rate.",
    ),
)
