"""Task `hours_until_loss`: see a loss coming."""

from fractions import Fraction
from math import ceil, floor
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/04-retention.ipynb"


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


TASK = Task(
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
