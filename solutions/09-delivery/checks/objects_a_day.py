"""Task `objects_a_day`: count the files of a day."""

from collections.abc import Callable
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import KIB

LESSON = "course/09-delivery.ipynb"
DAY = 86_400


def objects_a_day(rate_kib: int, size_mib: int, interval: int, partitions: int) -> int:
    """The files of a day, rounded down: each partition has its share of the rate; none without traffic."""
    if rate_kib == 0:
        return 0
    # min(interval, size × partitions / rate) seconds between two files, in whole numbers.
    return max(DAY * partitions // interval, DAY * rate_kib // (size_mib * KIB))


def _by(seconds: Callable[[int, int, int, int], float]) -> Callable[..., int]:
    """A wrong model that has its own seconds between two files."""

    def count(rate_kib: int, size_mib: int, interval: int, partitions: int) -> int:
        if rate_kib == 0:
            return 0
        return int(DAY * partitions / seconds(rate_kib, size_mib, interval, partitions) + 1e-9)

    return count


_only_time = _by(lambda rate, size, interval, parts: interval)
_only_size = _by(lambda rate, size, interval, parts: size * KIB * parts / rate)
_later = _by(lambda rate, size, interval, parts: max(interval, size * KIB * parts / rate))
_whole_rate = _by(lambda rate, size, interval, parts: min(interval, size * KIB / rate))
_thousand = _by(lambda rate, size, interval, parts: min(interval, size * 1000 * parts / rate))


def _one_buffer(rate_kib: int, size_mib: int, interval: int, partitions: int) -> int:
    return objects_a_day(rate_kib, size_mib, interval, 1)


def _idle(rate_kib: int, size_mib: int, interval: int, partitions: int) -> int:
    return max(DAY * partitions // interval, DAY * rate_kib // (size_mib * KIB))


def _case(rate_kib: int, size_mib: int, interval: int, partitions: int = 1) -> Arguments:
    return {"rate_kib": rate_kib, "size_mib": size_mib, "interval": interval, "partitions": partitions}


def _clear(draw: Callable[[Random], Arguments]) -> Callable[[Random], Arguments]:
    """Far from a whole number, so that decimals do as well; and the two sides clearly apart."""

    def hidden(rng: Random) -> Arguments:
        while True:
            case = draw(rng)
            by_time = DAY * case["partitions"] / case["interval"]
            by_size = DAY * case["rate_kib"] / (case["size_mib"] * KIB)
            more = max(by_time, by_size)
            if 0.02 < more % 1 < 0.98 and abs(by_time - by_size) > more * 0.1:
                return case

    return hidden


def _one(rng: Random) -> Arguments:
    size, interval = rng.randint(1, 60), rng.randint(61, 890)
    limit = size * KIB / interval
    return _case(max(1, round(limit * rng.choice((0.3, 0.6, 1.5, 3)))), size, interval)


def _many(rng: Random) -> Arguments:
    size, interval, parts = rng.randint(1, 60), rng.randint(61, 890), rng.randint(2, 90)
    limit = size * KIB * parts / interval
    return _case(max(1, round(limit * rng.choice((0.3, 0.6, 1.5, 3)))), size, interval, parts)


def _quiet(rng: Random) -> Arguments:
    """No traffic, or hardly any: whoever answers 0 to all has not told them apart."""
    size, interval = rng.randint(30, 60), rng.randint(61, 890)
    if rng.random() < 0.5:
        return _case(0, size, interval, rng.randint(1, 20))
    return _clear(lambda rng: _case(rng.randint(1, 3), size, rng.randint(61, 890)))(rng)


TASK = Task(
    id="objects_a_day",
    title="Count the files of a day",
    function="objects_a_day",
    oracle=objects_a_day,
    read=f"{LESSON}, “Small files against freshness”",
    parts=(
        Cases(
            id="one",
            points=2,
            says="must be right with one buffer, whether the size or the time decides",
            visible=(_case(20, 5, 300), _case(10, 5, 310), _case(900, 7, 77), _case(7, 3, 890)),
            hidden=_clear(_one),
        ),
        Cases(
            id="partitions",
            points=1,
            says="must give each partition its share of the rate, and a buffer of its own",
            visible=(_case(20, 5, 310, 4), _case(4000, 2, 600, 12), _case(2500, 64, 70, 3)),
            hidden=_clear(_many),
        ),
        Cases(
            id="quiet",
            points=1,
            says="must know that without traffic no file is written, and with hardly any traffic some are",
            visible=(_case(0, 5, 300), _case(0, 64, 60, 5), _case(1, 64, 790)),
            hidden=_quiet,
        ),
    ),
    misconceptions=(
        Misconception(
            id="only_time",
            words="Only the interval is counted: at a high rate the size ends a file sooner.",
            model=_only_time,
        ),
        Misconception(
            id="only_size",
            words="Only the size is counted: at a low rate the time ends a file sooner.",
            model=_only_size,
        ),
        Misconception(
            id="later_one",
            words="The later of the two ends a file: it is whichever comes first.",
            model=_later,
        ),
        Misconception(
            id="one_buffer",
            words="Partitions are left out: each has a buffer, and writes files, of its own.",
            model=_one_buffer,
        ),
        Misconception(
            id="whole_rate",
            words="Each partition is given the whole rate: they share it.",
            model=_whole_rate,
        ),
        Misconception(
            id="thousand",
            words="A MiB is taken as 1,000 KiB: it has 1,024.",
            model=_thousand,
        ),
        Misconception(
            id="idle_files",
            words="Files are counted without traffic: Firehose writes none when there is nothing in "
            "the buffer.",
            model=_idle,
        ),
    ),
    hints=(
        "First the rate of one partition, then the seconds between two of its files, then the files of all "
        "partitions in 86,400 seconds.",
        "`seconds = min(interval, size_mib * 1024 / (rate_kib / partitions))`, and without traffic 0 "
        "at once; "
        "`int(86_400 * partitions / seconds)` at the end.",
    ),
)
